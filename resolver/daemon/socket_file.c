#include "resolver/daemon/socket_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/base/err.h"

enum { BACKLOG = 16, SUFFIX = 8 /* room for that of the temporary name */ };

static int fill_address(struct sockaddr_un *address, const char *path, struct err *err)
{
    size_t length = strlen(path);

    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (length == 0 || length >= sizeof address->sun_path - SUFFIX)
        return err_set(err, ERR_LIMIT, "path of a socket has to be 1 to %zu octets long: '%s'",
                       sizeof address->sun_path - SUFFIX - 1, path);
    memcpy(address->sun_path, path, length);
    return 0;
}

static int open_stream(struct err *err)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return fd >= 0 ? fd : err_system(err, "cannot make a socket");
}

int socket_file_connect(const char *path, struct err *err)
{
    struct sockaddr_un address;
    int fd;

    if (fill_address(&address, path, err) < 0)
        return -1;
    fd = open_stream(err);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    err_system(err, "cannot reach the server at '%s'", path);
    if (err != NULL && (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTSOCK))
        err->code = ERR_UNREACHABLE;
    if (err != NULL && (errno == EACCES || errno == EPERM))
        err->code = ERR_REFUSED;
    close(fd);
    return -1;
}

/* Refuses a PATH at which somebody answers, or at which something else than a socket stands. */
static int check_free(const char *path, struct err *err)
{
    struct stat found;
    int fd;

    if (lstat(path, &found) < 0)
        return errno == ENOENT ? 0 : err_system(err, "cannot use '%s'", path);
    if (!S_ISSOCK(found.st_mode))
        return err_set(err, ERR_CONFIG, "not a socket, and in the way: '%s'", path);
    fd = socket_file_connect(path, err);
    if (fd < 0)
        return 0; /* left behind by a server that was killed */
    close(fd);
    return err_set(err, ERR_BUSY, "another server answers at '%s'; stop it first", path);
}

/* Binds FD beside PATH, so that nobody ever meets it with other rights or not yet listening. */
static int bind_beside(int fd, struct sockaddr_un *address, struct err *err)
{
    size_t length = strlen(address->sun_path);

    snprintf(address->sun_path + length, sizeof address->sun_path - length, ".new");
    unlink(address->sun_path);
    if (bind(fd, (struct sockaddr *)address, sizeof *address) < 0 ||
        chmod(address->sun_path, 0660) < 0 || listen(fd, BACKLOG) < 0)
        return err_system(err, "cannot listen at '%s'", address->sun_path);
    return 0;
}

int socket_file_open(struct socket_file *file, const char *path, struct err *err)
{
    struct sockaddr_un address;
    struct stat made;
    int fd;

    if (fill_address(&address, path, err) < 0 || check_free(path, err) < 0)
        return -1;
    fd = open_stream(err);
    if (fd < 0 || bind_beside(fd, &address, err) < 0)
        goto out;
    if (stat(address.sun_path, &made) < 0 || rename(address.sun_path, path) < 0) {
        err_system(err, "cannot put a socket at '%s'", path);
        goto out;
    }
    memcpy(file->path, path, strlen(path) + 1);
    file->device = made.st_dev;
    file->inode = made.st_ino;
    return fd;
out:
    if (fd >= 0) {
        unlink(address.sun_path);
        close(fd);
    }
    return -1;
}

void socket_file_remove(const struct socket_file *file)
{
    struct stat found;

    if (lstat(file->path, &found) == 0 && found.st_dev == file->device &&
        found.st_ino == file->inode)
        unlink(file->path);
}
