/* One question to ourselves: what goes over the wire, and what is told of what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <cmocka.h>

#include "config/base/bytes.h"
#include "resolver/daemon/canary_ask.h"
#include "resolver/listen/proxy.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"

enum { ROOM = 4096, NAME_LENGTH = 23 };

/* A server that answers every question with a block, over UDP with TC where it is told to. */
struct rig {
    uv_loop_t loop;
    uv_udp_t udp;
    uv_tcp_t tcp, peer;
    struct endpoint at;
    bool truncates, proxied, garbles;
    unsigned datagrams, streams, told;
    bool answered;
    enum canary_result result;
    struct canary_question question;
    char room[ROOM], stream_room[ROOM];
    uint8_t reply[ROOM];
    size_t stream_got;
};

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *room)
{
    struct rig *rig = handle->data;

    (void)wanted;
    *room = uv_buf_init(rig->room, ROOM);
}

/* Takes the header off OCTETS, where there is to be one. */
static const uint8_t *behind_header(const struct rig *rig, const uint8_t *octets, size_t *length)
{
    struct proxy_header header;

    if (!rig->proxied) {
        assert_false(proxy_is_signed(octets, *length));
        return octets;
    }
    assert_int_equal(proxy_read(octets, *length, &header), PROXY_OK);
    assert_int_equal(header.client.addr.bits, 0); /* for itself */
    *length -= header.length;
    return octets + header.length;
}

static size_t answer(struct rig *rig, const uint8_t *query, size_t length, uint8_t *out, bool cut)
{
    static struct question read;
    struct answer answer;

    assert_int_equal(question_read(query, length, &read), QUESTION_OK);
    answer_start(&answer, out, ROOM - 2, &read, 1232);
    answer_ede(&answer, DNS_EDE_BLOCKED, NULL);
    length = answer_finish(&answer);
    if (cut)
        store_be16(out + 2, load_be16(out + 2) | DNS_TC);
    (void)rig;
    return length;
}

static void on_datagram(uv_udp_t *udp, ssize_t got, const uv_buf_t *room,
                        const struct sockaddr *from, unsigned flags)
{
    struct rig *rig = udp->data;
    size_t length = (size_t)got;
    const uint8_t *query;
    uv_buf_t out;

    (void)flags;
    if (got <= 0 || from == NULL)
        return;
    rig->datagrams++;
    query = behind_header(rig, (const uint8_t *)room->base, &length);
    if (rig->garbles) { /* something else first, and the question back: neither is an answer */
        out = uv_buf_init((char *)(uintptr_t) "no message", 10);
        uv_udp_try_send(udp, &out, 1, from);
        out = uv_buf_init((char *)(uintptr_t)query, (unsigned)length);
        uv_udp_try_send(udp, &out, 1, from);
    }
    length = answer(rig, query, length, rig->reply, rig->truncates);
    out = uv_buf_init((char *)rig->reply, (unsigned)length);
    assert_true(uv_udp_try_send(udp, &out, 1, from) > 0);
}

static void on_stream(uv_stream_t *stream, ssize_t got, const uv_buf_t *room)
{
    struct rig *rig = stream->data;
    const uint8_t *query = (const uint8_t *)rig->stream_room;
    uv_buf_t out[2];
    size_t length;

    if (got <= 0)
        return;
    memcpy(rig->stream_room + rig->stream_got, room->base, (size_t)got);
    rig->stream_got += (size_t)got;
    length = rig->stream_got;
    query = behind_header(rig, query, &length);
    if (length < 2 || length < 2 + (size_t)load_be16(query))
        return;
    length = answer(rig, query + 2, load_be16(query), rig->reply + 2, false);
    store_be16(rig->reply, (uint16_t)length);
    out[0] = uv_buf_init((char *)rig->reply, 5); /* in two parts: cut within the header */
    out[1] = uv_buf_init((char *)rig->reply + 5, (unsigned)(length + 2 - 5));
    assert_true(uv_try_write(stream, &out[0], 1) == 5);
    assert_true(uv_try_write(stream, &out[1], 1) > 0);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct rig *rig = server->data;

    assert_int_equal(status, 0);
    rig->streams++;
    uv_tcp_init(&rig->loop, &rig->peer);
    rig->peer.data = rig;
    assert_int_equal(uv_accept(server, (uv_stream_t *)&rig->peer), 0);
    uv_read_start((uv_stream_t *)&rig->peer, on_room, on_stream);
}

static void close_rig(struct rig *rig)
{
    uv_close((uv_handle_t *)&rig->udp, NULL);
    uv_close((uv_handle_t *)&rig->tcp, NULL);
    if (rig->streams > 0)
        uv_close((uv_handle_t *)&rig->peer, NULL);
}

static void on_done(void *context, const uint8_t *octets, size_t length)
{
    struct rig *rig = context;

    rig->told++;
    rig->answered = octets != NULL;
    if (octets != NULL)
        rig->result = canary_judge(&rig->question, octets, length);
    close_rig(rig);
}

static struct rig *start_rig(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct sockaddr_storage bound;
    int length = sizeof bound;

    assert_non_null(rig);
    assert_int_equal(uv_loop_init(&rig->loop), 0);
    rig->question = (struct canary_question){.id = 77, .ede = DNS_EDE_BLOCKED};
    assert_int_equal(name_from_host(&rig->question.name, "canary.operator.example", NAME_LENGTH),
                     NAME_OK);
    assert_int_equal(addr_from_text(&rig->at.addr, "127.0.0.3"), 0);
    endpoint_to_sockaddr(&rig->at, &bound);
    uv_tcp_init(&rig->loop, &rig->tcp);
    uv_udp_init(&rig->loop, &rig->udp);
    rig->tcp.data = rig->udp.data = rig;
    assert_int_equal(uv_tcp_bind(&rig->tcp, (const struct sockaddr *)&bound, 0), 0);
    assert_int_equal(uv_tcp_getsockname(&rig->tcp, (struct sockaddr *)&bound, &length), 0);
    assert_int_equal(endpoint_from_sockaddr(&rig->at, (const struct sockaddr *)&bound), 0);
    if (uv_udp_bind(&rig->udp, (const struct sockaddr *)&bound, 0) != 0)
        skip(); /* somebody has that port for UDP */
    assert_int_equal(uv_listen((uv_stream_t *)&rig->tcp, 1, on_connection), 0);
    assert_int_equal(uv_udp_recv_start(&rig->udp, on_room, on_datagram), 0);
    return rig;
}

static void run_rig(struct rig *rig)
{
    assert_non_null(
        canary_ask_start(&rig->loop, &rig->at, rig->proxied, &rig->question, on_done, rig));
    assert_int_equal(rig->told, 0);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    assert_int_equal(rig->told, 1);
}

static void it_is_answered_over_udp(void **state)
{
    struct rig *rig = start_rig();

    (void)state;
    rig->garbles = true;
    run_rig(rig);
    assert_true(rig->answered);
    assert_int_equal(rig->result, CANARY_OK);
    assert_int_equal(rig->streams, 0);
    free(rig);
}

static void what_is_cut_is_asked_for_over_tcp(void **state)
{
    struct rig *rig = start_rig();

    (void)state;
    rig->truncates = true;
    run_rig(rig);
    assert_true(rig->answered);
    assert_int_equal(rig->result, CANARY_OK);
    assert_int_equal(rig->streams, 1);
    free(rig);
}

static void a_proxys_header_goes_before_both(void **state)
{
    struct rig *rig = start_rig();

    (void)state;
    rig->proxied = rig->truncates = true;
    run_rig(rig);
    assert_int_equal(rig->result, CANARY_OK);
    assert_int_equal(rig->streams, 1);
    free(rig);
}

static void one_that_is_cancelled_says_nothing_and_leaves_nothing(void **state)
{
    struct rig *rig = start_rig();
    struct canary_ask *ask =
        canary_ask_start(&rig->loop, &rig->at, false, &rig->question, on_done, rig);

    (void)state;
    assert_non_null(ask);
    canary_ask_cancel(ask);
    close_rig(rig);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    assert_int_equal(rig->told, 0);
    canary_ask_cancel(NULL);
    free(rig);
}

static void nobody_there_is_told_after_its_tries(void **state)
{
    struct rig *rig = start_rig();

    (void)state;
    uv_udp_recv_stop(&rig->udp);
    run_rig(rig);
    assert_false(rig->answered);
    free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_answered_over_udp),
        cmocka_unit_test(what_is_cut_is_asked_for_over_tcp),
        cmocka_unit_test(a_proxys_header_goes_before_both),
        cmocka_unit_test(one_that_is_cancelled_says_nothing_and_leaves_nothing),
        cmocka_unit_test(nobody_there_is_told_after_its_tries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
