/* version.h - whether what a publisher signed may follow what he signed before. */
#ifndef BLOCKLIST_FEED_VERSION_H
#define BLOCKLIST_FEED_VERSION_H

#include <stdbool.h>
#include <stdint.h>

struct err;

/* A list as it was signed. */
struct version {
    int64_t signed_s;    /* Unix time; 0: none was signed with it */
    const uint8_t *body; /* its digest (32 octets), the same way for both; NULL: not known */
};

enum version_word {
    VERSION_NEW,
    VERSION_SAME,     /* as old, and the same octets */
    VERSION_REPLAYED, /* older, or as old with other octets, or without the time that the last one
                         had */
    VERSION_AHEAD,    /* signed in what is yet to come: it would keep out all that follow it */
};

enum { VERSION_AHEAD_MOST_S = 86400 }; /* clocks and zones may be wrong by so much */

/* Tells what CAME is to LAST, the last good one (signed_s 0: there is none, or none had a time), at
 * NOW_S. */
enum version_word version_compare(const struct version *last, const struct version *came,
                                  int64_t now_s);

enum { VERSION_TEXT_MAX = 32 };

/* Writes SIGNED_S as 2027-01-15T08:00:00Z to OUT, or that nothing is signed; returns OUT. */
char *version_text(int64_t signed_s, char out[VERSION_TEXT_MAX]);

/* Sets ERR to why a list of this WORD (VERSION_REPLAYED, VERSION_AHEAD) is not taken, and what to
 * do. Errors: -1, always. */
int version_refuse(enum version_word word, const struct version *last, const struct version *came,
                   struct err *err);

#endif
