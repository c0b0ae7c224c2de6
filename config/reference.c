/* docs/config.md, from the tables: what the parser knows and what the manual says cannot differ. */
#include <string.h>

#include "config/base/data.h"
#include "config/base/text.h"
#include "config/country_table.h"
#include "config/options.h"
#include "config/show.h"
#include "config/walk.h"

static const char head[] =
    "# Configuration\n"
    "\n"
    "One YAML file. `stairgate config check FILE` finds all that is wrong with it in one run,\n"
    "`stairgate config show FILE` prints what every option comes to and where that was said.\n"
    "This page is made from the table in config/options.c by `stairgate config reference`.\n"
    "\n"
    "- An option that is left out has its default. `[]` means none; an empty value is refused.\n"
    "- A value is the text as it is written: `NO`, `21:30` and `0123` are never turned into\n"
    "  something else. Texts that begin with `*`, `@`, `&`, `!` or `%` need quotes.\n"
    "- A list with one item needs no brackets. Paths are relative to the config file.\n"
    "- Durations: `ms`, `s`, `m`, `h`, `d`, `w`, also together: `1h30m`. Sizes: `B`, `KiB`, "
    "`MiB`.\n"
    "- Anchors, aliases and tags of YAML are refused.\n"
    "- config/examples has a family, a school and a provider to begin with.\n"
    "- Exit codes of `config check`: 0 fine or warnings only, 1 errors.\n";

static void print_cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fprintf(out, *text == '|' ? "\\|" : "%c", *text);
}

static void print_words(FILE *out, const struct option *option)
{
    for (size_t i = 0; option->words[i] != NULL; i++)
        fprintf(out, "%s`%s`", i == 0 ? "" : ", ", option->words[i]);
}

static void print_range(FILE *out, const struct option *option)
{
    uint64_t unit_ms = option->type == OPTION_DURATION_S ? 1000 : 1;
    char least[32], most[32];

    if (option->type == OPTION_DURATION_MS || option->type == OPTION_DURATION_S)
        fprintf(out, "; %s to %s", text_from_duration(option->least * unit_ms, least),
                text_from_duration(option->most * unit_ms, most));
    else if (option->type == OPTION_NUMBER || option->type == OPTION_SIZE)
        fprintf(out, "; %llu to %llu", (unsigned long long)option->least,
                (unsigned long long)option->most);
    else if (option->most > 0 && option->type != OPTION_ITEMS)
        fprintf(out, "; at most %llu octets", (unsigned long long)option->most);
}

static void print_default(FILE *out, const struct option *option)
{
    if (option->required)
        fputs("required", out);
    else if (option->by_default != NULL)
        fprintf(out, "`%s`", option->by_default);
    else if (option->default_text != NULL)
        print_cell(out, option->default_text);
}

static void print_row(FILE *out, const struct option *option, const char *prefix)
{
    fprintf(out, "| `%s%s` | ", prefix, option->name);
    if (option->type == OPTION_WORD)
        print_words(out, option);
    else
        print_cell(out, option_kinds[option->type].word);
    print_range(out, option);
    fputs(" | ", out);
    print_default(out, option);
    fputs(" | ", out);
    print_cell(out, option->help);
    fprintf(out, " | %s |\n", option->since);
}

static void print_table(FILE *out, const struct option *options, const char *prefix)
{
    fputs("\n| option | what it takes | default | meaning | since |\n|---|---|---|---|---|\n", out);
    for (const struct option *option = options; option->name != NULL; option++)
        print_row(out, option, prefix);
}

static void print_inner(FILE *out, const struct option *option, const char *prefix)
{
    static const char *const marks[OPTION_TYPES] = {
        [OPTION_SECTION] = "",        [OPTION_SITE_CATEGORIES] = "NAME.",
        [OPTION_PROFILES] = "NAME.",  [OPTION_NETWORKS] = "N.",
        [OPTION_RECORDS] = "N.",      [OPTION_ZONES] = "N.",
        [OPTION_UPSTREAMS] = "N.",    [OPTION_LISTS] = "ID.",
        [OPTION_ITEMS] = "N.",        [OPTION_GROUPS] = "NAME.",
        [OPTION_DEVICES] = "NAME.",   [OPTION_CALENDARS] = "NAME.",
        [OPTION_SCHEDULES] = "NAME.", [OPTION_OPERATORS] = "NAME.",
    };
    char inner[128];

    if (option->inside == NULL)
        return;
    fprintf(out, "\n## %s%s\n\n%s\n", prefix, option->name, option->help);
    snprintf(inner, sizeof inner, "%s%s.%s", prefix, option->name,
             marks[option->type] != NULL ? marks[option->type] : "");
    print_table(out, option->inside, inner);
    for (const struct option *member = option->inside; member->name != NULL; member++)
        print_inner(out, member, inner);
}

static void print_presets(FILE *out)
{
    struct data_reader row;

    fputs("\n## Presets\n\n| preset | meaning | default | max_ttl | safe search | "
          "video sites | hours that close cells Q |\n|---|---|---|---|---|---|---|\n",
          out);
    if (data_open(&row, "presets") != 0)
        return;
    while (data_next(&row))
        preset_show(&row, out);
}

static void print_categories(FILE *out)
{
    struct taxonomy taxonomy;

    fputs("\n## Categories\n\n`site_` and a word is free for your own.\n\n"
          "| category | severity | meaning |\n|---|---|---|\n",
          out);
    if (taxonomy_load(&taxonomy, NULL) != 0)
        return;
    for (size_t i = 0; i < taxonomy.count; i++)
        fprintf(out, "| `%s` | S%u | %s |\n", taxonomy.categories[i].key,
                taxonomy.categories[i].severity, taxonomy.categories[i].text);
}

void config_reference(FILE *out)
{
    fputs(head, out);
    print_table(out, options_config, "");
    for (const struct option *option = options_config; option->name != NULL; option++)
        print_inner(out, option, "");
    print_presets(out);
    print_categories(out);
}

static const char country_head[] =
    "# Country packs\n"
    "\n"
    "What a filter must know of a country, in one YAML file: languages, zone, weekend, where help "
    "is,\n"
    "who decides. config/data/countries has one of a country that is not (XE, Examplia, with\n"
    "everything that a pack may say) and beginnings for eleven that are.\n"
    "This page is made from the table in config/options_country.c by `stairgate country "
    "reference`.\n"
    "\n"
    "- `stairgate country list` tells how much of each is known, `stairgate country show XE` "
    "prints\n"
    "  one with the source of each value, `stairgate country check FILE` finds all that is wrong "
    "with\n"
    "  a file: each error with its line, column and cure, and a warning for what is still empty. "
    "Exit\n"
    "  codes: 0 fine or warnings only, 1 errors.\n"
    "- Each value names its source, so that the next person can look it up again. What nobody has\n"
    "  verified is left out, never guessed: a wrong telephone number rings at a stranger's.\n"
    "- `country: XE` in a config, or `country: PATH.yaml` for a file of your own, takes from the "
    "pack:\n"
    "  the zone (where the config names none), the weekend of calendars that state none, and the "
    "pins.\n"
    "  Helplines, hotline, authority and texts are shown by `stairgate checklist` and are for the "
    "stop\n"
    "  page; `lines` is shown by `stairgate country show`, and never applied silently.\n"
    "- The sites of helplines, hotline and authority are pinned with all below them; `pins` are "
    "further\n"
    "  names that no public list blocks for anybody, each with its reason.\n"
    "- To add a country: copy XE.yaml to its code, keep what you can prove, run the check.\n";

void config_reference_country(FILE *out)
{
    fputs(country_head, out);
    print_table(out, options_country, "");
    for (const struct option *option = options_country; option->name != NULL; option++)
        print_inner(out, option, "");
}
