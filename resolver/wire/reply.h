/* reply.h - an upstream's message, matched, checked whole, and reduced to what was asked.
 *
 * reply_matches tells whether a datagram answers the query at all; reply_read checks every record
 * of it and keeps the chain from the asked name (CNAME, DNAME, then the type asked), or for a
 * negative answer the SOA; with DO also the RRSIG, NSEC and NSEC3 that belong to it. reply_answer
 * writes that for one client. */
#ifndef RESOLVER_WIRE_REPLY_H
#define RESOLVER_WIRE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"
#include "resolver/wire/answer.h"

enum {
    REPLY_RECORDS_MAX = 4096, /* 64 KiB of the smallest records there are */
    REPLY_CHAIN_MAX = 16,     /* CNAMEs in a row; a longer chain is SERVFAIL */
    REPLY_EDE_MAX = 4,
};

struct reply_record {
    uint16_t owner; /* offset of its owner in the message, where a name (maybe compressed) begins */
    uint16_t rdata; /* offset of its data */
    uint16_t length; /* of its data */
    uint16_t type, class;
    uint8_t section; /* enum answer_section */
    uint32_t ttl_s;
    uint32_t owner_hash; /* names_hash */
};

struct reply {
    const uint8_t *octets;
    size_t length;
    uint16_t flags;
    uint16_t rcode;                     /* extended by OPT */
    bool has_opt, truncated, authentic; /* OPT seen, TC, AD */
    uint16_t ede[REPLY_EDE_MAX];
    uint8_t ede_count;
    uint16_t record_count; /* of those kept */
    struct reply_record records[REPLY_RECORDS_MAX];
};

enum reply_result {
    REPLY_OK,
    REPLY_BROKEN, /* cut records, loops, counts beyond the body: as if the upstream had failed */
    REPLY_LAME,   /* REFUSED, SERVFAIL, NOTIMP, FORMERR...: try another upstream */
};

/* Tells whether OCTETS[0..LENGTH) is a response to the query with ID for NAME (lower-cased; letter
 * case is not compared), TYPE, class IN: QR, opcode, one question, all equal (RFC 5452 §9.1). */
bool reply_matches(const uint8_t *octets, size_t length, uint16_t id, const struct name *name,
                   uint16_t type);

/* Checks OCTETS[0..LENGTH), which reply_matches (12 to 65535 octets), and fills REPLY with the
 * records to keep; DNSSEC_OK tells whether the query had DO. With any other result than REPLY_OK
 * REPLY has no records, and after REPLY_LAME the rcode and extended errors, so that reply_answer
 * can pass on the last word. A message with TC is REPLY_OK even when it breaks off: nothing of it
 * is kept then, `truncated` says so, and it is to be asked for over TCP. Owner: OCTETS must outlive
 * REPLY; one REPLY (80 KiB) serves a worker for all its replies. RFC:   1034 §4.3.2, 2181 §5.4.1
 * and §9, 3597 §4, 6891 §6.1.1. */
enum reply_result reply_read(const uint8_t *octets, size_t length, const struct name *name,
                             uint16_t type, bool dnssec_ok, struct reply *reply);

/* Writes RECORD's owner and data, uncompressed, into OWNER and RDATA (ROOM octets, at least 65535
 * for any record); returns the data's length, -1 where it is malformed or does not fit. */
long reply_expand(const struct reply *reply, const struct reply_record *record,
                  struct name_buf *owner, uint8_t *rdata, size_t room);

/* Adds the records of REPLY to ANSWER, TTLs at most TTL_CAP_S (0: no cap), owner names equal to the
 * question in the client's letter case. RRSIG, NSEC and NSEC3 are left out for a client without DO
 * that did not ask for that type (RFC 4035 §3.2.1). Sets the rcode and the upstream's extended
 * errors, and TC where REPLY is truncated; AD is the caller's to set. */
void reply_answer(const struct reply *reply, struct answer *answer, uint32_t max_ttl_s);

#endif
