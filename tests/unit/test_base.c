/* config/base: names, addresses, hashes, durations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/addr.h"
#include "config/base/bytes.h"
#include "config/base/data.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/name.h"
#include "config/base/random.h"
#include "config/base/siphash.h"
#include "config/base/text.h"
#include "config/taxonomy.h"

static void name_from_text_keeps_the_limits_of_rfc_1035(void **state)
{
    static const struct {
        const char *text;
        enum name_fault fault;
    } rows[] = {
        {"example",       NAME_OK         },
        {"Example.",      NAME_OK         },
        {".",             NAME_OK         },
        {"",              NAME_EMPTY      },
        {"..",            NAME_EMPTY_LABEL},
        {".example",      NAME_EMPTY_LABEL},
        {"a..example",    NAME_EMPTY_LABEL},
        {"a\\",           NAME_BAD_ESCAPE },
        {"a\\25",         NAME_BAD_ESCAPE },
        {"a\\256",        NAME_BAD_ESCAPE },
        {"a\\.b.example", NAME_OK         },
        {"\\000\\255",    NAME_OK         },
    };
    struct name_buf buf;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(name_from_text(&buf, rows[i].text, strlen(rows[i].text)), rows[i].fault);
}

static void names_of_63_and_253_characters_are_the_longest(void **state)
{
    char text[300];
    struct name_buf buf;

    (void)state;
    memset(text, 'a', sizeof text);
    assert_int_equal(name_from_host(&buf, text, 63), NAME_OK);
    assert_int_equal(name_from_host(&buf, text, 64), NAME_LABEL_LONG);
    text[63] = text[127] = text[191] = '.';
    assert_int_equal(name_from_host(&buf, text, 253), NAME_OK);
    assert_int_equal(buf.length, 255);
    text[253] = '.';
    assert_int_equal(name_from_host(&buf, text, 254), NAME_OK);
    text[253] = 'a';
    assert_int_equal(name_from_host(&buf, text, 254), NAME_LONG);
}

/* C61: what a terminal and a log see of a name */
static void name_text_survives_a_round_trip_for_every_octet(void **state)
{
    struct name_buf in =
                        {
                            {1, 0, 3, 'a', 'b', 'c', 0},
                            7
    },
                    out;
    char text[NAME_TEXT_MAX];

    (void)state;
    for (unsigned octet = 0; octet < 256; octet++) {
        struct name name = name_of(&in);

        in.wire[1] = name_lower_octet((uint8_t)octet);
        name_to_text(&name, text);
        for (const char *p = text; *p != '\0'; p++)
            assert_true(*p > 0x20 && *p < 0x7f);
        assert_int_equal(name_from_text(&out, text, strlen(text)), NAME_OK);
        assert_int_equal(out.length, in.length);
        assert_memory_equal(out.wire, in.wire, in.length);
    }
}

static void eight_octets_are_lower_cased_as_one_is(void **state)
{
    (void)state;
    for (unsigned octet = 0; octet < 256; octet++) {
        for (unsigned at = 0; at < 8; at++) {
            uint8_t octets[8] = {'@', 'A', 'Z', '[', 0x7f, 0x80, 0xc1, 0xff}, wanted[8];
            uint64_t words;

            octets[at] = (uint8_t)octet;
            for (unsigned i = 0; i < 8; i++)
                wanted[i] = name_lower_octet(octets[i]);
            memcpy(&words, octets, sizeof words);
            words = name_lower_octets(words);
            assert_memory_equal(&words, wanted, sizeof words);
        }
    }
}

static void only_a_whole_name_in_wire_format_is_one(void **state)
{
    /* nothing, the root, a name, without its root, cut off in a label, with more behind it,
     * compressed */
    static const struct {
        const char *octets;
        size_t length;
        bool whole;
    } rows[] = {
        {"",               0,  false},
        {"",               1,  true },
        {"\7example",      9,  true },
        {"\7example",      8,  false},
        {"\7exa",          4,  false},
        {"\7example\0\1a", 11, false},
        {"\1a\xc0\x0c",    4,  false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t *octets = malloc(rows[i].length + 1);

        assert_non_null(octets);
        memset(octets, 0x7f, rows[i].length + 1);
        memcpy(octets, rows[i].octets, rows[i].length);
        assert_int_equal(name_is_whole(octets, rows[i].length), rows[i].whole);
        free(octets);
    }
}

static void a_whole_name_has_at_most_255_octets_and_63_in_a_label(void **state)
{
    uint8_t octets[257];

    (void)state;
    memset(octets, 1, sizeof octets); /* labels of one octet each */
    octets[256] = 0;
    assert_false(name_is_whole(octets, 257));
    octets[254] = 0;
    assert_true(name_is_whole(octets, 255));
    octets[0] = 63;
    octets[64] = 0;
    assert_true(name_is_whole(octets, 65));
    octets[0] = 64;
    octets[65] = 0;
    assert_false(name_is_whole(octets, 66));
}

static void below_or_at_compares_whole_labels(void **state)
{
    static const struct {
        const char *name, *ancestor;
        bool below;
    } rows[] = {
        {"a.example",    "example",   true },
        {"example",      "example",   true },
        {"notexample",   "example",   false},
        {"example",      "a.example", false},
        {"a.example",    ".",         true },
        {"x.ab.example", "b.example", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct name_buf a, b;

        assert_int_equal(name_from_text(&a, rows[i].name, strlen(rows[i].name)), NAME_OK);
        assert_int_equal(name_from_text(&b, rows[i].ancestor, strlen(rows[i].ancestor)), NAME_OK);
        struct name name = name_of(&a), ancestor = name_of(&b);
        assert_int_equal(name_is_below_or_at(&name, &ancestor), rows[i].below);
    }
}

static void siphash_gives_the_published_vectors(void **state)
{
    /* SipHash-1-3, key 00..0f, input 00..n-1: from the reference implementation's
     * halfsiphash/siphash13 tables. */
    static const uint64_t vectors[] = {
        0xabac0158050fc4dcULL, 0xc9f49bf37d57ca93ULL, 0x82cb9b024dc7d44dULL, 0x8bf80ab8e7ddf7fbULL,
        0xcf75576088d38328ULL, 0xdef9d52f49533b67ULL, 0xc50d2b50c59f22a7ULL, 0xd3927d989bb11140ULL,
        0x369095118d299a8eULL, 0x25a48eb36c063de4ULL};
    const struct siphash_key key = {0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
    uint8_t input[16];

    (void)state;
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (uint8_t)i;
    for (size_t n = 0; n < sizeof vectors / sizeof *vectors; n++) {
        struct siphash s;

        siphash_start(&s, &key);
        siphash_octets(&s, input, n);
        assert_int_equal(siphash_finish(&s), vectors[n]);
        /* octet by octet is the same */
        siphash_start(&s, &key);
        for (size_t i = 0; i < n; i++)
            siphash_octets(&s, input + i, 1);
        assert_int_equal(siphash_finish(&s), vectors[n]);
    }
}

static void suffix_hashes_equal_those_of_the_suffixes_alone(void **state)
{
    struct siphash_key key = siphash_key_from_seed(42);
    uint64_t all[NAME_LABELS_MAX], one[NAME_LABELS_MAX];
    struct name_buf buf;
    struct name name;

    (void)state;
    assert_int_equal(name_from_text(&buf, "a-long-label.www.shop.example", 29), NAME_OK);
    name = name_of(&buf);
    assert_int_equal(siphash_suffixes(&key, &name, all, NAME_LABELS_MAX), 4);
    for (size_t labels = 1; labels <= 4; labels++) {
        struct name suffix = name_suffix(&name, labels);

        assert_int_equal(siphash_suffixes(&key, &suffix, one, NAME_LABELS_MAX), labels);
        assert_int_equal(one[labels - 1], all[labels - 1]);
    }
    assert_int_equal(siphash_suffixes(&key, &name, one, 2), 2);
}

static void prefixes_hold_what_lies_in_them(void **state)
{
    static const struct {
        const char *prefix, *addr;
        bool holds;
    } rows[] = {
        {"192.0.2.0/24",         "192.0.2.77",       true },
        {"192.0.2.0/24",         "192.0.3.1",        false},
        {"192.0.2.0/25",         "192.0.2.128",      false},
        {"0.0.0.0/0",            "203.0.113.1",      true },
        {"0.0.0.0/0",            "2001:db8::1",      false},
        {"192.0.2.7",            "::ffff:192.0.2.7", true },
        {"::ffff:192.0.2.0/120", "192.0.2.9",        true },
        {"fe80::/10",            "fe80::1%1",        true },
        {"fe80::1%1",            "fe80::1%1",        true },
        {"fe80::1%1",            "fe80::1%2",        false},
        {"fe80::1",              "fe80::1%2",        true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct prefix prefix;
        struct addr addr;

        assert_int_equal(prefix_from_text(&prefix, rows[i].prefix), 0);
        assert_int_equal(addr_from_text(&addr, rows[i].addr), 0);
        assert_int_equal(prefix_holds(&prefix, &addr), rows[i].holds);
    }
}

static void prefixes_with_host_bits_or_bad_lengths_are_refused(void **state)
{
    static const char *const rows[] = {
        "192.0.2.1/24",   "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/x",
        "2001:db8::1/64", "192.0.2",      "",           "192.0.2.0/-1",
        "1.2.3.4/ 8"};
    struct prefix prefix;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(prefix_from_text(&prefix, rows[i]), -1);
}

static void endpoints_are_read_and_written_alike(void **state)
{
    static const char *const rows[] = {"192.0.2.1@53", "2001:db8::1@5300", "::1@1"};
    char text[ADDR_TEXT_MAX];
    struct endpoint endpoint, back;
    struct sockaddr_storage sa;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(endpoint_from_text(&endpoint, rows[i], 53), 0);
        assert_string_equal(endpoint_to_text(&endpoint, text), rows[i]);
        endpoint_to_sockaddr(&endpoint, &sa);
        assert_int_equal(endpoint_from_sockaddr(&back, (struct sockaddr *)&sa), 0);
        assert_true(addr_equal(&back.addr, &endpoint.addr) && back.port == endpoint.port);
    }
    assert_int_equal(endpoint_from_text(&endpoint, "192.0.2.1@0", 53), -1);
    assert_int_equal(endpoint_from_text(&endpoint, "192.0.2.1@65536", 53), -1);
}

static void durations_and_sizes_want_a_unit_each_row(void **state)
{
    static const struct {
        const char *text;
        int result;
        uint64_t ms;
    } rows[] = {
        {"30s",                   0,  30000    },
        {"15m",                   0,  900000   },
        {"1h30m",                 0,  5400000  },
        {"3d",                    0,  259200000},
        {"1w",                    0,  604800000},
        {"250ms",                 0,  250      },
        {"10",                    -1, 0        },
        {"",                      -1, 0        },
        {"s",                     -1, 0        },
        {"1y",                    -1, 0        },
        {"-1s",                   -1, 0        },
        {"99999999999999999999s", -1, 0        },
    };
    char text[32];
    uint64_t value, again;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(text_duration_ms(rows[i].text, &value), rows[i].result);
        if (rows[i].result != 0)
            continue;
        assert_int_equal(value, rows[i].ms);
        assert_int_equal(text_duration_ms(text_from_duration(value, text), &again), 0);
        assert_int_equal(again, value);
    }
    assert_int_equal(text_size_bytes("8MiB", &value), 0);
    assert_int_equal(value, 8 << 20);
    assert_int_equal(text_size_bytes("8MB", &value), -1);
}

static void times_are_written_in_utc_and_no_calendar_s_as_nothing(void **state)
{
    char text[32];

    (void)state;
    assert_string_equal(text_from_time(0, text), "1970-01-01T00:00:00Z");
    assert_string_equal(text_from_time(1798761599, text), "2026-12-31T23:59:59Z");
    assert_string_equal(text_from_time(INT64_MAX, text), "");
}

static void the_nearest_word_is_suggested_only_when_near(void **state)
{
    static const char *const words[] = {"gambling", "games", "porn"};

    (void)state;
    assert_string_equal(text_nearest("gambeling", words, 3), "gambling");
    assert_string_equal(text_nearest("game", words, 3), "games");
    assert_null(text_nearest("weather", words, 3));
}

static void plain_text_is_what_it_looks_like(void **state)
{
    static const char *const plain[] = {"",     "Anna's phone", "Gerät 2",
                                        "電話", "x\u200dy",     "\U0001F4F1"};
    static const char *const odd[] = {" x",
                                      "x ",
                                      "a\nb",
                                      "a\x1b[2J",
                                      "a\x7f",
                                      "a\xc2\x9b"
                                      "31m",
                                      "a\u202eb",
                                      "a\u2066b",
                                      "a\u2028b",
                                      "\xff",
                                      "\xc3",
                                      "\xc0\x80",
                                      "a\u200b",
                                      "\xed\xa0\x80",
                                      "\ufeffx",
                                      "\xe0\x80\xaf",
                                      "\xf4\x90\x80\x80",
                                      "\U000e0041"};

    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_true(text_is_plain(plain[i]));
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_false(text_is_plain(odd[i]));
}

static void the_taxonomy_has_the_bits_that_the_code_names(void **state)
{
    static struct taxonomy taxonomy;
    struct err err;
    char text[2048];

    (void)state;
    assert_int_equal(taxonomy_load(&taxonomy, &err), 0);
    assert_int_equal(taxonomy.count, 48);
    assert_int_equal(taxonomy_find(&taxonomy, "edu_positive")->bit, CATEGORY_EDU_POSITIVE);
    assert_int_equal(taxonomy_find(&taxonomy, "search_unsafe")->bit, CATEGORY_SEARCH_UNSAFE);
    assert_int_equal(taxonomy_find(&taxonomy, "bypass_doh")->bit, CATEGORY_BYPASS_DOH);
    assert_int_equal(taxonomy_find(&taxonomy, "bypass_vpn")->bit, CATEGORY_BYPASS_VPN);
    assert_string_equal(taxonomy_mask_text(&taxonomy, taxonomy_severity_mask(&taxonomy, SEVERITY_4),
                                           text, sizeof text),
                        "csam,legal_order,terror");
    assert_true(mask_has(taxonomy_band_mask(&taxonomy, BAND_B, "BW"),
                         taxonomy_find(&taxonomy, "porn")->bit));
    assert_false(mask_has(taxonomy_band_mask(&taxonomy, BAND_B, "BW"),
                          taxonomy_find(&taxonomy, "games")->bit));
    assert_int_equal(taxonomy_add(&taxonomy, "site_canteen", "own", SEVERITY_1, &err), 0);
    assert_int_equal(taxonomy_find(&taxonomy, "site_canteen")->bit, 48);
    assert_int_equal(taxonomy_add(&taxonomy, "site_canteen", "own", SEVERITY_1, &err), -1);
    assert_int_equal(taxonomy_add(&taxonomy, "canteen", "own", SEVERITY_1, &err), -1);
}

static void random_below_stays_below(void **state)
{
    struct random random = {.left = 0};

    (void)state;
    for (uint32_t bound = 1; bound < 2000; bound++)
        assert_true(random_below(&random, bound) < bound);
}

static void a_file_that_is_replaced_keeps_its_mode(void **state)
{
    static const struct {
        mode_t before, after; /* 0: there is no file yet */
    } rows[] = {
        {0,    0640},
        {0600, 0600},
        {0664, 0664}
    };
    char folder[] = "/tmp/test_base.XXXXXX", path[64];
    struct file_new file;
    struct stat now;
    struct err err;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    umask(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].before != 0)
            assert_int_equal(chmod(path, rows[i].before), 0);
        assert_int_equal(file_new_open(&file, path, 0640, &err), 0);
        assert_int_equal(file_new_commit(&file, &err), 0);
        assert_int_equal(stat(path, &now), 0);
        assert_int_equal(now.st_mode & 07777, rows[i].after);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_utc_and_no_calendar_s_as_nothing),
        cmocka_unit_test(name_from_text_keeps_the_limits_of_rfc_1035),
        cmocka_unit_test(names_of_63_and_253_characters_are_the_longest),
        cmocka_unit_test(name_text_survives_a_round_trip_for_every_octet),
        cmocka_unit_test(eight_octets_are_lower_cased_as_one_is),
        cmocka_unit_test(only_a_whole_name_in_wire_format_is_one),
        cmocka_unit_test(a_whole_name_has_at_most_255_octets_and_63_in_a_label),
        cmocka_unit_test(below_or_at_compares_whole_labels),
        cmocka_unit_test(siphash_gives_the_published_vectors),
        cmocka_unit_test(suffix_hashes_equal_those_of_the_suffixes_alone),
        cmocka_unit_test(prefixes_hold_what_lies_in_them),
        cmocka_unit_test(prefixes_with_host_bits_or_bad_lengths_are_refused),
        cmocka_unit_test(endpoints_are_read_and_written_alike),
        cmocka_unit_test(durations_and_sizes_want_a_unit_each_row),
        cmocka_unit_test(the_nearest_word_is_suggested_only_when_near),
        cmocka_unit_test(plain_text_is_what_it_looks_like),
        cmocka_unit_test(the_taxonomy_has_the_bits_that_the_code_names),
        cmocka_unit_test(random_below_stays_below),
        cmocka_unit_test(a_file_that_is_replaced_keeps_its_mode),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
