/* What the fetcher's process tells: it comes back as it was written, and nothing else is believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "blocklist/feed/fetch_message.h"
#include "config/base/bytes.h"

static struct fetch_message sample(void)
{
    struct fetch_message message = {.kind = FETCH_MESSAGE_RESULT};
    struct fetch_result *result = &message.result;

    result->request = 7;
    result->outcome = FETCH_FAILED;
    result->status = 503;
    result->octets = 1ULL << 40;
    result->retry_after_s = 86400;
    result->stale_validator = true;
    memset(result->body, 0x5a, sizeof result->body);
    strncpy(result->etag, "\"a1\"", sizeof result->etag - 1);
    strncpy(result->modified, "Tue, 14 Nov 2023 22:13:20 GMT", sizeof result->modified - 1);
    strncpy(result->media_type, "text/plain", sizeof result->media_type - 1);
    strncpy(result->final_url, "https://lists.example/a", sizeof result->final_url - 1);
    err_set(&result->fault, ERR_BUSY, "status 503: busy");
    return message;
}

static void a_result_comes_back_as_it_was(void **state)
{
    struct fetch_message message = sample(), back;
    uint8_t octets[FETCH_MESSAGE_MAX];
    size_t length = fetch_message_write(&message, octets);

    (void)state;
    assert_int_equal(fetch_message_read(octets, length, &back), (ssize_t)length);
    assert_int_equal(back.result.request, 7);
    assert_int_equal(back.result.outcome, FETCH_FAILED);
    assert_int_equal(back.result.status, 503);
    assert_true(back.result.octets == 1ULL << 40 && back.result.retry_after_s == 86400);
    assert_true(back.result.stale_validator);
    assert_memory_equal(back.result.body, message.result.body, 32);
    assert_string_equal(back.result.etag, message.result.etag);
    assert_string_equal(back.result.modified, message.result.modified);
    assert_string_equal(back.result.media_type, message.result.media_type);
    assert_string_equal(back.result.final_url, message.result.final_url);
    assert_int_equal(back.result.fault.code, ERR_BUSY);
    assert_string_equal(back.result.fault.text, message.result.fault.text);
}

static void progress_comes_back_as_it_was(void **state)
{
    struct fetch_message message = {.kind = FETCH_MESSAGE_PROGRESS, .got = 5, .of = UINT64_MAX};
    struct fetch_message back;
    uint8_t octets[FETCH_MESSAGE_MAX];
    size_t length;

    (void)state;
    message.result.request = 3;
    length = fetch_message_write(&message, octets);
    assert_int_equal(fetch_message_read(octets, length, &back), (ssize_t)length);
    assert_true(back.result.request == 3 && back.got == 5 && back.of == UINT64_MAX);
}

static void the_fullest_result_has_room(void **state)
{
    struct fetch_message message = sample(), back;
    struct fetch_result *result = &message.result;
    uint8_t octets[FETCH_MESSAGE_MAX];
    size_t length;

    (void)state;
    memset(result->etag, 'e', sizeof result->etag); /* not even an end */
    memset(result->modified, 'm', sizeof result->modified);
    memset(result->media_type, 't', sizeof result->media_type);
    memset(result->final_url, 'u', sizeof result->final_url);
    memset(result->fault.text, 'f', sizeof result->fault.text);
    length = fetch_message_write(&message, octets);
    assert_int_equal(fetch_message_read(octets, length, &back), (ssize_t)length);
    assert_int_equal(strlen(back.result.etag), sizeof result->etag - 1);
    assert_int_equal(strlen(back.result.fault.text), sizeof result->fault.text - 1);
}

static void a_beginning_needs_more(void **state)
{
    struct fetch_message message = sample(), back;
    uint8_t octets[FETCH_MESSAGE_MAX];
    size_t length = fetch_message_write(&message, octets);

    (void)state;
    for (size_t i = 0; i < length; i++)
        assert_int_equal(fetch_message_read(octets, i, &back), 0);
}

/* Each number that can be out of its range, at its place: outcome, status, flag, retry, the length
 * of the first text, the fault's code. */
static void numbers_out_of_range_are_no_message(void **state)
{
    static const struct {
        size_t at;
        uint64_t value;
    } lies[] = {
        {5,  1ULL << 32      }, /* request */
        {13, FETCH_FAILED + 1},
        {21, 1000            },
        {29, 2               },
        {45, 1ULL << 31      },
        {53, 1ULL << 63      }, /* what was signed */
        {93, 512             }, /* etag's length */
        {93, UINT64_MAX      },
        {93, 3               }, /* then the next begins in its middle */
    };
    struct fetch_message message = sample(), back;
    uint8_t octets[FETCH_MESSAGE_MAX];
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        length = fetch_message_write(&message, octets);
        store_le64(octets + lies[i].at, lies[i].value);
        assert_int_equal(fetch_message_read(octets, length, &back), -1);
    }
}

static void lengths_and_kinds_that_lie_are_no_message(void **state)
{
    struct fetch_message message = sample(), back;
    uint8_t octets[FETCH_MESSAGE_MAX + 1] = {0};
    size_t length = fetch_message_write(&message, octets);

    (void)state;
    store_le32(octets, (uint32_t)length + 1);
    assert_int_equal(fetch_message_read(octets, length + 1, &back), -1);
    store_le32(octets, (uint32_t)length - 1);
    assert_int_equal(fetch_message_read(octets, length, &back), -1);
    store_le32(octets, 4);
    assert_int_equal(fetch_message_read(octets, length, &back), -1);
    store_le32(octets, FETCH_MESSAGE_MAX + 1);
    assert_int_equal(fetch_message_read(octets, length, &back), -1);
    store_le32(octets, (uint32_t)length);
    octets[4] = 3;
    assert_int_equal(fetch_message_read(octets, length, &back), -1);
    octets[4] = FETCH_MESSAGE_RESULT;
    octets[93] = '\0'; /* within the etag */
    assert_int_equal(fetch_message_read(octets, length, &back), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_comes_back_as_it_was),
        cmocka_unit_test(progress_comes_back_as_it_was),
        cmocka_unit_test(the_fullest_result_has_room),
        cmocka_unit_test(a_beginning_needs_more),
        cmocka_unit_test(numbers_out_of_range_are_no_message),
        cmocka_unit_test(lengths_and_kinds_that_lie_are_no_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
