/* service.c - the options that name services and lists.
 *
 * The problem: a schedule may close one site out of a hundred known ones, and a mask has 64 bits
 * beside the categories. The idea: a tag is given to what somebody names, when he names it; all
 * other services cost no bit, and none is known by its number outside of one config.
 *
 * Dropped: a bit for each built-in service (more of them than bits), and wider masks, which every
 * kept answer and every row of a set would pay for. */
#include "config/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "config/shower.h"
#include "config/walk.h"

enum { KNOWN_MOST = 512, SERVICE_FILE_MOST = 1 << 20 };

bool service_next(struct data_reader *reader)
{
    while (data_next(reader)) {
        if (reader->fields[SERVICE_LABEL][0] != '\0')
            return true;
    }
    return false;
}

const char *service_name_next(const char **at, size_t *length)
{
    const char *name = *at + strspn(*at, " ");

    *length = strcspn(name, " ");
    *at = name + *length;
    return *length == 0 ? NULL : name;
}

bool service_is_builtin(const char *id)
{
    struct data_reader row;

    if (data_open(&row, "services") != 0)
        return false;
    while (service_next(&row)) {
        if (strcmp(row.fields[SERVICE_ID], id) == 0)
            return true;
    }
    return false;
}

size_t service_ids(const struct config *config, char (*ids)[CONFIG_WORD_MAX], size_t most)
{
    struct data_reader row;
    size_t count = 0;

    if (data_open(&row, "services") == 0) {
        for (; count < most && service_next(&row); count++)
            snprintf(ids[count], sizeof ids[count], "%.63s", row.fields[SERVICE_ID]);
    }
    for (size_t i = 0; i < config->service_count && count < most; i++, count++)
        snprintf(ids[count], sizeof ids[count], "%s", config->services[i].id);
    return count;
}

const struct config_service *service_own(const struct config *config, const char *id)
{
    for (size_t i = 0; i < config->service_count; i++) {
        if (strcmp(config->services[i].id, id) == 0)
            return &config->services[i];
    }
    return NULL;
}

unsigned tag_find(const struct config *config, const char *id, bool is_list)
{
    for (size_t i = 0; i < config->tag_count; i++) {
        if (config->tags[i].is_list == is_list && strcmp(config->tags[i].id, id) == 0)
            return TAG_FIRST + (unsigned)i;
    }
    return 0;
}

const struct config_tag *tag_of_bit(const struct config *config, unsigned bit)
{
    return bit >= TAG_FIRST && bit - TAG_FIRST < config->tag_count ? &config->tags[bit - TAG_FIRST]
                                                                   : NULL;
}

/* --- tags --- */

/* Returns the bit of ID, which NODE names, giving it one where it has none; 0 where none is left
 * (reported). */
static unsigned tag_give(struct walk *walk, const struct node *node, bool is_list)
{
    struct config *config = walk->config;
    unsigned bit = tag_find(config, node->text, is_list);
    struct config_tag *tag;

    if (bit != 0)
        return bit;
    if (config->tag_count == TAGS_MOST) {
        problem_add(walk->problems, node->place,
                    "too many services and lists named by profiles and schedules: '%.63s' would be "
                    "number %d; name at most %d in all, or use categories",
                    node->text, TAGS_MOST + 1, TAGS_MOST);
        return 0;
    }
    tag = walk_append(walk, &config->tags, &config->tag_count, sizeof *tag);
    if (tag == NULL)
        return 0;
    snprintf(tag->id, sizeof tag->id, "%.63s", node->text);
    tag->is_list = is_list;
    return TAG_FIRST + (unsigned)config->tag_count - 1;
}

static void report_service(struct walk *walk, const struct node *node)
{
    static const char what[] = "unknown service";
    char(*ids)[CONFIG_WORD_MAX] = calloc(KNOWN_MOST, sizeof *ids);
    const char *known[KNOWN_MOST];
    size_t count = ids != NULL ? service_ids(walk->config, ids, KNOWN_MOST) : 0;

    for (size_t i = 0; i < count; i++)
        known[i] = ids[i];
    problem_unknown(walk->problems, node->place, what, node->text, known, count);
    free(ids);
}

void read_service_tags(struct walk *walk, const struct option *option, const struct node *node,
                       void *base)
{
    struct mask *mask = option_field(option, base);

    FOR_TEXTS(item)
    {
        unsigned bit = 0;

        if (service_own(walk->config, item->text) == NULL && !service_is_builtin(item->text))
            report_service(walk, item);
        else
            bit = tag_give(walk, item, false);
        if (bit != 0)
            *mask = mask_or(*mask, mask_bit(bit));
    }
}

static void report_list(struct walk *walk, const struct node *node, const struct node *lists)
{
    const char *known[KNOWN_MOST];
    size_t count = 0;

    if (lists != NULL && lists->kind == NODE_MAPPING) {
        for (const struct node *item = lists->first; item != NULL && count < KNOWN_MOST;
             item = item->next)
            known[count++] = item->key->text;
    }
    problem_unknown(walk->problems, node->place, "unknown list", node->text, known, count);
}

/* Lists are read behind profiles, so that the tree is asked which there are. */
void read_list_tags(struct walk *walk, const struct option *option, const struct node *node,
                    void *base)
{
    const struct node *lists = node_member(walk->config->tree, "lists");
    struct mask *mask = option_field(option, base);

    FOR_TEXTS(item)
    {
        unsigned bit = 0;

        if (node_member(lists, item->text) == NULL)
            report_list(walk, item, lists);
        else
            bit = tag_give(walk, item, true);
        if (bit != 0)
            *mask = mask_or(*mask, mask_bit(bit));
    }
}

/* --- services of the operator's own --- */

static void take_name(struct walk *walk, struct config_service *service, struct config_place place,
                      const struct name_buf *name)
{
    struct config_rule *rule =
        walk_append(walk, &service->names.items, &service->names.count, sizeof *rule);

    if (rule != NULL)
        *rule = (struct config_rule){.name = *name, .cover = COVER_SUBTREE, .place = place};
}

/* Reads the names in TEXT, of a file: one on each line, `#` begins a comment. */
static void parse_names(struct walk *walk, struct config_service *service, char *text)
{
    unsigned line = 0;
    char *rest = text, *at;

    while ((at = strsep(&rest, "\n")) != NULL) {
        char quote[PROBLEM_QUOTE_MAX];
        struct config_place place = {++line, 1};
        struct name_buf name;
        enum name_fault fault;

        at[strcspn(at, "#\r")] = '\0';
        at += strspn(at, " \t");
        at[strcspn(at, " \t")] = '\0';
        if (at[0] == '\0')
            continue;
        fault = name_from_host(&name, at, strlen(at));
        if (fault == NAME_OK)
            take_name(walk, service, (struct config_place){0, 0}, &name);
        else
            problem_add(walk->problems, place, "not a name: %s; %s", problem_quote(at, quote),
                        name_fault_text(fault));
    }
}

static void read_names_file(struct walk *walk, const struct node *node,
                            struct config_service *service)
{
    const char *before = walk->problems->path;
    char *path = walk_path(walk, node->text), *text = NULL;
    size_t length;
    struct err err;

    if (!walk->system || path == NULL)
        goto out;
    text = file_read(path, SERVICE_FILE_MOST, &length, &err);
    if (text == NULL) {
        problem_add(walk->problems, node->place,
                    "%s; a service is a list of names, or the file that holds them", err.text);
        goto out;
    }
    walk->problems->path = path;
    parse_names(walk, service, text);
    walk->problems->path = before;
out:
    free(text);
    free(path);
}

static bool is_id(const char *id)
{
    size_t length = strlen(id);

    return length > 0 && length < CONFIG_WORD_MAX &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

static void read_one_service(struct walk *walk, const struct option *option,
                             const struct node *item)
{
    char quote[PROBLEM_QUOTE_MAX];
    struct config_service *service;

    if (!is_id(item->key->text) || service_is_builtin(item->key->text)) {
        problem_add(walk->problems, item->key->place, "a service's id is %s: %s",
                    is_id(item->key->text) ? "one that no built-in service has"
                                           : "1 to 63 of a-z, 0-9, - and _",
                    problem_quote(item->key->text, quote));
        return;
    }
    service =
        walk_append(walk, &walk->config->services, &walk->config->service_count, sizeof *service);
    if (service == NULL)
        return;
    snprintf(service->id, sizeof service->id, "%.63s", item->key->text);
    service->place = item->key->place;
    if (item->kind == NODE_SCALAR) {
        read_names_file(walk, item, service);
        return;
    }
    if (item->kind == NODE_MAPPING) {
        walk_wrong(walk, option, item);
        return;
    }
    for (const struct node *name = node_item_first(item); name != NULL;
         name = node_item_next(item, name)) {
        struct name_buf read;

        if (name->kind != NODE_SCALAR)
            walk_wrong(walk, option, name);
        else if (walk_name(walk, name, name->text, &read) == 0)
            take_name(walk, service, name->place, &read);
    }
}

void read_services(struct walk *walk, const struct option *option, const struct node *node,
                   void *base)
{
    (void)base;
    for (const struct node *item = node->first; item != NULL; item = item->next)
        read_one_service(walk, option, item);
}

/* --- shown --- */

static void show_tags(struct show *show, const struct option *option, const void *base,
                      bool is_list)
{
    const struct mask *mask = show_field(option, base);

    for (unsigned bit = TAG_FIRST; bit < MASK_BITS; bit++) {
        const struct config_tag *tag = tag_of_bit(show_config(show), bit);

        if (tag != NULL && tag->is_list == is_list && mask_has(*mask, bit))
            show_add(show, tag->id);
    }
}

void show_service_tags(struct show *show, const struct option *option, const struct node *node,
                       const void *base)
{
    (void)node;
    show_tags(show, option, base, false);
}

void show_list_tags(struct show *show, const struct option *option, const struct node *node,
                    const void *base)
{
    (void)node;
    show_tags(show, option, base, true);
}

void show_services(struct show *show, const struct option *option, const struct node *node,
                   const void *base)
{
    const struct config *config = show_config(show);

    (void)option;
    (void)node;
    (void)base;
    for (size_t i = 0; i < config->service_count; i++) {
        char text[CONFIG_WORD_MAX + 32];

        snprintf(text, sizeof text, "%s: %zu names", config->services[i].id,
                 config->services[i].names.count);
        show_add(show, text);
    }
}
