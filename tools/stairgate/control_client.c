/* The problem: scripts and people must tell "not running" from "no right to" from "it said no". The
 * idea: one function asks, prints every error the way the server wrote it, and turns the first
 * one's code into the exit code by a table. Plain blocking calls with a limit on each: there is
 * one question and one answer.
 *
 * Dropped: reading replies that come in parts (no verb streams yet). */
#include "tools/stairgate/control_client.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "config/base/err.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/socket_file.h"
#include "tools/stairgate/command.h"

enum { PATIENCE_S = 120 /* a reload reads every octet of a large set */, ID = 1 };

static const char socket_default[] = "/run/stairgate/control.sock";

int control_options_read(struct control_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"json",   no_argument,       NULL, 'j'},
        {NULL,     0,                 NULL, 0  },
    };
    int option;

    memset(options, 0, sizeof *options);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 's')
            options->socket = optarg;
        else if (option == 'j')
            options->json = true;
        else
            return -1;
    }
    return optind == argc ? 0 : -1;
}

static const char *find_socket(const char *given)
{
    const char *variable = getenv("STAIRGATE_SOCKET");

    if (given != NULL)
        return given;
    return variable != NULL && variable[0] != '\0' ? variable : socket_default;
}

static int write_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);

        if (sent < 0 && errno != EINTR)
            return -1;
        if (sent > 0) {
            text += sent;
            left -= (size_t)sent;
        }
    }
    return 0;
}

/* Returns the line that FD sends, which the caller frees; NULL with ERR. */
static char *read_line(int fd, struct err *err)
{
    size_t used = 0, room = 65536;
    char *line = malloc(room);

    while (line != NULL) {
        ssize_t got = read(fd, line + used, room - used - 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            err_set(err, ERR_UNREACHABLE, "the server closed the connection or says nothing");
            break;
        }
        used += (size_t)got;
        line[used] = '\0';
        if (line[used - 1] == '\n')
            return line;
        if (used + 1 == room) {
            char *grown = room < MESSAGE_REPLY_MAX ? realloc(line, room * 2) : NULL;

            if (grown == NULL) {
                err_set(err, ERR_LIMIT, "the server's reply is too long");
                break;
            }
            line = grown;
            room *= 2;
        }
    }
    free(line);
    return NULL;
}

/* Sends REQUEST (given up) to the server at PATH; returns its reply. Errors: NULL with ERR. */
static json_t *exchange(const char *path, char *request, struct err *err)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    json_error_t fault;
    json_t *reply = NULL;
    char *line = NULL;
    int fd = socket_file_connect(path, err);

    if (fd < 0)
        goto out;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (request == NULL || write_all(fd, request) < 0)
        err_set(err, ERR_UNREACHABLE, "cannot send to the server at '%s'", path);
    else
        line = read_line(fd, err);
    close(fd);
    if (line == NULL)
        goto out;
    reply = json_loads(line, 0, &fault);
    if (reply == NULL)
        err_set(err, ERR_FORMAT, "the server's reply is no JSON: %s", fault.text);
out:
    free(line);
    free(request);
    return reply;
}

/* Exit codes by error code; what is not here is EXIT_FAILED. */
static const struct {
    enum err_code code;
    enum exit_code exit;
} exits[] = {
    {ERR_UNREACHABLE, EXIT_UNREACHABLE},
    {ERR_REFUSED,     EXIT_REFUSED    },
    {ERR_NOT_FOUND,   EXIT_NOT_FOUND  },
    {ERR_USAGE,       EXIT_USAGE      },
    {ERR_BUSY,        EXIT_BUSY       },
};

static int exit_of(const char *word)
{
    for (size_t i = 0; word != NULL && i < sizeof exits / sizeof *exits; i++) {
        if (strcmp(err_word(exits[i].code), word) == 0)
            return (int)exits[i].exit;
    }
    return EXIT_FAILED;
}

/* Prints all errors of REPLY; the first one's code is the exit code. */
static int print_errors(const json_t *reply)
{
    const json_t *errors = json_object_get(reply, "errors");
    const char *first = json_string_value(json_object_get(json_array_get(errors, 0), "code"));

    for (size_t i = 0; i < json_array_size(errors); i++) {
        const char *text = json_string_value(json_object_get(json_array_get(errors, i), "text"));

        fprintf(stderr, "%s\n", text != NULL ? text : "stairgate: the server gave no reason");
    }
    return exit_of(first);
}

int control_client_ask(const char *socket, const char *verb, json_t *arguments, json_t **result)
{
    struct err err;
    json_t *reply = exchange(find_socket(socket), message_request(ID, verb, arguments), &err);
    int code = EXIT_DONE;

    *result = NULL;
    if (reply == NULL) {
        fprintf(stderr, "stairgate: %s\n", err.text);
        if (err.code == ERR_UNREACHABLE)
            fprintf(stderr, "is stairgated running? --socket PATH or $STAIRGATE_SOCKET says where "
                            "(control.operator in its configuration)\n");
        return exit_of(err_word(err.code));
    }
    if (json_is_true(json_object_get(reply, "ok")))
        *result = json_incref(json_object_get(reply, "result"));
    else
        code = print_errors(reply);
    json_decref(reply);
    if (code == EXIT_DONE && *result == NULL)
        code = EXIT_FAILED;
    return code;
}

int control_client_try(const char *socket, const char *verb, json_t *arguments, json_t **result,
                       struct err *err)
{
    json_t *reply = exchange(find_socket(socket), message_request(ID, verb, arguments), err);
    const json_t *first = json_array_get(json_object_get(reply, "errors"), 0);
    const char *text = json_string_value(json_object_get(first, "text"));

    *result = NULL;
    if (reply == NULL)
        return -1;
    if (json_is_true(json_object_get(reply, "ok")))
        *result = json_incref(json_object_get(reply, "result"));
    if (*result == NULL)
        err_set(err, ERR_REFUSED, "%s", text != NULL ? text : "the server gave no reason");
    if (*result == NULL)
        err->line = (unsigned)control_client_number(first, "line");
    json_decref(reply);
    return *result == NULL ? -1 : 0;
}

void control_client_print_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_COMPACT);
    putchar('\n');
}

long long control_client_number(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}
