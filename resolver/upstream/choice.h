/* choice.h - which upstream is asked next for a question, from what has come of it so far. */
#ifndef RESOLVER_UPSTREAM_CHOICE_H
#define RESOLVER_UPSTREAM_CHOICE_H

#include <stdbool.h>

struct asked;
struct upstream;
struct upstreams;

/* What the tries of a question so far say about one server. */
struct choice_record {
    unsigned times; /* asked */
    bool lame;      /* it has answered with what is of no use */
    bool plain;     /* it refuses OPT, or has been silent to it: to be asked without */
    bool cut;       /* its answer does not fit in a datagram */
    bool folded;    /* it has not repeated our letter case: to be asked in lower case */
};

/* What may still come: queries in flight to servers that have not shown themselves lame. */
struct choice_hope {
    unsigned open, up; /* all, and those to servers that are not down */
};

/* Return what is known of ASKED: about SERVER, whether any server was lame, what may still come. */
struct choice_record choice_record(const struct upstreams *upstreams, const struct asked *asked,
                                   const struct upstream *server);
bool choice_any_lame(const struct upstreams *upstreams, const struct asked *asked);
struct choice_hope choice_hope(const struct upstreams *upstreams, const struct asked *asked);

/* Returns the server to ask next: of those asked least, the healthiest, in the order of the
 * configuration, without those that have as many queries in flight as they may; NULL when enough
 * has been done, or nobody takes more. */
struct upstream *choice_next(const struct upstreams *upstreams, const struct asked *asked);

#endif
