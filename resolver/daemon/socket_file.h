/* socket_file.h - a listening Unix socket at a path. */
#ifndef RESOLVER_DAEMON_SOCKET_FILE_H
#define RESOLVER_DAEMON_SOCKET_FILE_H

#include <sys/types.h>

struct err;

/* What was made, so that only that is removed. */
struct socket_file {
    char path[108]; /* of a sockaddr_un */
    dev_t device;
    ino_t inode;
};

/* Binds a stream socket at PATH with mode 0660 and listens; fills FILE. A socket file that nobody
 * answers is replaced in one step.
 * Errors: -1 with ERR: ERR_BUSY (somebody answers there), ERR_LIMIT (path too long), ERR_SYSTEM. */
int socket_file_open(struct socket_file *file, const char *path, struct err *err);

/* Removes the file, if it is still the one that was made. */
void socket_file_remove(const struct socket_file *file);

/* Connects to the socket at PATH. Errors: -1 with ERR_UNREACHABLE (nobody there), ERR_REFUSED (no
 * right to), ERR_LIMIT, ERR_SYSTEM. */
int socket_file_connect(const char *path, struct err *err);

#endif
