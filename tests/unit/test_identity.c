/* policy/who: which device asks, by what, and what it gets: every step of the order of evidence,
 * and every tie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "policy/state/mark.h"
#include "policy/state/overlay.h"
#include "policy/who/identify.h"
#include "policy/who/neighbours.h"
#include "device_sample.h"
#include "policy_sample.h"

enum { KID, ADULT, GUEST };
enum { LAN = 3, CLAIMED = DEVICE_CLAIMED };

static const char phone[] = "00:00:5e:00:53:01", tablet[] = "00:00:5e:00:53:02";

/* A config with three profiles, and an overlay beside it. */
struct house {
    struct config *config;
    struct overlay *overlay;
    struct snapshot *snapshot;
    struct ask ask;
    struct name_buf name;
    struct identity who;
};

static void build(struct house *house)
{
    struct config_profile *guest;

    memset(house, 0, sizeof *house);
    house->config = sample_config();
    guest = SAMPLE_ADD(house->config->profiles, house->config->profile_count);
    memcpy(guest->name, "guest", 6);
    house->overlay = overlay_create(5, NULL);
    must(house->overlay != NULL);
    house->ask = sample_ask(&house->name, "a.example", SAMPLE_A);
    house->ask.overlay = house->overlay;
    house->ask.ifindex = LAN;
    must(addr_from_text(&house->ask.client, "192.0.2.10") == 0);
}

static void tear_down(struct house *house)
{
    snapshot_free(house->snapshot);
    overlay_free(house->overlay);
}

/* A device of the state file; PROFILE and GROUP may be NULL. */
static void learn(struct house *house, const char *text, struct device like, const char *profile,
                  const char *group)
{
    struct device_key key = key_of(text);

    like.profile = profile == NULL ? 0 : mark_of(profile);
    like.group = group == NULL ? 0 : mark_of(group);
    must(devices_put(house->overlay->devices, &key, &like, NULL) == 0);
}

/* A device of the config. */
static void deploy(struct house *house, const char *name, const char *text, long profile,
                   long group)
{
    struct config *config = house->config;
    struct config_device *device = SAMPLE_ADD(config->devices, config->device_count);

    snprintf(device->name, sizeof device->name, "%s", name);
    device->profile = profile;
    device->group = group;
    *(struct device_key *)SAMPLE_ADD(device->keys, device->key_count) = key_of(text);
}

static void add_group(struct house *house, const char *name, long parent, long profile)
{
    struct config *config = house->config;
    struct config_group *group = SAMPLE_ADD(config->groups, config->group_count);

    snprintf(group->name, sizeof group->name, "%s", name);
    group->parent = parent;
    group->profile = profile;
}

static void meet(struct house *house, const char *mac)
{
    struct device_key key = key_of(mac);

    neighbours_put(house->overlay->neighbours, &house->ask.client, LAN, key.octets);
}

static const struct identity *ask(struct house *house)
{
    if (house->snapshot == NULL)
        house->snapshot = sample_snapshot(house->config);
    identify(house->snapshot, &house->ask, &house->who);
    return &house->who;
}

static void expect(struct house *house, uint32_t profile, enum identify_by by, uint32_t device)
{
    const struct identity *who = ask(house);

    assert_int_equal(who->profile, profile);
    assert_int_equal(who->by, by);
    assert_int_equal(who->device.id, device);
    assert_int_equal(who->mark, mark_of(house->config->profiles[profile].name));
}

#define OWNED(number)                                                                              \
    (struct device)                                                                                \
    {                                                                                              \
        .id = number, .flags = CLAIMED                                                             \
    }
#define SEEN(number)                                                                               \
    (struct device)                                                                                \
    {                                                                                              \
        .id = number                                                                               \
    }

/* Everything speaks at once; then the strongest that still does falls silent, one by one. */
static void each_evidence_stands_above_the_next(void **state)
{
    struct house house;
    struct config_network *network;

    (void)state;
    build(&house);
    learn(&house, "cpe:line-17", OWNED(1), "adult", NULL);
    learn(&house, phone, OWNED(2), "guest", NULL);
    learn(&house, "192.0.2.0/28", OWNED(3), "adult", NULL);
    network = SAMPLE_ADD(house.config->networks, house.config->network_count);
    *network = (struct config_network){.interface = "lo", .profile = GUEST, .unknown = -1};
    sample_network(house.config, "192.0.2.0/24", ADULT);
    network = SAMPLE_ADD(house.config->networks, house.config->network_count);
    *network = (struct config_network){.profile = GUEST, .unknown = -1};
    must(addr_from_text(&network->listen.addr, "192.0.2.1") == 0);
    must(endpoint_from_text(&house.ask.local, "192.0.2.1@53", 53) == 0);
    house.ask.ifindex = 1; /* lo */
    meet(&house, phone);
    house.ask.told = key_of("cpe:line-17");
    house.ask.forced_profile = KID;
    expect(&house, KID, IDENTIFY_FORCED, 0);
    house.ask.forced_profile = ASK_NO_PROFILE;
    expect(&house, ADULT, IDENTIFY_TOLD, 1);
    house.ask.told.length = 0;
    house.ask.ifindex = LAN;
    expect(&house, GUEST, IDENTIFY_MAC, 2);
    neighbours_sweep(house.overlay->neighbours, UINT64_MAX);
    expect(&house, ADULT, IDENTIFY_DEVICE_PREFIX, 3);
    must(addr_from_text(&house.ask.client, "192.0.2.77") == 0);
    house.ask.ifindex = 1;
    expect(&house, GUEST, IDENTIFY_INTERFACE, 0);
    house.ask.ifindex = LAN;
    expect(&house, ADULT, IDENTIFY_PREFIX, 0);
    must(addr_from_text(&house.ask.client, "198.51.100.77") == 0);
    expect(&house, GUEST, IDENTIFY_LISTENER, 0);
    must(endpoint_from_text(&house.ask.local, "192.0.2.2@53", 53) == 0);
    expect(&house, KID, IDENTIFY_DEFAULT, 0);
    tear_down(&house);
}

static void at_one_key_the_state_file_stands_above_the_config(void **state)
{
    struct house house;
    struct device_key key = key_of(phone);

    (void)state;
    build(&house);
    deploy(&house, "phone", phone, GUEST, -1);
    learn(&house, phone, OWNED(7), "adult", NULL);
    meet(&house, phone);
    expect(&house, ADULT, IDENTIFY_MAC, 7);
    assert_null(identify_named(house.snapshot, &house.who));
    devices_remove(house.overlay->devices, &key);
    expect(&house, GUEST, IDENTIFY_MAC, identify_config_id("phone"));
    assert_ptr_equal(identify_named(house.snapshot, &house.who), &house.config->devices[0]);
    tear_down(&house);
}

static void of_prefixes_the_longest_of_both_counts(void **state)
{
    struct house house;

    (void)state;
    build(&house);
    deploy(&house, "room", "192.0.2.0/26", GUEST, -1);
    deploy(&house, "desk", "192.0.2.10", ADULT, -1);
    learn(&house, "192.0.2.0/26", OWNED(1), "kid", NULL);
    learn(&house, "192.0.2.0/27", OWNED(2), "guest", NULL);
    expect(&house, ADULT, IDENTIFY_DEVICE_PREFIX, identify_config_id("desk"));
    must(addr_from_text(&house.ask.client, "192.0.2.11") == 0);
    expect(&house, GUEST, IDENTIFY_DEVICE_PREFIX, 2);
    must(addr_from_text(&house.ask.client, "192.0.2.40") == 0);
    expect(&house, KID, IDENTIFY_DEVICE_PREFIX, 1); /* a tie: the state file */
    tear_down(&house);
}

static void a_device_that_was_only_seen_decides_nothing_but_is_remembered(void **state)
{
    struct house house;

    (void)state;
    build(&house);
    learn(&house, phone, SEEN(9), NULL, NULL);
    sample_network(house.config, "192.0.2.0/24", ADULT);
    meet(&house, phone);
    expect(&house, ADULT, IDENTIFY_PREFIX, 9);
    assert_int_equal(house.who.device_by, IDENTIFY_MAC);
    learn(&house, "192.0.2.0/28", OWNED(3), "guest", NULL); /* the line that it is on */
    expect(&house, GUEST, IDENTIFY_DEVICE_PREFIX, 3);
    learn(&house, phone, OWNED(9), "kid", NULL);
    expect(&house, KID, IDENTIFY_MAC, 9);
    tear_down(&house);
}

/* What is seen in the state file does not hide what the config deploys. */
static void a_seen_device_does_not_hide_a_deployed_one(void **state)
{
    struct house house;

    (void)state;
    build(&house);
    learn(&house, phone, SEEN(9), NULL, NULL);
    deploy(&house, "phone", phone, ADULT, -1);
    meet(&house, phone);
    expect(&house, ADULT, IDENTIFY_MAC, identify_config_id("phone"));
    tear_down(&house);
}

/* The MAC behind a forwarder's address is the forwarder's: it says nothing of whom it asks for. */
static void what_a_forwarder_tells_stands_for_its_own_mac(void **state)
{
    struct house house;

    (void)state;
    build(&house);
    learn(&house, phone, OWNED(1), "adult", NULL); /* of the forwarder */
    learn(&house, tablet, OWNED(2), "guest", NULL);
    meet(&house, phone);
    expect(&house, ADULT, IDENTIFY_MAC, 1);
    house.ask.told = key_of(tablet);
    expect(&house, GUEST, IDENTIFY_TOLD, 2);
    house.ask.told = key_of("00:00:5e:00:53:7f");
    expect(&house, KID, IDENTIFY_DEFAULT, 0);
    tear_down(&house);
}

static void a_device_gets_its_own_profile_then_its_groups_then_that_above(void **state)
{
    struct house house;

    (void)state;
    build(&house);
    add_group(&house, "school", -1, GUEST);
    add_group(&house, "class", 0, -1);
    add_group(&house, "staff", 0, ADULT);
    deploy(&house, "board", "192.0.2.10", -1, 1);
    deploy(&house, "desk", "192.0.2.11", -1, 2);
    deploy(&house, "exam", "192.0.2.12", KID, 2);
    expect(&house, GUEST, IDENTIFY_DEVICE_PREFIX, identify_config_id("board"));
    assert_int_equal(house.who.group_count, 2);
    assert_int_equal(house.who.groups[0], mark_of("class"));
    assert_int_equal(house.who.groups[1], mark_of("school"));
    must(addr_from_text(&house.ask.client, "192.0.2.11") == 0);
    expect(&house, ADULT, IDENTIFY_DEVICE_PREFIX, identify_config_id("desk"));
    must(addr_from_text(&house.ask.client, "192.0.2.12") == 0);
    expect(&house, KID, IDENTIFY_DEVICE_PREFIX, identify_config_id("exam"));
    assert_int_equal(house.who.group_count, 2);
    tear_down(&house);
}

static void grants_are_looked_up_for_device_profile_and_all_groups(void **state)
{
    struct house house;
    struct grant_subject subject;

    (void)state;
    build(&house);
    add_group(&house, "family", -1, ADULT);
    add_group(&house, "kids", 0, -1);
    learn(&house, phone, OWNED(4), NULL, "kids");
    meet(&house, phone);
    identify_subject(ask(&house), &subject);
    assert_int_equal(subject.device, 4);
    assert_int_equal(subject.profile, mark_of("adult"));
    assert_int_equal(subject.group_count, 2);
    assert_int_equal(subject.groups[0], mark_of("kids"));
    assert_int_equal(subject.groups[1], mark_of("family"));
    tear_down(&house);
}

/* The state file outlives configs: a word that the config no longer has is as good as none. */
static void a_profile_or_group_that_is_gone_is_none(void **state)
{
    struct house house;

    (void)state;
    build(&house);
    add_group(&house, "kids", -1, GUEST);
    learn(&house, phone, OWNED(4), "gone", "kids");
    meet(&house, phone);
    expect(&house, GUEST, IDENTIFY_MAC, 4);
    learn(&house, phone, OWNED(4), "gone", "gone_too");
    expect(&house, KID, IDENTIFY_DEFAULT, 4);
    assert_int_equal(house.who.group_count, 0);
    tear_down(&house);
}

static void unknown_devices_get_what_their_network_has_for_them(void **state)
{
    struct house house;

    (void)state;
    build(&house);
    sample_network(house.config, "192.0.2.0/24", ADULT);
    house.config->networks[0].unknown = GUEST;
    sample_network(house.config, "198.51.100.0/24", ADULT);
    meet(&house, phone);
    expect(&house, GUEST, IDENTIFY_PREFIX, 0);
    assert_true(house.who.unknown);
    assert_int_equal(house.who.max_ttl_s, 0);
    assert_true(house.who.has_mac);
    learn(&house, phone, SEEN(4), NULL, NULL);
    expect(&house, GUEST, IDENTIFY_PREFIX, 4);
    assert_true(house.who.unknown);
    learn(&house, phone, OWNED(4), NULL, NULL); /* a name alone is no profile */
    expect(&house, GUEST, IDENTIFY_PREFIX, 4);
    learn(&house, phone, OWNED(4), "kid", NULL);
    expect(&house, KID, IDENTIFY_MAC, 4);
    assert_false(house.who.unknown);
    must(addr_from_text(&house.ask.client, "198.51.100.7") == 0);
    expect(&house, ADULT, IDENTIFY_PREFIX, 0);
    assert_false(house.who.unknown);
    tear_down(&house);
}

static void who_has_no_mac_yet_is_answered_for_two_seconds(void **state)
{
    struct house house;
    struct verdict verdict;

    (void)state;
    build(&house);
    sample_network(house.config, "192.0.2.0/24", ADULT);
    house.config->networks[0].unknown = GUEST;
    expect(&house, GUEST, IDENTIFY_PREFIX, 0);
    assert_int_equal(house.who.max_ttl_s, 2);
    house.ask.wall_s = 1800000000;
    decide_look(house.snapshot, &house.ask);
    policy_decide(house.snapshot, &house.ask, &verdict, NULL);
    assert_int_equal(verdict.valid_until_s, 1800000002);
    assert_int_equal(verdict.device, 0);
    house.ask.told = key_of(phone); /* a forwarder has told: nothing more will come */
    expect(&house, GUEST, IDENTIFY_PREFIX, 0);
    assert_int_equal(house.who.max_ttl_s, 0);
    house.ask.told.length = 0;
    must(addr_from_text(&house.ask.client, "127.0.0.1") == 0);
    expect(&house, KID, IDENTIFY_DEFAULT, 0);
    tear_down(&house);
}

/* A phone's privacy addresses change; its MAC does not. */
static void all_addresses_of_one_phone_are_one_device(void **state)
{
    static const char *const addresses[] = {"192.0.2.10", "2001:db8::1", "2001:db8::2", "fe80::5"};
    struct house house;

    (void)state;
    build(&house);
    learn(&house, phone, OWNED(4), "adult", NULL);
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        must(addr_from_text(&house.ask.client, addresses[i]) == 0);
        expect(&house, KID, IDENTIFY_DEFAULT, 0);
        meet(&house, phone);
        expect(&house, ADULT, IDENTIFY_MAC, 4);
    }
    tear_down(&house);
}

static void a_listener_with_its_port_stands_above_one_without(void **state)
{
    static const struct {
        const char *local;
        uint32_t profile;
        enum identify_by by;
    } rows[] = {
        {"192.0.2.1@53",   ADULT, IDENTIFY_LISTENER},
        {"192.0.2.1@5353", GUEST, IDENTIFY_LISTENER},
        {"192.0.2.2@53",   KID,   IDENTIFY_DEFAULT },
    };
    static const char *const listeners[] = {"192.0.2.1", "192.0.2.1@5353"};
    struct house house;

    (void)state;
    build(&house);
    for (size_t i = 0; i < 2; i++) {
        struct config_network *network =
            SAMPLE_ADD(house.config->networks, house.config->network_count);

        must(endpoint_from_text(&network->listen, listeners[i], 0) == 0);
        network->profile = ADULT + i;
        network->unknown = -1;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        must(endpoint_from_text(&house.ask.local, rows[i].local, 53) == 0);
        expect(&house, rows[i].profile, rows[i].by, 0);
    }
    tear_down(&house);
}

static void without_an_overlay_the_config_alone_decides(void **state)
{
    struct house house;

    (void)state;
    build(&house);
    deploy(&house, "desk", "192.0.2.10", ADULT, -1);
    house.ask.overlay = NULL;
    expect(&house, ADULT, IDENTIFY_DEVICE_PREFIX, identify_config_id("desk"));
    tear_down(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_evidence_stands_above_the_next),
        cmocka_unit_test(at_one_key_the_state_file_stands_above_the_config),
        cmocka_unit_test(of_prefixes_the_longest_of_both_counts),
        cmocka_unit_test(a_device_that_was_only_seen_decides_nothing_but_is_remembered),
        cmocka_unit_test(a_seen_device_does_not_hide_a_deployed_one),
        cmocka_unit_test(what_a_forwarder_tells_stands_for_its_own_mac),
        cmocka_unit_test(a_device_gets_its_own_profile_then_its_groups_then_that_above),
        cmocka_unit_test(grants_are_looked_up_for_device_profile_and_all_groups),
        cmocka_unit_test(a_profile_or_group_that_is_gone_is_none),
        cmocka_unit_test(unknown_devices_get_what_their_network_has_for_them),
        cmocka_unit_test(who_has_no_mac_yet_is_answered_for_two_seconds),
        cmocka_unit_test(all_addresses_of_one_phone_are_one_device),
        cmocka_unit_test(a_listener_with_its_port_stands_above_one_without),
        cmocka_unit_test(without_an_overlay_the_config_alone_decides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
