/* sandbox.h - what the server process may do: it runs as its own user without capabilities, can
 * gain no rights, makes files that only its user and group read, and does not outlive its keeper.
 *
 * The unit adds filters for system calls and the file system (contrib/systemd); the process itself
 * sets none yet. */
#ifndef RESOLVER_DAEMON_SANDBOX_H
#define RESOLVER_DAEMON_SANDBOX_H

#include <sys/types.h>

struct err;

struct sandbox_user {
    uid_t uid;
    gid_t gid;
};

/* Finds the user called NAME. Errors: -1 with ERR_NOT_FOUND. */
int sandbox_find_user(struct sandbox_user *user, const char *name, struct err *err);

/* Becomes USER for good (NULL: stays who it is), and from here on gets SIGTERM when its parent
 * dies. Errors: -1 with ERR; the process must not go on then. */
int sandbox_enter(const char *user, struct err *err);

#endif
