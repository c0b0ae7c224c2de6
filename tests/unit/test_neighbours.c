/* policy/who/neighbours.c: who has an address, on which link, and one writer beside readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "policy/who/neighbours.h"

enum { MOST = 1024, LAN = 2, WIFI = 3 };

static const uint8_t tablet[6] = {0, 0, 0x5e, 0, 0x53, 0x0a};
static const uint8_t phone[6] = {0, 0, 0x5e, 0, 0x53, 0x0b};

static int set_up(void **state)
{
    struct err err;

    *state = neighbours_create(MOST, 7, &err);
    return *state == NULL;
}

static int tear_down(void **state)
{
    neighbours_free(*state);
    return 0;
}

static struct addr addr_of(const char *text)
{
    struct addr addr;

    assert_int_equal(addr_from_text(&addr, text), 0);
    return addr;
}

/* Returns the last octet of the MAC that TEXT has on IFINDEX, -1 for none. */
static int owner(const struct neighbours *neighbours, const char *text, uint32_t ifindex)
{
    struct addr addr = addr_of(text);
    uint8_t mac[6];

    return neighbours_find(neighbours, &addr, ifindex, mac) ? mac[5] : -1;
}

static bool put(struct neighbours *neighbours, const char *text, uint32_t ifindex,
                const uint8_t *mac)
{
    struct addr addr = addr_of(text);

    return neighbours_put(neighbours, &addr, ifindex, mac);
}

static bool removed(struct neighbours *neighbours, const char *text, uint32_t ifindex)
{
    struct addr addr = addr_of(text);

    return neighbours_remove(neighbours, &addr, ifindex);
}

static void test_all_addresses_of_one_device_lead_to_its_mac(void **state)
{
    put(*state, "192.0.2.20", LAN, tablet);
    put(*state, "2001:db8:1::aaaa", LAN, tablet);
    put(*state, "2001:db8:1::bbbb", LAN, tablet);
    assert_int_equal(owner(*state, "192.0.2.20", LAN), 0x0a);
    assert_int_equal(owner(*state, "2001:db8:1::aaaa", LAN), 0x0a);
    assert_int_equal(owner(*state, "2001:db8:1::bbbb", 0), 0x0a);
    assert_int_equal(owner(*state, "2001:db8:1::cccc", LAN), -1);
}

static void test_an_address_that_another_takes_is_his(void **state)
{
    assert_true(put(*state, "192.0.2.20", LAN, tablet));
    assert_false(put(*state, "192.0.2.20", LAN, tablet));
    assert_true(put(*state, "192.0.2.20", LAN, phone));
    assert_int_equal(owner(*state, "192.0.2.20", LAN), 0x0b);
}

static void test_what_is_removed_is_nobodys(void **state)
{
    put(*state, "192.0.2.20", LAN, tablet);
    assert_true(removed(*state, "192.0.2.20", LAN));
    assert_false(removed(*state, "192.0.2.20", LAN));
    assert_int_equal(owner(*state, "192.0.2.20", LAN), -1);
}

static void test_one_address_on_two_links_is_told_by_the_link(void **state)
{
    put(*state, "fe80::1", LAN, tablet);
    put(*state, "fe80::1", WIFI, phone);
    assert_int_equal(owner(*state, "fe80::1", LAN), 0x0a);
    assert_int_equal(owner(*state, "fe80::1", WIFI), 0x0b);
    assert_int_equal(owner(*state, "fe80::1", 0), -1);
    put(*state, "fe80::1", WIFI, tablet);
    assert_int_equal(owner(*state, "fe80::1", 0), 0x0a);
}

static void test_a_scope_tells_the_link(void **state)
{
    struct addr addr = addr_of("fe80::1");
    uint8_t mac[6];

    put(*state, "fe80::1", LAN, tablet);
    addr.scope = WIFI;
    assert_false(neighbours_find(*state, &addr, 0, mac));
    addr.scope = LAN;
    assert_true(neighbours_find(*state, &addr, 0, mac));
}

static void test_an_address_of_nobody_and_no_address_are_not_found(void **state)
{
    struct addr none = {0};
    uint8_t mac[6];

    assert_false(neighbours_find(*state, &none, 0, mac));
    assert_int_equal(owner(*state, "0.0.0.0", 0), -1);
    put(*state, "0.0.0.1", LAN, tablet);
    assert_int_equal(owner(*state, "0:0:0:0:0:0:0:0", 0), -1);
}

static void test_the_newest_of_more_than_fit_are_there(void **state)
{
    struct addr addr = addr_of("10.0.0.0");
    unsigned found = 0;

    for (uint32_t i = 0; i < 100 * MOST; i++) {
        store_be32(addr.octets, 0x0a000000U + i);
        neighbours_put(*state, &addr, LAN, tablet);
    }
    for (uint32_t i = 0; i < MOST; i++) {
        uint8_t mac[6];

        store_be32(addr.octets, 0x0a000000U + 100 * MOST - 1 - i);
        found += neighbours_find(*state, &addr, LAN, mac);
    }
    /* Buckets fill unevenly: a few of the newest have gone for newer ones. */
    assert_in_range(found, MOST - MOST / 20, MOST);
}

static void test_a_sweep_takes_who_was_not_put_again(void **state)
{
    uint64_t turn;

    put(*state, "192.0.2.20", LAN, tablet);
    put(*state, "192.0.2.21", LAN, phone);
    turn = neighbours_turn(*state);
    assert_false(put(*state, "192.0.2.20", LAN, tablet));
    assert_int_equal(neighbours_sweep(*state, turn), 1);
    assert_int_equal(owner(*state, "192.0.2.20", LAN), 0x0a);
    assert_int_equal(owner(*state, "192.0.2.21", LAN), -1);
    assert_true(put(*state, "192.0.2.21", LAN, phone));
    assert_int_equal(owner(*state, "192.0.2.21", LAN), 0x0b);
}

/* --- readers beside the writer --- */

struct race {
    struct neighbours *neighbours;
    atomic_bool over;
    atomic_uint torn, seen;
};

enum { RACE_ADDRESSES = 64, RACE_WRITES = 200000, READERS = 3 };

/* A MAC that tells by itself whether it is whole: six times one octet. */
static void *read_on(void *context)
{
    struct race *race = context;
    struct addr addr = addr_of("10.1.0.0");

    for (uint32_t i = 0; !atomic_load(&race->over); i++) {
        uint8_t mac[6];

        store_be32(addr.octets, 0x0a010000U + i % RACE_ADDRESSES);
        if (!neighbours_find(race->neighbours, &addr, LAN, mac))
            continue;
        atomic_fetch_add(&race->seen, 1);
        for (size_t j = 1; j < sizeof mac; j++)
            atomic_fetch_add(&race->torn, mac[j] != mac[0]);
    }
    return NULL;
}

static void write_on(struct neighbours *neighbours, uint32_t count)
{
    struct addr addr = addr_of("10.1.0.0");

    for (uint32_t i = 0; i < count; i++) {
        uint8_t mac[6];

        memset(mac, (int)(i % 251), sizeof mac);
        store_be32(addr.octets, 0x0a010000U + i * 7 % (2 * RACE_ADDRESSES));
        if (i % 5 == 0)
            neighbours_remove(neighbours, &addr, LAN);
        else
            neighbours_put(neighbours, &addr, LAN, mac);
    }
}

static void test_readers_never_see_half_a_change(void **state)
{
    struct race race = {.neighbours = NULL};
    pthread_t readers[READERS];
    struct err err;

    (void)state;
    race.neighbours = neighbours_create(8, 1, &err); /* few buckets, so that all meet */
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &race), 0);
    while (atomic_load(&race.seen) < 1000)
        write_on(race.neighbours, RACE_WRITES / 10);
    write_on(race.neighbours, RACE_WRITES);
    atomic_store(&race.over, true);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    neighbours_free(race.neighbours);
    assert_int_equal(atomic_load(&race.torn), 0);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(test_all_addresses_of_one_device_lead_to_its_mac),
        EACH(test_an_address_that_another_takes_is_his),
        EACH(test_what_is_removed_is_nobodys),
        EACH(test_one_address_on_two_links_is_told_by_the_link),
        EACH(test_a_scope_tells_the_link),
        EACH(test_an_address_of_nobody_and_no_address_are_not_found),
        EACH(test_the_newest_of_more_than_fit_are_there),
        EACH(test_a_sweep_takes_who_was_not_put_again),
        cmocka_unit_test(test_readers_never_see_half_a_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
