#include "policy/special.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/country.h"

enum { SPECIAL_NAME, SPECIAL_COVER, SPECIAL_ANSWER, SPECIAL_WHEN, SPECIAL_REASON, SPECIAL_COLUMNS };
enum { PIN_NAME, PIN_COUNTRY, PIN_KIND, PIN_REASON, PIN_SOURCE, PIN_COLUMNS };

static const char *const cover_words[SPECIAL_COVERS] = {"exact", "subtree", "single"};
static const char *const answer_words[SPECIAL_ANSWERS] = {"loopback", "nxdomain", "nodata", "zone"};
static const char *const when_words[SPECIAL_WHENS] = {"always", "test_off", "single_off", "bypass"};

/* Writes the index of WORD in WORDS[0..COUNT) to *INDEX. */
static int read_word(const char *word, const char *const *words, size_t count, uint8_t *index)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            *index = (uint8_t)i;
            return 0;
        }
    }
    return -1;
}

static int read_special(void *item, const struct data_reader *row)
{
    struct special *special = item;
    const char *name = row->fields[SPECIAL_NAME];

    if (row->count != SPECIAL_COLUMNS ||
        name_from_text(&special->name, name, strlen(name)) != NAME_OK ||
        read_word(row->fields[SPECIAL_COVER], cover_words, SPECIAL_COVERS, &special->cover) != 0 ||
        read_word(row->fields[SPECIAL_ANSWER], answer_words, SPECIAL_ANSWERS, &special->answer) !=
            0 ||
        read_word(row->fields[SPECIAL_WHEN], when_words, SPECIAL_WHENS, &special->when) != 0)
        return -1;
    memcpy(special->reason, row->fields[SPECIAL_REASON], sizeof special->reason);
    return 0;
}

static int read_pin(void *item, const struct data_reader *row)
{
    struct pin *pin = item;
    const char *name = row->fields[PIN_NAME];

    if (row->count != PIN_COLUMNS || name_from_host(&pin->name, name, strlen(name)) != NAME_OK)
        return -1;
    snprintf(pin->country, sizeof pin->country, "%.7s", row->fields[PIN_COUNTRY]);
    snprintf(pin->kind, sizeof pin->kind, "%.15s", row->fields[PIN_KIND]);
    memcpy(pin->reason, row->fields[PIN_REASON], sizeof pin->reason);
    memcpy(pin->source, row->fields[PIN_SOURCE], sizeof pin->source);
    return 0;
}

/* Reads table NAME: each row into an item of SIZE octets by READ. */
static void *load(const char *name, size_t size, int (*read)(void *, const struct data_reader *),
                  size_t *count, struct err *err)
{
    struct data_reader row;
    char *items = NULL;

    *count = 0;
    if (data_open(&row, name) != 0) {
        err_set(err, ERR_NOT_FOUND, "%s.tsv is not compiled in", name);
        return NULL;
    }
    while (data_next(&row)) {
        char *more = realloc(items, (*count + 1) * size);

        if (more == NULL) {
            err_set(err, ERR_MEMORY, "out of memory for %s.tsv", name);
            free(items);
            return NULL;
        }
        items = more;
        memset(items + *count * size, 0, size);
        if (read(items + *count * size, &row) != 0) {
            err_set(err, ERR_FORMAT, "%s.tsv:%u: not a row of this table", name, row.line);
            free(items);
            return NULL;
        }
        (*count)++;
    }
    return items;
}

int special_load(struct special **items, size_t *count, struct err *err)
{
    *items = load("special", sizeof **items, read_special, count, err);
    return *items == NULL ? -1 : 0;
}

/* Adds the pins of COUNTRY to *ITEMS. */
static int add_country(struct pin **items, size_t *count, const struct country *country,
                       struct err *err)
{
    struct pin *more = realloc(*items, (*count + country->pin_count + 1) * sizeof *more);

    if (more == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for the country's pins");
    *items = more;
    for (size_t i = 0; i < country->pin_count; i++) {
        struct pin *pin = &more[(*count)++];

        memset(pin, 0, sizeof *pin);
        pin->name = country->pins[i].name;
        snprintf(pin->country, sizeof pin->country, "%s", country->code);
        snprintf(pin->kind, sizeof pin->kind, "%s", country_pin_word(country->pins[i].kind));
        snprintf(pin->reason, sizeof pin->reason, "%s", country->pins[i].reason);
        snprintf(pin->source, sizeof pin->source, "%s", country->pins[i].source);
    }
    return 0;
}

int pin_load(struct pin **items, size_t *count, const struct country *country, struct err *err)
{
    *items = load("pins", sizeof **items, read_pin, count, err);
    if (*items == NULL)
        return -1;
    if (country == NULL || add_country(items, count, country, err) == 0)
        return 0;
    free(*items);
    *items = NULL;
    return -1;
}
