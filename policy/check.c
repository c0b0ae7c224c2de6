/* check.c - the rules for what an answer leads to.
 *
 * Problem: a listed site hides behind an alias of another (CNAME cloaking), behind a hint, or
 * behind an address. Idea: what an answer leads to meets the rules that a question of the same
 * client would, less those that are about the question itself: who may ask, what is answered here,
 * and the profile's default, since an admitted site's CDN stands on no positive list.
 *
 * An allow of the asked name covers its chain, or it would be worth nothing behind a CDN; but what
 * a guardian lifts one name at a time (S3), and what only the operator lifts, stays. A pin covers
 * more: help is never blocked. A zone's servers are the operator's own choice and count as an
 * allow.
 *
 * Dropped: a class that keeps one bit for each profile's rules (a bit for a thousand profiles is
 * too much for every kept answer); `ruled` sends the few answers that some rule names the long way.
 */
#include "policy/check.h"

#include <string.h>

#include "blocklist/sealed/sealed.h"
#include "blocklist/set/set.h"
#include "policy/compiled.h"
#include "policy/decide.h"
#include "policy/granted.h"
#include "policy/decision.h"
#include "policy/moment.h"
#include "policy/safe.h"
#include "policy/service.h"
#include "policy/state/overlay.h"

/* Where IPv6 addresses hold an IPv4 address that they lead to. */
static const struct wrapping {
    struct prefix prefix;
    unsigned at;
} wrappings[] = {
    {{{.octets = {[10] = 0xff, [11] = 0xff}, .bits = 128}, 96}, 12}, /* RFC 4291 §2.5.5.2 */
    {{{.octets = {0x00, 0x64, 0xff, 0x9b}, .bits = 128}, 96},   12}, /* RFC 6052 §2.1 */
    {{{.octets = {0x20, 0x02}, .bits = 128}, 16},               2 }, /* RFC 3056 §2 */
};

/* Addresses of this machine, this link, or a private network. Not here: 100.64.0.0/10 (RFC 6598),
 * which lies outside the house, between it and its carrier, who names servers in it. */
static const struct prefix inner[] = {
    {{.octets = {0}, .bits = 32},           8  }, /* this network, RFC 1122 §3.2.1.3 */
    {{.octets = {10}, .bits = 32},          8  }, /* RFC 1918 §3 */
    {{.octets = {127}, .bits = 32},         8  }, /* RFC 1122 §3.2.1.3 */
    {{.octets = {169, 254}, .bits = 32},    16 }, /* RFC 3927 §2.1 */
    {{.octets = {172, 16}, .bits = 32},     12 }, /* RFC 1918 §3 */
    {{.octets = {192, 168}, .bits = 32},    16 }, /* RFC 1918 §3 */
    {{.octets = {0}, .bits = 128},          128}, /* ::, RFC 4291 §2.5.2 */
    {{.octets = {[15] = 1}, .bits = 128},   128}, /* ::1, RFC 4291 §2.5.3 */
    {{.octets = {0xfc}, .bits = 128},       7  }, /* RFC 4193 §3.1 */
    {{.octets = {0xfe, 0x80}, .bits = 128}, 10 }, /* RFC 4291 §2.5.6 */
    {{.octets = {0xfe, 0xc0}, .bits = 128}, 10 }, /* site-local, RFC 3879 §4 */
};

/* Fills UNWRAPPED with the IPv4 address that ADDR holds; returns false where it holds none. */
static bool unwrap(const struct addr *addr, struct addr *unwrapped)
{
    if (addr->bits != 128)
        return false;
    for (size_t i = 0; i < sizeof wrappings / sizeof *wrappings; i++) {
        if (!prefix_holds(&wrappings[i].prefix, addr))
            continue;
        *unwrapped = (struct addr){.bits = 32};
        memcpy(unwrapped->octets, addr->octets + wrappings[i].at, 4);
        return true;
    }
    return false;
}

static bool is_inner(const struct addr *addr)
{
    struct addr unwrapped;

    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        if (inner[i].addr.bits == addr->bits && prefix_holds(&inner[i], addr))
            return true;
    }
    return unwrap(addr, &unwrapped) && is_inner(&unwrapped);
}

/* Finds what SET says of ITEM. */
static void look(const struct set *set, const struct check_item *item, struct set_hit *hit)
{
    struct set_hit wrapped;
    struct addr unwrapped;

    if (!item->is_addr) {
        set_lookup(set, &item->name, hit);
        return;
    }
    set_lookup_addr(set, &item->addr, hit);
    if (!unwrap(&item->addr, &unwrapped))
        return;
    set_lookup_addr(set, &unwrapped, &wrapped);
    if (!mask_any(hit->mask))
        hit->row = wrapped.row;
    hit->mask = mask_or(hit->mask, wrapped.mask);
}

/* Finds what the sealed set says of ITEM: as of a question, both are asked, always. */
static void look_sealed(const struct snapshot *snapshot, const struct check_item *item,
                        struct sealed_hit *hit)
{
    struct sealed_hit wrapped = {.words = 0};
    struct addr unwrapped;

    hit->words = 0;
    if (sealed_is_empty(snapshot->sealed))
        return;
    if (!item->is_addr) {
        sealed_lookup(snapshot->sealed, &item->name, hit);
        return;
    }
    sealed_lookup_addr(snapshot->sealed, &item->addr, hit);
    if (unwrap(&item->addr, &unwrapped))
        sealed_lookup_addr(snapshot->sealed, &unwrapped, &wrapped);
    hit->words |= wrapped.words;
}

/* Finds what SET says of ITEM in the answer to a question for TYPE. Actions of lists are for names
 * that are asked for; that a list is observed is counted there, too. */
static void look_for(const struct set *set, const struct check_item *item, uint16_t type,
                     struct set_hit *hit)
{
    struct set_terms listing;

    look(set, item, hit);
    if (item->is_addr || !hit->terms)
        return;
    set_find_terms(set, &item->name, type, &listing);
    listing.mask.words[1] |= hit->mask.words[1]; /* tags of lists have no terms */
    hit->mask = listing.mask;
}

void check_classify(const struct snapshot *snapshot, const struct check_item *item,
                    struct check_class *class)
{
    struct sealed_hit sealed;
    struct set_hit listed;
    struct tree_path path;

    look(snapshot->listed, item, &listed);
    look_sealed(snapshot, item, &sealed);
    class->mask = mask_or(class->mask, listed.mask);
    /* What terms say depends on the type; they are so few that each goes the long way. */
    if ((sealed.words & SEALED_BLOCK) != 0 || listed.terms)
        class->ruled = true;
    if (item->is_addr) {
        class->inner = class->inner || is_inner(&item->addr);
        return;
    }
    tree_walk(snapshot->tree, &item->name, &path);
    class->ruled = class->ruled || tree_denies(&path) || safe_find(snapshot, &path) != NULL;
    class->mask = mask_or(class->mask, service_tags(snapshot, &path));
}

bool check_passes(const struct snapshot *snapshot, const struct verdict *verdict,
                  const struct check_class *class)
{
    struct mask bits = mask_or(verdict->chain, snapshot->protected_bits);

    if ((verdict->transform & TRANSFORM_ADMITTED_ONLY) != 0)
        return false;
    return !class->ruled && !verdict->denials && !mask_any(mask_and(class->mask, bits)) &&
           !(class->inner && (verdict->transform & TRANSFORM_REBIND_GUARD) != 0);
}

/* One check in the making. */
struct check {
    const struct snapshot *snapshot;
    const struct compiled_profile *profile;
    const struct ask *ask;
    const struct verdict *verdict; /* on the asked name */
    const struct check_item *item;
    struct set_hit listed;
    struct sealed_hit sealed;
    struct tree_path path;         /* of a name; of an address it is empty */
    const struct safe_entry *safe; /* of a name, or NULL */
    int64_t lifted_until_s;        /* as a decision's */
    struct verdict *blocked;
    const struct compiled_state *state; /* of the profile, at that time */
    struct compiled_state room;
};

enum outcome { GOES_ON, PASSES, BLOCKS };

/* The asked name exists and may have other types, so that NXDOMAIN would be wrong. */
static enum outcome block(struct check *c, enum block_style style, uint16_t ede)
{
    verdict_block(c->blocked, style == BLOCK_NXDOMAIN ? BLOCK_NODATA : style,
                  c->profile->config->block_ttl_s, c->ask->type, ede);
    return BLOCKS;
}

/* A host whose pages alone are listed is diverted where it is asked for itself: an alias of it is
 * another host, and what is listed is never widened. */
static enum outcome rule_operator(struct check *c)
{
    enum operator_word word = decision_operator_word(c->snapshot, &c->sealed, &c->listed.mask);
    int64_t until_s = INT64_MAX;

    if (word != OPERATOR_BLOCKS)
        return GOES_ON;
    if (!c->item->is_addr && decision_operator_lifted(c->ask, &c->item->name, &until_s)) {
        c->lifted_until_s = until_s;
        if (until_s < c->blocked->valid_until_s)
            c->blocked->valid_until_s = until_s;
        return GOES_ON;
    }
    /* What the operator blocks is blocked at all hours; a TTL that ends with one would tell it from
     * a name that he blocks itself. */
    c->blocked->valid_until_s = until_s;
    decision_operator_answer(c->snapshot, word, c->ask->type, c->profile->config->block_ttl_s,
                             c->blocked);
    return BLOCKS;
}

static enum outcome rule_rebind(struct check *c)
{
    if ((c->verdict->transform & TRANSFORM_REBIND_GUARD) == 0 || !c->item->is_addr ||
        !is_inner(&c->item->addr))
        return GOES_ON;
    return block(c, BLOCK_NODATA, VERDICT_EDE_BLOCKED);
}

/* No hour ends what covers most, such as help; the end of a lift does. */
static enum outcome rule_pin(struct check *c)
{
    struct tree_match match;

    if (c->verdict->covers == COVERS_MOST) {
        c->blocked->valid_until_s = c->lifted_until_s;
        return PASSES;
    }
    return tree_best(&c->path, TREE_PIN, &match) ? PASSES : GOES_ON;
}

/* As for a name that is asked for, but that a deny of what the answer leads to gives way to an
 * allow of the asked name. */
static enum outcome rule_grant(struct check *c)
{
    const struct granted_case question = {.snapshot = c->snapshot,
                                          .ask = c->ask,
                                          .grants = overlay_grants(c->ask->overlay),
                                          .verdict = c->verdict,
                                          .name = c->item->is_addr ? NULL : &c->item->name,
                                          .listed = c->listed.mask,
                                          .applied = c->verdict->chain,
                                          .labels = c->listed.labels};

    if (!granted_find(&question, &c->blocked->grant, &c->blocked->valid_until_s))
        return GOES_ON;
    if (c->blocked->grant.effect == GRANT_ALLOW)
        return c->item->is_addr ? GOES_ON : PASSES;
    if (c->verdict->covers != COVERS_NOTHING)
        return GOES_ON;
    return block(c, c->profile->config->style, VERDICT_EDE_FILTERED);
}

static enum outcome rule_own(struct check *c)
{
    struct tree_match match;

    if (!tree_best(&c->path, TREE_PROFILE + c->verdict->profile, &match))
        return GOES_ON;
    if (!match.rule->deny)
        return PASSES;
    if (c->verdict->covers != COVERS_NOTHING)
        return GOES_ON;
    c->blocked->place = compiled_rule(c->profile->config, match.rule->item)->place;
    return block(c, c->profile->config->style, VERDICT_EDE_FILTERED);
}

/* Categories that a schedule closes or opens are part of verdict.chain. */
static enum outcome rule_schedule(struct check *c)
{
    struct tree_match match;
    unsigned number = 0;

    if (c->state->active == 0 ||
        !decision_schedule_name(c->profile, c->state, &c->path, &match, &number))
        return GOES_ON;
    if (!match.rule->deny)
        return PASSES;
    if (c->verdict->covers != COVERS_NOTHING)
        return GOES_ON;
    c->blocked->schedule = (uint8_t)(number + 1);
    c->blocked->place = c->profile->config->schedules[number].place;
    return block(c, c->profile->config->style, VERDICT_EDE_FILTERED);
}

/* Tells whether the device's user has released the name. */
static bool is_released(struct check *c)
{
    const struct granted_case question = {.snapshot = c->snapshot,
                                          .ask = c->ask,
                                          .grants = overlay_grants(c->ask->overlay),
                                          .verdict = c->verdict,
                                          .name = &c->item->name};
    struct grant_hit hit;

    return !c->item->is_addr && granted_released(&question, &hit, &c->blocked->valid_until_s);
}

static enum outcome rule_category(struct check *c)
{
    struct mask bits = mask_and(c->listed.mask, c->verdict->chain);

    if (!mask_any(bits))
        return GOES_ON;
    c->blocked->warned = !mask_any(mask_without(bits, c->state->warn));
    if (c->blocked->warned && is_released(c))
        return PASSES;
    c->blocked->matched = bits;
    c->blocked->row = c->listed.row;
    return block(c, c->profile->config->style, VERDICT_EDE_FILTERED);
}

/* No alias can be put before an engine that an answer leads to, so that its unsafe side would be
 * reached by another name. What allows the asked name covers it, unless that itself is led to a
 * safe side: then this is the way back out of it. */
static enum outcome rule_safe(struct check *c)
{
    bool led = (c->verdict->transform & TRANSFORM_ALIAS) != 0;
    struct tree_match own;

    if (safe_target(c->safe, c->state) == NULL || (c->verdict->covers != COVERS_NOTHING && !led))
        return GOES_ON;
    if (tree_best(&c->path, TREE_PROFILE + c->verdict->profile, &own) && !own.rule->deny &&
        own.labels == c->path.labels)
        return GOES_ON; /* an allow of that very name */
    c->blocked->matched = mask_bit(CATEGORY_SEARCH_UNSAFE);
    return block(c, c->profile->config->style, VERDICT_EDE_FILTERED);
}

/* A client asks for the addresses of the host that such a record names by themselves, and that name
 * stands on no list: it would be turned away there. Without the record it goes on with the
 * addresses of the name that it came for (RFC 9460 §3), whose chain is admitted. */
static enum outcome rule_admitted(struct check *c)
{
    struct verdict target;

    if ((c->verdict->transform & TRANSFORM_ADMITTED_ONLY) == 0 || c->item->is_addr)
        return GOES_ON;
    policy_decide_target(c->snapshot, c->ask, &c->item->name, &target);
    if (target.action != VERDICT_BLOCK)
        return GOES_ON;
    verdict_block(c->blocked, BLOCK_NODATA, c->profile->config->block_ttl_s, c->ask->type,
                  VERDICT_EDE_FILTERED);
    return BLOCKS;
}

/* In the order of decision; the first that does not go on decides. */
static const struct {
    enum verdict_rule rule;
    enum outcome (*says)(struct check *check);
} order[] = {
    {RULE_OPERATOR, rule_operator},
    {RULE_REBIND,   rule_rebind  },
    {RULE_PIN,      rule_pin     },
    {RULE_CATEGORY, rule_safe    },
    {RULE_GRANT,    rule_grant   },
    {RULE_OWN_DENY, rule_own     },
    {RULE_SCHEDULE, rule_schedule},
    {RULE_CATEGORY, rule_category},
    {RULE_DEFAULT,  rule_admitted},
};

bool check_decide(const struct snapshot *snapshot, const struct ask *ask,
                  const struct verdict *verdict, const struct check_item *item,
                  struct verdict *blocked)
{
    struct check c = {.snapshot = snapshot,
                      .profile = &snapshot->profiles[verdict->profile],
                      .ask = ask,
                      .verdict = verdict,
                      .item = item,
                      .lifted_until_s = INT64_MAX,
                      .blocked = blocked};
    enum outcome outcome = GOES_ON;

    look_for(snapshot->listed, item, ask->type, &c.listed);
    look_sealed(snapshot, item, &c.sealed);
    if (!item->is_addr) {
        tree_walk(snapshot->tree, &item->name, &c.path);
        c.safe = safe_find(snapshot, &c.path);
        c.listed.mask = mask_or(c.listed.mask, safe_tags(c.safe));
        c.listed.mask = mask_or(c.listed.mask, service_tags(snapshot, &c.path));
    }
    verdict_start(blocked);
    blocked->profile = verdict->profile;
    blocked->device = verdict->device;
    blocked->clock_unknown = verdict->clock_unknown;
    c.state = moment_state(c.profile, &(struct moment){ask->wall_s, verdict->step_s}, &c.room,
                           &blocked->valid_until_s);
    for (size_t i = 0; i < sizeof order / sizeof *order && outcome == GOES_ON; i++) {
        outcome = order[i].says(&c);
        blocked->rule = order[i].rule;
    }
    if ((outcome != BLOCKS || blocked->rule != RULE_OPERATOR) &&
        verdict->valid_until_s < blocked->valid_until_s)
        blocked->valid_until_s = verdict->valid_until_s;
    verdict_limit(blocked, ask->wall_s);
    return outcome != BLOCKS;
}
