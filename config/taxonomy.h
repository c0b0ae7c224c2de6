/* taxonomy.h - the categories: keys, bits, severities, and what each age band does with them.
 *
 * The built-in ones are config/data/taxonomy.tsv; an operator may define site_* categories in bits
 * 48 to 63. A key never changes its meaning; sets store keys and are mapped to bits when opened. */
#ifndef CONFIG_TAXONOMY_H
#define CONFIG_TAXONOMY_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/mask.h"

struct err;

enum {
    CATEGORY_KEY_MAX = 32,
    CATEGORY_SITE_FIRST = 48, /* bits 48 to 63 are the operator's */
    CATEGORY_MAX = 64,
    CATEGORY_EDU_POSITIVE = 47,
    CATEGORY_SEARCH_UNSAFE = 31,
    CATEGORY_BYPASS_DOH = 28,
    CATEGORY_BYPASS_VPN = 29,
};

enum severity { SEVERITY_0, SEVERITY_1, SEVERITY_2, SEVERITY_3, SEVERITY_4 };

/* Age bands of the taxonomy: under 7, 7-12, 13-15, 16-17, adult or legal-only. */
enum band { BAND_A, BAND_B, BAND_C, BAND_D, BAND_E, BANDS };

struct category {
    char key[CATEGORY_KEY_MAX];
    char text[96]; /* what it holds, one line */
    uint8_t bit;
    uint8_t severity;
    char cells[BANDS]; /* per band: B block, Q quota, W warn, a allow, + positive list */
};

struct taxonomy {
    struct category categories[CATEGORY_MAX];
    size_t count;
};

/* Fills TAXONOMY with the built-in categories. Errors: -1 with ERR (the compiled-in table is
 * broken). */
int taxonomy_load(struct taxonomy *taxonomy, struct err *err);

/* Adds an operator's category KEY (site_*), with TEXT and SEVERITY, in the next free bit from 48.
 * Errors: -1 with ERR: ERR_DUPLICATE, ERR_LIMIT, ERR_FORMAT (KEY is not site_[a-z0-9_]+). */
int taxonomy_add(struct taxonomy *taxonomy, const char *key, const char *text,
                 enum severity severity, struct err *err);

/* Returns the category with KEY, or NULL. */
const struct category *taxonomy_find(const struct taxonomy *taxonomy, const char *key);

/* Returns the category of BIT, or NULL. */
const struct category *taxonomy_bit(const struct taxonomy *taxonomy, unsigned bit);

/* Returns the mask of all categories of SEVERITY, and of those whose cell for BAND is one of
 * LETTERS. */
struct mask taxonomy_severity_mask(const struct taxonomy *taxonomy, enum severity severity);
struct mask taxonomy_band_mask(const struct taxonomy *taxonomy, enum band band,
                               const char *letters);

/* Returns the mask of all categories of S3 and S4: what does serious harm, and worse. */
struct mask taxonomy_grave_mask(const struct taxonomy *taxonomy);

/* Writes the keys of MASK's categories, comma-separated in bit order, into OUT[0..ROOM), "-" for
 * none; returns OUT. */
char *taxonomy_mask_text(const struct taxonomy *taxonomy, struct mask mask, char *out, size_t room);

#endif
