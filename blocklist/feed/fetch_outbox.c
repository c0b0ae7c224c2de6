#include "blocklist/feed/fetch_outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fetch_outbox {
    uv_poll_t poll; /* active while something waits, which keeps the loop, and so us, alive */
    int fd;
    uint8_t *data;
    size_t sent, used, room;
};

struct fetch_outbox *fetch_outbox_open(uv_loop_t *loop, int fd)
{
    struct fetch_outbox *outbox = calloc(1, sizeof *outbox);

    if (outbox == NULL)
        return NULL;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    outbox->fd = fd;
    if (uv_poll_init(loop, &outbox->poll, fd) != 0) {
        free(outbox);
        return NULL;
    }
    outbox->poll.data = outbox;
    return outbox;
}

/* Writes what the pipe takes. */
static void flush(struct fetch_outbox *outbox)
{
    ssize_t put;

    while (outbox->sent < outbox->used) {
        put = write(outbox->fd, outbox->data + outbox->sent, outbox->used - outbox->sent);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno != EAGAIN)
            _exit(EXIT_FAILURE); /* nobody reads: nobody wants it */
        if (put < 0)
            return;
        outbox->sent += (size_t)put;
    }
    outbox->sent = outbox->used = 0;
}

static void writable(uv_poll_t *poll, int status, int events)
{
    struct fetch_outbox *outbox = poll->data;

    (void)status;
    (void)events;
    flush(outbox);
    if (outbox->used == 0)
        uv_poll_stop(poll);
}

static int make_room(struct fetch_outbox *outbox)
{
    uint8_t *data;

    if (outbox->room - outbox->used >= FETCH_MESSAGE_MAX)
        return 0;
    data = realloc(outbox->data, outbox->room * 2 + FETCH_MESSAGE_MAX);
    if (data == NULL)
        return -1;
    outbox->data = data;
    outbox->room = outbox->room * 2 + FETCH_MESSAGE_MAX;
    return 0;
}

void fetch_outbox_put(struct fetch_outbox *outbox, const struct fetch_message *message)
{
    if (message->kind == FETCH_MESSAGE_PROGRESS && outbox->used > 0)
        return;
    if (make_room(outbox) != 0)
        _exit(EXIT_FAILURE); /* the parent fails what is open */
    outbox->used += fetch_message_write(message, outbox->data + outbox->used);
    flush(outbox);
    if (outbox->used > 0)
        uv_poll_start(&outbox->poll, UV_WRITABLE, writable);
}

bool fetch_outbox_empty(const struct fetch_outbox *outbox)
{
    return outbox->used == 0;
}
