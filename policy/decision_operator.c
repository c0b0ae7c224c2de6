/* decision_operator.c - rule 2: what the operator, the law or a hotline blocks.
 *
 * The problem: the three must not be told apart by whoever asks, by whoever reads a log or runs
 * `why`, nor by a clock. The idea: they are one table (blocklist/sealed), looked up whole for every
 * name, and one answer: the same code, the same records, the same TTL, no category, no row, no
 * suffix, no place. What public lists name in a category of severity S4 shares the rule and its
 * answer. NXDOMAIN would tell an exact entry from a subtree, and a profile's own style would tell
 * one profile's word from the operator's; so neither is given. No branch depends on which of them
 * matched.
 *
 * Two operators may suspend an entry for a while (state/lifts.h): a name that is lifted goes on to
 * the next rules. That is asked for every name that matched, so that it tells nothing either. */
#include "policy/decision.h"

#include "policy/state/lifts.h"
#include "policy/state/overlay.h"

enum { TYPE_A = 1, TYPE_AAAA = 28 }; /* IANA numbers */

enum operator_word decision_operator_word(const struct snapshot *snapshot,
                                          const struct sealed_hit *sealed,
                                          const struct mask *listed)
{
    unsigned protected = mask_any(mask_and(*listed, snapshot->protected_bits));
    unsigned blocks = protected | ((sealed->words & SEALED_BLOCK) != 0);

    if (blocks)
        return OPERATOR_BLOCKS;
    /* Without proxies there is nothing to divert to, and an entry is never widened to a block. */
    return (sealed->words & SEALED_DIVERT) != 0 && snapshot->proxies.count > 0 ? OPERATOR_DIVERTS
                                                                               : OPERATOR_NOTHING;
}

/* Returns those of ADDRESSES that answer a question for TYPE. Any other type has none: an HTTPS
 * record would lead past them. */
static struct verdict_addresses of_family(const struct compiled_addresses *addresses, uint16_t type)
{
    if (type == TYPE_A)
        return (struct verdict_addresses){addresses->items, addresses->count_v4};
    if (type == TYPE_AAAA && addresses->count > 0)
        return (struct verdict_addresses){addresses->items + addresses->count_v4,
                                          addresses->count - addresses->count_v4};
    return (struct verdict_addresses){NULL, 0};
}

void decision_operator_answer(const struct snapshot *snapshot, enum operator_word word,
                              uint16_t type, uint32_t ttl_s, struct verdict *verdict)
{
    verdict_block(verdict, BLOCK_NODATA, ttl_s, type, snapshot->operator_ede);
    verdict->addresses =
        of_family(word == OPERATOR_DIVERTS ? &snapshot->proxies : &snapshot->stop_page, type);
    if (verdict->addresses.count > 0)
        verdict_give_ede(verdict, VERDICT_EDE_FORGED);
}

bool decision_operator_lifted(const struct ask *ask, const struct name *name, int64_t *until_s)
{
    return ask->overlay != NULL && lifts_find(ask->overlay->lifts, name, ask->wall_s, until_s);
}

bool decision_operator(struct decision *d)
{
    enum operator_word word = decision_operator_word(d->snapshot, &d->ask->sealed, &d->listed.mask);

    int64_t until_s = INT64_MAX;

    if (word == OPERATOR_NOTHING || (word == OPERATOR_DIVERTS && d->ask->is_target))
        return false;
    if (decision_operator_lifted(d->ask, &d->ask->name, &until_s)) {
        d->lifted_until_s = until_s;
        decision_until(d, until_s);
        return false;
    }
    /* It holds at all times, whatever the profile's hours; a TTL that ended with them would tell it
     * from what the profile has no hours for. */
    d->verdict->valid_until_s = until_s;
    decision_operator_answer(d->snapshot, word, d->ask->type, d->profile->config->block_ttl_s,
                             d->verdict);
    return true;
}
