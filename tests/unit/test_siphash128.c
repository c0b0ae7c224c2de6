#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "config/base/bytes.h"
#include "config/base/name.h"
#include "config/base/siphash128.h"

enum { LONGEST = 300 };

static void check(const uint8_t octets[16], const uint8_t *text, size_t length)
{
    struct siphash_key key = {load_le64(octets), load_le64(octets + 8)};
    uint8_t expected[crypto_shorthash_siphashx24_BYTES];
    uint64_t hash[2];

    crypto_shorthash_siphashx24(expected, text, length, octets);
    siphash128(&key, text, length, hash);
    assert_int_equal(hash[0], load_le64(expected));
    assert_int_equal(hash[1], load_le64(expected + 8));
}

static void every_length_hashes_as_libsodium_has_it(void **state)
{
    uint8_t key[16], text[LONGEST];

    (void)state;
    for (size_t length = 0; length <= sizeof text; length++) {
        randombytes_buf(key, sizeof key);
        randombytes_buf(text, sizeof text);
        check(key, text, length);
    }
}

/* From the authors' vectors.h: key 00 01 .. 0f, text 00 01 .. */
static void the_authors_vectors_hold(void **state)
{
    static const uint64_t vectors[][2] = {
        {0xe6a825ba047f81a3, 0x930255c71472f66d},
        {0x44af996bd8c187da, 0x45fc229b11597634},
        {0xc75da4a48d227781, 0xe4ff0af6de8ba3fc},
    };
    uint8_t octets[16], text[3];
    struct siphash_key key;
    uint64_t hash[2];

    (void)state;
    for (unsigned i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)i;
    memcpy(text, octets, sizeof text);
    key = (struct siphash_key){load_le64(octets), load_le64(octets + 8)};
    for (size_t i = 0; i < 3; i++) {
        siphash128(&key, text, i, hash);
        assert_int_equal(hash[0], vectors[i][0]);
        assert_int_equal(hash[1], vectors[i][1]);
    }
}

/* Puts the labels of NAME, top-level label first, to OUT. */
static size_t turn(const struct name *name, size_t labels, uint8_t *out)
{
    uint8_t starts[NAME_LABELS_MAX];
    size_t all = name_label_starts(name, starts), length = 0;

    for (size_t i = 0; i < labels; i++) {
        const uint8_t *label = name->wire + starts[all - 1 - i];

        memcpy(out + length, label, label[0] + 1U);
        length += label[0] + 1U;
    }
    return length;
}

static void check_suffixes(const char *text, size_t expected)
{
    struct siphash_key key = {randombytes_random(), randombytes_random()};
    uint64_t hashes[NAME_LABELS_MAX][2], whole[2];
    uint8_t turned[NAME_OCTETS_MAX];
    struct name_buf buf;
    struct name name;
    size_t length;

    assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
    name = name_of(&buf);
    assert_int_equal(siphash128_suffixes(&key, &name, hashes), expected);
    for (size_t labels = 1; labels <= expected; labels++) {
        length = turn(&name, labels, turned);
        siphash128(&key, turned, length, whole);
        assert_memory_equal(whole, hashes[labels - 1], sizeof whole);
    }
}

static void a_suffix_hashes_as_its_labels_from_the_top_in_one_piece(void **state)
{
    char longest[NAME_TEXT_MAX] = "";

    (void)state;
    check_suffixes(".", 0);
    check_suffixes("test", 1);
    check_suffixes("www.some-site.example", 3);
    check_suffixes("a.bc.def.ghij.klmno.pqrstu.vwxyz01.23456789.example", 9);
    check_suffixes("012345678901234567890123456789012345678901234567890123456789012.test", 2);
    for (unsigned i = 0; i < NAME_LABELS_MAX; i++)
        memcpy(longest + 2 * i, "x.", 2);
    check_suffixes(longest, NAME_LABELS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_hashes_as_libsodium_has_it),
        cmocka_unit_test(the_authors_vectors_hold),
        cmocka_unit_test(a_suffix_hashes_as_its_labels_from_the_top_in_one_piece),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
