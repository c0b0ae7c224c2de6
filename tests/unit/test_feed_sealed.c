/* A legal or hotline list in memory to its part, by a process of its own; what may pass; what is
 * said of what may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blocklist/feed/sealed_gate.h"
#include "blocklist/feed/sealed_memory.h"
#include "blocklist/feed/sealed_place.h"
#include "blocklist/feed/sealed_reader.h"
#include "blocklist/feed/sealed_set.h"
#include "blocklist/sealed/seal.h"
#include "blocklist/sealed/sealed.h"
#include "tests/unit/feed_fixture.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

#define MARK "zq7xk" /* in every name of a list, and in nothing else */

struct rig {
    struct feed_fixture feed;
    char suffixes[96], part[PLACE_PATH_MAX];
    uint8_t salt[SEALED_SALT_OCTETS];
    struct config config;
    struct config_list list;
    struct sealed_key *key;
    struct sealed_memory memory;
    struct name_buf bufs[2];
    struct name names[2];
    struct sealed_reader_request request;
    struct sealed_reader_result result;
};

static void protect(struct rig *rig, size_t index, const char *text)
{
    assert_int_equal(name_from_text(&rig->bufs[index], text, strlen(text)), NAME_OK);
    rig->names[index] = name_of(&rig->bufs[index]);
}

static void start(struct rig *rig)
{
    static const char suffixes[] = "// ===BEGIN ICANN DOMAINS===\ncom\nco.example\n"
                                   "// ===END ICANN DOMAINS===\n";

    memset(rig, 0, sizeof *rig);
    feed_start(&rig->feed);
    feed_write(&rig->feed, "suffixes", suffixes, sizeof suffixes - 1);
    snprintf(rig->suffixes, sizeof rig->suffixes, "%s", feed_path(&rig->feed, "suffixes"));
    assert_int_equal(sealed_place_make(rig->feed.dir, &rig->feed.err), 0);
    rig->key = sealed_key_random(&rig->feed.err);
    assert_non_null(rig->key);
    seal_salt_new(rig->salt);
    snprintf(rig->list.id, sizeof rig->list.id, "hot");
    snprintf(rig->list.format, sizeof rig->list.format, "plain");
    rig->list.class_ = LIST_HOTLINE;
    rig->list.gate =
        (struct config_gate){.min_entries = 1, .shrink_percent = 30, .growth_percent = 100};
    rig->config.lists = &rig->list;
    rig->config.list_count = 1;
    rig->config.feeds.dir = rig->feed.dir;
    rig->config.feeds.entries_most = 1000000;
    rig->config.feeds.size_most = rig->config.feeds.unpacked_most = 1 << 24;
    rig->config.feeds.ratio_most = 100;
    protect(rig, 0, "help.example");
    protect(rig, 1, "www.school.example");
    sealed_place_part(rig->feed.dir, "hot", rig->salt, rig->part);
    rig->request = (struct sealed_reader_request){
        .config = &rig->config,
        .list = &rig->list,
        .memory = &rig->memory,
        .key = rig->key,
        .outs = {{rig->salt, rig->part}},
        .out_count = 1,
        .signed_s = 1790000000,
        .now_s = FEED_NOW,
        .suffixes_path = rig->suffixes,
        .protected_names = rig->names,
        .protected_count = 2,
        .pin_count = 1,
    };
}

/* Reads TEXT[0..LENGTH) as the list, as if it had been fetched. */
static int read_octets(struct rig *rig, const char *text, size_t length)
{
    int result;

    assert_int_equal(sealed_memory_open(&rig->memory, 1 << 20, &rig->feed.err), 0);
    memcpy(rig->memory.octets, text, length);
    assert_int_equal(ftruncate(rig->memory.fd, (off_t)length), 0);
    assert_int_equal(sealed_memory_settle(&rig->memory, &rig->feed.err), 0);
    rig->feed.err = (struct err){0};
    result = sealed_reader_read(&rig->request, &rig->result, &rig->feed.err);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(rig->memory.octets[i], 0); /* wiped, however it ended */
    sealed_memory_close(&rig->memory);
    return result;
}

static int read_text(struct rig *rig, const char *text)
{
    return read_octets(rig, text, strlen(text));
}

static void end(struct rig *rig)
{
    sealed_key_free(rig->key);
    feed_end(&rig->feed);
}

/* Returns what the part at PATH says of TEXT. */
static uint8_t words_of(struct rig *rig, const char *path, const char *text)
{
    struct sealed *sealed = sealed_open(path, rig->key, &rig->feed.err);
    struct sealed_hit hit = {0};
    struct name_buf buf;
    struct name name;

    assert_non_null(sealed);
    assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
    name = name_of(&buf);
    sealed_lookup(sealed, &name, &hit);
    sealed_close(sealed);
    return hit.words;
}

static void entries_go_into_a_part_that_says_its_version(void **state)
{
    struct sealed_info info;
    struct rig rig;

    (void)state;
    start(&rig);
    assert_int_equal(read_text(&rig,
                               "# a list\n" MARK "0.example\n=" MARK "1.example\n192.0.2.0/24\n"
                               "https://" MARK "2.example/page\nco.example\n@@" MARK "0.example\n"),
                     0);
    assert_int_equal(rig.result.entries, 3);
    assert_int_equal(rig.result.pages, 1);
    assert_int_equal(rig.result.report.refused[REASON_PUBLIC_SUFFIX], 1);
    assert_int_equal(rig.result.report.first_line[REASON_PUBLIC_SUFFIX], 6);
    assert_int_equal(report_taken(&rig.result.report) > 0, 1);
    assert_int_equal(sealed_file_info(rig.part, &info, &rig.feed.err), 0);
    assert_int_equal(info.number, 1790000000);
    assert_int_equal(info.made_s, FEED_NOW);
    assert_int_equal(info.entries, 3);
    assert_int_equal(words_of(&rig, rig.part, "www." MARK "0.example"), SEALED_BLOCK);
    assert_int_equal(words_of(&rig, rig.part, "www." MARK "1.example"), 0);
    assert_int_equal(words_of(&rig, rig.part, MARK "2.example"), 0);
    end(&rig);
}

/* What a list of exact names says of names below one is not said of that one; a pin neither. */
static void an_exact_list_covers_the_names_that_it_states_and_no_other(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig);
    rig.list.granularity = LIST_DOMAIN_EXACT;
    snprintf(rig.list.format, sizeof rig.list.format, "dnsmasq");
    assert_int_equal(read_text(&rig, "local=/" MARK "0.example/\nlocal=/.school.example/\n"
                                     "local=/*." MARK "1.example/\nlocal=/*.help.example/\n"),
                     0);
    assert_int_equal(rig.result.entries, 2);
    assert_int_equal(rig.result.pin_line, 0);
    assert_int_equal(rig.result.protect_line, 0); /* school.example alone is no www */
    assert_int_equal(rig.result.report.refused[REASON_MODIFIER], 2);
    assert_int_equal(words_of(&rig, rig.part, MARK "0.example"), SEALED_BLOCK);
    assert_int_equal(words_of(&rig, rig.part, "www." MARK "0.example"), 0);
    assert_int_equal(words_of(&rig, rig.part, MARK "1.example"), 0);
    assert_int_equal(words_of(&rig, rig.part, "help.example"), 0);
    end(&rig);
}

/* However a format writes an address of a page: its host is no entry. */
static void a_page_is_its_host_in_no_format(void **state)
{
    static const struct {
        const char *format, *column, *text;
    } lists[] = {
        {"csv",     "url",
         "id,url\n1,https://" MARK "0.example/page\n2,\"http://" MARK "0.example/\"\n"
         "3," MARK "0.example/x\n"                                                              },
        {"csv",     "host", "host,path\nhttps://" MARK "0.example,/a\n"                         },
        {"adblock", NULL,
         "||" MARK "0.example/page^\n|https://" MARK "0.example/a|\n"
         "||" MARK "0.example^$domain=a.example\n"                                              },
        {"plain",   NULL,
         "http://" MARK "0.example/\nhttps://" MARK "0.example:8443/a?b#c\n"
         "https://user@" MARK "0.example/\n" MARK "0.example/x\n"                               },
        {"auto",    NULL,   "https://" MARK "0.example/\nhttps://" MARK "0.example/a\n"         },
        {"hosts",   NULL,   "0.0.0.0 https://" MARK "0.example/a\n0.0.0.0 " MARK "0.example/a\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct rig rig;

        start(&rig);
        rig.list.column = (char *)lists[i].column;
        snprintf(rig.list.format, sizeof rig.list.format, "%s", lists[i].format);
        if (read_text(&rig, lists[i].text) == 0 && rig.result.entries > 0)
            fail_msg("%zu: %d entries", i, (int)rig.result.entries);
        assert_null(strstr(rig.feed.err.text, MARK));
        end(&rig);
    }
}

static void names_are_taken_however_they_are_written(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig);
    assert_int_equal(read_text(&rig, "ZQ7XK0.Example.\n" MARK "0.example\n" MARK "b\xc3\xbc"
                                     "cher.example\n"
                                     "_dmarc." MARK "1.example\r\nco.EXAMPLE\n"),
                     0);
    assert_int_equal(words_of(&rig, rig.part, MARK "0.example"), SEALED_BLOCK);
    assert_int_equal(words_of(&rig, rig.part, "xn--" MARK "bcher-feb.example"), SEALED_BLOCK);
    assert_int_equal(rig.result.entries, 3);
    end(&rig);
}

static void two_salts_make_two_parts_of_one_reading(void **state)
{
    uint8_t fresh[SEALED_SALT_OCTETS];
    char other[PLACE_PATH_MAX];
    struct rig rig;

    (void)state;
    start(&rig);
    seal_salt_new(fresh);
    sealed_place_part(rig.feed.dir, "hot", fresh, other);
    rig.request.outs[1] = (struct sealed_reader_out){fresh, other};
    rig.request.out_count = 2;
    assert_int_equal(read_text(&rig, MARK "0.example\n"), 0);
    assert_int_equal(words_of(&rig, rig.part, MARK "0.example"), SEALED_BLOCK);
    assert_int_equal(words_of(&rig, other, MARK "0.example"), SEALED_BLOCK);
    end(&rig);
}

static void packed_lists_are_read_from_memory(void **state)
{
    /* gzip of two lines of names */
    static const uint8_t packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff,
                                     0xab, 0x2a, 0x34, 0xaf, 0xc8, 0x36, 0xd0, 0x4b, 0xad, 0x48,
                                     0xcc, 0x2d, 0xc8, 0x49, 0xe5, 0xaa, 0x02, 0x71, 0x0d, 0xe1,
                                     0x5c, 0x00, 0x81, 0xb1, 0x47, 0x23, 0x1e, 0x00, 0x00, 0x00};
    struct rig rig;

    (void)state;
    start(&rig);
    assert_int_equal(read_octets(&rig, (const char *)packed, sizeof packed), 0);
    assert_int_equal(rig.result.entries, 2);
    /* cut short: an error, and no octet of the list in it */
    assert_int_equal(read_octets(&rig, (const char *)packed, sizeof packed - 8), -1);
    assert_null(strstr(rig.feed.err.text, MARK));
    end(&rig);
}

static void no_message_has_an_octet_of_the_list(void **state)
{
    static const struct {
        const char *format, *text, *says;
    } faults[] = {
        {"auto",    "<!DOCTYPE html><p>" MARK "0.example</p>", "web page"},
        {"plain",   "<html>" MARK "0.example",                 "web page"},
        {"plain",   "# " MARK "\n",                            "no entry"},
        {"plain",   "",                                        "no entry"},
        {"singbox", "{\"" MARK "\": [\"" MARK "0.example\", ", "read as" },
        {"csv",     "a," MARK "0.example\n",                   "read as" },
        {"auto",    MARK " " MARK " " MARK "\n" MARK " ! !\n", "no entry"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct rig rig;

        start(&rig);
        rig.list.column = (char[]){"host"};
        snprintf(rig.list.format, sizeof rig.list.format, "%s", faults[i].format);
        assert_int_equal(read_text(&rig, faults[i].text), -1);
        assert_null(strstr(rig.feed.err.text, MARK));
        if (strstr(rig.feed.err.text, faults[i].says) == NULL)
            fail_msg("%zu: %s", i, rig.feed.err.text);
        assert_int_not_equal(access(rig.part, F_OK), 0);
        end(&rig);
    }
}

static void pins_and_protected_names_are_found_by_line(void **state)
{
    struct sealed_gate gate = {0};
    struct rig rig;

    (void)state;
    start(&rig);
    gate.list = &rig.list;
    gate.result = &rig.result;
    assert_int_equal(read_text(&rig, MARK "0.example\nschool.example\n" MARK "1.example\n"), 0);
    assert_int_equal(rig.result.pin_line, 0);
    assert_int_equal(rig.result.protect_line, 2);
    gate.waited = true;
    assert_int_equal(sealed_gate_judge(&gate, &rig.feed.err), -1);
    assert_non_null(
        strstr(rig.feed.err.text, "hot: line 2 covers a name that a file of feeds.protect"));
    assert_int_equal(read_text(&rig, MARK "0.example\nhelp.example\n"), 0);
    assert_int_equal(rig.result.pin_line, 2);
    assert_int_equal(sealed_gate_judge(&gate, &rig.feed.err), -1);
    assert_non_null(strstr(rig.feed.err.text, "line 2 covers a pinned name"));
    assert_null(strstr(rig.feed.err.text, "help"));
    /* pages that would be diverted count as well, and those that are not do not */
    assert_int_equal(read_text(&rig, MARK "0.example\nhttps://help.example/a\n"), 0);
    assert_int_equal(rig.result.pin_line, 0);
    rig.list.url_action = LIST_URL_DIVERT;
    rig.list.dns_use_permitted = true;
    assert_int_equal(read_text(&rig, MARK "0.example\nhttps://help.example/a\n"), 0);
    assert_int_equal(rig.result.pin_line, 2);
    assert_int_equal(words_of(&rig, rig.part, "help.example"), SEALED_DIVERT);
    end(&rig);
}

static void sizes_are_judged_unless_the_list_has_waited(void **state)
{
    static const struct {
        uint64_t before, entries, pages;
        bool waited;
        const char *says; /* NULL: it passes */
    } cases[] = {
        {100, 100, 0,   false, NULL         },
        {100, 69,  0,   false, "shrank"     },
        {100, 69,  31,  false, NULL         },
        {100, 69,  0,   true,  NULL         },
        {100, 201, 0,   false, "grew"       },
        {0,   201, 0,   false, NULL         },
        {10,  60,  0,   false, NULL         },
        {0,   0,   0,   false, "min_entries"},
        {0,   0,   100, false, NULL         },
    };
    struct rig rig;

    (void)state;
    start(&rig);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sealed_gate gate = {&rig.list, &rig.result, cases[i].before, cases[i].waited};
        int outcome;

        rig.result.entries = cases[i].entries;
        rig.result.pages = cases[i].pages;
        outcome = sealed_gate_judge(&gate, &rig.feed.err);
        assert_int_equal(outcome, cases[i].says == NULL ? 0 : -1);
        if (outcome != 0 && strstr(rig.feed.err.text, cases[i].says) == NULL)
            fail_msg("%zu: %s", i, rig.feed.err.text);
    }
    end(&rig);
}

/* ---- the reader's memory, looked at by itself at its fullest ---- */

enum { UNLOCKED = 70, SWAPPED = 71, NO_LIST = 72, DUMPABLE = 73 };

static void look_at_self(void)
{
    FILE *smaps = fopen("/proc/self/smaps", "r");
    bool list = false, ours = false, resident = false;
    unsigned long kib;
    char line[512];

    if (smaps == NULL)
        _exit(NO_LIST);
    while (fgets(line, sizeof line, smaps) != NULL) {
        if (strchr(line, '-') != NULL && strchr(line, '-') < strchr(line, ' '))
            ours = strstr(line, "memfd:list") != NULL;
        if (sscanf(line, "Rss: %lu", &kib) == 1)
            resident = kib > 0;
        if (sscanf(line, "Swap: %lu", &kib) == 1 && kib > 0)
            _exit(SWAPPED);
        if (strncmp(line, "VmFlags:", 8) != 0)
            continue;
        if (resident && strstr(line, " lo") == NULL && strstr(line, " io") == NULL &&
            strstr(line, " wr") != NULL)
            _exit(UNLOCKED);
        list = list || (ours && strstr(line, " dd") != NULL && strstr(line, " lo") != NULL);
    }
    fclose(smaps);
    if (!list)
        _exit(NO_LIST);
}

static void the_reader_is_locked_and_not_dumpable_while_it_holds_the_list(void **state)
{
    struct rig rig;

    (void)state;
    if (SANITIZED) /* which lock nothing */
        skip();
    start(&rig);
    rig.request.full = look_at_self;
    if (read_text(&rig, MARK "0.example\n") != 0)
        fail_msg("%s", rig.feed.err.text);
    end(&rig);
}

static void die(void)
{
    raise(SIGKILL);
}

static void a_reader_that_dies_fails_its_list_and_leaves_no_part(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig);
    rig.request.entered = die;
    assert_int_equal(sealed_memory_open(&rig.memory, 1 << 16, &rig.feed.err), 0);
    assert_int_equal(sealed_memory_settle(&rig.memory, &rig.feed.err), 0);
    assert_int_equal(sealed_reader_read(&rig.request, &rig.result, &rig.feed.err), -1);
    assert_non_null(strstr(rig.feed.err.text, "its reader was killed"));
    sealed_memory_close(&rig.memory);
    assert_int_not_equal(access(rig.part, F_OK), 0);
    end(&rig);
}

/* ---- parts to sets ---- */

static void a_set_is_made_once_for_what_it_is_made_of(void **state)
{
    struct sealed_set set = {0};
    struct rig rig;
    const char *lacks = NULL;
    char path[PLACE_PATH_MAX];

    (void)state;
    start(&rig);
    set = (struct sealed_set){
        .config = &rig.config, .store = rig.feed.store, .key = rig.key, .now_s = FEED_NOW};
    assert_false(sealed_set_salt(&set)); /* nothing is there */
    memcpy(set.salt, rig.salt, sizeof set.salt);
    assert_int_equal(read_text(&rig, MARK "0.example\n" MARK "1.example\n"), 0);
    assert_true(sealed_set_complete(&set, set.salt, &lacks));
    assert_int_equal(sealed_set_publish(&set, &rig.feed.err), 1);
    assert_int_equal(set.number, 1);
    assert_int_equal(set.entries, 2);
    assert_int_equal(sealed_set_publish(&set, &rig.feed.err), 0);
    memset(set.salt, 0, sizeof set.salt);
    assert_true(sealed_set_salt(&set));
    assert_memory_equal(set.salt, rig.salt, sizeof set.salt);
    /* the name of a link that leads nowhere, and a set that is damaged, are made again */
    assert_int_equal(unlink(sealed_place_current(rig.feed.dir, path)), 0);
    assert_int_equal(sealed_set_publish(&set, &rig.feed.err), 1);
    assert_int_equal(set.number, 2);
    assert_int_equal(truncate(sealed_place_set(rig.feed.dir, 2, path), 40), 0);
    assert_int_equal(sealed_set_publish(&set, &rig.feed.err), 1);
    assert_int_equal(words_of(&rig, sealed_place_current(rig.feed.dir, path), MARK "1.example"),
                     SEALED_BLOCK);
    end(&rig);
}

static void under_another_key_nothing_is_complete_until_each_list_came(void **state)
{
    struct sealed_set set = {0};
    const char *lacks = NULL;
    struct rig rig;

    (void)state;
    start(&rig);
    assert_int_equal(read_text(&rig, MARK "0.example\n"), 0);
    sealed_key_free(rig.key);
    rig.key = sealed_key_random(&rig.feed.err);
    rig.request.key = rig.key;
    set = (struct sealed_set){
        .config = &rig.config, .store = rig.feed.store, .key = rig.key, .now_s = FEED_NOW};
    assert_false(sealed_set_salt(&set));
    assert_false(sealed_set_complete(&set, set.salt, &lacks));
    assert_string_equal(lacks, "hot");
    sealed_set_tidy(&set); /* the part that says that there is something stays */
    assert_false(sealed_set_complete(&set, set.salt, &lacks));
    rig.request.outs[0].salt = set.salt;
    sealed_place_part(rig.feed.dir, "hot", set.salt, rig.part);
    assert_int_equal(read_text(&rig, MARK "0.example\n"), 0);
    assert_true(sealed_set_complete(&set, set.salt, &lacks));
    end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_go_into_a_part_that_says_its_version),
        cmocka_unit_test(an_exact_list_covers_the_names_that_it_states_and_no_other),
        cmocka_unit_test(a_page_is_its_host_in_no_format),
        cmocka_unit_test(names_are_taken_however_they_are_written),
        cmocka_unit_test(two_salts_make_two_parts_of_one_reading),
        cmocka_unit_test(packed_lists_are_read_from_memory),
        cmocka_unit_test(no_message_has_an_octet_of_the_list),
        cmocka_unit_test(pins_and_protected_names_are_found_by_line),
        cmocka_unit_test(sizes_are_judged_unless_the_list_has_waited),
        cmocka_unit_test(the_reader_is_locked_and_not_dumpable_while_it_holds_the_list),
        cmocka_unit_test(a_reader_that_dies_fails_its_list_and_leaves_no_part),
        cmocka_unit_test(a_set_is_made_once_for_what_it_is_made_of),
        cmocka_unit_test(under_another_key_nothing_is_complete_until_each_list_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
