/* name.h - domain names in wire format: labels of 1 to 63 octets, each after its length octet, and
 * a final 0.
 *
 * struct name points at octets that somebody else owns; struct name_buf holds its own.
 * "Lower-cased" means ASCII letters only (RFC 4343 §3); all other octets are compared as they are.
 */
#ifndef CONFIG_BASE_NAME_H
#define CONFIG_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NAME_OCTETS_MAX = 255, /* RFC 1035 §2.3.4, the final 0 included */
    NAME_LABEL_MAX = 63,   /* RFC 1035 §2.3.4 */
    NAME_LABELS_MAX = 127, /* 127 labels of one octet and the final 0 */
    NAME_TEXT_MAX =
        4 * NAME_OCTETS_MAX, /* every octet as \DDD, a dot for each label, and the final NUL */
};

struct name {
    const uint8_t *wire;
    size_t length; /* 1 (the root) to NAME_OCTETS_MAX, the final 0 included */
};

struct name_buf {
    uint8_t wire[NAME_OCTETS_MAX];
    uint8_t length;
};

/* Returns ASCII capital letters as small ones and every other octet as it is (RFC 4343 §3). */
static inline uint8_t name_lower_octet(uint8_t c)
{
    return (uint8_t)(c | ((uint8_t)(c - 'A') < 26 ? 0x20 : 0));
}

/* Returns the eight octets of WORDS likewise, each by itself. */
static inline uint64_t name_lower_octets(uint64_t words)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = words & 0x7f * each;
    /* The first bit of each octet: at least 'A' but not more than 'Z', and ASCII. */
    uint64_t capital = (low + (0x80 - 'A') * each) & ~(low + (0x7f - 'Z') * each) & ~words;

    return words | (capital & 0x80 * each) >> 2;
}

/* Returns BUF as a name that points into it. */
static inline struct name name_of(const struct name_buf *buf)
{
    return (struct name){buf->wire, buf->length};
}

/* Why a text is no name. */
enum name_fault {
    NAME_OK,
    NAME_EMPTY,       /* no octets at all */
    NAME_EMPTY_LABEL, /* two dots in a row, or one at the start */
    NAME_LABEL_LONG,  /* over 63 octets */
    NAME_LONG,        /* over 255 octets in wire format, 253 as text */
    NAME_BAD_ESCAPE,  /* a backslash that is not \DDD or \X */
    NAME_BAD_OCTET,   /* by name_from_host only: an octet that no host name holds */
    NAME_FAULTS
};

/* Returns the words for FAULT, for a message to a person. */
const char *name_fault_text(enum name_fault fault);

/* Reads TEXT[0..LENGTH) with the escapes of RFC 1035 §5.1 into BUF, letters lower-cased; "." is the
 * root, a final dot is optional. Any octet is allowed in a label. */
enum name_fault name_from_text(struct name_buf *buf, const char *text, size_t length);

/* Reads TEXT[0..LENGTH) by the rules for names in lists and configuration: labels of letters,
 * digits, '-' and '_', xn-- included, any letter case, an optional final dot; nothing else
 * (NAME_BAD_OCTET). */
enum name_fault name_from_host(struct name_buf *buf, const char *text, size_t length);

/* Writes NAME as text without the final dot ("." for the root), other octets than letters, digits,
 * '-', '_', '*' escaped as \DDD (RFC 4343 §2.1), so that no terminal, log or page can be tricked by
 * it. OUT has NAME_TEXT_MAX. Returns OUT. */
char *name_to_text(const struct name *name, char *out);

/* Tells whether OCTETS[0..LENGTH) are one name, uncompressed and whole; letters of any case. */
bool name_is_whole(const uint8_t *octets, size_t length);

/* Fills STARTS (room for NAME_LABELS_MAX) with the offset of each label's length octet, leftmost
 * first; returns the number of labels, 0 for the root. NAME is well formed. */
size_t name_label_starts(const struct name *name, uint8_t *starts);

/* Returns the suffix of NAME with LABELS labels (the root for 0); LABELS is at most its number of
 * labels. */
struct name name_suffix(const struct name *name, size_t labels);

/* Tells whether A and B are the same octets; lower-case both first where case must not matter. */
bool name_equal(const struct name *a, const struct name *b);

/* Tells whether NAME is ANCESTOR or lies below it, label by label. Both are lower-cased. */
bool name_is_below_or_at(const struct name *name, const struct name *ancestor);

/* Copies NAME into BUF with ASCII letters in lower case. */
void name_lower(struct name_buf *buf, const struct name *name);

/* Copies OCTETS[0..LENGTH) to OUT, which may be OCTETS itself, with ASCII letters in lower case. */
void name_lower_copy(uint8_t *out, const uint8_t *octets, size_t length);

#endif
