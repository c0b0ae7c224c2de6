/* explain.c - a decision in words.
 *
 * Everything is gathered here once, so that the control verb and the CLI, with or without a server,
 * cannot differ; renderers only choose JSON or lines. Each rule has one row: what it looks at, the
 * verdict in one sentence, and what would lift it. The operator's rule says its one word and no
 * more: no list is asked about a name that it blocks, and no row below has anything to print then.
 * Dropped: building sentences in the renderers (they drifted apart in every filter we looked at).
 */
#include "policy/explain.h"

#include <stdio.h>
#include <string.h>

#include "blocklist/set/set.h"
#include "policy/compiled.h"
#include "policy/snapshot.h"

/* Where texts are put together. */
struct telling {
    const struct snapshot *snapshot;
    const struct ask *ask;
    struct explanation *e;
    const struct config_profile *profile;
};

static const char *rule_name(const struct telling *t)
{
    return t->e->rule_suffix[0] != '\0' ? t->e->rule_suffix : t->e->name;
}

static const char *place_or(const struct telling *t, const char *otherwise)
{
    return t->e->rule_at[0] != '\0' ? t->e->rule_at : otherwise;
}

#define SAY(field, ...) snprintf(t->e->field, sizeof t->e->field, __VA_ARGS__)

static void tell_client(const struct telling *t)
{
    SAY(sentence, "refused: this client is not in clients.allow");
    SAY(lift, "add its prefix to clients.allow");
}

static void tell_operator(const struct telling *t)
{
    SAY(sentence, "blocked: operator policy");
    SAY(lift, "only the operator can lift it");
}

static void tell_local(const struct telling *t)
{
    if (t->e->verdict.action == VERDICT_FORWARD) {
        SAY(sentence, "passes: the servers of the zone '%.256s' are asked (%.500s)", rule_name(t),
            t->e->rule_at);
        return;
    }
    SAY(sentence, "answered here: '%.256s' is a local record", t->e->name);
    SAY(lift, "change the record (%.500s)", place_or(t, "records.file"));
}

static void tell_special(const struct telling *t)
{
    SAY(sentence, "answered here: %.300s", t->e->verdict.reason);
    SAY(lift, "a local record of that name answers instead");
}

static void tell_pin(const struct telling *t)
{
    SAY(sentence, "passes: '%.256s' is pinned for everybody: %.300s", rule_name(t),
        t->e->verdict.reason);
}

static void tell_grant(const struct telling *t)
{
    explain_grant(t->snapshot, t->e);
}

static void tell_offline(const struct telling *t)
{
    explain_offline(t->snapshot, t->e);
}

static void tell_own_allow(const struct telling *t)
{
    SAY(sentence, "passes: profile '%s' allows '%.256s'", t->e->profile, rule_name(t));
}

static void tell_own_deny(const struct telling *t)
{
    SAY(sentence, "blocked: profile '%s' denies '%.256s'", t->e->profile, rule_name(t));
    SAY(lift, "take out the rule (%.500s), or allow '%.256s' in the profile", t->e->rule_at,
        t->e->name);
}

/* Who may lift a category, by the gravest of those that decided. As the taxonomy of config/data has
 * it: S3 for one name, S4 (which never comes here) not at all. */
static const char *const who_lifts[] = {
    [SEVERITY_0] = "anybody",
    [SEVERITY_1] = "a guardian or teacher",
    [SEVERITY_2] = "a guardian or teacher",
    [SEVERITY_3] = "a guardian alone, for one name at a time,",
    [SEVERITY_4] = "nobody",
};

static unsigned gravest(const struct telling *t)
{
    const struct taxonomy *taxonomy = &snapshot_config(t->snapshot)->taxonomy;
    /* Services and single lists are somebody's own choice, as times are. */
    unsigned most = t->e->verdict.matched.words[1] != 0 ? SEVERITY_1 : SEVERITY_0;

    for (size_t i = 0; i < taxonomy->count; i++) {
        const struct category *category = &taxonomy->categories[i];

        if (mask_has(t->e->verdict.matched, category->bit) && category->severity > most)
            most = category->severity;
    }
    return most;
}

static void tell_category(const struct telling *t)
{
    SAY(sentence, "blocked: '%.256s' is listed as %.300s, which profile '%s' blocks", rule_name(t),
        t->e->matched, t->e->profile);
    SAY(lift, "%s may add '%.256s' to the allow list of profile '%s' (%.300s:%u)",
        who_lifts[gravest(t)], t->e->name, t->e->profile, snapshot_config(t->snapshot)->path,
        t->profile->place.line);
}

static void tell_default(const struct telling *t)
{
    if (t->e->blocked) {
        SAY(sentence, "blocked: profile '%s' opens only what is allowed, and '%.256s' is not",
            t->e->profile, t->e->name);
        SAY(lift, "add '%.256s' to the allow list of profile '%s' (%.500s)", t->e->name,
            t->e->profile, t->e->rule_at);
    } else if (t->profile->default_deny) {
        SAY(sentence, "passes: '%.256s' is on a positive list, which profile '%s' admits",
            rule_name(t), t->e->profile);
    } else {
        SAY(sentence, "passes: nothing blocks it for profile '%s'%s", t->e->profile,
            snapshot_lack(t->snapshot) != NULL ? " (and the lists could not be loaded)" : "");
    }
}

static void tell_schedule(const struct telling *t)
{
    explain_schedule(t->snapshot, t->e);
}

/* Of a rule that no question meets. */
static void tell_nothing(const struct telling *t)
{
    SAY(sentence, "-");
}

static const struct {
    const char *text;
    void (*tell)(const struct telling *t);
} rules[VERDICT_RULE_COUNT] = {
    [RULE_CLIENT] = {"is the client served at all",        tell_client   },
    [RULE_OPERATOR] = {"operator policy",                    tell_operator },
    [RULE_LOCAL] = {"local records and zones",            tell_local    },
    [RULE_SPECIAL] = {"names with a meaning of their own",  tell_special  },
    [RULE_PIN] = {"pinned help and system names",       tell_pin      },
    [RULE_OFFLINE] = {"offline, by hours or by hand",       tell_offline  },
    [RULE_GRANT] = {"grants and timed overrides",         tell_grant    },
    [RULE_OWN_ALLOW] = {"the profile's allow list",           tell_own_allow},
    [RULE_OWN_DENY] = {"the profile's deny list",            tell_own_deny },
    [RULE_SCHEDULE] = {"schedule and quota",                 tell_schedule },
    [RULE_CATEGORY] = {"categories that the profile blocks", tell_category },
    [RULE_DEFAULT] = {"the profile's default",              tell_default  },
    [RULE_REBIND] = {"inner addresses from outside",       tell_nothing  }, /* never of a question */
};

const char *explain_rule_text(enum verdict_rule rule)
{
    return rules[rule].text;
}

/* Names the device: by the config's word, else by its key; who has the state file knows better. */
static void tell_device(const struct telling *t, const struct identity *who)
{
    struct explain_device *device = &t->e->device;
    const struct config_device *named;

    device->id = who->device.id;
    if (device->id == 0)
        return;
    device->claimed = (who->device.flags & DEVICE_CLAIMED) != 0;
    device->by = who->device_by;
    device_key_text(&who->device_key, device->key);
    named = identify_named(t->snapshot, who);
    if (named == NULL)
        return;
    snprintf(device->name, sizeof device->name, "%s", named->name);
    device->place = named->place;
}

static void tell_groups(const struct telling *t, const struct identity *who)
{
    const struct config *config = snapshot_config(t->snapshot);

    for (size_t i = 0; i < who->group_count; i++) {
        long group = snapshot_group_of(t->snapshot, who->groups[i]);

        if (group >= 0)
            t->e->groups[t->e->group_count++] = config->groups[group].name;
    }
}

static void tell_profile(const struct telling *t)
{
    struct identity who;

    identify(t->snapshot, t->ask, &who);
    t->e->profile = t->profile->name;
    t->e->by = who.by;
    t->e->unknown = who.unknown;
    tell_device(t, &who);
    tell_groups(t, &who);
    if (who.by < IDENTIFY_INTERFACE) {
        SAY(by_text, "%s", t->e->device.key);
        t->e->by_place = t->e->device.place;
    } else if (who.network != NULL) {
        char text[ADDR_TEXT_MAX];

        SAY(by_text, "%s", config_network_text(who.network, text));
        t->e->by_place = who.network->place;
    }
}

/* Feeds whose word is the operator's alone are left out, whatever lifted it for this name. */
static bool is_public(const struct telling *t, const struct set_witness *witness)
{
    const struct category *category =
        taxonomy_find(&snapshot_config(t->snapshot)->taxonomy, witness->category);

    return category == NULL || category->severity != SEVERITY_4;
}

static void tell_lists(const struct telling *t)
{
    struct explanation *e = t->e;
    size_t count = set_witnesses(snapshot_listed(t->snapshot), &t->ask->name, e->witnesses,
                                 EXPLAIN_WITNESSES_MAX);

    if (count > EXPLAIN_WITNESSES_MAX)
        count = EXPLAIN_WITNESSES_MAX;
    for (size_t i = 0; i < count; i++) {
        if (is_public(t, &e->witnesses[i]))
            e->witnesses[e->witness_count++] = e->witnesses[i];
    }
    if (t->ask->listed.labels > 0) {
        struct name suffix = name_suffix(&t->ask->name, t->ask->listed.labels);

        name_to_text(&suffix, e->suffix);
    }
    explain_mask_text(t->snapshot, t->ask->listed.mask, e->categories, sizeof e->categories);
    explain_mask_text(t->snapshot, e->verdict.matched, e->matched, sizeof e->matched);
    explain_mask_text(t->snapshot, e->verdict.observed, e->observed, sizeof e->observed);
    explain_services(t->snapshot, t->ask, e);
}

static void tell_place(const struct telling *t)
{
    struct config_place place = t->e->verdict.place;

    t->e->rule_at[0] = '\0';
    if (place.line > 0)
        SAY(rule_at, "%.900s:%u:%u", snapshot_config(t->snapshot)->path, place.line, place.column);
}

static void tell_rule(const struct telling *t)
{
    const struct verdict *verdict = &t->e->verdict;

    if (verdict->labels > 0) {
        struct name suffix = name_suffix(&t->ask->name, verdict->labels);

        name_to_text(&suffix, t->e->rule_suffix);
    }
    tell_place(t);
    rules[verdict->rule].tell(t);
}

static void tell_answer(struct explanation *e)
{
    static const char *const style_rcodes[] = {
        [BLOCK_NODATA] = "NOERROR",
        [BLOCK_NXDOMAIN] = "NXDOMAIN",
        [BLOCK_NULL] = "NOERROR",
        [BLOCK_REFUSED] = "REFUSED",
    };

    if (e->verdict.action == VERDICT_REFUSE)
        e->rcode = "REFUSED";
    if (e->verdict.action == VERDICT_ANSWER)
        e->rcode = e->verdict.answer == ANSWER_NXDOMAIN ? "NXDOMAIN" : "NOERROR";
    if (e->verdict.action == VERDICT_BLOCK) {
        e->rcode = style_rcodes[e->verdict.style];
        e->style = block_style_word(e->verdict.style);
    }
}

void explain_ask(const struct snapshot *snapshot, struct ask *ask, struct explanation *e)
{
    struct telling telling = {snapshot, ask, e, NULL}, *t = &telling;

    memset(e, 0, sizeof *e);
    decide_look(snapshot, ask);
    policy_decide(snapshot, ask, &e->verdict, &e->trace);
    t->profile = &snapshot_config(snapshot)->profiles[e->verdict.profile];
    e->blocked = e->verdict.action == VERDICT_BLOCK || e->verdict.action == VERDICT_REFUSE;
    name_to_text(&ask->name, e->name);
    SAY(categories, "-");
    SAY(matched, "-");
    SAY(observed, "-");
    SAY(services, "-");
    tell_profile(t);
    if (e->verdict.rule == RULE_OPERATOR)
        name_lower(&e->met, &ask->name);
    else if (e->verdict.rule != RULE_CLIENT)
        tell_lists(t);
    tell_rule(t);
    tell_answer(e);
    explain_terms(snapshot, ask, e);
    if (e->verdict.rule != RULE_OPERATOR && e->verdict.rule != RULE_CLIENT)
        explain_moment(snapshot, ask, e);
}

/* --- what an answer leads to --- */

/* 0.0.0.0 and :: are how many filters say no. */
static bool is_unspecified(const struct addr *addr)
{
    static const uint8_t none[sizeof addr->octets];

    return memcmp(addr->octets, none, sizeof none) == 0;
}

static void tell_item_rebind(const struct telling *t)
{
    if (is_unspecified(&t->e->chain.item.addr)) {
        SAY(sentence, "blocked: the upstream answers '%.256s' with %.80s, as filters do",
            t->e->name, t->e->chain.by);
        SAY(lift, "ask another upstream, or have this one open '%.256s'", t->e->name);
        return;
    }
    SAY(sentence, "blocked: the answer to '%.256s' leads inside, to %.80s", t->e->name,
        t->e->chain.by);
    SAY(lift,
        "where that is a device of yours, or a block list for mail, add '%.256s' to rebind_allow",
        t->e->name);
}

static void tell_item_schedule(const struct telling *t)
{
    SAY(sentence,
        "blocked: '%.256s', in the chain of '%.256s', is closed by '%.64s' of profile '%s'",
        t->e->chain.by, t->e->name, explain_schedule_name(t->snapshot, &t->e->verdict),
        t->e->profile);
    SAY(lift, "wait, or change the hours (%.500s)", t->e->rule_at);
}

static void tell_item_own(const struct telling *t)
{
    SAY(sentence, "blocked: profile '%s' denies '%.256s', in the chain of '%.256s'", t->e->profile,
        t->e->chain.by, t->e->name);
    SAY(lift, "take out the rule (%.500s), or allow '%.256s' in the profile", t->e->rule_at,
        t->e->name);
}

static void tell_item_category(const struct telling *t)
{
    unsigned severity = gravest(t);
    bool alone = severity >= SEVERITY_3; /* an allow of the asked name does not cover it */

    SAY(sentence,
        "blocked: category %.200s by '%.256s' in the chain of '%.256s', which profile '%s' blocks",
        t->e->matched, t->e->chain.by, t->e->name, t->e->profile);
    if (t->e->verdict.warned && !t->e->chain.item.is_addr)
        SAY(lift, "stairgate release %.256s --device D", t->e->chain.by);
    else if (alone && t->e->chain.item.is_addr)
        SAY(lift, "only the list itself: an address of this category cannot be allowed");
    else
        SAY(lift, "%s may add '%.256s' to the allow list of profile '%s' (%.300s:%u)",
            who_lifts[severity], alone ? t->e->chain.by : t->e->name, t->e->profile,
            snapshot_config(t->snapshot)->path, t->profile->place.line);
}

static void tell_item_grant(const struct telling *t)
{
    SAY(sentence, "blocked: somebody has denied '%.256s', in the chain of '%.256s' (grant %u)",
        t->e->chain.by, t->e->name, t->e->verdict.grant.id);
    SAY(lift, "stairgate grants revoke %u", t->e->verdict.grant.id);
}

static void tell_item_default(const struct telling *t)
{
    SAY(sentence,
        "answered without a record: '%.256s' leads to '%.256s', which profile '%s' does not open; "
        "clients go on by its addresses",
        t->e->name, t->e->chain.by, t->e->profile);
    SAY(lift, "add '%.256s' to the allow list of profile '%s'", t->e->chain.by, t->e->profile);
}

/* Those that check_decide gives and that may be told. */
static void (*const item_tellers[VERDICT_RULE_COUNT])(const struct telling *t) = {
    [RULE_GRANT] = tell_item_grant,       [RULE_REBIND] = tell_item_rebind,
    [RULE_OWN_DENY] = tell_item_own,      [RULE_SCHEDULE] = tell_item_schedule,
    [RULE_CATEGORY] = tell_item_category, [RULE_DEFAULT] = tell_item_default,
};

static void name_item(struct explain_chain *chain, const struct check_item *item)
{
    chain->item = *item;
    if (item->is_addr) {
        addr_to_text(&item->addr, chain->by);
        return;
    }
    name_lower(&chain->name, &item->name);
    chain->item.name = name_of(&chain->name);
    name_to_text(&item->name, chain->by);
}

static void tell_item_lists(const struct telling *t)
{
    struct explain_chain *chain = &t->e->chain;
    const struct check_item *item = &chain->item;
    const struct set *set = snapshot_listed(t->snapshot);
    size_t count =
        item->is_addr
            ? set_witnesses_addr(set, &item->addr, chain->witnesses, EXPLAIN_WITNESSES_MAX)
            : set_witnesses(set, &item->name, chain->witnesses, EXPLAIN_WITNESSES_MAX);

    for (size_t i = 0; i < count && i < EXPLAIN_WITNESSES_MAX; i++) {
        if (is_public(t, &chain->witnesses[i]))
            chain->witnesses[chain->witness_count++] = chain->witnesses[i];
    }
    if (chain->witness_count > 0)
        explain_suffix(item, chain->witnesses[0].labels, chain->suffix);
}

char *explain_suffix(const struct check_item *item, unsigned labels, char *out)
{
    struct prefix range;
    struct name suffix;

    if (item->is_addr) {
        prefix_of(&range, &item->addr, labels);
        return prefix_to_text(&range, out);
    }
    suffix = name_suffix(&item->name, labels);
    return name_to_text(&suffix, out);
}

/* The same words as for a name that the operator's lists hold: nobody is to learn by what the chain
 * was caught, nor that it was the chain. */
static void tell_as_operator(const struct telling *t)
{
    struct explanation *e = t->e;
    unsigned last = 0;

    while (e->trace.steps[last].rule != RULE_OPERATOR)
        last++;
    e->trace.steps[last].outcome = STEP_MATCH;
    for (unsigned i = last + 1; i < e->trace.count; i++)
        e->trace.steps[i].outcome = STEP_NOT_REACHED;
    memset(&e->chain, 0, sizeof e->chain);
    e->witness_count = 0;
    e->suffix[0] = e->rule_suffix[0] = e->in_force[0] = '\0';
    e->preset = NULL;
    e->clock_unknown = false;
    SAY(categories, "-");
    SAY(observed, "-");
    SAY(services, "-");
    tell_operator(t);
}

bool explain_item(const struct snapshot *snapshot, const struct ask *ask,
                  const struct check_item *item, struct explanation *e)
{
    struct telling telling = {snapshot, ask, e, NULL}, *t = &telling;
    struct verdict blocked;

    e->chain.items++;
    if (check_decide(snapshot, ask, &e->verdict, item, &blocked))
        return true;
    e->verdict = blocked;
    e->blocked = true;
    t->profile = &snapshot_config(snapshot)->profiles[blocked.profile];
    explain_mask_text(snapshot, blocked.matched, e->matched, sizeof e->matched);
    tell_place(t);
    tell_answer(e);
    if (blocked.rule == RULE_OPERATOR) {
        tell_as_operator(t);
        return false;
    }
    e->rule_suffix[0] = '\0';
    name_item(&e->chain, item);
    tell_item_lists(t);
    item_tellers[blocked.rule](t);
    return false;
}
