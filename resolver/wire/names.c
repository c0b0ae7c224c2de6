#include "resolver/wire/names.h"

#include <string.h>

#include "resolver/wire/dns.h"

enum {
    POINTER = 0xc0,
    POINTERS_MAX = NAME_LABELS_MAX /* in one name: bounds the work that a hostile message makes */
};

/* A place in a message, from which labels are read one by one. */
struct walk {
    const uint8_t *octets;
    size_t length, at, limit; /* a pointer must lead to before limit */
    size_t behind;            /* where the name ends in the message; 0 before the first pointer */
    unsigned pointers;
};

static bool follow(struct walk *w)
{
    size_t target;

    if (w->at + 1 >= w->length || ++w->pointers > POINTERS_MAX)
        return false;
    target = (size_t)(w->octets[w->at] & 0x3f) << 8 | w->octets[w->at + 1];
    if (target >= w->limit || target < DNS_HEADER_OCTETS)
        return false;
    if (w->behind == 0)
        w->behind = w->at + 2;
    w->at = w->limit = target;
    return true;
}

/* Returns the next label, its length octet first (0 for the root), or NULL where there is none. */
static const uint8_t *next_label(struct walk *w)
{
    const uint8_t *label;

    for (;;) {
        if (w->at >= w->length)
            return NULL;
        if (w->octets[w->at] < POINTER)
            break;
        if (!follow(w))
            return NULL;
    }
    label = w->octets + w->at;
    /* 0x40 and 0x80 are no label types any more (RFC 6891 §5). */
    if (*label > NAME_LABEL_MAX || *label >= w->length - w->at)
        return NULL;
    w->at += (size_t)*label + 1;
    return label;
}

bool names_read(const uint8_t *octets, size_t length, size_t *at, struct name_buf *name)
{
    struct walk w = {octets, length, *at, *at, 0, 0};
    size_t used = 0;
    const uint8_t *label;

    do {
        size_t step;

        label = next_label(&w);
        if (label == NULL)
            return false;
        step = (size_t)*label + 1;
        if (used + step > NAME_OCTETS_MAX)
            return false;
        memcpy(name->wire + used, label, step);
        used += step;
    } while (*label != 0);
    name->length = (uint8_t)used;
    *at = w.behind != 0 ? w.behind : w.at;
    return true;
}

static bool same_label(const uint8_t *label, const uint8_t *lower)
{
    for (size_t i = 0; i <= *lower; i++) {
        if (name_lower_octet(label[i]) != lower[i])
            return false;
    }
    return true;
}

bool names_equal(const uint8_t *octets, size_t length, size_t at, const struct name *name)
{
    struct walk w = {octets, length, at, at, 0, 0};

    for (const uint8_t *lower = name->wire;; lower += *lower + 1) {
        const uint8_t *label = next_label(&w);

        /* Length octets are no letters, so the first comparison is theirs. */
        if (label == NULL || !same_label(label, lower))
            return false;
        if (*lower == 0)
            return true;
    }
}
