/* message.h - requests and replies of the control socket: one JSON object a line.
 *
 *   {"v":1,"id":7,"do":"status"}
 *   {"v":1,"id":7,"last":true,"ok":true,"result":{...}}
 *   {"v":1,"id":7,"last":true,"ok":false,"errors":[{"code","text","file","line","column"}]}
 *
 * Used by the server and by what speaks to it. Protocol: docs/control.md. */
#ifndef RESOLVER_DAEMON_MESSAGE_H
#define RESOLVER_DAEMON_MESSAGE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum {
    MESSAGE_VERSION = 1,
    MESSAGE_REQUEST_MAX = 16384,     /* octets of a request line, its end included */
    MESSAGE_REPLY_MAX = 4 * 1048576, /* of a reply line: a client reads no further */
};

struct message {
    int64_t id;       /* 0 until it is known */
    const char *verb; /* lives in body */
    json_t *body;     /* the whole request: a verb's arguments are its other keys */
};

/* Reads LINE[0..LENGTH), without its end, into MESSAGE.
 * Owner:  the caller calls message_clear in any case.
 * Errors: -1 with ERR_FORMAT, ERR_VERSION or ERR_USAGE; MESSAGE->id is kept where it could be read.
 */
int message_parse(struct message *message, const char *line, size_t length, struct err *err);
void message_clear(struct message *message);

/* Returns the string KEY of a request's body, or NULL where there is none. A key that is there and
 * no string gives ERR_USAGE in ERR (else left alone). */
const char *message_text(const json_t *body, const char *key, struct err *err);

/* Adds ERR to the array ERRORS, as replies carry it; FILE may be NULL. */
void message_add_error(json_t *errors, const struct err *err, const char *file);

/* Does the same without a file, for a verb that ends by it; returns NULL, the verb's result. */
json_t *message_fail(json_t *errors, const struct err *err);

/* Writes a reply line, its end included: RESULT where it is not NULL, else ERRORS. Both are given
 * up. Returns text that the caller frees, NULL without memory. */
char *message_reply(int64_t id, json_t *result, json_t *errors);

/* Writes a request line for VERB, with the keys of ARGUMENTS (given up, may be NULL). */
char *message_request(int64_t id, const char *verb, json_t *arguments);

/* What people ask `why` about stays nowhere: from here on all JSON is overwritten when it is freed,
 * for the whole process. */
void message_keep_nothing(void);

/* Overwrites and frees LINE, a reply; overwrites what calls that have returned left on the stack.
 */
void message_forget(char *line);
void message_forget_stack(void);

#endif
