/* policy/special.c and rule 4: names that have a meaning of their own; C30. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>

#include "config/country.h"
#include "policy/special.h"
#include "policy_sample.h"

enum { KID, ADULT };
enum { TYPE_NS = 2, TYPE_SOA = 6, TYPE_PTR = 12, TYPE_DS = 43, TYPE_DNSKEY = 48, TYPE_SVCB = 64 };

static struct verdict decide(const struct snapshot *snapshot, const char *name, uint16_t type)
{
    struct name_buf buf;
    struct ask ask = sample_ask(&buf, name, type);
    struct verdict verdict;

    policy_decide(snapshot, &ask, &verdict, NULL);
    return verdict;
}

/* Writes the name that a PTR question for ADDRESS has. */
static char *reverse_name(const char *address, char *out)
{
    uint8_t octets[16];
    char *p = out;

    if (inet_pton(AF_INET, address, octets) == 1) {
        snprintf(out, 100, "%u.%u.%u.%u.in-addr.arpa", octets[3], octets[2], octets[1], octets[0]);
        return out;
    }
    must(inet_pton(AF_INET6, address, octets) == 1);
    for (int i = 15; i >= 0; i--)
        p += snprintf(p, 5, "%x.%x.", octets[i] & 15, octets[i] >> 4);
    memcpy(p, "ip6.arpa", 9);
    return out;
}

static void c30_reverse_questions_for_private_addresses_stay_here(void **state)
{
    static const struct {
        const char *address;
        enum verdict_answer answer; /* ANSWER_NONE: forwarded */
    } rows[] = {
        {"192.168.1.20",    ANSWER_NXDOMAIN},
        {"10.1.2.3",        ANSWER_NXDOMAIN},
        {"172.16.9.9",      ANSWER_NXDOMAIN},
        {"172.31.255.255",  ANSWER_NXDOMAIN},
        {"172.15.0.1",      ANSWER_NONE    },
        {"172.32.0.1",      ANSWER_NONE    },
        {"169.254.1.1",     ANSWER_NXDOMAIN},
        {"127.0.0.1",       ANSWER_NXDOMAIN},
        {"100.64.0.1",      ANSWER_NONE    },
        {"0.0.0.0",         ANSWER_NXDOMAIN},
        {"255.255.255.255", ANSWER_NODATA  }, /* the zone itself */
        {"192.0.2.1",       ANSWER_NXDOMAIN},
        {"198.51.100.1",    ANSWER_NXDOMAIN},
        {"203.0.113.1",     ANSWER_NXDOMAIN},
        {"9.9.9.9",         ANSWER_NONE    },
        {"fd00::5",         ANSWER_NXDOMAIN},
        {"fe80::1",         ANSWER_NXDOMAIN},
        {"febf::1",         ANSWER_NXDOMAIN},
        {"fec0::1",         ANSWER_NONE    },
        {"::1",             ANSWER_NODATA  },
        {"::",              ANSWER_NODATA  },
        {"2001:db8::1",     ANSWER_NXDOMAIN},
        {"2001:db9::1",     ANSWER_NONE    },
    };
    struct snapshot *snapshot = sample_snapshot(sample_config());
    char name[100];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = decide(snapshot, reverse_name(rows[i].address, name), TYPE_PTR);

        if (v.answer != rows[i].answer)
            print_error("%s\n", rows[i].address);
        assert_int_equal(v.answer, rows[i].answer);
        assert_int_equal(v.action,
                         rows[i].answer == ANSWER_NONE ? VERDICT_FORWARD : VERDICT_ANSWER);
        assert_int_equal(v.ede[0], VERDICT_NO_EDE);
    }
    snapshot_free(snapshot);
}

static void c30_special_names_are_answered_here(void **state)
{
    static const struct {
        const char *name;
        uint16_t type;
        enum verdict_answer answer;
        uint8_t labels;
    } rows[] = {
        {"168.192.in-addr.arpa",   TYPE_SOA,    ANSWER_ZONE_SOA, 4},
        {"168.192.in-addr.arpa",   TYPE_NS,     ANSWER_ZONE_SOA, 4},
        {"168.192.in-addr.arpa",   SAMPLE_A,    ANSWER_NODATA,   4},
        {"168.192.in-addr.arpa",   TYPE_DS,     ANSWER_NONE,     0},
        {"1.168.192.in-addr.arpa", TYPE_SOA,    ANSWER_NXDOMAIN, 4},
        {"192.in-addr.arpa",       TYPE_SOA,    ANSWER_NONE,     0},
        {"home.arpa",              TYPE_SOA,    ANSWER_ZONE_SOA, 2},
        {"home.arpa",              TYPE_DS,     ANSWER_NONE,     0},
        {"tv.home.arpa",           SAMPLE_A,    ANSWER_NXDOMAIN, 2},
        {"localhost",              SAMPLE_A,    ANSWER_LOOPBACK, 1},
        {"foo.localhost",          SAMPLE_AAAA, ANSWER_LOOPBACK, 1},
        {"invalid",                SAMPLE_A,    ANSWER_NXDOMAIN, 1},
        {"x.invalid",              SAMPLE_A,    ANSWER_NXDOMAIN, 1},
        {"tv.local",               SAMPLE_A,    ANSWER_NXDOMAIN, 1},
        {"abc.onion",              SAMPLE_A,    ANSWER_NXDOMAIN, 1},
        {"com",                    SAMPLE_A,    ANSWER_NODATA,   1},
        {"at",                     SAMPLE_A,    ANSWER_NODATA,   1},
        {"printer",                SAMPLE_A,    ANSWER_NODATA,   1},
        {"printer",                SAMPLE_AAAA, ANSWER_NODATA,   1},
        {"printer",                TYPE_DS,     ANSWER_NONE,     0},
        {"printer",                TYPE_DNSKEY, ANSWER_NONE,     0},
        {"_dns.resolver.arpa",     TYPE_SVCB,   ANSWER_NODATA,   2},
        {"resolver.arpa",          SAMPLE_A,    ANSWER_NODATA,   2},
        {"arpa",                   TYPE_NS,     ANSWER_NONE,     0},
        {"x.test",                 SAMPLE_A,    ANSWER_NONE,     0},
        {"x.example",              SAMPLE_A,    ANSWER_NONE,     0},
        {"localhost.example",      SAMPLE_A,    ANSWER_NONE,     0},
        {"notlocal",               SAMPLE_A,    ANSWER_NODATA,   1},
        {"a.notlocal",             SAMPLE_A,    ANSWER_NONE,     0},
    };
    struct snapshot *snapshot = sample_snapshot(sample_config());

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = decide(snapshot, rows[i].name, rows[i].type);

        if (v.answer != rows[i].answer)
            print_error("%s %u\n", rows[i].name, rows[i].type);
        assert_int_equal(v.answer, rows[i].answer);
        assert_int_equal(v.labels, rows[i].labels);
        assert_int_equal(v.rule, rows[i].answer == ANSWER_NONE ? RULE_DEFAULT : RULE_SPECIAL);
        assert_true(rows[i].answer == ANSWER_NONE || v.reason != NULL);
    }
    snapshot_free(snapshot);
}

static void settings_switch_test_and_single_labels(void **state)
{
    struct config *config = sample_config();
    struct snapshot *snapshot;

    (void)state;
    config->special_test_forward = false;
    config->special_single_forward = true;
    snapshot = sample_snapshot(config);
    assert_int_equal(decide(snapshot, "x.test", SAMPLE_A).answer, ANSWER_NXDOMAIN);
    assert_int_equal(decide(snapshot, "x.example", SAMPLE_A).answer, ANSWER_NXDOMAIN);
    assert_int_equal(decide(snapshot, "printer", SAMPLE_A).action, VERDICT_FORWARD);
    assert_int_equal(decide(snapshot, "localhost", SAMPLE_A).answer, ANSWER_LOOPBACK);
    snapshot_free(snapshot);
}

static void canaries_are_denied_to_profiles_that_block_ways_around(void **state)
{
    static const char *const names[] = {"use-application-dns.net", "mask.icloud.com",
                                        "mask-h2.icloud.com"};
    static const char *const keys[] = {"bypass_doh", "bypass_vpn", "gambling"};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct config *config = sample_config();
        struct snapshot *snapshot;

        config->profiles[KID].block = sample_bits(config, keys[k]);
        snapshot = sample_snapshot(config);
        for (size_t i = 0; i < 3; i++) {
            struct verdict v = decide(snapshot, names[i], SAMPLE_A);

            assert_int_equal(v.answer, k < 2 ? ANSWER_NXDOMAIN : ANSWER_NONE);
            assert_int_equal(v.rule, k < 2 ? RULE_SPECIAL : RULE_DEFAULT);
        }
        assert_int_equal(decide(snapshot, "icloud.com", SAMPLE_A).rule, RULE_DEFAULT);
        snapshot_free(snapshot);
    }
}

static void a_name_above_a_local_record_exists_in_a_special_zone(void **state)
{
    struct config *config = sample_config();
    struct snapshot *snapshot;

    (void)state;
    sample_record(config, "a.b.home.arpa", SAMPLE_A);
    sample_record(config, "20.1.168.192.in-addr.arpa", TYPE_PTR);
    snapshot = sample_snapshot(config);
    assert_int_equal(decide(snapshot, "a.b.home.arpa", SAMPLE_A).rule, RULE_LOCAL);
    assert_int_equal(decide(snapshot, "b.home.arpa", SAMPLE_A).answer, ANSWER_NODATA);
    assert_int_equal(decide(snapshot, "c.home.arpa", SAMPLE_A).answer, ANSWER_NXDOMAIN);
    assert_int_equal(decide(snapshot, "20.1.168.192.in-addr.arpa", TYPE_PTR).rule, RULE_LOCAL);
    assert_int_equal(decide(snapshot, "1.168.192.in-addr.arpa", TYPE_PTR).answer, ANSWER_NODATA);
    assert_int_equal(decide(snapshot, "2.168.192.in-addr.arpa", TYPE_PTR).answer, ANSWER_NXDOMAIN);
    snapshot_free(snapshot);
}

static void every_built_in_row_has_a_name_and_a_reason(void **state)
{
    struct special *specials;
    struct pin *pins;
    size_t count;

    (void)state;
    assert_int_equal(special_load(&specials, &count, NULL), 0);
    assert_true(count > 40);
    for (size_t i = 0; i < count; i++)
        assert_true(strlen(specials[i].reason) > 10);
    free(specials);
    assert_int_equal(pin_load(&pins, &count, NULL, NULL), 0);
    assert_true(count >= 40);
    for (size_t i = 0; i < count; i++) {
        struct name name = name_of(&pins[i].name);
        uint8_t starts[NAME_LABELS_MAX];

        assert_true(strlen(pins[i].reason) > 3);
        assert_true(strlen(pins[i].source) > 5); /* `unverified` at the least */
        assert_true(strlen(pins[i].country) == 2 || strcmp(pins[i].country, "-") == 0);
        assert_true(name_label_starts(&name, starts) >= 2);
        for (size_t k = 0; k < i; k++) {
            struct name other = name_of(&pins[k].name);

            assert_false(name_equal(&name, &other));
        }
    }
    free(pins);
}

static void a_country_opens_where_its_help_is_for_every_profile(void **state)
{
    static const char *const names[] = {"childline.example", "www.hotline.example",
                                        "clinic.example"};
    struct config_problems problems;
    struct config *config = sample_config();
    struct snapshot *snapshot;

    (void)state;
    config->profiles[KID].default_deny = true;
    config->country = country_find("XE", &problems);
    assert_non_null(config->country);
    config_problems_free(&problems);
    snapshot = sample_snapshot(config);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(decide(snapshot, names[i], SAMPLE_A).rule, RULE_PIN);
    assert_int_equal(decide(snapshot, "elsewhere.example", SAMPLE_A).rule, RULE_DEFAULT);
    snapshot_free(snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c30_reverse_questions_for_private_addresses_stay_here),
        cmocka_unit_test(c30_special_names_are_answered_here),
        cmocka_unit_test(settings_switch_test_and_single_labels),
        cmocka_unit_test(canaries_are_denied_to_profiles_that_block_ways_around),
        cmocka_unit_test(a_name_above_a_local_record_exists_in_a_special_zone),
        cmocka_unit_test(every_built_in_row_has_a_name_and_a_reason),
        cmocka_unit_test(a_country_opens_where_its_help_is_for_every_profile),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
