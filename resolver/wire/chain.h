/* chain.h - which records of a checked reply belong to the question, and in which order. */
#ifndef RESOLVER_WIRE_CHAIN_H
#define RESOLVER_WIRE_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "resolver/wire/reply.h"

/* Reduces the records of REPLY, all checked, to those that answer NAME (lower-cased) and TYPE: the
 * chain of CNAMEs (each DNAME before its own), then the type asked, or else the SOA; with DNSSEC_OK
 * the signatures of these, and NSEC and NSEC3. Returns REPLY_BROKEN for a loop, a chain of more
 * than REPLY_CHAIN_MAX, a DNAME without its CNAME, or an answer section in which nothing belongs to
 * NAME; REPLY_LAME for a referral. RFC 1034 §4.3.2, 2308 §2, 6672 §3.1. */
enum reply_result chain_reduce(struct reply *reply, const struct name *name, uint16_t type,
                               bool dnssec_ok);

#endif
