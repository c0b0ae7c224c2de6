/* dns.h - numbers of the DNS protocol that stairgate uses (IANA "Domain Name System (DNS)
 * Parameters"). */
#ifndef RESOLVER_WIRE_DNS_H
#define RESOLVER_WIRE_DNS_H

enum {
    DNS_HEADER_OCTETS = 12,
    DNS_MESSAGE_MAX = 65535,
    DNS_UDP_PLAIN_MAX = 512 /* RFC 1035 §4.2.1 */
};

enum dns_flag { /* of the header's second 16-bit word, RFC 1035 §4.1.1, RFC 4035 §3.2 */
                DNS_QR = 0x8000,
                DNS_AA = 0x0400,
                DNS_TC = 0x0200,
                DNS_RD = 0x0100,
                DNS_RA = 0x0080,
                DNS_AD = 0x0020,
                DNS_CD = 0x0010,
};

enum { DNS_OPT_DO = 0x8000 }; /* of OPT's TTL, RFC 3225 §3 */

enum dns_opcode { DNS_OPCODE_QUERY = 0 };

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
    DNS_BADVERS = 16, /* RFC 6891 §6.1.3 */
};

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_PTR = 12,
    DNS_HINFO = 13,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33,
    DNS_DNAME = 39,
    DNS_OPT = 41,
    DNS_DS = 43,
    DNS_RRSIG = 46,
    DNS_NSEC = 47,
    DNS_DNSKEY = 48,
    DNS_NSEC3 = 50,
    DNS_SVCB = 64,
    DNS_HTTPS = 65,
    DNS_NXNAME = 128, /* RFC 9824 §3.1 */
    DNS_META_MIN = 129,
    DNS_TKEY = 249,
    DNS_TSIG = 250,
    DNS_IXFR = 251,
    DNS_AXFR = 252,
    DNS_MAILB = 253,
    DNS_MAILA = 254,
    DNS_ANY = 255,
    DNS_RESERVED = 65535,
};

enum dns_class { DNS_IN = 1, DNS_CH = 3 };

enum dns_option {
    DNS_OPTION_SUBNET = 8,     /* RFC 7871 */
    DNS_OPTION_COOKIE = 10,    /* RFC 7873 */
    DNS_OPTION_EDE = 15,       /* RFC 8914 */
    DNS_OPTION_MAC = 65001,    /* of those for local use (RFC 6891 §9); told.h */
    DNS_OPTION_DEVICE = 65073, /* the same */
    DNS_OPTION_LINE = 65074,
};

enum dns_ede { /* RFC 8914 §4; the order of decision in docs/architecture.md says when */
               DNS_EDE_STALE = 3,
               DNS_EDE_FORGED = 4,
               DNS_EDE_BOGUS = 6,         /* the first of those about DNSSEC */
               DNS_EDE_NSEC_MISSING = 12, /* and the last */
               DNS_EDE_NOT_READY = 14,
               DNS_EDE_BLOCKED = 15,
               DNS_EDE_CENSORED = 16,
               DNS_EDE_FILTERED = 17,
               DNS_EDE_PROHIBITED = 18,
               DNS_EDE_STALE_NXDOMAIN = 19,
               DNS_EDE_NO_REACHABLE = 22,
               DNS_EDE_NETWORK = 23,
};

#endif
