/* ruletext.h - the lines of a source that another of its lines speaks of, wherever either stands:
 * kept from the first reading to the next, as a hash each. */
#ifndef BLOCKLIST_FORMAT_RULETEXT_H
#define BLOCKLIST_FORMAT_RULETEXT_H

#include <stdbool.h>

#include "blocklist/format/field.h"
#include "blocklist/set/hashes.h"
#include "config/base/siphash.h"

struct err;

struct ruletext {
    struct siphash_key key;
    struct hashes hashes;
    bool sorted;
};

/* Adds the text that is FIRST and SECOND in a row. Errors: -1 with ERR: ERR_MEMORY. */
int ruletext_add(struct ruletext *ruletext, struct field first, struct field second,
                 struct err *err);

/* Sorts, before the first ruletext_has; nothing is added from then on. */
void ruletext_settle(struct ruletext *ruletext);

/* Tells whether TEXT was added. Cost: a hash and a binary search; nothing where there are none. */
bool ruletext_has(const struct ruletext *ruletext, struct field text);

/* Frees what RULETEXT holds; one of zeros is fine. */
void ruletext_free(struct ruletext *ruletext);

#endif
