/* level.c - presets, and the steps of a profile that grows with a child.
 *
 * A preset is a row of config/data/presets.tsv; what it blocks are cells of the taxonomy. A level
 * is what a profile comes to at one age: its preset's, with the profile's own words on it. A
 * profile that says a month of birth has one level for each band, any other is a level itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/data.h"
#include "config/base/date.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "config/walk.h"
#include "config/window.h"

enum {
    PRESET_NAME,
    PRESET_BAND,
    PRESET_BLOCK,
    PRESET_QUOTA,
    PRESET_WARN,
    PRESET_BESIDES,
    PRESET_DEFAULT,
    PRESET_EDU,
    PRESET_MAX_TTL,
    PRESET_SAFE_SEARCH,
    PRESET_YOUTUBE,
    PRESET_HOURS,
    PRESET_MEANING,
    PRESET_COLUMNS
};
enum { KNOWN_MAX = 256 };

/* Reads `20:00-06:30`, or `-` for none. */
static int read_hours(const char *text, struct config_window *window)
{
    char fault[WINDOW_FAULT_MAX];

    *window = (struct config_window){0};
    return strcmp(text, "-") == 0 ? 0 : window_read(text, WINDOW_WEEKEND, window, fault);
}

/* Reads the keys of categories, with commas between, or `-` for none. */
static int read_keys(const struct taxonomy *taxonomy, const char *text, struct mask *mask)
{
    char keys[DATA_FIELD_MAX], *rest = keys, *key;

    *mask = (struct mask){.words = {0}};
    if (strcmp(text, "-") == 0)
        return 0;
    snprintf(keys, sizeof keys, "%s", text);
    while ((key = strsep(&rest, ",")) != NULL) {
        const struct category *category = taxonomy_find(taxonomy, key);

        if (category == NULL)
            return -1;
        *mask = mask_or(*mask, mask_bit(category->bit));
    }
    return 0;
}

static int read_youtube(const char *text, enum youtube_level *level)
{
    for (size_t i = 0; option_youtube[i] != NULL; i++) {
        if (strcmp(text, option_youtube[i]) == 0) {
            *level = (enum youtube_level)i;
            return 0;
        }
    }
    return -1;
}

static int read_level(const struct taxonomy *taxonomy, const struct data_reader *row,
                      struct config_level *level)
{
    unsigned band = (unsigned)(row->fields[PRESET_BAND][0] - 'A');
    struct mask besides;
    uint64_t max_ttl_ms;

    if (row->count != PRESET_COLUMNS || band >= BANDS ||
        text_duration_ms(row->fields[PRESET_MAX_TTL], &max_ttl_ms) != 0 ||
        read_keys(taxonomy, row->fields[PRESET_BESIDES], &besides) != 0 ||
        read_youtube(row->fields[PRESET_YOUTUBE], &level->youtube) != 0 ||
        read_hours(row->fields[PRESET_HOURS], &level->hours) != 0)
        return -1;
    snprintf(level->preset, sizeof level->preset, "%.63s", row->fields[PRESET_NAME]);
    level->band = (uint8_t)band;
    level->quota = taxonomy_band_mask(taxonomy, (enum band)band, row->fields[PRESET_QUOTA]);
    level->warn = taxonomy_band_mask(taxonomy, (enum band)band, row->fields[PRESET_WARN]);
    level->block =
        mask_or(mask_or(taxonomy_band_mask(taxonomy, (enum band)band, row->fields[PRESET_BLOCK]),
                        level->warn),
                besides);
    level->quota = mask_without(level->quota, besides);
    level->default_deny = strcmp(row->fields[PRESET_DEFAULT], "deny") == 0;
    level->closed_to_edu = strcmp(row->fields[PRESET_EDU], "no") == 0;
    level->max_ttl_s = (uint32_t)(max_ttl_ms / 1000);
    level->safe_search = strcmp(row->fields[PRESET_SAFE_SEARCH], "all") == 0 ? SAFE_SEARCH_ALL : 0;
    return 0;
}

int preset_find(const struct taxonomy *taxonomy, const char *name, struct config_level *level)
{
    struct data_reader row;

    if (data_open(&row, "presets") != 0)
        return -1;
    while (data_next(&row)) {
        if (strcmp(row.fields[PRESET_NAME], name) == 0)
            return read_level(taxonomy, &row, level);
    }
    return -1;
}

/* Fills LEVEL with the first preset of BAND. */
static int find_step(const struct taxonomy *taxonomy, enum band band, struct config_level *level)
{
    struct data_reader row;

    if (data_open(&row, "presets") != 0)
        return -1;
    while (data_next(&row)) {
        if (row.fields[PRESET_BAND][0] == 'A' + (char)band)
            return read_level(taxonomy, &row, level);
    }
    return -1;
}

void preset_show(const struct data_reader *row, FILE *out)
{
    fprintf(out, "| `%s` | %s | %s | %s | %s | %s | %s |\n", row->fields[PRESET_NAME],
            row->fields[PRESET_MEANING], row->fields[PRESET_DEFAULT], row->fields[PRESET_MAX_TTL],
            row->fields[PRESET_SAFE_SEARCH], row->fields[PRESET_YOUTUBE],
            row->fields[PRESET_HOURS]);
}

/* A profile of this file comes before a preset of the same name, but for itself. */
static bool is_profile(const struct walk *walk, const struct config_profile *profile,
                       const char *name)
{
    return strcmp(profile->name, name) != 0 && config_profile_find(walk->config, name) >= 0;
}

static void report_preset(struct walk *walk, const struct node *node,
                          const struct config_profile *profile)
{
    static const char what[] = "unknown preset";
    char names[KNOWN_MAX][CONFIG_WORD_MAX];
    const char *known[KNOWN_MAX];
    struct data_reader row;
    size_t count = 0;

    if (data_open(&row, "presets") != 0)
        return;
    while (count < KNOWN_MAX && data_next(&row)) {
        snprintf(names[count], sizeof names[count], "%.63s", row.fields[PRESET_NAME]);
        known[count] = names[count];
        count++;
    }
    for (size_t i = 0; i < walk->config->profile_count && count < KNOWN_MAX; i++) {
        if (strcmp(walk->config->profiles[i].name, profile->name) != 0)
            known[count++] = walk->config->profiles[i].name;
    }
    problem_unknown(walk->problems, node->place, what, node->text, known, count);
}

static void take_level(struct config_profile *profile, const struct config_level *level)
{
    profile->block = level->block;
    profile->quota = level->quota;
    profile->warn = level->warn;
    profile->band = level->band;
    profile->default_deny = level->default_deny;
    profile->closed_to_edu = level->closed_to_edu;
    profile->max_ttl_s = level->max_ttl_s;
    profile->safe_search = level->safe_search;
    profile->youtube = level->youtube;
    profile->hours = level->hours;
}

void read_preset(struct walk *walk, const struct option *option, const struct node *node,
                 void *base)
{
    struct config_profile *profile = base;
    struct config_level level;

    (void)option;
    if (is_profile(walk, profile, node->text)) {
        snprintf(profile->extends, sizeof profile->extends, "%s", node->text);
        return; /* it began as a copy of that one */
    }
    if (preset_find(&walk->config->taxonomy, node->text, &level) != 0) {
        report_preset(walk, node, profile);
        return;
    }
    snprintf(profile->preset, sizeof profile->preset, "%s", node->text);
    snprintf(profile->extends, sizeof profile->extends, "%s", node->text);
    take_level(profile, &level);
}

/* Whatever its age, a category that it may block is one that it uses. */
static void take_levels(struct walk *walk, struct config_profile *profile)
{
    profile->levels = calloc(BANDS, sizeof *profile->levels);
    if (profile->levels == NULL) {
        problem_add(walk->problems, profile->place, "out of memory");
        return;
    }
    profile->level_count = BANDS;
    for (size_t i = 0; i < BANDS; i++) {
        must(find_step(&walk->config->taxonomy, (enum band)i, &profile->levels[i]) == 0);
        profile->block = mask_or(profile->block, profile->levels[i].block);
    }
}

void read_month(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    struct config_profile *profile = base;
    unsigned year, month;
    char more;

    if (strlen(node->text) != 7 || sscanf(node->text, "%4u-%2u%c", &year, &month, &more) != 2 ||
        year < 1900 || month < 1 || month > 12) {
        walk_wrong(walk, option, node);
        return;
    }
    if (profile->extends[0] != '\0') {
        problem_add(walk->problems, node->place,
                    "'born' and 'extends' in one profile: '%s'; the age says what it extends",
                    profile->name);
        return;
    }
    profile->born = (struct config_month){(uint16_t)year, (uint8_t)month};
    take_levels(walk, profile);
}

void read_day(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    const char *text = node->text;
    int32_t days;
    int64_t seconds;

    if (date_read(&text, &days) != 0 || *text != '\0') {
        walk_wrong(walk, option, node);
        return;
    }
    seconds = (int64_t)days * DATE_DAY_S;
    memcpy(option_field(option, base), &seconds, sizeof seconds);
}

/* What the profile's own lists of categories make of the three masks of a level. */
static void put_cells(const struct option_profile *own, struct mask *block, struct mask *quota,
                      struct mask *warn)
{
    const struct mask gone = mask_or(own->unblock, own->observe);
    const struct mask said = mask_or(mask_or(own->more, own->quota), mask_or(own->warn, gone));

    *block = mask_or(mask_without(*block, said), mask_without(mask_or(own->more, own->warn), gone));
    *quota = mask_or(mask_without(*quota, said), mask_without(own->quota, gone));
    *warn = mask_or(mask_without(*warn, said), mask_without(own->warn, gone));
}

void levels_finish(struct option_profile *own, const struct node *node)
{
    struct config_profile *profile = &own->profile;

    put_cells(own, &profile->block, &profile->quota, &profile->warn);
    profile->observe = mask_without(profile->observe, mask_or(mask_or(own->more, own->quota),
                                                              mask_or(own->warn, own->unblock)));
    profile->observe = mask_or(profile->observe, own->observe);
    for (size_t i = 0; i < profile->level_count; i++) {
        struct config_level *level = &profile->levels[i];

        put_cells(own, &level->block, &level->quota, &level->warn);
        level->block.words[1] |= profile->block.words[1]; /* services */
        if (node_member(node, "default") != NULL)
            level->default_deny = profile->default_deny;
        if (node_member(node, "max_ttl") != NULL)
            level->max_ttl_s = profile->max_ttl_s;
        if (node_member(node, "safe_search") != NULL)
            level->safe_search = profile->safe_search;
        if (node_member(node, "youtube") != NULL)
            level->youtube = profile->youtube;
    }
}
