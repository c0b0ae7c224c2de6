/* resolver/listen/tcp on loopback, with a batch function that plays the core. */
#include <sys/resource.h>

#include "listen_fixture.h"

struct peer {
    int fd;
    uint8_t octets[70000];
    size_t length;
    bool ended;
};

static const struct tcp_limits roomy = {
    .connections = 32, .connections_per_client = 32, .idle_ms = 60000, .pipelined = 64};

static struct tcp_listener *listen_on(struct fixture *f, struct listen_socket *at,
                                      const struct tcp_limits *limits)
{
    struct tcp_listener *listener;

    *at = fixture_bind("127.0.0.1", true);
    listener = tcp_listener_create(&f->loop, at, &f->context, limits, NULL);
    assert_non_null(listener);
    f->tcp = listener;
    return listener;
}

static void forget(struct fixture *f, struct tcp_listener *listener)
{
    f->tcp = NULL;
    tcp_listener_destroy(listener);
}

static struct peer *peer_new(const struct listen_socket *at)
{
    struct peer *peer = calloc(1, sizeof *peer);

    peer->fd = fixture_client(at, "127.0.0.1");
    return peer;
}

static void peer_free(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    free(peer);
}

/* Sends TEXT as one message. */
static void say(const struct peer *peer, const char *text)
{
    uint8_t frame[300];
    size_t length = strlen(text);

    store_be16(frame, (uint16_t)length);
    memcpy(frame + 2, text, length);
    assert_int_equal(send(peer->fd, frame, length + 2, 0), length + 2);
}

/* Takes what has arrived; tells whether a whole message stands in front. */
static bool heard(struct peer *peer)
{
    ssize_t got;

    do {
        got = recv(peer->fd, peer->octets + peer->length, sizeof peer->octets - peer->length, 0);
        if (got > 0)
            peer->length += (size_t)got;
    } while (got > 0 && peer->length < sizeof peer->octets);
    if (got == 0 && peer->length < sizeof peer->octets)
        peer->ended = true;
    if (got < 0 && errno == ECONNRESET)
        peer->ended = true;
    return peer->length >= 2 && peer->length - 2 >= load_be16(peer->octets);
}

static bool closed(struct peer *peer)
{
    heard(peer);
    return peer->ended;
}

static size_t take_message(struct fixture *f, struct peer *peer, uint8_t *out)
{
    size_t size;

    run_until(f, heard(peer));
    size = load_be16(peer->octets);
    memcpy(out, peer->octets + 2, size);
    peer->length -= size + 2;
    memmove(peer->octets, peer->octets + size + 2, peer->length);
    return size;
}

static void hear(struct fixture *f, struct peer *peer, const char *text)
{
    static uint8_t message[65536];
    size_t size = take_message(f, peer, message);

    assert_int_equal(size, strlen(text));
    assert_memory_equal(message, text, size);
}

static void answer_taken(struct fixture *f, size_t which, const char *text)
{
    tcp_listener_send(tcp_listener_of(&f->taken[which]), &f->taken[which], (const uint8_t *)text,
                      strlen(text));
}

/* C60 without TLS */
static void pipelined_queries_are_answered_as_answers_are_ready(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *peer = peer_new(&at);

    say(peer, "Tslow");
    for (char c = 'a'; c < 'a' + 20; c++)
        say(peer, (const char[]){'E', c, 0});
    for (char c = 'a'; c < 'a' + 20; c++)
        hear(f, peer, (const char[]){'E', c, 0}); /* while slow is still asked for */
    answer_taken(f, 0, "slow came");
    hear(f, peer, "slow came");
    say(peer, "Eagain"); /* and the connection stays */
    hear(f, peer, "Eagain");
    forget(f, listener);
    peer_free(peer);
}

static void messages_may_come_in_any_pieces(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *peer = peer_new(&at);
    static const uint8_t frames[] = "\0\4Eone\0\4Etwo\0\6Ethree";

    for (size_t i = 0; i < sizeof frames - 1; i++) {
        assert_int_equal(send(peer->fd, frames + i, 1, 0), 1);
        uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    hear(f, peer, "Eone");
    hear(f, peer, "Etwo");
    hear(f, peer, "Ethree");
    forget(f, listener);
    peer_free(peer);
}

static void a_message_of_65535_octets_is_taken_whole(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *peer = peer_new(&at);
    static uint8_t frame[65537], got[65536];
    size_t sent = 0;

    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (uint8_t)(i * 7 + i / 256);
    frame[0] = frame[1] = 0xff;
    frame[2] = 'E';
    while (sent < sizeof frame) {
        ssize_t now = send(peer->fd, frame + sent, sizeof frame - sent, 0);

        if (now > 0)
            sent += (size_t)now;
        uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(take_message(f, peer, got), 65535);
    assert_memory_equal(got, frame + 2, 65535);
    forget(f, listener);
    peer_free(peer);
}

static void a_half_closed_client_gets_its_answers(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *peer = peer_new(&at);

    say(peer, "Tslow");
    say(peer, "Efast");
    assert_int_equal(shutdown(peer->fd, SHUT_WR), 0);
    hear(f, peer, "Efast");
    run_some(f);
    assert_false(closed(peer));
    answer_taken(f, 0, "slow");
    hear(f, peer, "slow");
    run_until(f, closed(peer));
    assert_int_equal(tcp_listener_connections(listener), 0);
    forget(f, listener);
    peer_free(peer);
}

static void garbage_closes_that_connection_only(void **state)
{
    static const char *const rows[] = {"\0\0", "\0\1D", "\0\4Dxyz", "\0\1D\0\2Ex"};
    static const size_t lengths[] = {2, 3, 6, 7};
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *other = peer_new(&at);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct peer *peer = peer_new(&at);

        assert_int_equal(send(peer->fd, rows[i], lengths[i], 0), lengths[i]);
        run_until(f, closed(peer));
        say(other, "Estill here");
        hear(f, other, "Estill here");
        peer_free(peer);
    }
    forget(f, listener);
    peer_free(other);
}

static void queries_before_garbage_are_answered(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *peer = peer_new(&at);

    say(peer, "Tslow");
    say(peer, "Efast");
    say(peer, "D");
    hear(f, peer, "Efast");
    answer_taken(f, 0, "slow");
    hear(f, peer, "slow");
    run_until(f, closed(peer));
    forget(f, listener);
    peer_free(peer);
}

static void reading_pauses_at_the_limit_of_queries_in_flight(void **state)
{
    const struct tcp_limits limits = {
        .connections = 4, .connections_per_client = 4, .idle_ms = 60000, .pipelined = 3};
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &limits);
    struct peer *peer = peer_new(&at);

    for (char c = '0'; c <= '9'; c++)
        say(peer, (const char[]){'T', c, 0});
    run_until(f, f->taken_count == 3);
    run_some(f);
    assert_int_equal(f->taken_count, 3);
    for (size_t i = 0; i < 10; i++) {
        run_until(f, f->taken_count > i);
        assert_int_equal(f->taken_octets[i][1], '0' + i);
        answer_taken(f, i, "done");
        hear(f, peer, "done");
    }
    forget(f, listener);
    peer_free(peer);
}

static void a_peer_that_does_not_read_is_not_read_from(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *peer = peer_new(&at);
    static uint8_t got[65536];
    unsigned asked = 0, before;

    while (asked < 1000) {
        uint8_t frame[] = {0, 2, 'B', (uint8_t)asked};

        if (send(peer->fd, frame, sizeof frame, 0) != sizeof frame)
            break;
        asked++;
        uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    run_some(f);
    before = f->queries;
    run_some(f);
    assert_int_equal(f->queries, before); /* it has come to a stop ... */
    assert_true(before < asked);
    for (unsigned i = 0; i < asked; i++) { /* ... and goes on when the peer reads */
        assert_int_equal(take_message(f, peer, got), FIXTURE_BIG);
        assert_int_equal(got[0], (uint8_t)i);
    }
    forget(f, listener);
    peer_free(peer);
}

/* Or clients over UDP would wait for all of them. */
static void a_crowd_that_asks_at_once_is_served_in_many_turns(void **state)
{
    enum { PEERS = 24, QUERIES = 800, TURN_MOST = 4096 /* a few times what stream.h says */ };
    static uint8_t frames[QUERIES * 4];
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *peers[PEERS];
    unsigned before = 0, most = 0;

    for (size_t i = 0; i < sizeof frames; i += 4)
        memcpy(frames + i, "\0\2Ex", 4);
    for (size_t i = 0; i < PEERS; i++) {
        peers[i] = peer_new(&at);
        assert_int_equal(send(peers[i]->fd, frames, sizeof frames, 0), sizeof frames);
    }
    for (int i = 0; i < 100000 && f->queries < PEERS * QUERIES; i++) {
        uv_run(&f->loop, UV_RUN_NOWAIT);
        most = f->queries - before > most ? f->queries - before : most;
        before = f->queries;
    }
    assert_int_equal(f->queries, PEERS * QUERIES);
    assert_in_range(most, 1, TURN_MOST);
    for (size_t i = 0; i < PEERS; i++) {
        run_until(f, heard(peers[i]) && peers[i]->length == sizeof frames);
        peer_free(peers[i]);
    }
    forget(f, listener);
}

static void an_answer_for_a_connection_that_is_gone_reaches_nobody(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *gone = peer_new(&at), *next;

    say(gone, "Tnever");
    run_until(f, f->taken_count == 1);
    say(gone, "D");
    close(gone->fd);
    gone->fd = -1;
    /* in flight, so that it is kept; a failing send ends it */
    answer_taken(f, 0, "one");
    run_until(f, tcp_listener_connections(listener) == 0);
    next = peer_new(&at); /* has its slot now */
    say(next, "Ehello");
    hear(f, next, "Ehello");
    answer_taken(f, 0, "stale");
    run_some(f);
    say(next, "Eworld");
    hear(f, next, "Eworld");
    forget(f, listener);
    peer_free(gone);
    peer_free(next);
}

static void at_a_limit_the_longest_useless_connection_makes_room(void **state)
{
    const struct tcp_limits limits = {
        .connections = 8, .connections_per_client = 3, .idle_ms = 60000, .pipelined = 8};
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &limits);
    struct peer *peers[4];

    for (int i = 0; i < 3; i++) {
        peers[i] = peer_new(&at);
        say(peers[i], "Ehello");
        hear(f, peers[i], "Ehello");
    }
    say(peers[0], "Euseful"); /* the oldest, but not the longest useless */
    hear(f, peers[0], "Euseful");
    peers[3] = peer_new(&at);
    say(peers[3], "Enew");
    hear(f, peers[3], "Enew");
    assert_int_equal(tcp_listener_connections(listener), 3);
    run_until(f, closed(peers[1]));
    assert_false(closed(peers[0]) || closed(peers[2]) || closed(peers[3]));
    forget(f, listener);
    for (int i = 0; i < 4; i++)
        peer_free(peers[i]);
}

static void a_crowd_of_silent_peers_does_not_keep_others_out(void **state)
{
    const struct tcp_limits limits = {
        .connections = 16, .connections_per_client = 16, .idle_ms = 60000, .pipelined = 8};
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &limits);
    int crowd[100];
    struct peer *peer;

    for (int i = 0; i < 100; i++) {
        crowd[i] = fixture_client(&at, "127.0.0.1");
        assert_int_equal(send(crowd[i], "\xff\xff half", 7, 0), 7);
        uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    run_some(f);
    peer = peer_new(&at);
    say(peer, "Ehello");
    hear(f, peer, "Ehello");
    assert_true(tcp_listener_connections(listener) <= 16);
    forget(f, listener);
    peer_free(peer);
    for (int i = 0; i < 100; i++)
        close(crowd[i]);
}

static void idle_connections_are_closed_and_busy_ones_are_not(void **state)
{
    struct tcp_limits limits = roomy;
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &limits);
    struct peer *busy = peer_new(&at), *idle;

    say(busy, "Tslow");
    run_until(f, f->taken_count == 1);
    idle = peer_new(&at);
    assert_int_equal(send(idle->fd, "\0\4E", 3, 0), 3); /* a half message is no use */
    run_until(f, tcp_listener_connections(listener) == 2);
    limits.idle_ms = 20;
    tcp_listener_limits(listener, &limits);
    run_until(f, closed(idle)); /* busy did nothing for even longer, but it is we who are slow */
    assert_false(closed(busy));
    answer_taken(f, 0, "slow");
    hear(f, busy, "slow");
    run_until(f, closed(busy)); /* now it is idle too */
    forget(f, listener);
    peer_free(idle);
    peer_free(busy);
}

static void out_of_descriptors_means_a_pause_not_an_end(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *first = peer_new(&at), *second;
    struct rlimit before, none;

    say(first, "Ehello");
    hear(f, first, "Ehello");
    second = peer_new(&at);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    run_until(f, closed(first)); /* gave way */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    say(second, "Ehello");
    hear(f, second, "Ehello");
    forget(f, listener);
    peer_free(first);
    peer_free(second);
}

static void a_stopped_listener_lets_queries_in_flight_end(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at;
    struct tcp_listener *listener = listen_on(f, &at, &roomy);
    struct peer *busy = peer_new(&at), *idle = peer_new(&at);

    say(busy, "Tslow");
    say(idle, "Ehello");
    hear(f, idle, "Ehello");
    run_until(f, f->taken_count == 1);
    tcp_listener_stop(listener);
    run_until(f, closed(idle));
    assert_int_equal(tcp_listener_connections(listener), 1);
    answer_taken(f, 0, "slow");
    hear(f, busy, "slow");
    run_until(f, closed(busy));
    forget(f, listener);
    peer_free(busy);
    peer_free(idle);
}

static void interface_of(struct fixture *f, const char *address)
{
    struct listen_socket at = fixture_bind(address, true);
    struct tcp_listener *listener;
    struct peer peer = {0};

    if (at.fd < 0)
        skip();
    listener = f->tcp = tcp_listener_create(&f->loop, &at, &f->context, &roomy, NULL);
    assert_int_equal(tcp_listener_pktinfo(listener, true, NULL), 0);
    peer.fd = fixture_client(&at, address);
    say(&peer, "Ehello");
    run_until(f, heard(&peer));
    assert_int_equal(f->last.ifindex, if_nametoindex("lo"));
    assert_int_equal(f->last.local.port, at.local.port);
    forget(f, listener);
    close(peer.fd);
}

static void the_interface_of_an_ipv4_connection_is_told(void **state)
{
    interface_of(*state, "127.0.0.1");
}

static void the_interface_of_an_ipv6_connection_is_told(void **state)
{
    interface_of(*state, "::1");
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(pipelined_queries_are_answered_as_answers_are_ready),
        with_fixture(messages_may_come_in_any_pieces),
        with_fixture(a_message_of_65535_octets_is_taken_whole),
        with_fixture(a_half_closed_client_gets_its_answers),
        with_fixture(garbage_closes_that_connection_only),
        with_fixture(queries_before_garbage_are_answered),
        with_fixture(reading_pauses_at_the_limit_of_queries_in_flight),
        with_fixture(a_peer_that_does_not_read_is_not_read_from),
        with_fixture(a_crowd_that_asks_at_once_is_served_in_many_turns),
        with_fixture(an_answer_for_a_connection_that_is_gone_reaches_nobody),
        with_fixture(at_a_limit_the_longest_useless_connection_makes_room),
        with_fixture(a_crowd_of_silent_peers_does_not_keep_others_out),
        with_fixture(idle_connections_are_closed_and_busy_ones_are_not),
        with_fixture(out_of_descriptors_means_a_pause_not_an_end),
        with_fixture(a_stopped_listener_lets_queries_in_flight_end),
        with_fixture(the_interface_of_an_ipv4_connection_is_told),
        with_fixture(the_interface_of_an_ipv6_connection_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
