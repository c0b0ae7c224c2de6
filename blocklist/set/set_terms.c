#include <string.h>

#include "blocklist/set/set_file.h"
#include "blocklist/set/terms.h"

/* What is listed without terms, in the form of set_find_terms. */
static void fill_plain(const struct set_hit *hit, const struct set_witness *witnesses, size_t count,
                       struct set_terms *terms)
{
    memset(terms, 0, sizeof *terms);
    terms->mask = hit->mask;
    terms->labels = hit->labels;
    for (size_t i = 0; i < count && terms->feed == NULL && mask_any(hit->mask); i++) {
        if (!witnesses[i].exception)
            terms->feed = witnesses[i].feed;
    }
}

void set_find_terms(const struct set *set, const struct name *name, uint16_t type,
                    struct set_terms *terms)
{
    struct set_witness witnesses[8];
    struct set_hit hit;

    (void)type;
    set_lookup(set, name, &hit);
    fill_plain(&hit, witnesses, set_witnesses(set, name, witnesses, 8), terms);
}

void set_find_terms_addr(const struct set *set, const struct addr *addr, struct set_terms *terms)
{
    struct set_witness witnesses[8];
    struct set_hit hit;

    set_lookup_addr(set, addr, &hit);
    fill_plain(&hit, witnesses, set_witnesses_addr(set, addr, witnesses, 8), terms);
}
