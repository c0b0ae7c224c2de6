/* special.h - names that have a meaning of their own, and pins: the tables special.tsv and
 * pins.tsv of config/data, read. */
#ifndef POLICY_SPECIAL_H
#define POLICY_SPECIAL_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/data.h"
#include "config/base/name.h"
#include "policy/verdict.h"

struct country;
struct err;

enum special_answer {
    SPECIAL_LOOPBACK,
    SPECIAL_NXDOMAIN,
    SPECIAL_NODATA,
    SPECIAL_ZONE,
    SPECIAL_ANSWERS
};

/* Whom a special name concerns. */
enum special_when {
    SPECIAL_ALWAYS,
    SPECIAL_TEST_OFF,   /* where the config does not forward test. and example. */
    SPECIAL_SINGLE_OFF, /* where the config does not forward names of one label */
    SPECIAL_BYPASS,     /* profiles that block bypass_doh or bypass_vpn */
    SPECIAL_WHENS
};

enum special_cover { SPECIAL_EXACT, SPECIAL_SUBTREE, SPECIAL_SINGLE, SPECIAL_COVERS };

struct special {
    struct name_buf name;
    uint8_t cover, answer, when;
    char reason[DATA_FIELD_MAX];
};

/* A name that no public list blocks. */
struct pin {
    struct name_buf name;
    char country[8], kind[16];
    char reason[DATA_FIELD_MAX],
        source[DATA_FIELD_MAX]; /* source: `unverified` where nobody has looked it up */
};

/* Reads the compiled-in table into *ITEMS and *COUNT. Owner: the caller frees *ITEMS. Errors: -1
 * with ERR naming the line. */
int special_load(struct special **items, size_t *count, struct err *err);

/* Does the same for pins, with those of COUNTRY (NULL: none) behind them. */
int pin_load(struct pin **items, size_t *count, const struct country *country, struct err *err);

#endif
