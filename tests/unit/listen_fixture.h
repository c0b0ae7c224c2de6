/* listen_fixture.h - a loop, a batch function that plays the core, and clients on loopback, for
 * test_listen_udp.c and test_listen_tcp.c.
 *
 * The first octet of a message says what the core does with it: 'E' echoes it, 'B' answers with
 * FIXTURE_BIG octets, 'T' takes it for later, 'D' drops it. Nothing here sleeps: run_until turns
 * the loop until a condition holds, and a timer of the loop fails the test that waits in vain. */
#ifndef TESTS_UNIT_LISTEN_FIXTURE_H
#define TESTS_UNIT_LISTEN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "resolver/listen/listen.h"

enum { FIXTURE_BIG = 20000, FIXTURE_TAKEN_MAX = 256, FIXTURE_PATIENCE_MS = 20000 };

struct fixture {
    uv_loop_t loop;
    uv_timer_t patience;
    uv_prepare_t before_wait;
    bool late;
    struct udp_listener *udp; /* NULL, or to be flushed in every turn */
    struct tcp_listener *tcp;
    struct listen_context context;
    unsigned batches, queries;
    struct core_datagram last; /* of the last batch: where it came from */
    struct query_handle taken[FIXTURE_TAKEN_MAX];
    uint8_t taken_octets[FIXTURE_TAKEN_MAX][16];
    size_t taken_count;
};

static inline void fixture_batch(void *context, struct core_datagram *datagrams, size_t count)
{
    struct fixture *f = context;

    f->batches++;
    for (size_t i = 0; i < count; i++) {
        struct core_datagram *d = &datagrams[i];
        uint8_t what = d->length > 0 ? d->octets[0] : 0;

        f->queries++;
        d->outcome = CORE_DROPPED;
        if (what == 'E' && d->length <= d->room) {
            memcpy(d->out, d->octets, d->length);
            d->out_length = d->length;
            d->outcome = CORE_ANSWERED;
        } else if (what == 'B') {
            memset(d->out, d->octets[1], FIXTURE_BIG);
            d->out_length = FIXTURE_BIG;
            d->outcome = CORE_ANSWERED;
        } else if (what == 'T') {
            assert_true(f->taken_count < FIXTURE_TAKEN_MAX);
            memcpy(f->taken_octets[f->taken_count], d->octets, d->length < 16 ? d->length : 16);
            f->taken[f->taken_count++] = d->handle;
            d->outcome = CORE_TAKEN;
        }
        f->last = *d;
    }
}

static inline void fixture_late(uv_timer_t *timer)
{
    ((struct fixture *)timer->data)->late = true;
}

static inline void fixture_flush(uv_prepare_t *prepare)
{
    struct fixture *f = prepare->data;

    if (f->udp != NULL)
        udp_listener_flush(f->udp);
    if (f->tcp != NULL)
        tcp_listener_flush(f->tcp);
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    uv_loop_init(&f->loop);
    uv_timer_init(&f->loop, &f->patience);
    uv_prepare_init(&f->loop, &f->before_wait);
    uv_prepare_start(&f->before_wait, fixture_flush);
    uv_unref((uv_handle_t *)&f->before_wait);
    f->patience.data = f->before_wait.data = f;
    f->context = (struct listen_context){.context = f, .batch = fixture_batch};
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    uv_close((uv_handle_t *)&f->patience, NULL);
    uv_close((uv_handle_t *)&f->before_wait, NULL);
    for (int i = 0; i < 1000 && uv_run(&f->loop, UV_RUN_NOWAIT) != 0; i++)
        ;
    assert_int_equal(uv_loop_close(&f->loop), 0); /* nothing was left open */
    free(f);
    return 0;
}

/* Turns the loop until CONDITION holds. */
#define run_until(f, condition)                                                                    \
    do {                                                                                           \
        (f)->late = false;                                                                         \
        uv_timer_start(&(f)->patience, fixture_late, FIXTURE_PATIENCE_MS, 0);                      \
        while (!(condition) && !(f)->late)                                                         \
            uv_run(&(f)->loop, UV_RUN_NOWAIT);                                                     \
        uv_timer_stop(&(f)->patience);                                                             \
        assert_false((f)->late);                                                                   \
    } while (0)

/* Turns the loop a few times, for what must not happen. */
static inline void run_some(struct fixture *f)
{
    for (int i = 0; i < 20; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
}

/* Binds a socket to TEXT (an address) on a port the kernel picks; fd -1 where there is no such
 * family here. */
static inline struct listen_socket fixture_bind(const char *text, bool stream)
{
    struct listen_socket result = {.fd = -1, .stream = stream};
    struct endpoint endpoint = {0};
    struct sockaddr_storage sa;
    socklen_t length;
    int fd;

    assert_int_equal(addr_from_text(&endpoint.addr, text), 0);
    length = endpoint_to_sockaddr(&endpoint, &sa);
    fd = socket(sa.ss_family, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return result;
    if (bind(fd, (struct sockaddr *)&sa, length) != 0 || (stream && listen(fd, 128) != 0)) {
        close(fd);
        return result;
    }
    length = sizeof sa;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &length), 0);
    endpoint_from_sockaddr(&result.local, (struct sockaddr *)&sa);
    result.fd = fd;
    return result;
}

/* Connects a client, whose calls never block, to SOCKET's port at ADDRESS. */
static inline int fixture_client(const struct listen_socket *socket_, const char *address)
{
    struct endpoint endpoint = {.port = socket_->local.port};
    struct sockaddr_storage sa;
    socklen_t length;
    int fd;

    assert_int_equal(addr_from_text(&endpoint.addr, address), 0);
    length = endpoint_to_sockaddr(&endpoint, &sa);
    fd = socket(sa.ss_family, (socket_->stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, length), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

#endif
