/* resolver/listen/udp on loopback, with a batch function that plays the core. */
#include "listen_fixture.h"

static struct udp_listener *listen_on(struct fixture *f, const struct listen_socket *socket_)
{
    struct udp_listener *listener = udp_listener_create(&f->loop, socket_, &f->context, NULL);

    assert_non_null(listener);
    f->udp = listener;
    return listener;
}

static void forget(struct fixture *f, struct udp_listener *listener)
{
    f->udp = NULL;
    udp_listener_destroy(listener);
}

static void every_datagram_of_a_burst_is_answered(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at = fixture_bind("127.0.0.1", false);
    struct udp_listener *listener = listen_on(f, &at);
    int client = fixture_client(&at, "127.0.0.1");
    bool seen[200] = {false};
    size_t answers = 0;
    uint8_t message[12] = {'E'};

    for (uint8_t i = 0; i < 200; i++) {
        message[1] = i;
        assert_int_equal(send(client, message, sizeof message, 0), sizeof message);
    }
    while (answers < 200) {
        run_until(f, recv(client, message, sizeof message, 0) > 0);
        assert_false(seen[message[1]]);
        seen[message[1]] = true;
        answers++;
    }
    assert_int_equal(f->queries, 200);
    assert_true(f->batches <= 10); /* 64 at a time, not one by one */
    forget(f, listener);
    close(client);
}

static void forwarded_answers_go_to_the_client_that_asked(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at = fixture_bind("127.0.0.1", false);
    struct udp_listener *listener = listen_on(f, &at);
    int one = fixture_client(&at, "127.0.0.1"), two = fixture_client(&at, "127.0.0.1");
    uint8_t got[512];

    assert_int_equal(send(one, "T1", 2, 0), 2);
    run_until(f, f->taken_count == 1);
    assert_int_equal(send(two, "T2", 2, 0), 2);
    run_until(f, f->taken_count == 2);
    assert_ptr_equal(udp_listener_of(&f->taken[0]), listener);
    udp_listener_send(listener, &f->taken[1], (const uint8_t *)"for two", 7);
    udp_listener_send(listener, &f->taken[0], (const uint8_t *)"for one", 7);
    run_until(f, recv(one, got, sizeof got, 0) == 7);
    assert_memory_equal(got, "for one", 7);
    run_until(f, recv(two, got, sizeof got, 0) == 7);
    assert_memory_equal(got, "for two", 7);
    forget(f, listener);
    close(one);
    close(two);
}

static void more_forwarded_answers_than_a_batch_all_leave(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at = fixture_bind("127.0.0.1", false);
    struct udp_listener *listener = listen_on(f, &at);
    int client = fixture_client(&at, "127.0.0.1");
    uint8_t got[512];

    for (int i = 0; i < 150; i++)
        assert_int_equal(send(client, "T", 1, 0), 1);
    run_until(f, f->taken_count == 150);
    for (size_t i = 0; i < 150; i++)
        udp_listener_send(listener, &f->taken[i], (const uint8_t *)"x", 1);
    for (int i = 0; i < 150; i++)
        run_until(f, recv(client, got, sizeof got, 0) == 1);
    forget(f, listener);
    close(client);
}

static void wildcard_answers_leave_from(struct fixture *f, const char *wildcard, const char *asked)
{
    struct listen_socket at = fixture_bind(wildcard, false);
    struct udp_listener *listener;
    struct addr addr;
    uint8_t got[16];
    int client;

    if (at.fd < 0)
        skip();
    listener = listen_on(f, &at);
    client = fixture_client(&at, asked); /* connected: hears nobody else */
    assert_int_equal(send(client, "Ehello", 6, 0), 6);
    run_until(f, recv(client, got, sizeof got, 0) == 6);
    assert_int_equal(addr_from_text(&addr, asked), 0);
    assert_true(addr_equal(&f->last.local.addr, &addr));
    assert_int_equal(f->last.local.port, at.local.port);
    assert_int_equal(f->last.ifindex, if_nametoindex("lo"));
    /* and the same for one that was forwarded */
    assert_int_equal(send(client, "T", 1, 0), 1);
    run_until(f, f->taken_count > 0);
    udp_listener_send(listener, &f->taken[--f->taken_count], (const uint8_t *)"later", 5);
    run_until(f, recv(client, got, sizeof got, 0) == 5);
    forget(f, listener);
    close(client);
}

static void wildcard_sockets_answer_from_the_address_that_was_asked(void **state)
{
    wildcard_answers_leave_from(*state, "0.0.0.0", "127.0.0.5");
}

static void wildcard_sockets_do_so_over_ipv6(void **state)
{
    wildcard_answers_leave_from(*state, "::", "::1");
}

static void the_interface_is_told_where_it_is_wanted(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at = fixture_bind("127.0.0.1", false);
    struct udp_listener *listener = listen_on(f, &at);
    int client = fixture_client(&at, "127.0.0.1");

    assert_int_equal(send(client, "E", 1, 0), 1);
    run_until(f, f->queries == 1);
    assert_int_equal(f->last.ifindex, 0);
    assert_int_equal(udp_listener_pktinfo(listener, true, NULL), 0);
    assert_int_equal(send(client, "E", 1, 0), 1);
    run_until(f, f->queries == 2);
    assert_int_equal(f->last.ifindex, if_nametoindex("lo"));
    forget(f, listener);
    close(client);
}

static void odd_datagrams_do_no_harm(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at = fixture_bind("127.0.0.1", false);
    struct udp_listener *listener = listen_on(f, &at);
    int client = fixture_client(&at, "127.0.0.1");
    static uint8_t long_message[65000];
    uint8_t got[16];

    assert_int_equal(send(client, "", 0, 0), 0);
    assert_int_equal(send(client, long_message, sizeof long_message, 0), sizeof long_message);
    assert_int_equal(send(client, "D", 1, 0), 1);
    assert_int_equal(send(client, "E1", 2, 0), 2);
    run_until(f, recv(client, got, sizeof got, 0) == 2);
    assert_int_equal(f->queries, 4);
    forget(f, listener);
    close(client);
}

static void a_stopped_listener_reads_no_more_but_sends_what_is_due(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at = fixture_bind("127.0.0.1", false);
    struct udp_listener *listener = listen_on(f, &at);
    int client = fixture_client(&at, "127.0.0.1");
    uint8_t got[16];

    assert_int_equal(send(client, "T", 1, 0), 1);
    run_until(f, f->taken_count == 1);
    udp_listener_stop(listener);
    assert_int_equal(send(client, "E", 1, 0), 1);
    run_some(f);
    assert_int_equal(f->queries, 1);
    udp_listener_send(listener, &f->taken[0], (const uint8_t *)"bye", 3);
    udp_listener_flush(listener);
    run_until(f, recv(client, got, sizeof got, 0) == 3);
    forget(f, listener);
    close(client);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(every_datagram_of_a_burst_is_answered),
        with_fixture(forwarded_answers_go_to_the_client_that_asked),
        with_fixture(more_forwarded_answers_than_a_batch_all_leave),
        with_fixture(wildcard_sockets_answer_from_the_address_that_was_asked),
        with_fixture(wildcard_sockets_do_so_over_ipv6),
        with_fixture(the_interface_is_told_where_it_is_wanted),
        with_fixture(odd_datagrams_do_no_harm),
        with_fixture(a_stopped_listener_reads_no_more_but_sends_what_is_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
