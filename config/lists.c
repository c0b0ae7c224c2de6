/* lists.c - the readers of lists that others publish, and what they are by default.
 *
 * The problem: a list is fetched at night, by a process that nobody watches, so whatever is wrong
 * with its entry must be said when it is written: a URL that no fetcher takes, a category that no
 * profile can know, a header line that smuggles another. The idea: every value is read by a reader
 * of its own type, in the walk of all options; rules over several values of one list stand in
 * check_lists.c.
 *
 * Dropped: looking at the files that a list names (tokens, keys): they may come later, and a config
 * that only loads on one machine cannot be checked on another. */
#include "config/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/data.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "config/walk.h"

enum {
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S,
    EVERY_LEAST_S = 300,
    KNOWN_MAX = 64,
    IDS_MAX = 256,
    MINISIGN_KEY_LENGTH = 56
};

static const char dir_default[] = "/var/lib/stairgate/lists";

void read_format(struct walk *walk, const struct option *option, const struct node *node,
                 void *base)
{
    char names[KNOWN_MAX][16];
    const char *known[KNOWN_MAX];
    struct data_reader row;
    size_t count = 0;

    if (data_open(&row, "formats") != 0)
        return;
    for (; count < KNOWN_MAX && data_next(&row); count++) {
        snprintf(names[count], sizeof names[count], "%.15s", row.fields[0]);
        known[count] = names[count];
        if (strcmp(names[count], node->text) == 0) {
            memcpy(option_field(option, base), names[count], sizeof names[count]);
            return;
        }
    }
    problem_unknown(walk->problems, node->place, "unknown format", node->text, known, count);
}

void read_category(struct walk *walk, const struct option *option, const struct node *node,
                   void *base)
{
    const struct category *category = walk_category(walk, node);

    if (category != NULL)
        memcpy(option_field(option, base), category->key, sizeof category->key);
}

void read_list_parts(struct walk *walk, const struct option *option, const struct node *node,
                     void *base)
{
    char quote[PROBLEM_QUOTE_MAX];

    for (const struct node *item = node->first; item != NULL; item = item->next) {
        const char *name = item->key->text;
        const struct category *category;
        struct config_list_part *part;

        if (name[0] == '\0' || strlen(name) >= CONFIG_WORD_MAX || !problem_is_plain(name)) {
            problem_add(walk->problems, item->key->place,
                        "a part is plain text of 1 to %d octets: %s", CONFIG_WORD_MAX - 1,
                        problem_quote(name, quote));
            continue;
        }
        if (item->kind != NODE_SCALAR) {
            walk_wrong(walk, option, item);
            continue;
        }
        category = walk_category(walk, item);
        if (category == NULL)
            continue;
        part =
            walk_append(walk, option_field(option, base), option_count(option, base), sizeof *part);
        if (part == NULL)
            return;
        snprintf(part->name, sizeof part->name, "%s", name);
        memcpy(part->category, category->key, sizeof category->key);
    }
}

/* Appends TEXT, which the list owns from here on. */
static void append_text(struct walk *walk, const struct option *option, void *base, char *text)
{
    char **added = text == NULL ? NULL
                                : walk_append(walk, option_field(option, base),
                                              option_count(option, base), sizeof *added);

    if (added != NULL)
        *added = text;
    else
        free(text);
}

void read_paths(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    FOR_TEXTS(item)
    {
        if (item->text[0] == '\0')
            walk_wrong(walk, option, item);
        else
            append_text(walk, option, base, walk_path(walk, item->text));
    }
}

/* What the fetcher itself says, or what would change how octets are framed. */
static const char *const headers_ours[] = {
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "expect",
    "host",
    "if-match",
    "if-range",
    "if-modified-since",
    "if-none-match",
    "proxy-authorization",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
};

/* Returns what is wrong with LINE as a header, or NULL. Names: RFC 9110 §5.6.2. */
static const char *header_fault(const char *line)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t name = strspn(line, token);

    if (name == 0 || line[name] != ':' || !problem_is_plain(line))
        return "write `Name: value`, or `Name: @FILE`";
    if (strspn(line + name + 1, " @") == strlen(line + name + 1))
        return "it has no value";
    for (size_t i = 0; i < sizeof headers_ours / sizeof *headers_ours; i++) {
        if (strlen(headers_ours[i]) == name && strncasecmp(headers_ours[i], line, name) == 0)
            return "the fetcher writes it itself; a token belongs in auth.bearer_file";
    }
    return NULL;
}

/* Returns LINE, whose @FILE is seen from the folder of the config. */
static char *header_copy(struct walk *walk, const char *line)
{
    const char *colon = strchr(line, ':');
    const char *value = colon + 1 + strspn(colon + 1, " ");
    char *path, *joined = NULL;

    if (*value != '@')
        return walk_copy(walk, line);
    path = walk_path(walk, value + 1);
    if (path != NULL && asprintf(&joined, "%.*s: @%s", (int)(colon - line), line, path) < 0)
        joined = NULL;
    free(path);
    return joined;
}

void read_headers(struct walk *walk, const struct option *option, const struct node *node,
                  void *base)
{
    char name[PROBLEM_QUOTE_MAX];

    FOR_TEXTS(item)
    {
        const char *fault = header_fault(item->text);

        if (fault == NULL) {
            append_text(walk, option, base, header_copy(walk, item->text));
            continue;
        }
        /* the value may be a secret: not repeated */
        snprintf(name, sizeof name, "%.*s", (int)strcspn(item->text, ":"), item->text);
        problem_add(walk->problems, item->place, "not a header line: '%s'; %s",
                    problem_is_plain(name) ? name : "?", fault);
    }
}

void read_public_key(struct walk *walk, const struct option *option, const struct node *node,
                     void *base)
{
    static const char base64[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    const char *text = node->text;
    size_t length = strlen(text);
    bool letters = strncmp(text, "RW", 2) == 0 && strspn(text, base64) == length;
    char *copy;

    if (letters && length > 40 && length != MINISIGN_KEY_LENGTH) {
        problem_add(walk->problems, node->place,
                    "not a key of minisign: it has %zu letters, not %d", length,
                    MINISIGN_KEY_LENGTH);
        return;
    }
    if (length == 0) {
        walk_wrong(walk, option, node);
        return;
    }
    copy = letters && length == MINISIGN_KEY_LENGTH ? walk_copy(walk, text) : walk_path(walk, text);
    if (copy != NULL)
        memcpy(option_field(option, base), &copy, sizeof copy);
}

void read_canary(struct walk *walk, const struct option *option, const struct node *node,
                 void *base)
{
    struct name_buf name;
    char *copy;

    if (walk_name(walk, node, node->text, &name) != 0)
        return;
    copy = walk_copy(walk, node->text);
    if (copy != NULL)
        memcpy(option_field(option, base), &copy, sizeof copy);
}

/* The folders of a UT1 tree go where its table says, unless the operator says it. */
static void default_parts(struct walk *walk, struct config_list *list)
{
    struct data_reader row;

    if (data_open(&row, "ut1") != 0)
        return;
    list->parts_by_table = true;
    while (data_next(&row)) {
        const char *key = row.fields[1];
        struct config_list_part *part;

        if (key[0] == '-' || key[0] == '=')
            continue;
        part = walk_append(walk, &list->parts, &list->part_count, sizeof *part);
        if (part == NULL)
            return;
        snprintf(part->name, sizeof part->name, "%.63s", row.fields[0]);
        snprintf(part->category, sizeof part->category, "%.31s", key);
    }
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* With a deadline there must be room in it for a try that fails. */
static void finish_times(const struct node *item, struct config_list *list)
{
    uint32_t deadline_s = list->deadline_s, left_s = UINT32_MAX;

    if (node_member(item, "every") == NULL) {
        list->every_s = deadline_s == 0 ? DAY_S : smaller(DAY_S, deadline_s / 4);
        if (list->every_s < EVERY_LEAST_S)
            list->every_s = EVERY_LEAST_S;
    }
    if (deadline_s != 0)
        left_s = deadline_s > list->every_s ? deadline_s - list->every_s : 0;
    if (node_member(item, "jitter") == NULL)
        list->jitter_s = smaller(left_s, smaller(list->every_s / 5, HOUR_S));
    if (node_member(item, "max_age") != NULL)
        return;
    list->max_age_s = 3 * list->every_s > 7 * DAY_S ? 3 * list->every_s : 7 * DAY_S;
    if (deadline_s != 0)
        list->max_age_s = deadline_s > list->every_s ? deadline_s : list->every_s;
}

/* What depends on another option of the same list. */
static void finish_list(struct walk *walk, const struct node *item, struct config_list *list)
{
    finish_times(item, list);
    if (!config_list_is_sealed(list) && strcmp(list->format, "ut1") == 0 &&
        node_member(item, "category") == NULL && node_member(item, "categories") == NULL)
        default_parts(walk, list);
}

void read_lists(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct config_list *list =
            walk_append(walk, option_field(option, base), option_count(option, base), sizeof *list);

        if (list == NULL)
            return;
        snprintf(list->id, sizeof list->id, "%.63s", item->key->text);
        list->place = item->key->place;
        walk_item(walk, option, item, list);
        if (item->kind != NODE_MAPPING)
            continue;
        finish_list(walk, item, list);
        check_list(walk, item, list);
    }
}

static bool has_class(const struct config *config, bool is_of_class(const struct config_list *list))
{
    for (size_t i = 0; i < config->list_count; i++) {
        if (is_of_class(&config->lists[i]))
            return true;
    }
    return false;
}

bool config_has_sealed_lists(const struct config *config)
{
    return has_class(config, config_list_is_sealed);
}

/* The path of the set in force in FOLDER of feeds.dir. */
static char *set_in(struct walk *walk, const char *folder)
{
    const char *dir = walk->config->feeds.dir;
    char *path = NULL;

    if (dir != NULL && asprintf(&path, "%s/%s" CONFIG_SET_CURRENT, dir, folder) < 0)
        path = NULL;
    return path;
}

void lists_finish(struct walk *walk)
{
    struct config *config = walk->config;
    struct config_feeds *feeds = &config->feeds;

    if (feeds->user == NULL && config->user != NULL)
        feeds->user = walk_copy(walk, config->user);
    if (config->list_count == 0)
        return;
    if (feeds->dir == NULL)
        feeds->dir = walk_copy(walk, dir_default);
    if (config->set_public == NULL && has_class(config, config_list_is_fetched))
        config->set_public = set_in(walk, "");
    if (config->set_hotline == NULL && config_has_sealed_lists(config))
        config->set_hotline = set_in(walk, CONFIG_SEALED_FOLDER "/");
}

const struct config_list *config_find_list(const struct config *config, const char *id)
{
    for (size_t i = 0; i < config->list_count; i++) {
        if (strcmp(config->lists[i].id, id) == 0)
            return &config->lists[i];
    }
    return NULL;
}

int config_no_such_list(const struct config *config, const char *id, struct err *err)
{
    const char *ids[IDS_MAX], *near;
    size_t count = 0;

    for (; count < config->list_count && count < IDS_MAX; count++)
        ids[count] = config->lists[count].id;
    near = text_nearest(id, ids, count);
    if (near != NULL)
        return err_set(err, ERR_NOT_FOUND, "no list of that name: '%.100s'; did you mean '%s'?", id,
                       near);
    return err_set(err, ERR_NOT_FOUND,
                   "no list of that name: '%.100s'; `stairgate lists show` has them all", id);
}

bool config_set_is_fetched(const struct config *config)
{
    const char *dir = config->feeds.dir, *path = config->set_public;
    size_t length = dir != NULL ? strlen(dir) : 0;

    return config->list_count > 0 && dir != NULL && path != NULL &&
           strncmp(path, dir, length) == 0 && strcmp(path + length, "/" CONFIG_SET_CURRENT) == 0;
}

bool config_list_is_fetched(const struct config_list *list)
{
    return list->class_ == LIST_PUBLIC || list->class_ == LIST_PARTNER;
}

bool config_list_is_sealed(const struct config_list *list)
{
    return list->class_ == LIST_LEGAL || list->class_ == LIST_HOTLINE;
}

static void free_list(struct config_list *list)
{
    char *texts[] = {list->url,           list->column,      list->member,       list->bearer_file,
                     list->basic_file,    list->certificate, list->key,          list->ca,
                     list->signature_url, list->public_key,  list->licence,      list->attribution,
                     list->contact,       list->legal_basis, list->jurisdiction, list->appeal_url,
                     list->gate.canary,   list->inbox};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < list->header_count; i++)
        free(list->headers[i]);
    free(list->headers);
    free(list->parts);
}

void lists_free(struct config *config)
{
    struct config_feeds *feeds = &config->feeds;

    for (size_t i = 0; i < config->list_count; i++)
        free_list(&config->lists[i]);
    free(config->lists);
    for (size_t i = 0; i < feeds->protect_count; i++)
        free(feeds->protect[i]);
    free(feeds->protect);
    free(feeds->dir);
    free(feeds->user);
    free(feeds->expect);
    free(feeds->notify_command);
    free(feeds->notify_url);
}
