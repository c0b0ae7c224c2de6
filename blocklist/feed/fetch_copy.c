#include "blocklist/feed/fetch_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STEP = 256 << 10 };

static void step(uv_idle_t *idle);

void fetch_copy_stop(struct fetch_copy *copy)
{
    if (!copy->running)
        return;
    copy->running = false;
    uv_idle_stop(&copy->idle);
    if (copy->fd >= 0)
        close(copy->fd);
    copy->fd = -1;
}

static void finish(struct fetch_copy *copy)
{
    fetch_copy_stop(copy);
    copy->done(copy);
}

/* Without O_NONBLOCK a pipe would hold everything up until somebody writes. */
static int open_regular(struct fetch_copy *copy, const char *path)
{
    copy->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (copy->fd < 0 && errno == ENOENT)
        return err_set(&copy->fault, ERR_NOT_FOUND, "missing; the last good list stays");
    if (copy->fd < 0)
        return err_system(&copy->fault, "cannot open");
    if (fstat(copy->fd, &copy->before) != 0)
        return err_system(&copy->fault, "cannot look at it");
    if (!S_ISREG(copy->before.st_mode))
        return err_set(&copy->fault, ERR_FORMAT, "not a regular file; name the list's own file");
    if (copy->before.st_size == 0)
        return err_set(&copy->fault, ERR_FORMAT, "empty; the last good list stays");
    snprintf(copy->now, sizeof copy->now, "%lld.%09ld %lld %llu",
             (long long)copy->before.st_mtim.tv_sec, copy->before.st_mtim.tv_nsec,
             (long long)copy->before.st_size, (unsigned long long)copy->before.st_ino);
    copy->unchanged = copy->modified != NULL && strcmp(copy->modified, copy->now) == 0;
    return 0;
}

void fetch_copy_start(struct fetch_copy *copy, const char *path)
{
    if (!copy->idle_ready)
        uv_idle_init(copy->loop, &copy->idle);
    copy->idle_ready = copy->running = true;
    copy->idle.data = copy;
    copy->fault.code = ERR_NONE;
    copy->unchanged = false;
    open_regular(copy, path);
    uv_idle_start(&copy->idle, step); /* a fault is reported from there too */
}

/* The same file by time and size, and still the one of before. */
static int check_still(struct fetch_copy *copy)
{
    struct stat after;

    if (fstat(copy->fd, &after) != 0)
        return err_system(&copy->fault, "cannot look at it");
    if (after.st_size == copy->before.st_size &&
        after.st_mtim.tv_sec == copy->before.st_mtim.tv_sec &&
        after.st_mtim.tv_nsec == copy->before.st_mtim.tv_nsec &&
        copy->sink->got == (uint64_t)copy->before.st_size)
        return 0;
    return err_set(&copy->fault, ERR_BUSY,
                   "changed while it was read; the last good list stays, the next run takes it");
}

static void step(uv_idle_t *idle)
{
    struct fetch_copy *copy = idle->data;
    uint8_t data[STEP];
    ssize_t got;

    if (copy->fault.code != ERR_NONE || copy->unchanged) {
        finish(copy);
        return;
    }
    got = read(copy->fd, data, sizeof data);
    if (got < 0 && errno == EINTR)
        return;
    if (got < 0)
        err_system(&copy->fault, "cannot read");
    else if (got == 0)
        check_still(copy);
    else if (fetch_sink_write(copy->sink, data, (size_t)got, &copy->fault) == 0) {
        if (copy->progress != NULL)
            copy->progress(copy->context, copy->sink->got, (uint64_t)copy->before.st_size);
        return;
    }
    finish(copy);
}
