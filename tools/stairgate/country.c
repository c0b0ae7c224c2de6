/* stairgate country list | show | check | reference: what is known of a country, and what is not.
 *
 * A skeleton that looks finished would be worse than none, so that each of them says first what is
 * still empty; a value is never shown without its source. */
#include <jansson.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/text.h"
#include "config/country.h"
#include "config/show.h"
#include "config/window.h"
#include "policy/when/zone.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/json_out.h"
#include "tools/stairgate/policy_commands.h"

enum { PACK_MAX = 1 << 20, CODES_MAX = 256, DAYS_TEXT_MAX = 32 };

static char *days_text(uint8_t days, char out[DAYS_TEXT_MAX])
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t day = 0; window_days[day] != NULL; day++) {
        if ((days >> day & 1) != 0)
            used += (size_t)snprintf(out + used, DAYS_TEXT_MAX - used, "%s%s", used > 0 ? ", " : "",
                                     window_days[day]);
    }
    return out;
}

/* ---- list ---- */

static json_t *country_row(const struct country *country)
{
    unsigned all, known = country_known(country, &all);
    char days[DAYS_TEXT_MAX];

    return json_pack("{s:s, s:s, s:s?, s:s, s:i, s:i, s:i}", "country", country->code, "name",
                     country->name, "zone", country->zone, "weekend",
                     days_text(country->weekend, days), "known", (int)known, "of", (int)all, "pins",
                     (int)country->pin_count);
}

static json_t *all_rows(void)
{
    json_t *rows = json_array();
    char code[3];

    for (size_t i = 0; country_at(i, code); i++) {
        struct config_problems problems;
        struct country *country = country_find(code, &problems);

        if (country != NULL)
            json_array_append_new(rows, country_row(country));
        country_free(country);
        config_problems_free(&problems);
    }
    return rows;
}

static void print_list(const json_t *rows)
{
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        const char *zone = json_string_value(json_object_get(row, "zone"));

        printf("%s  %-14s %-18s %-10s %lld of %lld known\n",
               json_string_value(json_object_get(row, "country")),
               json_string_value(json_object_get(row, "name")), zone != NULL ? zone : "-",
               json_string_value(json_object_get(row, "weekend")),
               (long long)json_integer_value(json_object_get(row, "known")),
               (long long)json_integer_value(json_object_get(row, "of")));
    }
    printf("`stairgate country show CODE` prints one, with the source of each value\n");
}

int country_list_run(int argc, char **argv)
{
    bool json;
    json_t *rows;

    if (json_out_option(argc, argv, &json) != argc)
        return command_usage(country_list_run);
    rows = all_rows();
    if (json) {
        json_out_print(json_pack("{s:i, s:o}", "schema", 1, "countries", rows));
        return EXIT_DONE;
    }
    print_list(rows);
    json_decref(rows);
    return EXIT_DONE;
}

/* ---- a pack, from a file or built in ---- */

struct pack {
    struct country *country;
    struct config_problems problems;
};

static void pack_free(struct pack *pack)
{
    country_free(pack->country);
    config_problems_free(&pack->problems);
}

static int open_file(struct pack *pack, const char *path)
{
    struct err err;
    size_t length;
    char *text = file_read(path, PACK_MAX, &length, &err);

    memset(pack, 0, sizeof *pack);
    if (text == NULL) {
        fprintf(stderr, "stairgate: %s\n", err.text);
        return -1;
    }
    pack->country = country_parse(path, text, length, &pack->problems);
    free(text);
    return 0;
}

static void suggest(const char *code)
{
    char codes[CODES_MAX][3];
    const char *known[CODES_MAX], *near;
    size_t count = 0;

    while (count < CODES_MAX && country_at(count, codes[count])) {
        known[count] = codes[count];
        count++;
    }
    near = text_nearest(code, known, count);
    fprintf(stderr, "stairgate: no country pack: '%s'%s%s%s\n", code,
            near != NULL ? "; did you mean '" : "; `stairgate country list` has them all",
            near != NULL ? near : "", near != NULL ? "'?" : "");
}

static void print_problems(const struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        fprintf(stderr, "%s\n", problems->items[i].text);
}

/* ---- show ---- */

/* One value of a pack as a row: what, value, source. */
static void put(json_t *rows, const char *key, const char *value, const char *source)
{
    if (value != NULL && value[0] != '\0')
        json_array_append_new(rows, json_pack("{s:s, s:o, s:o}", "key", key, "value",
                                              json_out_text(value), "source",
                                              json_out_text(source != NULL ? source : "")));
}

static void put_name(json_t *rows, const char *key, const struct name_buf *buf, const char *source)
{
    struct name name = name_of(buf);
    char text[NAME_TEXT_MAX];

    if (buf->length > 0)
        put(rows, key, name_to_text(&name, text), source);
}

static void put_helplines(json_t *rows, const struct country *country)
{
    for (size_t i = 0; i < country->helpline_count; i++) {
        const struct country_helpline *line = &country->helplines[i];

        put(rows, "helpline", line->name, line->source);
        put(rows, "  for", line->topic, line->source);
        put_name(rows, "  site", &line->site, line->source);
        put(rows, "  phone", line->phone, line->source);
        put(rows, "  text", line->text, line->source);
        put(rows, "  hours", line->hours, line->source);
    }
}

static void put_office(json_t *rows, const char *key, const struct country_office *office)
{
    put(rows, key, office->name, office->source);
    put_name(rows, "  site", &office->site, office->source);
    put(rows, "  url", office->url, office->source);
}

static void put_pages(json_t *rows, const struct country *country)
{
    for (size_t i = 0; i < country->page_count; i++) {
        put(rows, "stop page", country->pages[i].language, country->pages[i].source);
        put(rows, "  title", country->pages[i].title, country->pages[i].source);
        put(rows, "  text", country->pages[i].text, country->pages[i].source);
    }
}

static void put_pins(json_t *rows, const struct country *country)
{
    for (size_t i = 0; i < country->pin_count; i++) {
        const struct country_pin *pin = &country->pins[i];
        char key[32];

        snprintf(key, sizeof key, "pin %s", country_pin_word(pin->kind));
        put_name(rows, key, &pin->name, pin->source);
        put(rows, "  why", pin->reason, pin->source);
    }
}

static void put_addresses(json_t *rows, const struct country *country)
{
    for (size_t i = 0; i < country->legal_address_count; i++) {
        char text[ADDR_TEXT_MAX];

        put(rows, "stop page at", addr_to_text(&country->legal_addresses[i], text),
            country->legal_source);
    }
}

static json_t *rows_of(const struct country *country)
{
    static const char *const codes[] = {"", "15", "16"};
    json_t *rows = json_array();
    char days[DAYS_TEXT_MAX];

    for (size_t i = 0; i < country->language_count; i++)
        put(rows, "language", country->languages[i].tag, country->languages[i].source);
    put(rows, "zone", country->zone, country->zone_source);
    put(rows, "weekend", days_text(country->weekend, days), country->weekend_source);
    put_helplines(rows, country);
    put_office(rows, "hotline", &country->hotline);
    put_office(rows, "authority", &country->authority);
    put_pages(rows, country);
    put(rows, "lines", country->lines_preset, country->lines_source);
    put(rows, "legal EDE", codes[country->legal_ede], country->legal_source);
    put_addresses(rows, country);
    put(rows, "retention", country->retention, country->retention_source);
    put_pins(rows, country);
    return rows;
}

static void print_pack(const struct pack *pack, const json_t *rows)
{
    const json_t *row;
    const char *last = "";
    size_t i;

    printf("%s  %s\n", pack->country->code, pack->country->name);
    json_array_foreach(rows, i, row)
    {
        bool again =
            json_out_get(row, "key")[0] == ' ' && strcmp(last, json_out_get(row, "source")) == 0;

        last = json_out_get(row, "source");
        printf("  %-12s %s", json_out_get(row, "key"), json_out_get(row, "value"));
        if (again)
            printf("\n");
        else
            printf("  (%s)\n", last);
    }
    for (i = 0; i < pack->problems.count; i++)
        printf("  %s\n", pack->problems.items[i].text);
}

int country_show_run(int argc, char **argv)
{
    struct pack pack;
    bool json;
    int first = json_out_option(argc, argv, &json);
    json_t *rows;

    if (first < 0 || argc - first != 1)
        return command_usage(country_show_run);
    pack.country = country_find(argv[first], &pack.problems);
    if (pack.country == NULL) {
        suggest(argv[first]);
        pack_free(&pack);
        return EXIT_NOT_FOUND;
    }
    rows = rows_of(pack.country);
    if (json)
        json_out_print(json_pack("{s:i, s:s, s:o, s:O}", "schema", 1, "country", pack.country->code,
                                 "name", json_out_text(pack.country->name), "values", rows));
    else
        print_pack(&pack, rows);
    json_decref(rows);
    pack_free(&pack);
    return EXIT_DONE;
}

/* ---- check ---- */

/* A zone that this machine does not know may be newer than its database, or a slip. */
static void check_zone(const struct pack *pack, bool *failed)
{
    struct zone *zone;
    struct err err;

    if (pack->country == NULL || pack->country->zone == NULL)
        return;
    zone = zone_load(pack->country->zone, &err);
    *failed |= zone == NULL;
    if (zone == NULL)
        fprintf(stderr, "zone: %s\n", err.text);
    zone_free(zone);
}

int country_check_run(int argc, char **argv)
{
    struct pack pack;
    unsigned known, all;
    bool failed;

    if (argc != 2 || argv[1][0] == '-')
        return command_usage(country_check_run);
    if (open_file(&pack, argv[1]) != 0)
        return EXIT_FAILED;
    print_problems(&pack.problems);
    failed = pack.country == NULL;
    check_zone(&pack, &failed);
    if (!failed) {
        known = country_known(pack.country, &all);
        printf("%s: fine: %s, %u of %u known, %zu pins\n", argv[1], pack.country->name, known, all,
               pack.country->pin_count);
    }
    pack_free(&pack);
    return failed ? EXIT_FAILED : EXIT_DONE;
}

int country_reference_run(int argc, char **argv)
{
    (void)argv;
    if (argc != 1)
        return command_usage(country_reference_run);
    config_reference_country(stdout);
    return EXIT_DONE;
}
