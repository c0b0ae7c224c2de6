/* The problem: a line comes from whoever could connect, and a parser of JSON is a large thing to
 * point it at. The idea: jansson parses, after our own checks of length and depth (it recurses),
 * with doubled keys refused; what it returns is an object that verbs pick texts from. Replies are
 * built as objects too, so that no text of a name or a file can break a line: what is not UTF-8
 * becomes `?`, and escapes are jansson's.
 *
 * Dropped: a binary protocol (people debug this one with socat), and answering without `id` (a
 * client could not tell which of its requests went wrong). */
#include "resolver/daemon/message.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"

/* An object of strings and numbers needs no depth; a line of brackets must not cost any either. */
enum { DEPTH_MAX = 8, STACK_OCTETS = 128 * 1024 };

/* Tells whether LINE nests deeper than any request of ours. Strings are skipped. */
static bool is_deep(const char *line, size_t length)
{
    unsigned depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < length; i++) {
        char c = line[i];

        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '[') && ++depth > DEPTH_MAX)
            return true;
        else if (!quoted && (c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return false;
}

static int read_object(struct message *message, const char *line, size_t length, struct err *err)
{
    json_error_t fault;

    if (length >= MESSAGE_REQUEST_MAX)
        return err_set(err, ERR_LIMIT, "request too long: over %d octets", MESSAGE_REQUEST_MAX - 1);
    if (is_deep(line, length))
        return err_set(err, ERR_FORMAT, "request nests too deep: over %d levels", DEPTH_MAX);
    message->body = json_loadb(line, length, JSON_REJECT_DUPLICATES, &fault);
    if (message->body == NULL) {
        err_set(err, ERR_FORMAT, "request is no JSON: %s", fault.text);
        if (err != NULL) {
            err->line = 1;
            err->column = fault.column > 0 ? (unsigned)fault.column : 1;
        }
        return -1;
    }
    if (!json_is_object(message->body))
        return err_set(err, ERR_FORMAT, "request is no JSON object");
    return 0;
}

int message_parse(struct message *message, const char *line, size_t length, struct err *err)
{
    const json_t *id, *version;

    memset(message, 0, sizeof *message);
    if (read_object(message, line, length, err) < 0)
        return -1;
    id = json_object_get(message->body, "id");
    if (!json_is_integer(id) || json_integer_value(id) < 0)
        return err_set(err, ERR_USAGE, "request has no id: a whole number from 0");
    message->id = json_integer_value(id);
    version = json_object_get(message->body, "v");
    if (!json_is_integer(version))
        return err_set(err, ERR_USAGE, "request has no version: say \"v\":%d", MESSAGE_VERSION);
    if (json_integer_value(version) != MESSAGE_VERSION)
        return err_set(err, ERR_VERSION, "version not spoken here: '%lld'; this is %d",
                       (long long)json_integer_value(version), MESSAGE_VERSION);
    message->verb = json_string_value(json_object_get(message->body, "do"));
    if (message->verb == NULL)
        return err_set(err, ERR_USAGE, "request has no verb: say \"do\":\"status\"");
    return 0;
}

void message_clear(struct message *message)
{
    json_decref(message->body);
    memset(message, 0, sizeof *message);
}

const char *message_text(const json_t *body, const char *key, struct err *err)
{
    const json_t *value = json_object_get(body, key);

    if (value != NULL && !json_is_string(value))
        err_set(err, ERR_USAGE, "not a text: '%s'", key);
    return json_string_value(value);
}

/* Returns TEXT as a JSON string; what is not UTF-8 (an octet of a name in a message) becomes `?`.
 */
static json_t *any_text(const char *text)
{
    json_t *value = json_string(text);
    char *copy;

    if (value != NULL)
        return value;
    copy = strdup(text);
    if (copy == NULL)
        return NULL;
    for (char *c = copy; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    }
    value = json_string(copy);
    free(copy);
    return value;
}

void message_add_error(json_t *errors, const struct err *err, const char *file)
{
    json_t *entry = json_object();

    json_object_set_new(entry, "code",
                        json_string(err->code == ERR_NONE ? "warning" : err_word(err->code)));
    json_object_set_new(entry, "text", any_text(err->text));
    if (file != NULL)
        json_object_set_new(entry, "file", any_text(file));
    if (err->line > 0) {
        json_object_set_new(entry, "line", json_integer(err->line));
        json_object_set_new(entry, "column", json_integer(err->column));
    }
    json_array_append_new(errors, entry);
}

json_t *message_fail(json_t *errors, const struct err *err)
{
    message_add_error(errors, err, NULL);
    return NULL;
}

static void wipe_and_free(void *memory)
{
    if (memory == NULL)
        return;
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

void message_keep_nothing(void)
{
    json_set_alloc_funcs(malloc, wipe_and_free);
}

void message_forget(char *line)
{
    wipe_and_free(line);
}

__attribute__((noinline)) void message_forget_stack(void)
{
    char room[STACK_OCTETS];

    explicit_bzero(room, sizeof room);
}

/* Writes MESSAGE (given up) as one line. */
static char *to_line(json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT), *line = NULL;
    size_t length;

    json_decref(message);
    if (text == NULL)
        return NULL;
    length = strlen(text);
    line = malloc(length + 2);
    if (line != NULL) {
        memcpy(line, text, length);
        memcpy(line + length, "\n", 2);
    }
    wipe_and_free(text);
    return line;
}

char *message_reply(int64_t id, json_t *result, json_t *errors)
{
    json_t *reply = json_object();

    json_object_set_new(reply, "v", json_integer(MESSAGE_VERSION));
    json_object_set_new(reply, "id", json_integer(id));
    json_object_set_new(reply, "last", json_true());
    json_object_set_new(reply, "ok", json_boolean(result != NULL));
    if (result != NULL) {
        json_object_set_new(reply, "result", result);
        json_decref(errors);
    } else {
        json_object_set_new(reply, "errors", errors);
    }
    return to_line(reply);
}

char *message_request(int64_t id, const char *verb, json_t *arguments)
{
    json_t *request = arguments != NULL ? arguments : json_object();

    json_object_set_new(request, "v", json_integer(MESSAGE_VERSION));
    json_object_set_new(request, "id", json_integer(id));
    json_object_set_new(request, "do", json_string(verb));
    return to_line(request);
}
