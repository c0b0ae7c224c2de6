/* decide.c - the order of decision, as an array.
 *
 * Each rule is a function that looks at the question and either fills the verdict and says "this is
 * it", or passes. The first that matches wins and is the reason; the array below is the
 * documentation, and `why` prints it. Names are walked once through the snapshot's tree
 * (name_tree.h), so that most rules are a look at a bit.
 */
#include "policy/decide.h"

#include <string.h>

#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "policy/compiled.h"
#include "policy/decision.h"
#include "policy/listing.h"
#include "policy/moment.h"
#include "policy/snapshot.h"
#include "policy/state/overlay.h"
#include "policy/who/identify.h"

/* TTL of answers for special names: RFC 6303 §3 gives its zones three hours. */
enum { SPECIAL_TTL_S = 10800 };

/* Types that have a meaning of their own here (IANA numbers). */
enum { TYPE_NS = 2, TYPE_SOA = 6, TYPE_DS = 43, TYPE_DNSKEY = 48, TYPE_SVCB = 64, TYPE_HTTPS = 65 };

static void answer(struct decision *d, enum verdict_answer answer, uint32_t ttl_s)
{
    d->verdict->action = VERDICT_ANSWER;
    d->verdict->answer = answer;
    d->verdict->ttl_s = ttl_s;
}

static bool rule_client(struct decision *d)
{
    /* `why --profile` asks for no client in particular. */
    if (d->ask->client.bits == 0 && d->ask->forced_profile != ASK_NO_PROFILE)
        return false;
    if (identify_allowed(d->snapshot, &d->ask->client))
        return false;
    d->verdict->action = VERDICT_REFUSE;
    verdict_give_ede(d->verdict, VERDICT_EDE_PROHIBITED);
    return true;
}

/* Finds the zone with servers of its own that holds the name. */
static bool find_zone(const struct decision *d, struct tree_match *match)
{
    struct tree_path parent;

    if (!tree_best(&d->path, TREE_ZONE, match))
        return false;
    if (d->ask->type != TYPE_DS || match->labels < d->path.labels)
        return true;
    /* The DS of a zone is data of its parent (RFC 4035 §3.1.4.1). */
    parent = d->path;
    parent.labels -= parent.labels > 0;
    parent.count = match->labels;
    return tree_best(&parent, TREE_ZONE, match);
}

/* A record stands on its name alone, so that no zone is a longer match; and the operator who names
 * servers for a zone vouches for what they say of it. */
static bool rule_zone(struct decision *d)
{
    struct tree_match match;

    if (!find_zone(d, &match))
        return false;
    d->verdict->labels = (uint8_t)match.labels;
    d->verdict->place = d->snapshot->config->zones[match.rule->item].place;
    d->verdict->upstream_group = 1 + match.rule->item;
    decision_forward(d);
    d->verdict->covers = COVERS_USUAL;
    return true;
}

static bool rule_local(struct decision *d)
{
    const struct compiled_name *name;
    struct tree_match match;

    if (!tree_best(&d->path, TREE_LOCAL, &match))
        return rule_zone(d);
    name = &d->snapshot->record_names[match.rule->item];
    d->verdict->records.items = d->snapshot->records + name->first;
    d->verdict->records.count = name->count;
    d->verdict->labels = (uint8_t)match.labels;
    d->verdict->place = d->snapshot->records[name->first]->place;
    answer(d, ANSWER_RECORDS, d->snapshot->records[name->first]->ttl_s);
    return true;
}

/* Returns what a locally served zone says of the name; ANSWER_NONE for what its parent answers. */
static enum verdict_answer zone_answer(const struct decision *d, unsigned zone_labels)
{
    uint16_t type = d->ask->type;

    if (d->path.labels > zone_labels)
        return ANSWER_NXDOMAIN;
    /* The zone's DS is data of its parent (RFC 4035 §3.1.4.1), and says that the zone is unsigned
     * to those behind us who validate (RFC 8375 §4). */
    if (type == TYPE_DS)
        return ANSWER_NONE;
    return type == TYPE_SOA || type == TYPE_NS ? ANSWER_ZONE_SOA : ANSWER_NODATA;
}

static enum verdict_answer special_answer(const struct decision *d, const struct special *special,
                                          unsigned labels)
{
    enum verdict_answer result = ANSWER_NODATA;

    if (special->answer == SPECIAL_LOOPBACK)
        return ANSWER_LOOPBACK;
    if (special->answer == SPECIAL_NXDOMAIN)
        result = ANSWER_NXDOMAIN;
    if (special->answer == SPECIAL_ZONE)
        result = zone_answer(d, labels);
    /* NXDOMAIN would deny all that is below (RFC 8020 §2), and something of ours may lie there. */
    if (result == ANSWER_NXDOMAIN &&
        (tree_has_below(&d->path, TREE_LOCAL) || tree_has_below(&d->path, TREE_ZONE)))
        result = ANSWER_NODATA;
    return result;
}

/* Types that validators and resolvers behind us ask of top-level domains; host names have none. */
static bool is_of_delegation(uint16_t type)
{
    return type == TYPE_NS || type == TYPE_SOA || type == TYPE_DS || type == TYPE_DNSKEY;
}

static const struct special *find_special(const struct decision *d, unsigned *labels)
{
    const struct special *special;
    struct tree_match match;

    *labels = d->path.labels;
    if (tree_best(&d->path, TREE_SPECIAL, &match)) {
        special = &d->snapshot->specials[match.rule->item];
        *labels = match.labels;
        return special->when == SPECIAL_BYPASS && !d->state->bypass ? NULL : special;
    }
    if (d->path.labels == 1 && !is_of_delegation(d->ask->type))
        return d->snapshot->single;
    return NULL;
}

static bool rule_special(struct decision *d)
{
    unsigned labels;
    const struct special *special = find_special(d, &labels);
    enum verdict_answer what;

    if (special == NULL)
        return false;
    what = special_answer(d, special, labels);
    if (what == ANSWER_NONE)
        return false;
    /* A canary's answer is the profile's and may change with it. */
    answer(d, what,
           special->when == SPECIAL_BYPASS ? d->profile->config->block_ttl_s : SPECIAL_TTL_S);
    d->verdict->canary = special->when == SPECIAL_BYPASS;
    d->verdict->labels = (uint8_t)labels;
    d->verdict->reason = special->reason;
    return true;
}

static bool rule_pin(struct decision *d)
{
    struct tree_match match;

    if (!tree_best(&d->path, TREE_PIN, &match))
        return false;
    d->verdict->labels = (uint8_t)match.labels;
    d->verdict->reason = d->snapshot->pins[match.rule->item].reason;
    /* Help is never blocked, and nobody who pins a name aims it at a device of the house. */
    decision_forward(d);
    d->verdict->covers = COVERS_MOST;
    return true;
}

static void name_own(struct decision *d)
{
    d->verdict->labels = (uint8_t)d->own.labels;
    d->verdict->exact = d->own.rule->cover == COVER_EXACT;
    d->verdict->place = compiled_rule(d->profile->config, d->own.rule->item)->place;
}

static bool rule_own_allow(struct decision *d)
{
    if (!tree_best(&d->path, TREE_PROFILE + d->verdict->profile, &d->own) || d->own.rule->deny)
        return false;
    name_own(d);
    decision_forward_outside(d);
    d->verdict->covers = COVERS_USUAL;
    return true;
}

/* Runs behind rule_own_allow, which has found the best of both. */
static bool rule_own_deny(struct decision *d)
{
    if (d->own.rule == NULL)
        return false;
    name_own(d);
    decision_block(d, decision_style(d, d->own.rule->cover != COVER_EXACT), VERDICT_EDE_FILTERED);
    return true;
}

static bool rule_default(struct decision *d)
{
    const struct config_profile *profile = d->profile->config;

    d->verdict->place = profile->place;
    if (d->state->default_deny &&
        !(d->state->admits_edu && mask_has(d->listed.mask, CATEGORY_EDU_POSITIVE))) {
        /* What is admitted below cannot be known, so NXDOMAIN would say too much. */
        decision_block(d, decision_style(d, false), VERDICT_EDE_FILTERED);
        return true;
    }
    if (d->state->default_deny) {
        d->verdict->matched = mask_bit(CATEGORY_EDU_POSITIVE);
        d->verdict->row = d->ask->listed.row;
        d->verdict->labels = d->ask->listed.labels;
        /* What it stands on, such as a CDN, is on no positive list. */
        d->verdict->covers = COVERS_USUAL;
    }
    decision_forward_outside(d);
    if (d->snapshot->lack.code != ERR_NONE)
        verdict_give_ede(d->verdict, VERDICT_EDE_NOT_READY);
    return true;
}

/* The order of decision. */
static const struct {
    enum verdict_rule rule;
    bool (*matches)(struct decision *d);
} order[] = {
    {RULE_CLIENT,    rule_client      },
    {RULE_OPERATOR,  decision_operator},
    {RULE_LOCAL,     rule_local       },
    {RULE_SPECIAL,   rule_special     },
    {RULE_PIN,       rule_pin         },
    {RULE_OFFLINE,   decision_offline },
    {RULE_GRANT,     decision_grant   },
    {RULE_OWN_ALLOW, rule_own_allow   },
    {RULE_OWN_DENY,  rule_own_deny    },
    {RULE_SCHEDULE,  decision_schedule},
    {RULE_CATEGORY,  decision_category},
    {RULE_DEFAULT,   rule_default     },
};
enum { ORDER_COUNT = sizeof order / sizeof *order };

static void trace_step(struct decide_trace *trace, enum verdict_rule rule, bool matched)
{
    if (trace == NULL)
        return;
    trace->steps[trace->count].rule = rule;
    trace->steps[trace->count].outcome = matched ? STEP_MATCH : STEP_NO_MATCH;
    trace->count++;
}

static void trace_rest(struct decide_trace *trace)
{
    if (trace == NULL)
        return;
    while (trace->count < ORDER_COUNT) {
        trace->steps[trace->count].rule = order[trace->count].rule;
        trace->steps[trace->count].outcome = STEP_NOT_REACHED;
        trace->count++;
    }
}

/* Finds what holds for the profile now. A profile that a guardian holds at its step of some day
 * goes on as if that were today. */
static void find_state(struct decision *d)
{
    const struct compiled_times *times = d->profile->times;
    struct moment moment = {d->ask->wall_s, d->ask->wall_s};
    int64_t until_s;

    if (times != NULL && times->step_count > 1 && moment.wall_s >= times->known_s)
        decision_grant_holds(d, &moment.step_s);
    d->state = moment_state(d->profile, &moment, &d->room, &until_s);
    d->verdict->step_s = moment.step_s;
    decision_until(d, until_s);
}

static void start(struct decision *d)
{
    struct verdict *verdict = d->verdict;
    const struct ask *ask = d->ask;

    verdict_start(verdict);
    listing_find(d->snapshot->listed, &ask->name, ask->type, &ask->listed, &d->listed);
    d->grants = overlay_grants(ask->overlay);
    identify(d->snapshot, ask, &d->who);
    verdict->profile = d->who.profile;
    verdict->device = d->who.device.id;
    verdict->unknown = d->who.unknown;
    d->profile = &d->snapshot->profiles[verdict->profile];
    find_state(d);
    if (d->who.max_ttl_s > 0)
        decision_until(d, ask->wall_s + d->who.max_ttl_s);
    verdict->clock_unknown = d->state->clock_unknown;
    d->own.rule = NULL;
    d->lifted_until_s = INT64_MAX;
    tree_walk(d->snapshot->tree, &d->ask->name, &d->path);
    decision_label(d);
}

/* What is said of local names and of pins is so at all times, and for whoever asks; rule 2 sees to
 * it itself (decision_operator). */
static bool is_timeless(enum verdict_rule rule)
{
    return rule == RULE_CLIENT || rule == RULE_LOCAL || rule == RULE_PIN;
}

/* Tells whether the profile only observes what it would have blocked. What a person has said is
 * done, and so is what the operator says. */
static bool is_observed(const struct decision *d)
{
    enum verdict_rule rule = d->verdict->rule;

    if (!d->state->observe_all || d->verdict->action != VERDICT_BLOCK)
        return false;
    return rule == RULE_OFFLINE ? d->verdict->grant.id == 0
                                : rule >= RULE_OWN_DENY && rule <= RULE_DEFAULT;
}

/* Makes a block one that is only counted. */
static void observe(struct decision *d)
{
    struct verdict *verdict = d->verdict;

    verdict->observed = mask_or(verdict->observed, verdict->matched);
    verdict->would_block = true;
    verdict->observed_rule = verdict->rule;
    verdict->rule = RULE_DEFAULT;
    verdict->matched = (struct mask){.words = {0}};
    verdict->warned = false;
    verdict->labels = 0;
    verdict->place = d->profile->config->place;
    verdict->terms = verdict->listed_terms = TERMS_STYLE;
    verdict->feed = NULL;
    verdict->rewrite = NULL;
    verdict->rewrite_length = 0;
    verdict->transform = 0;
    verdict->ttl_s = 0;
    for (unsigned i = 0; i < VERDICT_EDE_MAX; i++)
        verdict->ede[i] = VERDICT_NO_EDE;
    decision_forward_outside(d);
    verdict->covers = COVERS_MOST;
}

/* Adds what a question that is forwarded gets beside the rule, and works out which categories block
 * what the answer leads to. */
static void finish(struct decision *d)
{
    struct verdict *verdict = d->verdict;

    if (is_observed(d))
        observe(d);
    if (verdict->action == VERDICT_FORWARD)
        decision_safe(d);
    if (is_timeless(verdict->rule))
        verdict->valid_until_s = d->lifted_until_s;
    verdict_limit(verdict, d->ask->wall_s);
    if (verdict->action != VERDICT_FORWARD)
        return;
    if (d->state->observe_all)
        verdict->covers = COVERS_MOST;
    else if (d->state->default_deny && (d->ask->type == TYPE_HTTPS || d->ask->type == TYPE_SVCB))
        verdict->transform |= TRANSFORM_ADMITTED_ONLY;
    if (verdict->covers == COVERS_MOST)
        return;
    verdict->denials = d->grants != NULL && grants_count_denials(d->grants) > 0;
    verdict->chain = d->state->apply;
    if (verdict->covers == COVERS_USUAL)
        verdict->chain = mask_and(verdict->chain, d->snapshot->grave_bits);
    /* The safe name of a listed engine often lies below it. */
    if ((verdict->transform & TRANSFORM_ALIAS) != 0)
        verdict->chain = mask_without(verdict->chain, mask_bit(CATEGORY_SEARCH_UNSAFE));
    if (verdict->released)
        verdict->chain = mask_without(verdict->chain, d->state->warn);
}

void policy_decide(const struct snapshot *snapshot, const struct ask *ask, struct verdict *verdict,
                   struct decide_trace *trace)
{
    struct decision d;

    d.snapshot = snapshot;
    d.ask = ask;
    d.verdict = verdict;
    start(&d);
    if (trace != NULL)
        trace->count = 0;
    for (unsigned i = 0; i < ORDER_COUNT; i++) {
        bool matched = order[i].matches(&d);

        trace_step(trace, order[i].rule, matched);
        if (!matched)
            continue;
        verdict->rule = order[i].rule;
        finish(&d);
        trace_rest(trace);
        return;
    }
    err_abort(__FILE__, __LINE__, "the last rule matches");
}

void decide_look(const struct snapshot *snapshot, struct ask *ask)
{
    set_lookup(snapshot->listed, &ask->name, &ask->listed);
    ask->sealed = (struct sealed_hit){.words = 0};
    if (!sealed_is_empty(snapshot->sealed))
        sealed_lookup(snapshot->sealed, &ask->name, &ask->sealed);
}

void policy_decide_target(const struct snapshot *snapshot, const struct ask *ask,
                          const struct name *name, struct verdict *verdict)
{
    struct ask target = *ask;

    target.name = *name;
    target.is_target = true;
    decide_look(snapshot, &target);
    policy_decide(snapshot, &target, verdict, NULL);
}
