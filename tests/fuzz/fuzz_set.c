/* Any octets as a set: refused, or opened and asked everything that can be asked.
 *
 * The root digest would stop nearly every mutation at the door, so it is made right first where the
 * directory lets us find what it covers; the first octet of the input says whether to. */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/set/layout.h"
#include "blocklist/set/set.h"
#include "config/base/addr.h"
#include "config/base/bytes.h"
#include "config/base/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fix_root(uint8_t *octets, size_t length)
{
    uint64_t at = 0, size = 0;
    crypto_generichash_state state;

    for (size_t i = 0; i < SET_SECTIONS_MAX; i++) {
        const uint8_t *row = octets + SET_AT_DIRECTORY + i * SET_DIRECTORY_ROW;

        if (load_le32(row) != SET_DIGESTS)
            continue;
        at = load_le64(row + 8);
        size = load_le64(row + 16);
        break;
    }
    if (at > length || size > length - at)
        return;
    store_le64(octets + SET_AT_LENGTH, length);
    memset(octets + SET_AT_ROOT, 0, SET_DIGEST_OCTETS);
    crypto_generichash_init(&state, NULL, 0, SET_DIGEST_OCTETS);
    crypto_generichash_update(&state, octets, SET_HEADER_OCTETS);
    crypto_generichash_update(&state, octets + at, size);
    crypto_generichash_final(&state, octets + SET_AT_ROOT, SET_DIGEST_OCTETS);
}

static void ask_names(const struct set *set)
{
    static const char *const names[] = {"a", "n1.example", "one.n1.example", "a.b.c.d.e.example"};
    struct set_witness witnesses[8];
    struct set_terms terms;
    struct set_hit hit;
    volatile unsigned sum = 0;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct name_buf buf;
        struct name name;

        if (name_from_text(&buf, names[i], strlen(names[i])) != NAME_OK)
            abort();
        name = name_of(&buf);
        set_lookup(set, &name, &hit);
        for (size_t k = set_witnesses(set, &name, witnesses, 8); k > 0; k--)
            (void)!strlen(witnesses[k - 1].feed);
        set_find_terms(set, &name, 1, &terms);
        set_find_any_terms(set, &name, &terms);
        for (size_t k = 0; k < terms.records_length; k++)
            sum = sum + terms.records[k];
    }
    (void)sum;
}

static void ask_rest(const struct set *set)
{
    static const char *const addrs[] = {"192.0.2.77", "2001:db8::1"};
    struct set_witness witnesses[8];
    struct set_terms terms;
    struct set_info info;
    struct set_feed feed;
    struct set_hit hit;
    const char *key;
    uint64_t names;

    for (size_t i = 0; i < sizeof addrs / sizeof *addrs; i++) {
        struct addr addr;

        if (addr_from_text(&addr, addrs[i]) != 0)
            abort();
        set_lookup_addr(set, &addr, &hit);
        set_witnesses_addr(set, &addr, witnesses, 8);
        set_find_terms_addr(set, &addr, &terms);
    }
    set_info(set, &info);
    for (unsigned i = 0; set_feed(set, i, &feed); i++)
        (void)!strlen(feed.id);
    for (unsigned i = 0; set_category(set, i, &key, &names); i++)
        (void)!strlen(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct set *set;
    uint8_t *copy;

    if (size < 1 || sodium_init() < 0)
        return 0;
    copy = malloc(size == 1 ? 1 : size - 1); /* its own, so that a read behind it is seen */
    if (copy == NULL)
        return 0;
    memcpy(copy, data + 1, size - 1);
    if ((data[0] & 1) != 0 && size > SET_HEADER_OCTETS)
        fix_root(copy, size - 1);
    set = set_open_memory(copy, size - 1, NULL, NULL);
    if (set != NULL) {
        set_verify(set, NULL);
        ask_names(set);
        ask_rest(set);
        set_close(set);
    }
    free(copy);
    return 0;
}
