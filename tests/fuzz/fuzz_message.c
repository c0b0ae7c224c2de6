/* A line of whoever can connect to the control socket.
 *
 * Holds: a line is taken or refused with a code and a text; what is taken has an id and a verb; the
 * reply to it is one line that our own client can read, with that id. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "resolver/daemon/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reply(int64_t id, const struct err *err)
{
    json_t *errors = json_array(), *reply;
    char *line;

    message_add_error(errors, err, "stairgate.yaml");
    line = message_reply(id, NULL, errors);
    must(line != NULL && strchr(line, '\n') == line + strlen(line) - 1);
    reply = json_loads(line, 0, NULL);
    must(reply != NULL);
    must(json_integer_value(json_object_get(reply, "id")) == id);
    must(json_array_size(json_object_get(reply, "errors")) == 1);
    json_decref(reply);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message message;
    struct err err = {.code = ERR_NONE};
    char *line = malloc(size + 1); /* exact room, so that one octet too far is seen */

    must(line != NULL);
    memcpy(line, data, size);
    if (message_parse(&message, line, size, &err) == 0) {
        must(err.code == ERR_NONE && message.id >= 0 && message.verb != NULL);
        err_set(&err, ERR_NOT_FOUND, "no such verb: '%s'", message.verb);
    }
    must(err.code != ERR_NONE && err.text[0] != '\0');
    check_reply(message.id, &err);
    message_clear(&message);
    free(line);
    return 0;
}
