/* The text that operators sign: one way alone to write a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/base/err.h"
#include "policy/state/lift_text.h"

#define HEAD "stairgate lift 1\n"
#define NAME "name: one.example\n"
#define UNTIL "until: 2027-01-22T08:00:00Z\n"
#define ASKED "asked: 2027-01-15T08:00:00Z\n"
#define NONCE "nonce: 00112233445566778899aabbccddeeff\n"
#define REASON "reason: the owner has shown it\n"

static int read_text(struct lift_text *request, const char *text, struct err *err)
{
    err->text[0] = '\0';
    return lift_text_read(request, text, strlen(text), err);
}

static void a_request_is_read_and_written_alike(void **state)
{
    static const char text[] = HEAD NAME UNTIL ASKED NONCE REASON;
    struct lift_text request;
    char again[LIFT_TEXT_MAX];
    struct err err;

    (void)state;
    assert_int_equal(read_text(&request, text, &err), 0);
    assert_int_equal(request.asked_s, 1800000000);
    assert_int_equal(request.until_s, 1800000000 + 7 * 86400);
    assert_int_equal(request.nonce[15], 0xff);
    assert_string_equal(request.reason, "the owner has shown it");
    assert_int_equal(request.name.length, 13);
    assert_int_equal(lift_text_write(&request, again), sizeof text - 1);
    assert_string_equal(again, text);
}

static void anything_else_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        HEAD,
        HEAD NAME UNTIL ASKED NONCE,
        HEAD NAME UNTIL ASKED NONCE "reason: \n",
        HEAD NAME UNTIL ASKED NONCE "reason: no end",
        HEAD NAME UNTIL ASKED NONCE REASON "\n",
        HEAD NAME UNTIL ASKED NONCE REASON "more: x\n",
        HEAD UNTIL NAME ASKED NONCE REASON,
        "stairgate lift 2\n" NAME UNTIL ASKED NONCE REASON,
        "stairgate lift 1 \n" NAME UNTIL ASKED NONCE REASON,
        HEAD "name: One.example\n" UNTIL ASKED NONCE REASON,
        HEAD "name: one.example.\n" UNTIL ASKED NONCE REASON,
        HEAD "name: one..example\n" UNTIL ASKED NONCE REASON,
        HEAD "name:  one.example\n" UNTIL ASKED NONCE REASON,
        HEAD "name: example\n" UNTIL ASKED NONCE REASON,
        HEAD "name: .\n" UNTIL ASKED NONCE REASON,
        HEAD "name: \n" UNTIL ASKED NONCE REASON,
        HEAD NAME "until: 2027-02-30T08:00:00Z\n" ASKED NONCE REASON,
        HEAD NAME "until: 2027-01-22T24:00:00Z\n" ASKED NONCE REASON,
        HEAD NAME "until: 2027-01-22T8:00:00Z\n" ASKED NONCE REASON,
        HEAD NAME "until: 2027-01-22 08:00:00\n" ASKED NONCE REASON,
        HEAD NAME "until: \n" ASKED NONCE REASON,
        HEAD NAME UNTIL ASKED "nonce: 00112233445566778899AABBCCDDEEFF\n" REASON,
        HEAD NAME UNTIL ASKED "nonce: 00112233445566778899aabbccddee\n" REASON,
        HEAD NAME UNTIL ASKED "nonce: 00112233445566778899aabbccddeeff00\n" REASON,
        HEAD NAME UNTIL ASKED NONCE "reason: a\x1b[2Jb\n",
        HEAD NAME UNTIL ASKED NONCE "reason: one.example is in error\n",
        HEAD NAME UNTIL ASKED NONCE "reason: look at WWW.ONE.EXAMPLE/x\n",
        "stairgate lift 1\r\nname: one.example\r\n",
    };
    struct lift_text request;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (read_text(&request, texts[i], &err) == 0)
            fail_msg("was taken: %s", texts[i]);
        assert_true(err.text[0] != '\0');
    }
}

static void every_octet_of_a_request_counts(void **state)
{
    static const char text[] = HEAD NAME UNTIL ASKED NONCE REASON;
    struct lift_text request;
    char changed[sizeof text], again[LIFT_TEXT_MAX];
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        memcpy(changed, text, sizeof text);
        changed[i] = (char)(changed[i] ^ 1);
        if (read_text(&request, changed, &err) == 0) {
            lift_text_write(&request, again);
            assert_string_equal(again, changed);
        }
    }
    for (size_t i = 0; i < sizeof text - 1; i++)
        assert_int_equal(lift_text_read(&request, text, i, &err), -1);
    assert_int_equal(lift_text_read(&request, text, sizeof text, &err), -1);
}

static void a_reason_holds_neither_the_name_nor_what_it_is_below_of(void **state)
{
    struct name_buf name;
    char reason[STATE_REASON_MAX], longest[STATE_REASON_MAX + 2];
    struct err err;

    (void)state;
    assert_int_equal(lift_text_name("www.One.Example", &name, &err), 0);
    assert_int_equal(lift_text_reason("order of a court, 12.3.", &name, reason, &err), 0);
    assert_int_equal(lift_text_reason("the mail of one.Example", &name, reason, &err), -1);
    assert_int_equal(lift_text_reason(NULL, &name, reason, &err), -1);
    memset(longest, 'x', sizeof longest);
    longest[STATE_REASON_MAX] = '\0';
    assert_int_equal(lift_text_reason(longest, &name, reason, &err), -1);
    longest[STATE_REASON_MAX - 1] = '\0';
    assert_int_equal(lift_text_reason(longest, &name, reason, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_and_written_alike),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(every_octet_of_a_request_counts),
        cmocka_unit_test(a_reason_holds_neither_the_name_nor_what_it_is_below_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
