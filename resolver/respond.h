/* respond.h - how every stage writes its answer: room and payload of the client, EDE texts, and the
 * few shapes of an answer of our own.
 *
 * All of them write to query->out, set query->out_length and return NEXT_SEND. */
#ifndef RESOLVER_RESPOND_H
#define RESOLVER_RESPOND_H

#include "resolver/query.h"
#include "resolver/wire/answer.h"

/* Starts ANSWER for QUERY with the room its transport and client allow. */
void respond_start(const struct query_context *context, struct query *query, struct answer *answer);

/* Starts ANSWER likewise, its header and question left to who calls (answer_begin). */
void respond_begin(const struct query_context *context, struct query *query, struct answer *answer);

/* Adds the extended errors of QUERY's verdict; before any record, so that they find room. */
void respond_ede(const struct query *query, struct answer *answer);

/* Adds CODE with its short text. */
void respond_ede_code(struct answer *answer, uint16_t code);

/* Adds a record of our own for the asked name. */
void respond_add(const struct query *query, struct answer *answer, uint16_t type,
                 const uint8_t *rdata, uint16_t length);

/* Adds the SOA that makes a negative answer cacheable: owner is the asked name, or
 * the zone that is served here; TTL the verdict's
 * (RFC 2308 §3, §5). */
void respond_soa(const struct query *query, struct answer *answer);

/* Ends ANSWER. */
enum next respond_end(const struct query_context *context, struct query *query,
                      struct answer *answer);

/* Answers with RCODE, the question, and CODE as extended error (0 for none). */
enum next respond_error(const struct query_context *context, struct query *query, uint16_t rcode,
                        uint16_t code);

/* Answers NOERROR or NXDOMAIN without records but the SOA. */
enum next respond_negative(const struct query_context *context, struct query *query,
                           uint16_t rcode);

#endif
