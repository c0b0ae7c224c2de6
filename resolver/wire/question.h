/* question.h - a client's message, checked in the order of its octets and read in place.
 *
 * Nothing is allocated and nothing copied but the name in lower case. Each rule that turns a
 * message down is one row of the table in tests/unit/test_question.c: octets, what happens, RFC. */
#ifndef RESOLVER_WIRE_QUESTION_H
#define RESOLVER_WIRE_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

struct question {
    uint16_t id;
    uint16_t flags; /* second word of the header as the client sent it */
    uint8_t opcode;
    uint16_t type, class;
    struct name_buf name;              /* lower-cased */
    uint8_t original[NAME_OCTETS_MAX]; /* the name in the client's letter case, as long as name */
    uint16_t rcode;                    /* what to answer with when the result is QUESTION_ANSWER */
    bool has_question;                 /* name, type and class were read: they can be echoed */
    bool has_opt, dnssec_ok;
    uint16_t payload; /* of the client's OPT, at least 512 (RFC 6891 §6.2.3); 512 without OPT */
    uint16_t options_at, options_length; /* its options, in the message; of no use after it */
};

enum question_result {
    QUESTION_OK,     /* a QUERY of class IN, or CH, with one question: go on */
    QUESTION_ANSWER, /* answer with question.rcode now */
    QUESTION_DROP,   /* no answer: too short, or itself a response */
};

/* Reads OCTETS[0..LENGTH) into QUESTION.
 * RFC: 1035 §4.1, 9619 (one question), 6891 §6.1 (OPT), 8906. */
enum question_result question_read(const uint8_t *octets, size_t length, struct question *question);

/* Writes a query for NAME, TYPE, class IN into OUT[0..ROOM): RD and AD set (RFC 6840 §5.7), CD and
 * DO as told, an OPT with PAYLOAD (none for 0), no option of the client's. Returns its length, 0
 * where ROOM is too small. */
struct query_words {
    uint16_t id, type;
    bool checking_disabled, dnssec_ok;
    uint16_t payload;
};
size_t question_write(uint8_t *out, size_t room, const struct name *name,
                      const struct query_words *words);

#endif
