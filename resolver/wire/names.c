#include "resolver/wire/names.h"

#include <string.h>

#include "resolver/wire/dns.h"

enum {
    POINTER = 0xc0,
    POINTERS_MAX = NAME_LABELS_MAX /* in one name: bounds the work that a hostile message makes */
};

/* A name in a message, read run by run: a run is the labels up to the root or the next pointer. */
struct walk {
    const uint8_t *octets;
    size_t length, at, limit; /* a pointer must lead to before limit */
    size_t behind;            /* where the name ends in the message; 0 before the first pointer */
    unsigned pointers;
    const uint8_t *run; /* the one read last, the final 0 included */
    size_t size;
    bool last; /* it ends in the root */
};

static bool follow(struct walk *w)
{
    size_t target;

    if (w->length - w->at < 2 || ++w->pointers > POINTERS_MAX)
        return false;
    target = (size_t)(w->octets[w->at] & 0x3f) << 8 | w->octets[w->at + 1];
    if (target >= w->limit || target < DNS_HEADER_OCTETS)
        return false;
    if (w->behind == 0)
        w->behind = w->at + 2;
    w->at = w->limit = target;
    return true;
}

/* Reads the next run; returns false where the name is malformed. */
static bool next_run(struct walk *w)
{
    const uint8_t *octets = w->octets;
    size_t start = w->at, at = start, end = w->length;

    /* No name has more octets, so that a hostile run costs no more than a good one. */
    if (end - start > NAME_OCTETS_MAX)
        end = start + NAME_OCTETS_MAX;
    while (at < end && octets[at] != 0 && octets[at] <= NAME_LABEL_MAX)
        at += (size_t)octets[at] + 1;
    if (at >= end)
        return false;
    w->last = octets[at] == 0;
    w->run = octets + start;
    w->size = at - start + w->last;
    w->at = at + w->last;
    if (w->last)
        return true;
    /* 0x40 and 0x80 are no label types any more (RFC 6891 §5). */
    return octets[at] >= POINTER && follow(w);
}

bool names_read(const uint8_t *octets, size_t length, size_t *at, struct name_buf *name)
{
    struct walk w = {.octets = octets, .length = length, .at = *at, .limit = *at};
    size_t used = 0;

    do {
        if (!next_run(&w) || w.size > NAME_OCTETS_MAX - used)
            return false;
        memcpy(name->wire + used, w.run, w.size);
        used += w.size;
    } while (!w.last);
    name->length = (uint8_t)used;
    *at = w.behind != 0 ? w.behind : w.at;
    return true;
}

/* Length octets are below 'A' and so compare as they are; nearly all names stand in lower case. */
static bool same_octets(const uint8_t *octets, const uint8_t *lower, size_t length)
{
    if (memcmp(octets, lower, length) == 0)
        return true;
    for (size_t i = 0; i < length; i++) {
        if (name_lower_octet(octets[i]) != lower[i])
            return false;
    }
    return true;
}

bool names_equal(const uint8_t *octets, size_t length, size_t at, const struct name *name)
{
    struct walk w = {.octets = octets, .length = length, .at = at, .limit = at};
    size_t used = 0;

    do {
        if (!next_run(&w) || w.size > name->length - used ||
            !same_octets(w.run, name->wire + used, w.size))
            return false;
        used += w.size;
    } while (!w.last);
    return used == name->length;
}

uint32_t names_hash(const struct name *name)
{
    uint32_t hash = 0x811c9dc5; /* FNV-1a */

    for (size_t i = 0; i < name->length; i++)
        hash = (hash ^ name_lower_octet(name->wire[i])) * 0x01000193;
    return hash;
}
