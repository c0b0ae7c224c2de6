/* resolver/listen/buffer: queues of octets over one pool of blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/err.h"
#include "resolver/listen/buffer.h"

enum { QUEUES = 3, MODEL = 16384 };

struct model {
    uint8_t octets[MODEL];
    size_t length;
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

static void check(struct buffer_pool *pool, const struct buffer *buffer, const struct model *model)
{
    uint8_t copy[MODEL];
    struct iovec spans[64];
    size_t count, at = 0;

    assert_int_equal(buffer->length, model->length);
    assert_int_equal(buffer_copy(pool, buffer, copy), model->length);
    assert_memory_equal(copy, model->octets, model->length);
    count = buffer_spans(pool, buffer, spans, 64);
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(spans[i].iov_base, model->octets + at, spans[i].iov_len);
        at += spans[i].iov_len;
    }
    assert_int_equal(at, model->length);
}

static void buffers_keep_the_order_of_octets_through_any_mix_of_calls(void **state)
{
    struct buffer_pool *pool = buffer_pool_create(24, NULL);
    struct buffer buffers[QUEUES] = {0};
    static struct model models[QUEUES];
    uint32_t random = 1;
    unsigned refused = 0;

    (void)state;
    assert_non_null(pool);
    for (int step = 0; step < 20000; step++) {
        unsigned q = next_random(&random) % QUEUES;
        size_t length = next_random(&random) % 1500;
        struct model *model = &models[q];
        uint8_t octets[1500];

        if (next_random(&random) % 2 == 0) {
            for (size_t i = 0; i < length; i++)
                octets[i] = (uint8_t)next_random(&random);
            if (buffer_append(pool, &buffers[q], octets, length) == 0) {
                memcpy(model->octets + model->length, octets, length);
                model->length += length;
            } else {
                refused++;
            }
        } else {
            buffer_take(pool, &buffers[q], length);
            length = length < model->length ? length : model->length;
            memmove(model->octets, model->octets + length, model->length - length);
            model->length -= length;
        }
        check(pool, &buffers[q], model);
    }
    assert_true(refused > 0); /* a pool that never filled would have proved little */
    for (unsigned q = 0; q < QUEUES; q++)
        buffer_clear(pool, &buffers[q]);
    assert_int_equal(buffer_pool_used(pool), 0);
    buffer_pool_destroy(pool);
}

static void a_full_pool_takes_nothing_of_what_does_not_fit(void **state)
{
    struct buffer_pool *pool = buffer_pool_create(2, NULL);
    uint8_t octets[3 * BUFFER_BLOCK_OCTETS] = {0};
    struct buffer buffer = {0};

    (void)state;
    assert_int_equal(buffer_append(pool, &buffer, octets, sizeof octets), -1);
    assert_int_equal(buffer.length, 0);
    assert_int_equal(buffer_pool_used(pool), 0);
    assert_int_equal(buffer_append(pool, &buffer, octets, (size_t)(2 * BUFFER_BLOCK_OCTETS)), 0);
    assert_int_equal(buffer_append(pool, &buffer, octets, 1), -1);
    buffer_take(pool, &buffer, BUFFER_BLOCK_OCTETS);
    assert_int_equal(buffer_append(pool, &buffer, octets, 1), 0);
    buffer_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_keep_the_order_of_octets_through_any_mix_of_calls),
        cmocka_unit_test(a_full_pool_takes_nothing_of_what_does_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
