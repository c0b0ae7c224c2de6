/* why.c - a person's words to a question, and its explanation to JSON.
 *
 * The server runs this on its snapshot and the CLI on one that it made from the same files, so that
 * both print the same; but only the server has a cache, and so knows where answers lead. Keys are
 * stable; what is unknown is null, never left out. */
#include "resolver/daemon/why.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "config/base/device_key.h"
#include "config/base/err.h"
#include "policy/explain.h"
#include "policy/listing.h"
#include "policy/snapshot.h"
#include "resolver/cache/cache.h"
#include "resolver/daemon/asker.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/mnemonic.h"

enum { LIST_TEXT_MAX = EXPLAIN_TEXT_MAX, PORT_DNS = 53 };

static int read_number(const char *text, long most, int64_t *value)
{
    char *end;
    long long number;

    if (text[0] < '0' || text[0] > '9')
        return -1;
    number = strtoll(text, &end, 10);
    *value = number;
    return *end != '\0' || number > most ? -1 : 0;
}

static int read_type(const char *text, uint16_t *type, struct err *err)
{
    *type = DNS_A;
    if (text == NULL || mnemonic_read_type(text, type) == 0)
        return 0;
    return err_set(err, ERR_USAGE, "not a record type: '%.40s'; such as A, HTTPS or TYPE65", text);
}

int why_read_time(const char *text, int64_t now_s, int64_t *wall_s, struct err *err)
{
    struct tm utc;
    const char *end;

    *wall_s = now_s;
    if (text == NULL || read_number(text, LONG_MAX - 1, wall_s) == 0)
        return 0;
    memset(&utc, 0, sizeof utc);
    end = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
    if (end == NULL || strcmp(end, "Z") != 0)
        return err_set(err, ERR_USAGE,
                       "not a time: '%.40s'; such as 2026-01-31T20:00:00Z or Unix seconds", text);
    *wall_s = timegm(&utc);
    return 0;
}

static int no_profile(const struct config *config, const char *name, struct err *err)
{
    char known[160] = "";
    size_t used = 0;

    for (size_t i = 0; i < config->profile_count; i++) {
        int length = snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                              config->profiles[i].name);

        if (length < 0 || (size_t)length >= sizeof known - used) {
            known[used] = '\0'; /* the rest is many */
            break;
        }
        used += (size_t)length;
    }
    return err_set(err, ERR_NOT_FOUND, "no such profile: '%.60s'; known here: %s", name, known);
}

/* Reads the address that was asked, and what a forwarder said of the device. */
static int read_way(const struct why_question *question, struct ask *ask, struct err *err)
{
    if (question->listen != NULL &&
        endpoint_from_text(&ask->local, question->listen, PORT_DNS) != 0)
        return err_set(err, ERR_USAGE, "not an address to be asked at: '%.80s'", question->listen);
    if (question->told != NULL && device_key_parse(question->told, &ask->told) != 0)
        return err_set(err, ERR_USAGE,
                       "not what a device is known by: '%.80s'; such as 00:00:5e:00:53:0a or "
                       "cpe:line-7",
                       question->told);
    return 0;
}

static int read_who(const struct snapshot *snapshot, const struct why_question *question,
                    struct ask *ask, struct err *err)
{
    const struct config *config = snapshot_config(snapshot);
    long profile = (long)config->default_profile;

    ask->forced_profile = ASK_NO_PROFILE;
    if (question->client != NULL && question->profile != NULL)
        return err_set(err, ERR_USAGE, "either a client or a profile");
    if (question->client != NULL) {
        if (addr_from_text(&ask->client, question->client) != 0)
            return err_set(err, ERR_USAGE, "not an address: '%.80s'", question->client);
        ask->ifindex = ask->client.scope; /* a link-local client comes in by its own link */
        return 0;
    }
    if (question->profile != NULL)
        profile = config_profile_find(config, question->profile);
    if (profile < 0)
        return no_profile(config, question->profile, err);
    ask->forced_profile = (int)profile;
    return 0;
}

static int read_question(const struct snapshot *snapshot, const struct why_question *question,
                         struct name_buf *name, struct ask *ask, struct err *err)
{
    enum name_fault fault = name_from_text(name, question->name, strlen(question->name));

    memset(ask, 0, sizeof *ask);
    if (fault != NAME_OK)
        return err_set(err, ERR_USAGE, "not a name: '%.260s'; it has %s", question->name,
                       name_fault_text(fault));
    ask->name = name_of(name);
    ask->overlay = question->overlay;
    ask->class = DNS_IN;
    if (read_type(question->type, &ask->type, err) != 0 || read_way(question, ask, err) != 0 ||
        why_read_time(question->at, question->now_s, &ask->wall_s, err) != 0)
        return -1;
    return read_who(snapshot, question, ask, err);
}

static json_t *text_or_null(const char *text)
{
    return text == NULL || text[0] == '\0' ? json_null() : json_string(text);
}

/* Splits TEXT, comma-separated or "-", into an array. */
static json_t *list_json(const char *text)
{
    json_t *list = json_array();

    if (strcmp(text, "-") == 0)
        return list;
    while (*text != '\0') {
        size_t length = strcspn(text, ",");

        json_array_append_new(list, json_stringn(text, length));
        text += length + (text[length] == ',');
    }
    return list;
}

static json_t *place_json(const struct snapshot *snapshot, struct config_place place)
{
    if (place.line == 0)
        return json_null();
    return json_pack("{s:s, s:i, s:i}", "file", snapshot_config(snapshot)->path, "line",
                     (int)place.line, "column", (int)place.column);
}

static json_t *profile_json(const struct snapshot *snapshot, const struct explanation *e)
{
    return json_pack("{s:s, s:s, s:o, s:o}", "name", e->profile, "by", explain_by_word(e->by),
                     "evidence", text_or_null(e->by_text), "place",
                     place_json(snapshot, e->by_place));
}

/* The device that asks; null where nobody knows it. Its name is null, too, where only the state
 * file has it. */
static json_t *device_json(const struct snapshot *snapshot, const struct explanation *e)
{
    const struct explain_device *device = &e->device;
    json_t *groups;

    if (device->id == 0)
        return json_null();
    groups = json_array();
    for (size_t i = 0; i < e->group_count; i++)
        json_array_append_new(groups, json_string(e->groups[i]));
    return json_pack("{s:I, s:o, s:b, s:s, s:s, s:o, s:o}", "id", (json_int_t)device->id, "name",
                     text_or_null(device->name), "claimed", device->claimed, "by",
                     explain_by_word(device->by), "key", device->key, "groups", groups, "place",
                     place_json(snapshot, device->place));
}

/* What WITNESSES[0..COUNT) say of ITEM. */
static json_t *feeds_json(const struct check_item *item, const struct set_witness *witnesses,
                          size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct set_witness *witness = &witnesses[i];
        char text[NAME_TEXT_MAX];

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:o}", "feed",
                                        witness->feed, "category", witness->category, "suffix",
                                        explain_suffix(item, witness->labels, text), "exact",
                                        witness->exact, "exception", witness->exception, "observed",
                                        witness->observed, "limited", witness->limited, "action",
                                        text_or_null(explain_terms_word(witness->action))));
    }
    return list;
}

/* null where no answer of an upstream's is given, or none may be told of. */
static json_t *chain_json(const struct explanation *e)
{
    const struct explain_chain *chain = &e->chain;

    if (e->verdict.action != VERDICT_FORWARD && chain->by[0] == '\0')
        return json_null();
    return json_pack("{s:b, s:I, s:o, s:o, s:o}", "known", chain->known, "items",
                     (json_int_t)chain->items, "by", text_or_null(chain->by), "suffix",
                     text_or_null(chain->suffix), "feeds",
                     feeds_json(&chain->item, chain->witnesses, chain->witness_count));
}

static json_t *steps_json(const struct explanation *e)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < e->trace.count; i++) {
        const struct decide_step *step = &e->trace.steps[i];

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s}", "rule", verdict_rule_word(step->rule),
                                        "looks_at", explain_rule_text(step->rule), "outcome",
                                        explain_outcome_word((int)step->outcome)));
    }
    return list;
}

/* One record as people write it: an address, a name, or octets as RFC 3597 §5 has them. */
static json_t *record_json(const struct listing_record *record)
{
    char type[MNEMONIC_MAX], text[NAME_TEXT_MAX + MNEMONIC_MAX], data[NAME_TEXT_MAX];
    struct addr addr = {.bits = record->type == DNS_A ? 32 : 128};
    struct name name = {record->rdata, record->length};
    size_t octets = record->length < NAME_OCTETS_MAX ? record->length : NAME_OCTETS_MAX;

    if ((record->type == DNS_A && record->length == 4) ||
        (record->type == DNS_AAAA && record->length == 16)) {
        memcpy(addr.octets, record->rdata, record->length);
        addr_to_text(&addr, data);
    } else if (record->type == DNS_CNAME && record->length > 0 &&
               record->length <= NAME_OCTETS_MAX) {
        name_to_text(&name, data);
    } else {
        int used = snprintf(data, sizeof data, "\\# %u ", record->length);

        for (size_t i = 0; i < octets; i++)
            used += snprintf(data + used, sizeof data - (size_t)used, "%02x", record->rdata[i]);
    }
    snprintf(text, sizeof text, "%s %s", mnemonic_type(record->type, type), data);
    return json_string(text);
}

/* What a list answers with. */
static json_t *rewrite_json(const struct verdict *verdict)
{
    struct listing_record record;
    json_t *list = json_array();
    size_t at = 0;

    while (verdict->rewrite != NULL &&
           listing_record(verdict->rewrite, verdict->rewrite_length, &at, &record))
        json_array_append_new(list, record_json(&record));
    return list;
}

static json_t *answer_json(const struct explanation *e)
{
    const struct verdict *verdict = &e->verdict;
    json_t *ede = json_array();

    for (unsigned i = 0; i < VERDICT_EDE_MAX && verdict->ede[i] != VERDICT_NO_EDE; i++)
        json_array_append_new(ede, json_integer(verdict->ede[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rcode", text_or_null(e->rcode),
                     "style", text_or_null(e->style), "action", text_or_null(e->action), "rewrite",
                     rewrite_json(verdict), "target", text_or_null(e->target), "ttl_s",
                     verdict->action == VERDICT_FORWARD || verdict->action == VERDICT_REFUSE
                         ? json_null()
                         : json_integer(verdict->ttl_s),
                     "max_ttl_s",
                     verdict->max_ttl_s == 0 ? json_null() : json_integer(verdict->max_ttl_s),
                     "ede", ede);
}

/* null where none decided; the server adds what its state file says of it (grant_verbs.h). */
static json_t *grant_json(const struct grant_hit *grant)
{
    if (grant->id == 0)
        return json_null();
    return json_pack("{s:I, s:o}", "id", (json_int_t)grant->id, "until_s",
                     grant->until_s == INT64_MAX ? json_null() : json_integer(grant->until_s));
}

/* What the hours, the age and the clock have to do with it. */
static json_t *moment_json(const struct snapshot *snapshot, const struct explanation *e)
{
    const struct verdict *verdict = &e->verdict;
    bool ends = verdict->valid_until_s != INT64_MAX;

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:b}", "preset", text_or_null(e->preset), "in_force",
        list_json(e->in_force), "schedule", text_or_null(explain_schedule_name(snapshot, verdict)),
        "until", ends ? json_integer(verdict->valid_until_s) : json_null(), "warned",
        verdict->warned, "released", verdict->released, "would_block",
        verdict->would_block ? json_string(verdict_rule_word(verdict->observed_rule)) : json_null(),
        "clock_unknown", e->clock_unknown);
}

json_t *why_render(const struct snapshot *snapshot, const struct ask *ask,
                   const struct explanation *e)
{
    json_t *out = json_object();
    char type[MNEMONIC_MAX];

    json_object_set_new(out, "name", json_string(e->name));
    json_object_set_new(out, "type", json_string(mnemonic_type(ask->type, type)));
    json_object_set_new(out, "verdict", json_string(explain_action_word(e->verdict.action)));
    json_object_set_new(out, "blocked", json_boolean(e->blocked));
    json_object_set_new(out, "sentence", json_string(e->sentence));
    json_object_set_new(out, "rule", json_string(verdict_rule_word(e->verdict.rule)));
    json_object_set_new(out, "rule_name", text_or_null(e->rule_suffix));
    json_object_set_new(out, "place", place_json(snapshot, e->verdict.place));
    json_object_set_new(out, "reason", text_or_null(e->verdict.reason));
    json_object_set_new(out, "profile", profile_json(snapshot, e));
    json_object_set_new(out, "unknown_device", json_boolean(e->unknown));
    json_object_set_new(out, "device", device_json(snapshot, e));
    json_object_set_new(out, "grant", grant_json(&e->verdict.grant));
    json_object_set_new(out, "categories", list_json(e->categories));
    json_object_set_new(out, "matched", list_json(e->matched));
    json_object_set_new(out, "services", list_json(e->services));
    json_object_set_new(out, "observed", list_json(e->observed));
    json_object_set_new(out, "suffix", text_or_null(e->suffix));
    json_object_set_new(
        out, "feeds",
        feeds_json(&(struct check_item){.name = ask->name}, e->witnesses, e->witness_count));
    json_object_set_new(out, "chain", chain_json(e));
    json_object_set_new(out, "answer", answer_json(e));
    json_object_set_new(out, "moment", moment_json(snapshot, e));
    json_object_set_new(out, "lift", text_or_null(e->lift));
    json_object_set_new(out, "steps", steps_json(e));
    return out;
}

/* Makes MET what stands for ITEM in a budget. */
static void meet(const struct check_item *item, struct name_buf *met)
{
    if (!item->is_addr) {
        name_lower(met, &item->name);
        return;
    }
    met->length = item->addr.bits / 8;
    memcpy(met->wire, item->addr.octets, met->length);
}

/* Looks at what ENTRY leads to, until something blocks it. */
static void explain_entry(const struct snapshot *snapshot, const struct ask *ask,
                          const struct entry *entry, struct explanation *e)
{
    struct check_item item;
    struct name_buf name;

    e->chain.known = true;
    for (size_t i = 0; entry_item(entry, i, &name, &item); i++) {
        if (explain_item(snapshot, ask, &item, e))
            continue;
        if (e->verdict.rule == RULE_OPERATOR)
            meet(&item, &e->met);
        return;
    }
}

/* Looks for the answer in the cache, as to a client that asks for no signatures. */
static void explain_answer(const struct snapshot *snapshot, const struct why_question *question,
                           const struct ask *ask, struct explanation *e)
{
    const struct cache_key key = {
        .name = ask->name, .type = ask->type, .class = DNS_IN, .group = e->verdict.upstream_mark};
    const struct cache_when when = {question->mono_ms, snapshot_config(snapshot)->cache_stale_s};
    struct cache_room *room = malloc(sizeof *room);
    struct cache_found found;
    struct cache_spot spot;

    if (room == NULL)
        return;
    cache_spot(question->cache, &key, &spot);
    cache_get(question->cache, &spot, &when, room, &found);
    if (found.state == CACHE_FRESH || found.state == CACHE_OLD)
        explain_entry(snapshot, ask, found.entry, e);
    free(room);
}

json_t *why_json(const struct snapshot *snapshot, const struct why_question *question,
                 struct err *err)
{
    struct explanation explanation;
    struct name_buf name;
    struct name met;
    struct ask ask;

    if (asker_pay(question->asker, NULL, err) != 0 ||
        read_question(snapshot, question, &name, &ask, err) != 0)
        return NULL;
    explain_ask(snapshot, &ask, &explanation);
    /* Nobody in particular asked: the profile is the default one, and nobody chose it. */
    if (question->client == NULL && question->profile == NULL)
        explanation.by = IDENTIFY_DEFAULT;
    if (explanation.verdict.action == VERDICT_FORWARD && question->cache != NULL)
        explain_answer(snapshot, question, &ask, &explanation);
    met = name_of(&explanation.met);
    if (met.length > 0 && asker_pay(question->asker, &met, err) != 0)
        return NULL;
    return why_render(snapshot, &ask, &explanation);
}
