/* policy/who: the order of evidence, device before network; groups; who is served at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <net/if.h>
#include <sodium.h>
#include <stdio.h>

#include "config/base/random.h"
#include "policy/state/mark.h"
#include "policy/state/overlay.h"
#include "policy/who/identify.h"
#include "policy/who/neighbours.h"
#include "policy/who/network.h"
#include "policy_sample.h"

enum { KID, ADULT };
enum { LAN0 = 1001, GUEST0 = 1002 };

static struct ask ask_of(const char *client, uint32_t scope)
{
    static struct name_buf buf;
    struct ask ask = sample_ask(&buf, "a.example", SAMPLE_A);

    must(addr_from_text(&ask.client, client) == 0);
    ask.client.scope = scope;
    return ask;
}

static uint32_t identify_client(const struct snapshot *snapshot, const struct ask *ask,
                                enum identify_by *by)
{
    struct identity who;

    identify(snapshot, ask, &who);
    if (by != NULL)
        *by = who.by;
    return who.profile;
}

static const struct config_network *identify_network(const struct snapshot *snapshot,
                                                     const struct ask *ask)
{
    struct identity who;

    identify(snapshot, ask, &who);
    return who.network;
}

static void the_longest_prefix_gives_the_profile(void **state)
{
    static const struct {
        const char *client;
        uint32_t profile;
        enum identify_by by;
    } rows[] = {
        {"192.0.2.1",          ADULT, IDENTIFY_PREFIX },
        {"192.0.2.130",        KID,   IDENTIFY_PREFIX },
        {"192.0.2.200",        ADULT, IDENTIFY_PREFIX },
        {"192.0.2.201",        KID,   IDENTIFY_PREFIX },
        {"::ffff:192.0.2.200", ADULT, IDENTIFY_PREFIX },
        {"198.51.100.1",       KID,   IDENTIFY_DEFAULT},
        {"2001:db8::1",        ADULT, IDENTIFY_PREFIX },
        {"2001:db8:0:1::1",    KID,   IDENTIFY_PREFIX },
        {"2001:db9::1",        KID,   IDENTIFY_DEFAULT},
        {"127.0.0.2",          ADULT, IDENTIFY_PREFIX },
        {"127.0.0.1",          KID,   IDENTIFY_DEFAULT},
    };
    struct config *config = sample_config();
    struct snapshot *snapshot;

    (void)state;
    sample_network(config, "192.0.2.200/32", ADULT);
    sample_network(config, "192.0.2.0/24", ADULT);
    sample_network(config, "192.0.2.128/25", KID);
    sample_network(config, "2001:db8::/32", ADULT);
    sample_network(config, "2001:db8:0:1::/64", KID);
    sample_network(config, "127.0.0.2", ADULT);
    snapshot = sample_snapshot(config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ask ask = ask_of(rows[i].client, 0);
        enum identify_by by;

        assert_int_equal(identify_client(snapshot, &ask, &by), rows[i].profile);
        assert_int_equal(by, rows[i].by);
    }
    snapshot_free(snapshot);
}

static void c49_a_link_local_rule_without_a_zone_fits_every_link(void **state)
{
    const char *laptop = "fe80::200:5eff:fe00:5301";
    struct config *config = sample_config();
    struct snapshot *snapshot;
    struct ask lan = ask_of(laptop, LAN0), guest = ask_of(laptop, GUEST0);

    (void)state;
    sample_network(config, laptop, ADULT);
    snapshot = sample_snapshot(config);
    assert_int_equal(identify_client(snapshot, &lan, NULL), ADULT);
    assert_int_equal(identify_client(snapshot, &guest, NULL), ADULT);
    snapshot_free(snapshot);

    config = sample_config();
    sample_network(config, laptop, ADULT);
    sample_network(config, laptop, KID);
    config->networks[1].prefix.addr.scope = GUEST0;
    snapshot = sample_snapshot(config);
    assert_int_equal(identify_client(snapshot, &lan, NULL), ADULT);
    assert_int_equal(identify_client(snapshot, &guest, NULL), KID);
    snapshot_free(snapshot);
}

static void c49_a_rule_with_a_zone_fits_there_only(void **state)
{
    struct config *config = sample_config();
    struct ask lan = ask_of("fe80::1", LAN0), guest = ask_of("fe80::1", GUEST0);
    struct snapshot *snapshot;
    enum identify_by by;

    (void)state;
    sample_network(config, "fe80::1", ADULT);
    config->networks[0].prefix.addr.scope = LAN0;
    snapshot = sample_snapshot(config);
    assert_int_equal(identify_client(snapshot, &lan, NULL), ADULT);
    assert_int_equal(identify_client(snapshot, &guest, &by), KID);
    assert_int_equal(by, IDENTIFY_DEFAULT);
    snapshot_free(snapshot);
}

static void an_interface_rule_comes_before_every_prefix(void **state)
{
    struct config *config = sample_config();
    struct config_network *network;
    struct ask ask = ask_of("192.0.2.1", 0);
    struct snapshot *snapshot;
    enum identify_by by;

    (void)state;
    sample_network(config, "192.0.2.1/32", KID);
    network = SAMPLE_ADD(config->networks, config->network_count);
    memcpy(network->interface, "lo", 3);
    network->profile = ADULT;
    network->unknown = -1;
    snapshot = sample_snapshot(config);
    assert_int_equal(identify_client(snapshot, &ask, &by), KID);
    assert_int_equal(by, IDENTIFY_PREFIX);
    ask.ifindex = if_nametoindex("lo");
    assert_int_not_equal(ask.ifindex, 0);
    assert_int_equal(identify_client(snapshot, &ask, &by), ADULT);
    assert_int_equal(by, IDENTIFY_INTERFACE);
    assert_ptr_equal(identify_network(snapshot, &ask), &config->networks[1]);
    snapshot_free(snapshot);
}

static void an_interface_that_is_not_there_fits_no_query(void **state)
{
    struct config *config = sample_config();
    struct config_network *network = SAMPLE_ADD(config->networks, config->network_count);
    struct ask ask = ask_of("192.0.2.1", 0);
    struct snapshot *snapshot;
    enum identify_by by;

    (void)state;
    memcpy(network->interface, "gone0", 6);
    network->profile = ADULT;
    network->unknown = -1;
    snapshot = sample_snapshot(config);
    assert_int_equal(identify_client(snapshot, &ask, &by), KID);
    assert_int_equal(by, IDENTIFY_DEFAULT);
    snapshot_free(snapshot);
}

static void a_forced_profile_needs_no_evidence(void **state)
{
    struct config *config = sample_config();
    struct ask ask = ask_of("192.0.2.1", 0);
    struct snapshot *snapshot;
    enum identify_by by;

    (void)state;
    sample_network(config, "192.0.2.0/24", KID);
    snapshot = sample_snapshot(config);
    ask.forced_profile = ADULT;
    assert_int_equal(identify_client(snapshot, &ask, &by), ADULT);
    assert_int_equal(by, IDENTIFY_FORCED);
    assert_null(identify_network(snapshot, &ask));
    snapshot_free(snapshot);
}

static void clients_outside_the_allowed_prefixes_are_not_served(void **state)
{
    static const struct {
        const char *client;
        bool allowed;
    } rows[] = {
        {"127.0.0.1",       true },
        {"10.1.2.3",        true },
        {"11.1.2.3",        false},
        {"::ffff:10.0.0.1", true },
        {"::1",             true },
        {"::2",             false},
        {"fe80::1%1",       true },
    };
    static const char *const allowed[] = {"127.0.0.0/8", "10.0.0.0/8", "::1", "fe80::/10"};
    struct config *config = sample_config();
    struct snapshot *snapshot;

    (void)state;
    config->clients_allow_count = 0;
    for (size_t i = 0; i < 4; i++) {
        struct prefix *prefix = SAMPLE_ADD(config->clients_allow, config->clients_allow_count);

        assert_int_equal(prefix_from_text(prefix, allowed[i]), 0);
    }
    snapshot = sample_snapshot(config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct addr client;

        assert_int_equal(addr_from_text(&client, rows[i].client), 0);
        assert_int_equal(identify_allowed(snapshot, &client), rows[i].allowed);
    }
    snapshot_free(snapshot);
}

static struct prefix random_prefix(struct random *random)
{
    struct prefix prefix = {.length = (uint8_t)random_below(random, 33)};
    uint32_t octets = random_u32(random) & 0x030303ff;

    octets &= prefix.length == 0 ? 0 : UINT32_MAX << (32 - prefix.length);
    prefix.addr.bits = 32;
    for (unsigned i = 0; i < 4; i++)
        prefix.addr.octets[i] = (uint8_t)(octets >> (24 - 8 * i));
    return prefix;
}

static void the_longest_prefix_agrees_with_a_search_through_all(void **state)
{
    struct random random = {.left = 0};
    unsigned found = 0;

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        struct network_entry entries[30];
        struct network_table *table;

        for (uint32_t i = 0; i < 30; i++)
            entries[i] = (struct network_entry){random_prefix(&random), i};
        table = network_create(entries, 30, NULL);
        assert_non_null(table);
        for (unsigned i = 0; i < 100; i++) {
            struct addr addr = random_prefix(&random).addr;
            const struct network_entry *entry = network_find(table, &addr);
            int longest = -1;

            for (unsigned k = 0; k < 30; k++) {
                if (prefix_holds(&entries[k].prefix, &addr) && entries[k].prefix.length > longest)
                    longest = entries[k].prefix.length;
            }
            assert_int_equal(entry == NULL ? -1 : entry->prefix.length, longest);
            assert_true(entry == NULL || prefix_holds(&entry->prefix, &addr));
            found += entry != NULL;
        }
        network_free(table);
    }
    assert_true(found > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_prefix_gives_the_profile),
        cmocka_unit_test(c49_a_link_local_rule_without_a_zone_fits_every_link),
        cmocka_unit_test(c49_a_rule_with_a_zone_fits_there_only),
        cmocka_unit_test(an_interface_rule_comes_before_every_prefix),
        cmocka_unit_test(an_interface_that_is_not_there_fits_no_query),
        cmocka_unit_test(a_forced_profile_needs_no_evidence),
        cmocka_unit_test(clients_outside_the_allowed_prefixes_are_not_served),
        cmocka_unit_test(the_longest_prefix_agrees_with_a_search_through_all),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
