/* set_tag.c - bits of single feeds, beside those of categories.
 *
 * Masks of rows are copied when a set is opened, so a feed that somebody asks for by its name gets
 * its bit there, and lookups know nothing of it. The bits say less than the entries: terms of a
 * listing do not count, one that holds for some types of question only is left out, and an
 * exception lifts an important listing of a name above, too. */
#include <stdlib.h>

#include "blocklist/set/segment.h"
#include "blocklist/set/set_file.h"
#include "blocklist/set/terms_check.h"
#include "config/base/err.h"

/* What the entries of a row come to, for names below it and for it. */
struct tags {
    struct mask lists, important, lifts;
};

static void add_entry(const struct set *set, uint32_t entry, struct mask bit, struct tags tags[2])
{
    const uint8_t *terms = set_entry_terms(set, entry);
    bool lists = SET_ENTRY_OPERATION(entry) == ENTRY_LIST;

    if (lists && terms != NULL && terms_limited(terms))
        return;
    for (unsigned here = 0; here < 2; here++) {
        struct tags *of = &tags[here];

        if (!set_entry_applies(entry, 1, here ? 1 : 2))
            continue;
        if (!lists)
            of->lifts = mask_or(of->lifts, bit);
        else
            of->lists = mask_or(of->lists, bit);
        if (lists && terms_important(terms))
            of->important = mask_or(of->important, bit);
    }
}

static void tag_row(struct set *set, uint32_t number, const uint8_t *bits)
{
    struct tags tags[2] = {
        {{{0}}, {{0}}, {{0}}},
        {{{0}}, {{0}}, {{0}}}
    };
    struct set_row *row = &set->rows[number];

    for (uint32_t i = 0; i < set_row_entries(set, number); i++) {
        uint32_t entry = set_row_entry(set, number, i);
        uint8_t bit = bits[set_entry_feed(set, entry)];

        if (bit != 0)
            add_entry(set, entry, mask_bit(bit), tags);
    }
    for (unsigned here = 0; here < 2; here++) {
        struct mask kept =
            mask_or(mask_without(tags[here].lists, tags[here].lifts), tags[here].important);

        row->add[here] = mask_or(row->add[here], kept);
        row->clear[here] = mask_or(row->clear[here], tags[here].lifts);
        set->liftable = mask_or(set->liftable, tags[here].lifts);
    }
}

int set_tag_feeds(struct set *set, unsigned (*bit_of)(const void *context, const char *feed),
                  const void *context, struct err *err)
{
    uint8_t *bits = calloc((size_t)set->feed_count + 1, 1);
    bool any = false;

    if (bits == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for %u feeds", set->feed_count);
    for (uint32_t i = 0; i < set->feed_count; i++) {
        if (!set_feed_observed(set, i))
            bits[i] = (uint8_t)bit_of(context, set_feed_id(set, i));
        any = any || bits[i] != 0;
    }
    for (uint32_t i = 0; any && i < set->row_count; i++)
        tag_row(set, i, bits);
    free(bits);
    return 0;
}
