/* expect_file.c - expectations as they are written, to one question each.
 *
 * An item may name several names, profiles or clients, and types: each with each is one
 * expectation. They are not kept: a file is walked once to find all that is wrong with it, and once
 * more to ask. */
#include "tools/stairgate/expect_file.h"

#include <string.h>

#include "blocklist/format/idn.h"
#include "config/base/addr.h"
#include "config/base/device_key.h"
#include "config/problem.h"
#include "config/tree.h"
#include "config/base/err.h"
#include "policy/verdict.h"
#include "resolver/daemon/grant_time.h"
#include "resolver/daemon/why.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/mnemonic.h"

#define EVERY_PROFILE "all"

static const char *const keys[] = {"name", "profile", "client", "listen", "told",
                                   "type", "at",      "expect", "rule",   "category"};
enum { KEYS = sizeof keys / sizeof *keys, WORDS_MOST = CATEGORY_MAX, PORT_DNS = 53 };

/* One item of the file. */
struct item {
    const struct expect_reader *reader;
    const struct node *node;
    struct expectation now; /* what is the same for all of its expectations, and the current one */
};

static void wrong(const struct item *item, const struct node *node, const char *what)
{
    char quote[PROBLEM_QUOTE_MAX];

    problem_add(item->reader->problems, node->place, "%s: %s", what,
                problem_quote(node->kind == NODE_SCALAR ? node->text : "", quote));
}

static bool is_scalar(const struct item *item, const struct node *node)
{
    if (node->kind == NODE_SCALAR)
        return true;
    if (node->kind != NODE_BAD)
        problem_add(item->reader->problems, node->place, "a single word is expected here");
    return false;
}

/* Returns the first word of NODE, one or a sequence of them; NULL where it is something else. */
static const struct node *first_word(const struct item *item, const struct node *node)
{
    if (node->kind == NODE_SEQUENCE && node->first == NULL)
        problem_add(item->reader->problems, node->place, "nothing is named here");
    if (node->kind == NODE_SEQUENCE)
        return node_item_first(node);
    return is_scalar(item, node) ? node : NULL;
}

/* Finds NODE's word among WORDS[0..COUNT); -1 with a problem that says WHAT is unknown. */
static int find_word(const struct item *item, const struct node *node, const char *what,
                     const char *const *words, size_t count)
{
    if (!is_scalar(item, node))
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(node->text, words[i]) == 0)
            return (int)i;
    }
    problem_unknown(item->reader->problems, node->place, what, node->text, words, count);
    return -1;
}

/* --- the walk over names, clients, times and types, innermost first --- */

/* Calls TAKE with each word of the member KEY; with NULL where there is none. */
static void take_each(struct item *item, const char *key,
                      void (*take)(struct item *item, const struct node *node))
{
    const struct node *words = node_member(item->node, key);

    if (words == NULL) {
        take(item, NULL);
        return;
    }
    for (const struct node *word = first_word(item, words); word != NULL;
         word = node_item_next(words, word))
        take(item, word);
}

static void take_type(struct item *item, const struct node *node)
{
    const struct expect_reader *reader = item->reader;

    item->now.ask.type = DNS_A;
    if (node != NULL &&
        (!is_scalar(item, node) || mnemonic_read_type(node->text, &item->now.ask.type) != 0)) {
        wrong(item, node, "not a record type, such as A or HTTPS");
        return;
    }
    item->now.ask.name = name_of(&item->now.name);
    if (reader->take != NULL)
        reader->take(reader->context, &item->now);
}

/* A time of the day is the next one on the clocks of whom it is about: what is to hold by day can
 * be asked by night. */
static int read_time(const struct item *item, const char *text, int64_t *wall_s, struct err *err)
{
    const struct config *config = item->reader->config;
    int profile = item->now.ask.forced_profile;
    const char *own = profile >= 0 ? config->profiles[profile].zone : NULL;
    struct err ignored;
    struct zone *zone;
    int result;

    if (why_read_time(text, 0, wall_s, err) == 0)
        return 0;
    zone = grant_time_zone(own != NULL ? own : config->zone);
    result = grant_time_read(NULL, text, 0, item->reader->now_s, zone, wall_s, &ignored);
    grant_time_free(zone);
    return result;
}

static void take_time(struct item *item, const struct node *node)
{
    struct err err;

    item->now.at = NULL;
    item->now.ask.wall_s = item->reader->now_s;
    if (node != NULL) {
        if (!is_scalar(item, node))
            return;
        if (read_time(item, node->text, &item->now.ask.wall_s, &err) != 0) {
            problem_add(item->reader->problems, node->place, "%s", err.text);
            return;
        }
        item->now.at = node->text;
    }
    take_each(item, "type", take_type);
}

static void take_times(struct item *item)
{
    take_each(item, "at", take_time);
}

static void take_profile(struct item *item, size_t profile)
{
    item->now.profile = item->reader->config->profiles[profile].name;
    item->now.ask.forced_profile = (int)profile;
    take_times(item);
}

static void take_every_profile(struct item *item)
{
    for (size_t i = 0; i < item->reader->config->profile_count; i++)
        take_profile(item, i);
}

static void take_profiles(struct item *item, const struct node *profiles)
{
    const struct config *config = item->reader->config;

    item->now.client = NULL;
    item->now.ask.client = (struct addr){.bits = 0};
    for (const struct node *node = first_word(item, profiles); node != NULL;
         node = node_item_next(profiles, node)) {
        long profile;

        if (!is_scalar(item, node))
            continue;
        profile = config_profile_find(config, node->text);
        if (profile >= 0)
            take_profile(item, (size_t)profile);
        else if (strcmp(node->text, EVERY_PROFILE) == 0)
            take_every_profile(item);
        else
            wrong(item, node, "no such profile");
    }
}

static void take_clients(struct item *item, const struct node *clients)
{
    struct ask *ask = &item->now.ask;

    item->now.profile = NULL;
    ask->forced_profile = ASK_NO_PROFILE;
    for (const struct node *node = first_word(item, clients); node != NULL;
         node = node_item_next(clients, node)) {
        if (!is_scalar(item, node))
            continue;
        if (addr_from_text(&ask->client, node->text) != 0) {
            wrong(item, node, "not an address");
            continue;
        }
        ask->ifindex = ask->client.scope;
        item->now.client = node->text;
        take_times(item);
    }
}

static void take_who(struct item *item)
{
    const struct node *profiles = node_member(item->node, "profile");
    const struct node *clients = node_member(item->node, "client");

    if (profiles != NULL)
        take_profiles(item, profiles);
    if (clients != NULL)
        take_clients(item, clients);
    if (profiles == NULL && clients == NULL) {
        item->now.client = NULL;
        item->now.ask.client = (struct addr){.bits = 0};
        take_profile(item, item->reader->config->default_profile);
    }
}

static void take_names(struct item *item, const struct node *names)
{
    char ascii[IDN_TEXT_MAX];

    for (const struct node *node = first_word(item, names); node != NULL;
         node = node_item_next(names, node)) {
        if (!is_scalar(item, node))
            continue;
        if (idn_to_ascii(node->text, strlen(node->text), ascii) != 0 ||
            name_from_text(&item->now.name, ascii, strlen(ascii)) != NAME_OK) {
            wrong(item, node, "not a name");
            continue;
        }
        item->now.place = node->place;
        take_who(item);
    }
}

/* --- what is the same for all --- */

static bool read_expected(struct item *item)
{
    static const char *const words[] = {"blocked", "allowed"};
    const struct node *node = node_member(item->node, "expect");
    int word;

    if (node == NULL) {
        problem_add(item->reader->problems, item->node->place,
                    "missing key: 'expect'; blocked or allowed");
        return false;
    }
    word = find_word(item, node, "not a verdict", words, 2);
    item->now.blocked = word == 0;
    return word >= 0;
}

static bool read_rule(struct item *item)
{
    const struct node *node = node_member(item->node, "rule");
    const char *words[VERDICT_RULE_COUNT];

    item->now.rule = -1;
    if (node == NULL)
        return true;
    for (int i = 0; i < VERDICT_RULE_COUNT; i++)
        words[i] = verdict_rule_word((enum verdict_rule)i);
    item->now.rule = find_word(item, node, "not a rule", words, VERDICT_RULE_COUNT);
    return item->now.rule >= 0;
}

static bool read_category(struct item *item)
{
    const struct taxonomy *taxonomy = &item->reader->config->taxonomy;
    const struct node *node = node_member(item->node, "category");
    const char *words[WORDS_MOST];

    if (node == NULL)
        return true;
    for (size_t i = 0; i < taxonomy->count; i++)
        words[i] = taxonomy->categories[i].key;
    if (find_word(item, node, "not a category", words, taxonomy->count) < 0)
        return false;
    item->now.category = node->text;
    return true;
}

/* Reads the address that was asked, and what a forwarder said of the device. */
static bool read_way(struct item *item)
{
    const struct node *listen = node_member(item->node, "listen");
    const struct node *told = node_member(item->node, "told");
    struct ask *ask = &item->now.ask;

    if (listen != NULL && (!is_scalar(item, listen) ||
                           endpoint_from_text(&ask->local, listen->text, PORT_DNS) != 0)) {
        wrong(item, listen, "not an address to be asked at");
        return false;
    }
    if (told != NULL && (!is_scalar(item, told) || device_key_parse(told->text, &ask->told) != 0)) {
        wrong(item, told, "not what a device is known by, such as 00:00:5e:00:53:0a");
        return false;
    }
    return true;
}

static void check_keys(const struct item *item)
{
    for (const struct node *member = item->node->first; member != NULL; member = member->next) {
        bool known = false;

        for (size_t i = 0; i < KEYS && member->key != NULL; i++)
            known |= strcmp(member->key->text, keys[i]) == 0;
        if (!known && member->key != NULL)
            problem_unknown(item->reader->problems, member->key->place, "unknown key",
                            member->key->text, keys, KEYS);
    }
}

static void read_item(const struct expect_reader *reader, const struct node *node)
{
    struct item item = {.reader = reader, .node = node, .now = {.file = reader->file}};
    const struct node *names;

    if (node->kind == NODE_BAD)
        return;
    if (node->kind != NODE_MAPPING) {
        problem_add(reader->problems, node->place,
                    "an expectation is a mapping, such as {name: school.example, expect: allowed}");
        return;
    }
    names = node_member(node, "name");
    check_keys(&item);
    if (names == NULL)
        problem_add(reader->problems, node->place, "missing key: 'name'");
    item.now.ask.class = DNS_IN;
    if (read_expected(&item) && read_rule(&item) && read_category(&item) && read_way(&item) &&
        names != NULL)
        take_names(&item, names);
}

void expect_file_read(const struct expect_reader *reader, const struct node *root)
{
    if (root == NULL || node_is_null(root) || root->kind != NODE_SEQUENCE) {
        problem_add(reader->problems, root != NULL ? root->place : (struct config_place){0, 0},
                    "expectations are a sequence, such as "
                    "- {name: school.example, expect: allowed}");
        return;
    }
    for (const struct node *node = node_item_first(root); node != NULL;
         node = node_item_next(root, node))
        read_item(reader, node);
}
