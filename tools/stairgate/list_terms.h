/* list_terms.h - the terms under which a legal or hotline list is taken: who signs it, who permits
 * what, who is told of faults, and by when it is in force. `stairgate lists add --class` takes each
 * by a flag or asks for it at the terminal. */
#ifndef TOOLS_STAIRGATE_LIST_TERMS_H
#define TOOLS_STAIRGATE_LIST_TERMS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

struct err;
struct option;

/* In the order in which they are asked for. */
enum list_term {
    TERM_INBOX, /* never asked for: it stands instead of a URL */
    TERM_SIGNATURE_KEY,
    TERM_LICENCE,
    TERM_DNS_USE,
    TERM_LEGAL_BASIS,
    TERM_JURISDICTION,
    TERM_CONTACT,
    TERM_APPEAL_URL,
    TERM_DEADLINE,
    TERM_BEARER_FILE,
    TERM_CERTIFICATE,
    TERM_KEY,
    TERM_SEALED_KEY,
    TERM_CANARY,
    LIST_TERMS
};

enum { LIST_TERM_MAX = 2048, LIST_TERMS_FINGERPRINT_MAX = 160, LIST_TERMS_FLAG = 256 };

struct list_terms {
    enum list_class class_;
    bool fetched;                          /* by a URL, not from an inbox */
    const struct config *config;           /* as it is, without the list */
    char texts[LIST_TERMS][LIST_TERM_MAX]; /* "": not said */

    /* What became of them. */
    const char *signature; /* minisign or cms; NULL: unsigned */
    char fingerprint[LIST_TERMS_FINGERPRINT_MAX];
};

/* Fills ROWS, LIST_TERMS and one more that ends them, with a flag a term; its val is
 * LIST_TERMS_FLAG and the term. */
void list_terms_flags(struct option *rows);

/* Takes TEXT, NULL for `yes`, as what was said of TERM. Errors: -1 with ERR (too long). */
int list_terms_take(struct list_terms *terms, enum list_term term, const char *text,
                    struct err *err);

/* Completes TERMS and checks each: asks for what was not said where ASK, else says on standard
 * error what is missing, all of it. Texts that are paths are absolute then.
 * Errors: -1 with ERR: ERR_USAGE (missing or wrong), ERR_REFUSED (somebody said no). */
int list_terms_complete(struct list_terms *terms, bool ask, struct err *err);

/* What TERMS come to in a config, as texts of YAML; "" where nothing is to be written. */
struct list_terms_yaml {
    char signature[LIST_TERM_MAX + 64], auth[2 * LIST_TERM_MAX + 64], every[32];
    char sealed[2 * LIST_TERM_MAX]; /* what the section `sealed` gets, for people */
};

/* Fills YAML with what TERMS, complete, come to. */
void list_terms_yaml(const struct list_terms *terms, struct list_terms_yaml *yaml);

/* Puts key and canary into the section `sealed` of *TEXT[0..*LENGTH), a config, where it lacks
 * them. Owner:  *TEXT is freed and replaced. Errors: -1 with ERR. */
int list_terms_add_sealed(const struct list_terms *terms, char **text, size_t *length,
                          struct err *err);

/* Makes our own key where TERMS name a file that is not there, and says so. Errors: -1 with ERR. */
int list_terms_make_key(const struct list_terms *terms, struct err *err);

/* Checks what was said of TERM, and notes what it comes to (list_terms_check.c). Errors: -1 with
 * ERR.
 */
int list_terms_check(struct list_terms *terms, enum list_term term, struct err *err);

#endif
