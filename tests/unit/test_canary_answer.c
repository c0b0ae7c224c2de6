/* What comes back to a canary, judged: each row an answer that some node may give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/addr.h"
#include "resolver/daemon/canary_answer.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"

enum { ROOM = 1232, ID = 4711, ADDRESSES_MAX = 3 };

#define STOP_PAGE "192.0.2.80"
#define OTHER "192.0.2.81"

static struct addr stop_page[2];

static struct canary_question question_of(uint16_t ede, size_t addresses)
{
    struct canary_question question = {
        .id = ID, .ede = ede, .addresses = stop_page, .address_count = addresses};

    assert_int_equal(name_from_host(&question.name, "canary.operator.example", 23), NAME_OK);
    assert_int_equal(addr_from_text(&stop_page[0], "2001:db8::80"), 0);
    assert_int_equal(addr_from_text(&stop_page[1], STOP_PAGE), 0);
    return question;
}

struct row {
    const char *what;
    uint16_t ede, rcode;
    const char *addresses[ADDRESSES_MAX];
    uint16_t ede_wanted;
    size_t stop_page; /* addresses that are configured: 0, or 2 of which one is IPv4 */
    enum canary_result expect;
};

static const struct row rows[] = {
    {"our block, NODATA",                          15, 0, {NULL},             15, 0, CANARY_OK          },
    {"our block, where the country says censored", 16, 0, {NULL},             16, 0, CANARY_OK          },
    {"the other of the two codes",                 15, 0, {NULL},             16, 0, CANARY_WRONG_ANSWER},
    {"NXDOMAIN instead of NODATA",                 15, 3, {NULL},             15, 0, CANARY_WRONG_ANSWER},
    {"a stop page",                                15, 0, {STOP_PAGE},        15, 2, CANARY_OK          },
    {"NODATA where there is a stop page",          15, 0, {NULL},             15, 2, CANARY_WRONG_ANSWER},
    {"a stop page where there is none",            15, 0, {STOP_PAGE},        15, 0, CANARY_WRONG_ANSWER},
    {"somebody else's stop page",                  15, 0, {OTHER},            15, 2, CANARY_WRONG_ANSWER},
    {"the stop page and another",                  15, 0, {STOP_PAGE, OTHER}, 15, 2, CANARY_WRONG_ANSWER},
    {"a block that fails",                         15, 2, {NULL},             15, 0, CANARY_WRONG_ANSWER},
    {"an address: it was forwarded",               0,  0, {OTHER},            15, 0, CANARY_NOT_BLOCKED },
    {"the stop page's address without the code",   0,  0, {STOP_PAGE},        15, 2, CANARY_NOT_BLOCKED },
    {"NXDOMAIN: it was forwarded",                 0,  3, {NULL},             15, 0, CANARY_NOT_BLOCKED },
    {"no upstream for it",                         22, 2, {NULL},             15, 0, CANARY_NOT_BLOCKED },
    {"no lists yet",                               14, 0, {OTHER},            15, 0, CANARY_NOT_BLOCKED },
    {"blocked by a profile",                       17, 0, {NULL},             15, 0, CANARY_NOT_BLOCKED },
    {"not in clients.allow",                       18, 5, {NULL},             15, 0, CANARY_REFUSED     },
    {"refused without a word",                     0,  5, {NULL},             15, 0, CANARY_REFUSED     },
};

/* Writes the answer of ROW to QUERY[0..LENGTH) into OUT (ROOM); returns its length. */
static size_t answer_row(const struct row *row, const uint8_t *query, size_t length, uint8_t *out)
{
    static struct question read;
    struct answer answer;

    assert_int_equal(question_read(query, length, &read), QUESTION_OK);
    assert_true(read.has_opt);
    assert_int_equal(read.type, DNS_A);
    answer_start(&answer, out, ROOM, &read, ROOM);
    answer.rcode = row->rcode;
    if (row->ede != 0)
        answer_ede(&answer, row->ede, NULL);
    for (size_t i = 0; i < ADDRESSES_MAX && row->addresses[i] != NULL; i++) {
        struct addr addr;
        const struct answer_record record = {.owner = name_of(&read.name),
                                             .type = DNS_A,
                                             .class = DNS_IN,
                                             .ttl_s = 10,
                                             .rdata = addr.octets,
                                             .rdata_length = 4};

        assert_int_equal(addr_from_text(&addr, row->addresses[i]), 0);
        assert_true(answer_add(&answer, SECTION_ANSWER, &record));
    }
    if (row->addresses[0] == NULL && (row->rcode == DNS_NOERROR || row->rcode == DNS_NXDOMAIN)) {
        const struct name zone = name_of(&read.name);

        assert_true(answer_add_soa(&answer, &zone, 10));
    }
    return answer_finish(&answer);
}

static void each_answer_has_its_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct canary_question question = question_of(rows[i].ede_wanted, rows[i].stop_page);
        uint8_t query[512], out[ROOM];
        size_t length = canary_write(&question, query, sizeof query);
        enum canary_result result;
        bool truncated;

        assert_true(length > 0);
        length = answer_row(&rows[i], query, length, out);
        assert_true(canary_matches(&question, out, length, &truncated));
        assert_false(truncated);
        result = canary_judge(&question, out, length);
        if (result != rows[i].expect)
            fail_msg("%s: %s, not %s", rows[i].what, canary_word(result),
                     canary_word(rows[i].expect));
    }
}

static void another_answer_is_none_and_a_broken_one_is_wrong(void **state)
{
    struct canary_question question = question_of(15, 0), other;
    uint8_t query[512], out[ROOM];
    size_t length = canary_write(&question, query, sizeof query);
    bool truncated;

    (void)state;
    assert_false(canary_matches(&question, query, length, &truncated)); /* no response */
    length = answer_row(&rows[0], query, length, out);
    for (size_t cut = 0; cut < DNS_HEADER_OCTETS; cut++)
        assert_false(canary_matches(&question, out, cut, &truncated));
    other = question;
    other.id++;
    assert_false(canary_matches(&other, out, length, &truncated));
    other = question;
    assert_int_equal(name_from_host(&other.name, "canary.operator.test", 20), NAME_OK);
    assert_false(canary_matches(&other, out, length, &truncated));
    out[7] = 9; /* more answers than there are */
    assert_true(canary_matches(&question, out, length, &truncated));
    assert_int_equal(canary_judge(&question, out, length), CANARY_WRONG_ANSWER);
    out[2] |= 2;
    assert_true(canary_matches(&question, out, length, &truncated));
    assert_true(truncated);
}

static void every_result_has_a_word_and_a_cure(void **state)
{
    (void)state;
    for (int i = 0; i < CANARY_RESULTS; i++) {
        assert_true(canary_word((enum canary_result)i)[0] != '\0');
        assert_true(canary_text((enum canary_result)i)[0] != '\0');
    }
    assert_string_equal(canary_word((enum canary_result)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_has_its_result),
        cmocka_unit_test(another_answer_is_none_and_a_broken_one_is_wrong),
        cmocka_unit_test(every_result_has_a_word_and_a_cure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
