/* control.h - the sockets by which the CLI and the portal speak to the server.
 *
 * Each listens on a path and gives those who connect a role; a table of verbs says which roles may
 * use each. Requests are answered in order, in the main thread. Protocol: docs/control.md. */
#ifndef RESOLVER_DAEMON_CONTROL_H
#define RESOLVER_DAEMON_CONTROL_H

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>

struct client;
struct control;
struct control_later;
struct err;
struct log;

/* Who asks: by the socket and, on the operator's, by the peer's user. Root, the server's own user
 * and the one that started it are operators; others whom the file's mode lets connect may read. */
enum control_role { CONTROL_PORTAL = 1, CONTROL_READER = 2, CONTROL_OPERATOR = 4 };

enum {
    CONTROL_CLIENTS_MAX = 16,         /* at once, over all sockets */
    CONTROL_PATIENCE_MS = 10000,      /* for half a request, or a reply that is not read */
    CONTROL_BACKLOG_MAX = 256 * 1024, /* octets of replies not read, before requests wait */
};

/* The key of a request under which a verb finds the peer's user as a number, -1 where the kernel
 * does not say; whatever a client wrote there is gone. */
#define CONTROL_USER "user_id"

struct control_verb {
    const char *name;
    unsigned roles;
    /* Returns the result, or NULL with what is wrong added to ERRORS (message_add_error). */
    json_t *(*run)(void *context, const json_t *request, json_t *errors);
    /* Instead of run, for what takes long: returns at once, and LATER goes to control_reply once,
     * after whatever time. The client's next requests wait for it. */
    void (*begin)(void *context, const json_t *request, struct control_later *later);
};

/* A reply that is owed. */
struct control_later {
    struct control_later *next; /* for whoever holds it */
    struct client *client;      /* NULL: it has left */
    int64_t id;
};

/* Sends the reply that LATER (given up) stands for, if the client is still there: RESULT, or ERRORS
 * where it is NULL. Both are given up. */
void control_reply(struct control_later *later, json_t *result, json_t *errors);

/* Makes a control on LOOP with VERBS (kept), ended by a row without name.
 * Errors: NULL with ERR. */
struct control *control_create(uv_loop_t *loop, const struct control_verb *verbs, void *context,
                               const struct log *log, struct err *err);

/* Listens at PATH with mode 0660, as CONTROL_OPERATOR or CONTROL_PORTAL. A socket file that nobody
 * answers is replaced.
 * Errors: -1 with ERR: ERR_BUSY (another server answers there), ERR_LIMIT (path too long),
 * ERR_SYSTEM. */
int control_listen(struct control *control, const char *path, enum control_role role,
                   struct err *err);

/* Adds a user whose requests on the operator's socket count as the operator's. */
void control_trust(struct control *control, uid_t uid);

/* Stops listening, removes the socket files, closes all clients (what is written is sent first
 * where the client reads). The memory goes when the loop has closed the handles; run it once more.
 */
void control_destroy(struct control *control);

#endif
