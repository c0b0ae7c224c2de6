/* The inner loop. A table maps each octet to what it becomes: its small letter, itself, or 0 where
 * no host name holds it; the dot maps to itself. Hashes go from the top-level label leftwards, so
 * the labels are laid out in that order first and hashed as one run of octets, eight at a time:
 * label by label the words would straddle the labels and each be put together from two. */
#include "blocklist/format/hostname.h"

#include <string.h>

/* clang-format off */
static const uint8_t lowered[256] = {
    ['-'] = '-', ['.'] = '.', ['_'] = '_',
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
    ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
#define LETTER(capital, small) [capital] = small, [small] = small
    LETTER('A', 'a'), LETTER('B', 'b'), LETTER('C', 'c'), LETTER('D', 'd'), LETTER('E', 'e'),
    LETTER('F', 'f'), LETTER('G', 'g'), LETTER('H', 'h'), LETTER('I', 'i'), LETTER('J', 'j'),
    LETTER('K', 'k'), LETTER('L', 'l'), LETTER('M', 'm'), LETTER('N', 'n'), LETTER('O', 'o'),
    LETTER('P', 'p'), LETTER('Q', 'q'), LETTER('R', 'r'), LETTER('S', 's'), LETTER('T', 't'),
    LETTER('U', 'u'), LETTER('V', 'v'), LETTER('W', 'w'), LETTER('X', 'x'), LETTER('Y', 'y'),
    LETTER('Z', 'z'),
#undef LETTER
};
/* clang-format on */

enum { TEXT_OCTETS_MAX = 254 }; /* 253 and the final dot */

/* Reads to the end of the text or the first fault; START is the last label's, AT behind it. */
static enum name_fault read_octets(struct hostname *host, const char *text, size_t length,
                                   size_t *last)
{
    uint8_t *wire = host->name.wire;
    size_t start = 0, at = 1;

    for (size_t i = 0; i < length; i++) {
        uint8_t c = lowered[(uint8_t)text[i]];

        if (c == 0)
            return NAME_BAD_OCTET;
        if (c != '.') {
            wire[at++] = c;
            continue;
        }
        if (at - start - 1 - 1 >= NAME_LABEL_MAX)
            return at - start == 1 ? NAME_EMPTY_LABEL : NAME_LABEL_LONG;
        wire[start] = (uint8_t)(at - start - 1);
        host->starts[host->labels++] = (uint8_t)start;
        start = at++;
    }
    *last = start;
    host->name.length = (uint8_t)at;
    return NAME_OK;
}

static bool is_numeric(const uint8_t *label)
{
    for (size_t i = 1; i <= label[0]; i++) {
        if (label[i] < '0' || label[i] > '9')
            return false;
    }
    return true;
}

enum name_fault hostname_read(struct hostname *host, const char *text, size_t length)
{
    enum name_fault fault;
    size_t start, at;

    if (length == 0)
        return NAME_EMPTY;
    if (length > TEXT_OCTETS_MAX)
        return NAME_LONG;
    host->labels = 0;
    fault = read_octets(host, text, length, &start);
    if (fault != NAME_OK)
        return fault;
    at = host->name.length;
    if (at - start > 1) {
        if (at - start - 1 > NAME_LABEL_MAX)
            return NAME_LABEL_LONG;
        if (at >= NAME_OCTETS_MAX)
            return NAME_LONG;
        host->name.wire[start] = (uint8_t)(at - start - 1);
        host->starts[host->labels++] = (uint8_t)start;
        start = at++;
    }
    host->name.wire[start] = 0;
    host->name.length = (uint8_t)at;
    if (host->labels == 0)
        return NAME_EMPTY;
    host->numeric = is_numeric(host->name.wire + host->starts[host->labels - 1]);
    return NAME_OK;
}

enum { COPIED_AT_ONCE = 16 };

/* Copies LABEL, length octet included, to OUT in steps of 16 octets, which is much cheaper than an
 * exact copy of a few. What lies behind the label is inside HOST, and is overwritten in OUT. */
static size_t copy_label(uint8_t *out, const struct hostname *host, size_t start)
{
    const uint8_t *label = (const uint8_t *)host + offsetof(struct hostname, name.wire) + start;
    size_t length = (size_t)label[0] + 1;

    for (size_t i = 0; i < length; i += COPIED_AT_ONCE)
        memcpy(out + i, label + i, COPIED_AT_ONCE);
    return length;
}

_Static_assert(sizeof(struct hostname) >=
                   offsetof(struct hostname, name.wire) + NAME_OCTETS_MAX + COPIED_AT_ONCE,
               "copy_label reads past a label");

/* Hashes the labels of HOST from the last one to number FIRST. */
static uint64_t hash_from(const struct hostname *host, const struct siphash_key *key, size_t first)
{
    uint8_t octets[NAME_OCTETS_MAX + COPIED_AT_ONCE];
    size_t used = 0;

    for (size_t i = host->labels; i-- > first;)
        used += copy_label(octets + used, host, host->starts[i]);
    return siphash_whole(key, octets, used);
}

uint64_t hostname_hash(const struct hostname *host, const struct siphash_key *key)
{
    return hash_from(host, key, 0);
}

uint64_t hostname_hash_parent(const struct hostname *host, const struct siphash_key *key)
{
    return hash_from(host, key, 1);
}
