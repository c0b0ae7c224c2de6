/* why.h - the explanation of a decision as JSON, for the control verb `why` and for the CLI alike.
 *
 * The request's words are what people type: a name, a client's address or a profile, a type, a
 * time. docs/control.md shows the result. */
#ifndef RESOLVER_DAEMON_WHY_H
#define RESOLVER_DAEMON_WHY_H

#include <jansson.h>
#include <stdint.h>

struct ask;
struct asker;
struct cache;
struct err;
struct explanation;
struct overlay;
struct snapshot;

/* Every text may be NULL but the name. */
struct why_question {
    const char *name;    /* any letter case, final dot or not; ASCII */
    const char *client;  /* address, fe80::1%eth0 too */
    const char *profile; /* instead of a client */
    const char *listen;  /* the address that is asked, with @PORT or not */
    const char *told;    /* what a trusted forwarder says of the device (device_key_parse) */
    const char *type;    /* A, AAAA, HTTPS, TYPE65...; A by default */
    const char *at;      /* 2026-01-31T20:00:00Z or Unix seconds; NOW_S by default */
    int64_t now_s;

    /* where the answer is looked for, whose chain is checked as well; NULL: nowhere */
    struct cache *cache;
    uint64_t mono_ms;

    const struct overlay *overlay; /* what people have granted, and devices; NULL: nothing */
    const struct asker *asker;     /* who pays for it; NULL: nobody */
};

/* Decides on QUESTION in SNAPSHOT as the server would, and returns all of it.
 * Owner:  the caller decrefs the result.
 * Errors: NULL with ERR: ERR_USAGE (a word that is none), ERR_NOT_FOUND (no such profile), what the
 *         asker's function says (ERR_BUSY: he has asked too often). */
json_t *why_json(const struct snapshot *snapshot, const struct why_question *question,
                 struct err *err);

/* Returns the same of EXPLANATION, which explain_ask made of ASK. Owner: the caller decrefs. */
json_t *why_render(const struct snapshot *snapshot, const struct ask *ask,
                   const struct explanation *explanation);

/* Reads TEXT, as why_question.at, to WALL_S; NOW_S where TEXT is NULL. Errors: -1 with ERR_USAGE.
 */
int why_read_time(const char *text, int64_t now_s, int64_t *wall_s, struct err *err);

#endif
