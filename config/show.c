/* Problem: people ask what is in force, not what they wrote; and a default that nobody sees is a
 * setting that nobody checks.
 *
 * Idea: the walk of walk.c in the other direction: the same table, the structs instead of the tree,
 * and the tree beside them only to say where a value came from. Each value becomes a flat row with
 * a dotted name, from which the CLI makes lines or JSON. */
#include "config/show.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/date.h"
#include "config/base/text.h"
#include "config/record_text.h"
#include "config/shower.h"
#include "config/walk.h"

enum { NAME_ROOM = 512, TEXT_ROOM = 6000 };

struct show {
    const struct config *config;
    void (*take)(const struct config_row *row, void *user);
    void *user;
    char name[NAME_ROOM]; /* of the option, with its sections */
    const char *preset;   /* of the profile being shown, "" for none */
    const char *extends;  /* as it says itself */
    char **items;
    size_t count;
    enum config_row_kind kind;
};

void show_add(struct show *show, const char *text)
{
    char **grown = realloc(show->items, (show->count + 1) * sizeof *grown);
    char *copy = strdup(text);

    if (grown != NULL)
        show->items = grown;
    if (grown != NULL && copy != NULL)
        show->items[show->count++] = copy;
    else
        free(copy);
}

static void drop_items(struct show *show)
{
    for (size_t i = 0; i < show->count; i++)
        free(show->items[i]);
    free(show->items);
    show->items = NULL;
    show->count = 0;
}

static const char *origin(const struct show *show, const struct option *option, char *room,
                          size_t size)
{
    if (option->type == OPTION_UPSTREAMS && show->config->upstreams_file != NULL)
        return show->config->upstreams_file;
    if (show->kind == CONFIG_ROW_TEXT && show->count == 0)
        return "default"; /* what it would have been taken from has no value either */
    if (option->from == NULL || (strcmp(option->from, "preset") == 0 && show->preset[0] == '\0'))
        return "default";
    snprintf(room, size, "%s%s%s", option->from, strcmp(option->from, "preset") == 0 ? " " : "",
             strcmp(option->from, "preset") == 0 ? show->preset : "");
    return room;
}

void show_emit(struct show *show, const struct option *option, const struct node *node)
{
    char room[128];
    struct config_row row = {.name = show->name,
                             .kind = show->kind,
                             .items = (const char *const *)show->items,
                             .count = show->count};

    if (node != NULL)
        row.place = node->place;
    else
        row.from = origin(show, option, room, sizeof room);
    show->take(&row, show->user);
}

/* Lengthens the name of SHOW by PART; returns what restore_name needs. */
static size_t enter(struct show *show, const char *part)
{
    size_t before = strlen(show->name);

    snprintf(show->name + before, NAME_ROOM - before, "%s%s", before == 0 ? "" : ".", part);
    return before;
}

static void leave(struct show *show, size_t before)
{
    show->name[before] = '\0';
}

static bool has_rows_inside(enum option_type type)
{
    return type == OPTION_SECTION || type == OPTION_PROFILES || type == OPTION_NETWORKS ||
           type == OPTION_RECORDS || type == OPTION_ZONES || type == OPTION_SITE_CATEGORIES ||
           type == OPTION_LISTS || type == OPTION_CALENDARS || type == OPTION_SCHEDULES ||
           type == OPTION_GROUPS || type == OPTION_DEVICES || type == OPTION_OPERATORS;
}

static void show_options(struct show *show, const struct option *options, const struct node *node,
                         const void *base)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        const struct option_kind *kind = &option_kinds[option->type];
        const struct node *member = node_member(node, option->name);
        size_t before = enter(show, option->name);

        show->kind = kind->nothing != NULL ? CONFIG_ROW_LIST : CONFIG_ROW_TEXT;
        kind->show(show, option, member, base);
        if (!has_rows_inside(option->type))
            show_emit(show, option, member);
        drop_items(show);
        leave(show, before);
    }
}

const void *show_field(const struct option *option, const void *base)
{
    return (const char *)base + option->offset;
}

size_t show_length(const struct option *option, const void *base)
{
    size_t count;

    memcpy(&count, (const char *)base + option->count_offset, sizeof count);
    return count;
}

static uint64_t load(const struct option *option, const void *base)
{
    uint64_t value = 0;

    if (option->size == 1) {
        uint8_t narrow;

        memcpy(&narrow, show_field(option, base), 1);
        value = narrow;
    } else if (option->size == 4) {
        uint32_t word;

        memcpy(&word, show_field(option, base), 4);
        value = word;
    } else {
        memcpy(&value, show_field(option, base), sizeof value);
    }
    return value;
}

void show_nothing(struct show *show, const struct option *option, const struct node *node,
                  const void *base)
{
    (void)show;
    (void)option;
    (void)node;
    (void)base;
}

void show_section(struct show *show, const struct option *option, const struct node *node,
                  const void *base)
{
    show_options(show, option->inside, node, base);
}

void show_bool(struct show *show, const struct option *option, const struct node *node,
               const void *base)
{
    (void)node;
    show->kind = CONFIG_ROW_BOOL;
    show_add(show, load(option, base) != 0 ? "yes" : "no");
}

void show_number(struct show *show, const struct option *option, const struct node *node,
                 const void *base)
{
    char text[32];

    (void)node;
    show->kind = CONFIG_ROW_NUMBER;
    snprintf(text, sizeof text, "%llu", (unsigned long long)load(option, base));
    show_add(show, text);
}

void show_duration_ms(struct show *show, const struct option *option, const struct node *node,
                      const void *base)
{
    char text[32];

    (void)node;
    show_add(show, text_from_duration(load(option, base), text));
}

void show_duration_s(struct show *show, const struct option *option, const struct node *node,
                     const void *base)
{
    char text[32];

    (void)node;
    if (load(option, base) >= option->least) /* less cannot be written: none is set */
        show_add(show, text_from_duration(load(option, base) * 1000, text));
}

void show_word(struct show *show, const struct option *option, const struct node *node,
               const void *base)
{
    (void)node;
    show_add(show, option->words[load(option, base)]);
}

void show_text(struct show *show, const struct option *option, const struct node *node,
               const void *base)
{
    const char *text;

    (void)node;
    memcpy(&text, show_field(option, base), sizeof text);
    if (text != NULL)
        show_add(show, text);
}

void show_name(struct show *show, const struct option *option, const struct node *node,
               const void *base)
{
    struct name name = name_of(show_field(option, base));
    char text[NAME_TEXT_MAX];

    (void)node;
    if (name.length > 0)
        show_add(show, name_to_text(&name, text));
}

void show_listeners(struct show *show, const struct option *option, const struct node *node,
                    const void *base)
{
    const struct config_listener *list;
    char text[ADDR_TEXT_MAX];

    (void)node;
    memcpy(&list, show_field(option, base), sizeof list);
    for (size_t i = 0; i < show_length(option, base); i++)
        show_add(show, endpoint_to_text(&list[i].endpoint, text));
}

void show_upstreams(struct show *show, const struct option *option, const struct node *node,
                    const void *base)
{
    const struct config_upstream *list;
    char text[ADDR_TEXT_MAX], item[ADDR_TEXT_MAX + 64];

    (void)node;
    memcpy(&list, show_field(option, base), sizeof list);
    for (size_t i = 0; i < show_length(option, base); i++) {
        bool plain = !list[i].trusted && !list[i].stream;

        snprintf(item, sizeof item, "%s%s%s%s%s",
                 plain ? "" : "{address: ", endpoint_to_text(&list[i].endpoint, text),
                 list[i].trusted ? ", trusted: yes" : "", list[i].stream ? ", transport: tcp" : "",
                 plain ? "" : "}");
        show_add(show, item);
    }
}

void show_addresses(struct show *show, const struct option *option, const struct node *node,
                    const void *base)
{
    const struct addr *list;
    char text[ADDR_TEXT_MAX];

    (void)node;
    memcpy(&list, show_field(option, base), sizeof list);
    for (size_t i = 0; i < show_length(option, base); i++)
        show_add(show, addr_to_text(&list[i], text));
}

void show_prefixes(struct show *show, const struct option *option, const struct node *node,
                   const void *base)
{
    const struct prefix *list;
    char text[ADDR_TEXT_MAX];

    (void)node;
    memcpy(&list, show_field(option, base), sizeof list);
    for (size_t i = 0; i < show_length(option, base); i++)
        show_add(show, prefix_to_text(&list[i], text));
}

void show_categories(struct show *show, const struct option *option, const struct node *node,
                     const void *base)
{
    const struct mask *mask = show_field(option, base);

    (void)node;
    for (unsigned bit = 0; bit < CATEGORY_MAX; bit++) {
        const struct category *category = taxonomy_bit(&show->config->taxonomy, bit);

        if (category != NULL && mask_has(*mask, bit))
            show_add(show, category->key);
    }
}

void show_rules(struct show *show, const struct option *option, const struct node *node,
                const void *base)
{
    static const char *const signs[] = {"=", "*.", ""};
    const struct config_rules *rules = show_field(option, base);
    char text[NAME_TEXT_MAX], item[NAME_TEXT_MAX + 4];

    (void)node;
    for (size_t i = 0; i < rules->count; i++) {
        struct name name = name_of(&rules->items[i].name);

        snprintf(item, sizeof item, "%s%s", signs[rules->items[i].cover],
                 name_to_text(&name, text));
        show_add(show, item);
    }
}

void show_preset(struct show *show, const struct option *option, const struct node *node,
                 const void *base)
{
    (void)option;
    (void)node;
    (void)base;
    if (show->extends[0] != '\0')
        show_add(show, show->extends);
}

void show_day(struct show *show, const struct option *option, const struct node *node,
              const void *base)
{
    char text[DATE_TEXT_MAX];
    int64_t seconds;

    (void)node;
    memcpy(&seconds, show_field(option, base), sizeof seconds);
    show_add(show, date_to_text(date_day_of(seconds), text));
}

void show_month(struct show *show, const struct option *option, const struct node *node,
                const void *base)
{
    struct config_month month;
    char text[32];

    (void)node;
    memcpy(&month, show_field(option, base), sizeof month);
    if (month.year == 0)
        return;
    snprintf(text, sizeof text, "%04u-%02u", month.year, month.month);
    show_add(show, text);
}

void show_profile(struct show *show, const struct option *option, const struct node *node,
                  const void *base)
{
    size_t index = (size_t)load(option, base);

    (void)node;
    if (index < show->config->profile_count)
        show_add(show, show->config->profiles[index].name);
}

/* A row of its own for PART of an item of a list, which stands at PLACE. */
static void emit_part(struct show *show, const char *part, const char *text,
                      struct config_place place, const char *from)
{
    size_t before = enter(show, part);
    struct config_row row = {.name = show->name,
                             .kind = CONFIG_ROW_TEXT,
                             .items = &text,
                             .count = 1,
                             .place = place,
                             .from = place.line == 0 ? from : NULL};

    show->take(&row, show->user);
    leave(show, before);
}

static size_t enter_number(struct show *show, size_t number)
{
    char text[32];

    snprintf(text, sizeof text, "%zu", number);
    return enter(show, text);
}

void show_site_categories(struct show *show, const struct option *option, const struct node *node,
                          const void *base)
{
    const struct taxonomy *taxonomy = &show->config->taxonomy;
    bool any = false;

    (void)base;
    for (unsigned bit = CATEGORY_SITE_FIRST; bit < CATEGORY_MAX; bit++) {
        const struct category *category = taxonomy_bit(taxonomy, bit);
        struct option_site site = {.severity = category != NULL ? category->severity : 0};
        size_t before;

        if (category == NULL)
            continue;
        any = true;
        before = enter(show, category->key);
        site.text = (char *)(uintptr_t)category->text; /* read only from here on */
        show_options(show, option->inside, node_member(node, category->key), &site);
        leave(show, before);
    }
    if (!any)
        show_emit(show, option, node);
}

static void show_one_profile(struct show *show, const struct option *option,
                             const struct node *node, const struct config_profile *profile)
{
    struct option_profile base = {.profile = *profile,
                                  .more = mask_without(profile->block, profile->warn),
                                  .quota = profile->quota,
                                  .warn = profile->warn,
                                  .observe = profile->observe};
    struct mask open = mask_or(mask_or(profile->block, profile->quota), profile->observe);
    struct config_level preset;

    show->preset = profile->preset;
    show->extends = profile->extends;
    if (preset_find(&show->config->taxonomy, profile->preset, &preset) == 0)
        base.unblock = mask_without(mask_or(preset.block, preset.quota), open);
    show_options(show, option->inside, node, &base);
    show->preset = show->extends = "";
}

void show_profiles(struct show *show, const struct option *option, const struct node *node,
                   const void *base)
{
    const struct config *config = show->config;

    (void)base;
    for (size_t i = 0; i < config->profile_count; i++) {
        size_t before = enter(show, config->profiles[i].name);

        show_one_profile(show, option, node_member(node, config->profiles[i].name),
                         &config->profiles[i]);
        leave(show, before);
    }
    if (config->profile_count == 0)
        show_emit(show, option, node);
}

void show_networks(struct show *show, const struct option *option, const struct node *node,
                   const void *base)
{
    const struct config *config = show->config;
    char text[ADDR_TEXT_MAX];

    (void)base;
    for (size_t i = 0; i < config->network_count; i++) {
        const struct config_network *network = &config->networks[i];
        const char *what = config_network_word(network);
        size_t before = enter_number(show, i + 1);

        emit_part(show, what, config_network_text(network, text), network->place, "default");
        emit_part(show, "profile", config->profiles[network->profile].name, network->place,
                  "default");
        if (network->unknown >= 0)
            emit_part(show, "unknown", config->profiles[network->unknown].name, network->place,
                      "default");
        leave(show, before);
    }
    if (config->network_count == 0)
        show_emit(show, option, node);
}

void show_records(struct show *show, const struct option *option, const struct node *node,
                  const void *base)
{
    const struct config *config = show->config;
    char text[TEXT_ROOM], number[32];

    (void)base;
    for (size_t i = 0; i < config->record_count; i++) {
        const struct config_record *record = &config->records[i];

        snprintf(number, sizeof number, "%zu", i + 1);
        emit_part(show, number, record_to_text(record, text, sizeof text), record->place,
                  record->made ? "address" : config->hosts_file);
    }
    if (config->record_count == 0)
        show_emit(show, option, node);
}

void show_zones(struct show *show, const struct option *option, const struct node *node,
                const void *base)
{
    const struct config *config = show->config;
    size_t i = 0;

    (void)base;
    for (const struct node *item = node == NULL ? NULL : node->first;
         item != NULL && i < config->zone_count; item = item->next, i++) {
        size_t before = enter_number(show, i + 1);

        show_options(show, option->inside, item, &config->zones[i]);
        leave(show, before);
    }
    if (config->zone_count == 0)
        show_emit(show, option, node);
}

const struct config *show_config(const struct show *show)
{
    return show->config;
}

void show_item(struct show *show, const struct option *option, const char *name,
               const struct node *node, const void *base)
{
    size_t before = enter(show, name);

    show_options(show, option->inside, node, base);
    leave(show, before);
}

void config_show(const struct config *config,
                 void (*take)(const struct config_row *row, void *user), void *user)
{
    struct show show = {.config = config, .take = take, .user = user, .preset = "", .extends = ""};

    show_options(&show, options_config, config->tree, config);
}
