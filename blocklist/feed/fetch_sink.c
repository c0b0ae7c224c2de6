#include "blocklist/feed/fetch_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/sealed_memory.h"
#include "config/base/err.h"
#include "config/base/file.h"

int fetch_sink_file(struct fetch_sink *sink, const char *path, uint64_t most, struct err *err)
{
    struct stat status;

    memset(sink, 0, sizeof *sink);
    sink->most = most;
    snprintf(sink->path, sizeof sink->path, "%s", path);
    sink->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (sink->fd < 0)
        return err_system(err, "%s: cannot write", path);
    if (fstat(sink->fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        lseek(sink->fd, 0, SEEK_END) < 0) {
        fetch_sink_close(sink);
        return err_set(err, ERR_SYSTEM, "%s: not a regular file; remove it", path);
    }
    sink->got = (uint64_t)status.st_size;
    return 0;
}

int fetch_sink_memory(struct fetch_sink *sink, size_t most, struct err *err)
{
    memset(sink, 0, sizeof *sink);
    sink->fd = -1;
    sink->most = most;
    sink->memory = calloc(1, most + 1);
    return sink->memory != NULL ? 0 : err_set(err, ERR_MEMORY, "out of memory");
}

int fetch_sink_locked(struct fetch_sink *sink, const struct sealed_memory *locked, uint64_t most,
                      struct err *err)
{
    memset(sink, 0, sizeof *sink);
    sink->fd = locked->fd;
    sink->memory = locked->octets;
    sink->most = most < locked->room ? most : locked->room;
    snprintf(sink->path, sizeof sink->path, "a list's memory");
    /* It ends earlier after a first try. */
    return ftruncate(sink->fd, (off_t)locked->room) == 0
               ? 0
               : err_system(err, "cannot make a list's memory as large as it was");
}

int fetch_sink_end(struct fetch_sink *sink, struct err *err)
{
    if (sink->fd < 0 || sink->memory == NULL)
        return 0;
    return ftruncate(sink->fd, (off_t)sink->got) == 0
               ? 0
               : err_system(err, "%s: cannot cut it", sink->path);
}

const char *fetch_sink_cure(const struct fetch_sink *sink)
{
    return sink->fd >= 0 && sink->memory != NULL ? "a list of this class may have 16 MiB, or what "
                                                   "`feeds.limits.size` says where that "
                                                   "is less; ask for it packed"
                                                 : "raise `feeds.limits.size` if that is right";
}

int fetch_sink_write(struct fetch_sink *sink, const void *data, size_t length, struct err *err)
{
    if (sink->got > sink->most || length > sink->most - sink->got)
        return err_set(err, ERR_LIMIT, "larger than %" PRIu64 " octets; %s", sink->most,
                       fetch_sink_cure(sink));
    if (sink->memory != NULL)
        memcpy(sink->memory + sink->got, data, length);
    else if (file_write(sink->fd, data, length, sink->path, err) != 0)
        return -1;
    sink->got += length;
    return 0;
}

int fetch_sink_cut(struct fetch_sink *sink, uint64_t length, struct err *err)
{
    if (sink->fd >= 0 && sink->memory == NULL &&
        (ftruncate(sink->fd, (off_t)length) != 0 || lseek(sink->fd, (off_t)length, SEEK_SET) < 0))
        return err_system(err, "%s: cannot cut it", sink->path);
    sink->got = length;
    return 0;
}

void fetch_sink_close(struct fetch_sink *sink)
{
    bool locked = sink->fd >= 0 && sink->memory != NULL; /* whose file and memory are another's */

    if (sink->fd >= 0 && !locked)
        close(sink->fd);
    if (!locked)
        free(sink->memory);
    sink->fd = -1;
    sink->memory = NULL;
}
