/* answer.h - what goes back to a client, written record by record into its buffer.
 *
 * Start with answer_start, add records, end with answer_finish, which adds our own OPT (only where
 * the client sent one, RFC 6891 §7), counts, and cuts at a record with TC set where the room was
 * too small (RFC 2181 §9). Names are compressed against what was written before (RFC 1035 §4.1.4).
 * No allocation. */
#ifndef RESOLVER_WIRE_ANSWER_H
#define RESOLVER_WIRE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

struct question;

enum answer_section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, SECTIONS };

enum { ANSWER_NAMES_MAX = 64, ANSWER_EDE_MAX = 3, ANSWER_EDE_TEXT_MAX = 80 };

struct answer {
    uint8_t *octets;
    size_t room;          /* octets that may be used, our OPT included */
    size_t length, limit; /* limit: room less what OPT needs */
    const struct question *question;
    uint16_t rcode, flags, payload;
    uint16_t counts[SECTIONS];
    bool full;                              /* a record did not fit: TC */
    uint16_t names[ANSWER_NAMES_MAX];       /* offsets that later names may point to */
    uint8_t name_lengths[ANSWER_NAMES_MAX]; /* of the names there, uncompressed */
    uint16_t name_count;
    uint16_t ede[ANSWER_EDE_MAX];
    uint8_t ede_count, ede_text_of; /* which of them has the words */
    char ede_text[ANSWER_EDE_TEXT_MAX];
};

struct answer_record {
    struct name owner; /* any letter case */
    uint16_t type, class;
    uint32_t ttl_s;
    const uint8_t *rdata; /* uncompressed */
    uint16_t rdata_length;
};

/* Starts an answer to QUESTION in OUT[0..ROOM): header (id, opcode, RD and CD of the question, RA)
 * and the question in the client's letter case. PAYLOAD is the size we offer in OPT. */
void answer_start(struct answer *answer, uint8_t *out, size_t room, const struct question *question,
                  uint16_t payload);

/* Starts an answer without header and question: who calls it writes them, and the records, itself
 * (entry.h), within `limit`. */
void answer_begin(struct answer *answer, uint8_t *out, size_t room, const struct question *question,
                  uint16_t payload);

/* Adds RECORD to SECTION (sections in order); returns false, and marks the answer full, where it
 * does not fit. Names in the data of the types of RFC 1035 are compressed, no others (RFC 3597 §4).
 */
bool answer_add(struct answer *answer, enum answer_section section,
                const struct answer_record *record);

/* Adds an SOA of our own for ZONE, TTL and MINIMUM both TTL_S (RFC 2308 §3), to the authority
 * section. */
bool answer_add_soa(struct answer *answer, const struct name *zone, uint32_t ttl_s);

/* Adds an HINFO that says no more than that ANY is not answered in full (RFC 8482 §4.2). */
bool answer_any(struct answer *answer, uint32_t ttl_s);

/* Adds CODE to the extended errors (RFC 8914), sent only where the client sent OPT, each code once;
 * TEXT, in UTF-8, may be NULL, the first one is kept. Call it before records are added: what has no
 * room then is left out. */
void answer_ede(struct answer *answer, uint16_t code, const char *text);

/* Ends the answer; returns its length. Set rcode and flags (AD, AA) before. */
size_t answer_finish(struct answer *answer);

/* Answers QUESTION with RCODE alone; returns the length, 0 where not even a header fits. */
size_t answer_error(uint8_t *out, size_t room, const struct question *question, uint16_t rcode,
                    uint16_t payload);

/* Returns how many octets an answer to QUESTION may have over UDP: the client's payload, at most
 * OUR_PAYLOAD (RFC 9715); 512 without OPT. */
size_t answer_udp_room(const struct question *question, uint16_t our_payload);

#endif
