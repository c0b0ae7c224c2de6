#include "blocklist/format/octets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/err.h"

int octets_open_fd(struct octets *octets, int fd, struct err *err)
{
    struct stat status;

    *octets = (struct octets){.fd = fd};
    if (fstat(fd, &status) != 0)
        return err_system(err, "cannot look at it");
    if (!S_ISREG(status.st_mode))
        return err_set(err, ERR_FORMAT, "not a regular file");
    return 0;
}

int octets_open(struct octets *octets, const char *path, struct err *err)
{
    /* O_NONBLOCK: a pipe must not hold the build up before it is refused. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    *octets = (struct octets){.fd = -1};
    if (fd < 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "cannot open: %s",
                       strerror(errno));
    return octets_open_fd(octets, fd, err);
}

void octets_open_memory(struct octets *octets, const void *data, size_t length)
{
    *octets = (struct octets){.fd = -1, .data = data, .length = length};
}

void octets_close(struct octets *octets)
{
    if (octets->fd >= 0)
        close(octets->fd);
    octets->fd = -1;
}

ssize_t octets_read(void *context, void *data, size_t room, struct err *err)
{
    struct octets *octets = context;
    ssize_t got;

    if (octets->fd < 0) {
        size_t left = octets->length - (size_t)octets->at;

        got = (ssize_t)(room < left ? room : left);
        if (got > 0)
            memcpy(data, octets->data + octets->at, (size_t)got);
    } else {
        do
            got = pread(octets->fd, data, room, (off_t)octets->at);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            return err_system(err, "cannot read");
    }
    octets->at += (uint64_t)got;
    return got;
}
