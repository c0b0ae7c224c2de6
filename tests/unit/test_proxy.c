/* resolver/listen: the PROXY header of version 2, read, and required of those who must speak it. */
#include "listen_fixture.h"

#include "config/base/log.h"
#include "policy/who/network.h"
#include "resolver/listen/proxy.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FOR_IPV4 SIGNATURE "\x21\x11\0\x0c\xc0\0\2\x14\xc6\x33\x64\5\x12\x34\0\x35"
#define FOR_IPV4_UDP SIGNATURE "\x21\x12\0\x0c\xc0\0\2\x14\xc6\x33\x64\5\x12\x34\0\x35"
#define LOCAL SIGNATURE "\x20\0\0\0"
#define TLV "\4\0\3abc" /* PP2_TYPE_NOOP */
#define DB8 "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0"

/* --- the header --- */

struct row {
    const char *title, *octets;
    size_t length;
    enum proxy_result result;
    const char *client; /* "" for the socket's own */
    size_t taken;
};

#define ROW(title, octets, result, client, taken)                                                  \
    {                                                                                              \
        title, octets, sizeof(octets) - 1, result, client, taken                                   \
    }

static const struct row rows[] = {
    ROW("for IPv4 over TCP", FOR_IPV4, PROXY_OK, "192.0.2.20@4660", 28),
    ROW("for IPv4 over UDP", FOR_IPV4_UDP, PROXY_OK, "192.0.2.20@4660", 28),
    ROW("with a query behind it", FOR_IPV4 "query", PROXY_OK, "192.0.2.20@4660", 28),
    ROW("with a TLV", SIGNATURE "\x21\x11\0\x12\xc0\0\2\x14\xc6\x33\x64\5\x12\x34\0\x35" TLV,
        PROXY_OK, "192.0.2.20@4660", 34),
    ROW("for IPv6", SIGNATURE "\x21\x22\0\x24" DB8 "\7" DB8 "\x53\x12\x34\0\x35", PROXY_OK,
        "2001:db8::7@4660", 52),
    ROW("for IPv4 in IPv6",
        SIGNATURE "\x21\x21\0\x24\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\x14" DB8 "\x53\x12\x34\0\x35",
        PROXY_OK, "192.0.2.20@4660", 52),
    ROW("LOCAL", LOCAL, PROXY_OK, "", 16),
    ROW("LOCAL, whose addresses say nothing",
        SIGNATURE "\x20\x11\0\x0c\xc0\0\2\x14\xc6\x33\x64\5\x12\x34\0\x35", PROXY_OK, "", 28),
    ROW("for somebody without an address", SIGNATURE "\x21\0\0\0", PROXY_OK, "", 16),
    ROW("for a path of the machine", SIGNATURE "\x21\x31\0\2ab", PROXY_OK, "", 18),
    ROW("nothing yet", "", PROXY_MORE, NULL, 0),
    ROW("a line end", "\r", PROXY_MORE, NULL, 0),
    ROW("a signature", SIGNATURE, PROXY_MORE, NULL, 0),
    ROW("all but an octet", SIGNATURE "\x21\x11\0\x0c\xc0\0\2\x14\xc6\x33\x64\5\x12\x34\0",
        PROXY_MORE, NULL, 0),
    ROW("version 1", "PROXY TCP4 192.0.2.20 198.51.100.5 4660 53\r\n", PROXY_BROKEN, NULL, 0),
    ROW("version 3", SIGNATURE "\x31\x11\0\0", PROXY_BROKEN, NULL, 0),
    ROW("a third command", SIGNATURE "\x22\0\0\0", PROXY_BROKEN, NULL, 0),
    ROW("a family that is none", SIGNATURE "\x21\x41\0\0", PROXY_BROKEN, NULL, 0),
    ROW("IPv4 over nothing", SIGNATURE "\x21\x10\0\x0c\xc0\0\2\x14\xc6\x33\x64\5\x12\x34\0\x35",
        PROXY_BROKEN, NULL, 0),
    ROW("addresses that do not fit", SIGNATURE "\x21\x11\0\4\xc0\0\2\x14", PROXY_BROKEN, NULL, 0),
    ROW("more than we take", SIGNATURE "\x21\x11\x08\0", PROXY_BROKEN, NULL, 0),
    ROW("a signature with a fault", "\r\n\r\n\0\r\nQUIT\r\x21\x11\0\0", PROXY_BROKEN, NULL, 0),
    ROW("a query", "\0\x1d\xbe\xef\1\0\0\1", PROXY_BROKEN, NULL, 0),
};

static void each_header_is_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        uint8_t octets[128], *start = octets + sizeof octets - row->length;
        struct proxy_header header = {0};
        char text[ADDR_TEXT_MAX] = "";

        memcpy(start, row->octets, row->length);
        if (proxy_read(start, row->length, &header) != row->result)
            fail_msg("%s: another result", row->title);
        if (row->result != PROXY_OK)
            continue;
        if (header.client.addr.bits != 0)
            endpoint_to_text(&header.client, text);
        if (header.length != row->taken || strcmp(text, row->client) != 0)
            fail_msg("%s: %zu octets, '%s'", row->title, header.length, text);
    }
}

/* --- on sockets --- */

static const struct tcp_limits limits = {
    .connections = 32, .connections_per_client = 2, .idle_ms = 60000, .pipelined = 64};

static struct network_table *table_of(const char *prefix)
{
    struct prefix one;

    assert_int_equal(prefix_from_text(&one, prefix), 0);
    return network_create_of(&one, 1, NULL);
}

static bool came_from(const struct fixture *f, const char *client)
{
    char text[ADDR_TEXT_MAX];

    return strcmp(addr_to_text(&f->last.client.addr, text), client) == 0;
}

#define SEND(fd, octets)                                                                           \
    assert_int_equal(send(fd, octets, sizeof(octets) - 1, 0), sizeof(octets) - 1)

static void a_datagram_of_a_proxy_is_its_clients(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at = fixture_bind("127.0.0.1", false);
    struct network_table *proxies = table_of("127.0.0.0/8");
    int client = fixture_client(&at, "127.0.0.1");
    uint8_t got[16];

    f->udp = udp_listener_create(&f->loop, &at, &f->context, NULL);
    udp_listener_proxies(f->udp, proxies);
    SEND(client, FOR_IPV4_UDP "E1");
    run_until(f, recv(client, got, sizeof got, 0) == 2); /* the answer goes to the proxy */
    assert_memory_equal(got, "E1", 2);
    assert_true(came_from(f, "192.0.2.20"));
    assert_int_equal(f->last.client.port, 0x1234);
    assert_int_equal(f->last.ifindex, 0);
    SEND(client, LOCAL "E2");
    run_until(f, recv(client, got, sizeof got, 0) == 2);
    assert_true(came_from(f, "127.0.0.1"));
    udp_listener_destroy(f->udp);
    f->udp = NULL;
    network_free(proxies);
    close(client);
}

static void a_forwarded_answer_goes_to_the_proxy(void **state)
{
    struct fixture *f = *state;
    struct listen_socket at = fixture_bind("127.0.0.1", false);
    struct network_table *proxies = table_of("127.0.0.1");
    int client = fixture_client(&at, "127.0.0.1");
    uint8_t got[16];

    f->udp = udp_listener_create(&f->loop, &at, &f->context, NULL);
    udp_listener_proxies(f->udp, proxies);
    SEND(client, FOR_IPV4_UDP "T");
    run_until(f, f->taken_count == 1);
    udp_listener_send(f->udp, &f->taken[0], (const uint8_t *)"later", 5);
    run_until(f, recv(client, got, sizeof got, 0) == 5);
    udp_listener_destroy(f->udp);
    f->udp = NULL;
    network_free(proxies);
    close(client);
}

/* Sends what must be dropped, then what is answered; counts what the core saw. */
static void datagrams_without_a_right_to_it_are_dropped(void **state)
{
    struct fixture *f = *state;
    struct log log;
    struct listen_socket at = fixture_bind("127.0.0.1", false);
    struct network_table *proxies = table_of("127.0.0.1"), *others = table_of("192.0.2.1");
    int client = fixture_client(&at, "127.0.0.1");
    uint8_t got[16];

    log_open(&log, "test");
    log.level = LOG_LEVEL_ERROR;
    f->context.log = &log;
    f->udp = udp_listener_create(&f->loop, &at, &f->context, NULL);
    udp_listener_proxies(f->udp, proxies); /* a proxy must send a header, whole */
    SEND(client, "E without");
    SEND(client, SIGNATURE "\x21\x11\0\x0c\xc0\0");
    SEND(client, FOR_IPV4_UDP "E1");
    run_until(f, recv(client, got, sizeof got, 0) == 2);
    assert_int_equal(f->queries, 1);
    udp_listener_proxies(f->udp, others); /* another must not */
    SEND(client, FOR_IPV4_UDP "E1");
    SEND(client, "E2");
    run_until(f, recv(client, got, sizeof got, 0) == 2);
    assert_memory_equal(got, "E2", 2);
    assert_int_equal(f->queries, 2);
    udp_listener_proxies(f->udp, NULL); /* nor where there are none */
    SEND(client, FOR_IPV4_UDP "E1");
    SEND(client, "E3");
    run_until(f, recv(client, got, sizeof got, 0) == 2);
    assert_memory_equal(got, "E3", 2);
    udp_listener_destroy(f->udp);
    f->udp = NULL;
    network_free(others);
    network_free(proxies);
    close(client);
}

struct tcp_rig {
    struct network_table *proxies;
    struct listen_socket at;
    struct log log;
    int client;
};

/* Opens a listener to which PROXIES must speak, and a client. */
static void tcp_open(struct fixture *f, struct tcp_rig *rig, const char *proxies, uint32_t idle_ms)
{
    struct tcp_limits own = limits;

    own.idle_ms = idle_ms;
    log_open(&rig->log, "test");
    rig->log.level = LOG_LEVEL_ERROR;
    f->context.log = &rig->log;
    rig->at = fixture_bind("127.0.0.1", true);
    rig->proxies = table_of(proxies);
    f->tcp = tcp_listener_create(&f->loop, &rig->at, &f->context, &own, NULL);
    assert_non_null(f->tcp);
    tcp_listener_proxies(f->tcp, rig->proxies);
    rig->client = fixture_client(&rig->at, "127.0.0.1");
}

static void tcp_shut(struct fixture *f, struct tcp_rig *rig)
{
    tcp_listener_destroy(f->tcp);
    f->tcp = NULL;
    network_free(rig->proxies);
    close(rig->client);
}

static bool is_closed(int fd)
{
    uint8_t octet;
    ssize_t got = recv(fd, &octet, 1, 0);

    assert_true(got <= 0); /* nothing is said before */
    return got == 0 || errno == ECONNRESET;
}

static void queries_behind_a_header_are_its_clients(void **state)
{
    struct fixture *f = *state;
    struct tcp_rig rig;
    uint8_t got[16];

    tcp_open(f, &rig, "127.0.0.1", 60000);
    SEND(rig.client, FOR_IPV4 "\0\2E1\0\2E2");
    run_until(f, recv(rig.client, got, sizeof got, 0) == 8);
    assert_memory_equal(got, "\0\2E1\0\2E2", 8);
    assert_true(came_from(f, "192.0.2.20"));
    assert_int_equal(f->last.ifindex, 0);
    SEND(rig.client, "\0\2E3"); /* one header a connection */
    run_until(f, recv(rig.client, got, sizeof got, 0) == 4);
    assert_true(came_from(f, "192.0.2.20"));
    tcp_shut(f, &rig);
}

static void a_header_may_come_octet_by_octet(void **state)
{
    static const char octets[] = FOR_IPV4 "\0\2E1";
    struct fixture *f = *state;
    struct tcp_rig rig;
    uint8_t got[16];

    tcp_open(f, &rig, "127.0.0.1", 60000);
    for (size_t i = 0; i < sizeof octets - 1; i++) {
        assert_int_equal(send(rig.client, octets + i, 1, 0), 1);
        run_some(f);
    }
    run_until(f, recv(rig.client, got, sizeof got, 0) == 4);
    assert_true(came_from(f, "192.0.2.20"));
    tcp_shut(f, &rig);
}

static void a_local_connection_is_the_proxys_own(void **state)
{
    struct fixture *f = *state;
    struct tcp_rig rig;
    uint8_t got[16];

    tcp_open(f, &rig, "127.0.0.1", 60000);
    SEND(rig.client, LOCAL "\0\2E1");
    run_until(f, recv(rig.client, got, sizeof got, 0) == 4);
    assert_true(came_from(f, "127.0.0.1"));
    tcp_shut(f, &rig);
}

static void a_proxy_without_a_header_is_closed(void **state)
{
    struct fixture *f = *state;
    struct tcp_rig rig;

    tcp_open(f, &rig, "127.0.0.1", 60000);
    SEND(rig.client, "\0\2E1");
    run_until(f, is_closed(rig.client));
    assert_int_equal(f->queries, 0);
    tcp_shut(f, &rig);
}

/* C51 (8), as far as TCP goes. */
static void a_header_from_anybody_else_closes_his_connection(void **state)
{
    struct fixture *f = *state;
    struct tcp_rig rig;

    tcp_open(f, &rig, "192.0.2.1", 60000);
    SEND(rig.client, FOR_IPV4 "\0\2E1");
    run_until(f, is_closed(rig.client));
    assert_int_equal(f->queries, 0);
    tcp_shut(f, &rig);
}

static void who_is_no_proxy_is_served_as_ever(void **state)
{
    struct fixture *f = *state;
    struct tcp_rig rig;
    uint8_t got[16];

    tcp_open(f, &rig, "192.0.2.1", 60000);
    assert_int_equal(send(rig.client, "\0", 1, 0), 1);
    run_some(f);
    SEND(rig.client, "\2E1");
    run_until(f, recv(rig.client, got, sizeof got, 0) == 4);
    assert_true(came_from(f, "127.0.0.1"));
    tcp_shut(f, &rig);
}

/* C51 (10) */
static void a_header_cut_short_ends_with_the_idle_time(void **state)
{
    struct fixture *f = *state;
    struct tcp_rig rig;

    tcp_open(f, &rig, "127.0.0.1", 200);
    SEND(rig.client, SIGNATURE "\x21\x11\0\x0c\xc0");
    run_until(f, is_closed(rig.client));
    assert_int_equal(f->queries, 0);
    tcp_shut(f, &rig);
}

static void a_proxy_may_have_many_connections(void **state)
{
    struct fixture *f = *state;
    struct tcp_rig rig;
    int more[8];
    uint8_t got[16];

    tcp_open(f, &rig, "127.0.0.1", 60000);
    for (size_t i = 0; i < 8; i++)
        more[i] = fixture_client(&rig.at, "127.0.0.1");
    run_until(f, tcp_listener_connections(f->tcp) == 9); /* 2 are any other client's */
    SEND(rig.client, FOR_IPV4 "\0\2E1");
    run_until(f, recv(rig.client, got, sizeof got, 0) == 4);
    for (size_t i = 0; i < 8; i++)
        close(more[i]);
    tcp_shut(f, &rig);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_header_is_what_it_is),
        EACH(a_datagram_of_a_proxy_is_its_clients),
        EACH(a_forwarded_answer_goes_to_the_proxy),
        EACH(datagrams_without_a_right_to_it_are_dropped),
        EACH(queries_behind_a_header_are_its_clients),
        EACH(a_header_may_come_octet_by_octet),
        EACH(a_local_connection_is_the_proxys_own),
        EACH(a_proxy_without_a_header_is_closed),
        EACH(a_header_from_anybody_else_closes_his_connection),
        EACH(who_is_no_proxy_is_served_as_ever),
        EACH(a_header_cut_short_ends_with_the_idle_time),
        EACH(a_proxy_may_have_many_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
