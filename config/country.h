/* country.h - what a filter must know of a country: languages, zone, weekend, where help is, who
 * decides.
 *
 * A pack is one YAML file (docs/countries.md). Those of config/data/countries are compiled in; an
 * operator may name a file of his own. What nobody has verified is left out, never guessed: each
 * value names its source. `country:` in a config takes from its pack the zone, the weekend of
 * calendars that state none, and its pins. */
#ifndef CONFIG_COUNTRY_H
#define CONFIG_COUNTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/addr.h"
#include "config/base/name.h"
#include "config/config.h"

struct walk;

enum country_pin_kind { COUNTRY_HELP, COUNTRY_REPORT, COUNTRY_HEALTH, COUNTRY_SYSTEM };

enum country_ede { COUNTRY_EDE_UNSET, COUNTRY_EDE_BLOCKED, COUNTRY_EDE_CENSORED };

/* Each item of a list begins with its place (read_items fills it). */
struct country_language {
    struct config_place place;
    char *tag, *source;
};

struct country_helpline {
    struct config_place place;
    char *name, *topic, *phone, *text, *hours, *source;
    struct name_buf site; /* length 0: none */
};

struct country_page { /* the words of the stop page in one language */
    struct config_place place;
    char *language, *title, *text, *source;
};

struct country_pin {
    struct config_place place;
    struct name_buf name;
    uint32_t kind;
    char *reason, *source;
};

/* An organisation that takes reports, or decides. */
struct country_office {
    char *name, *url, *source;
    struct name_buf site;
};

struct country {
    char code[3]; /* ISO 3166-1; XA to XZ are nobody's */
    char *code_text, *name;
    struct country_language *languages;
    size_t language_count;
    char *zone, *zone_source;
    uint8_t weekend; /* days as in config_window; 0: nobody has said */
    char *weekend_source;
    struct country_helpline *helplines;
    size_t helpline_count;
    struct country_office hotline, authority;
    struct country_page *pages;
    size_t page_count;
    char *lines_preset, *lines_source; /* what a line gets whose owner has chosen nothing */
    uint32_t legal_ede;                /* enum country_ede */
    struct addr *legal_addresses;      /* of the stop page; count 0: there is none */
    size_t legal_address_count;
    char *legal_source;
    char *retention, *retention_source; /* what the law wants kept, in words */
    struct country_pin *pins;           /* with the sites of helplines and offices */
    size_t pin_count;
};

/* Reads TEXT[0..LENGTH), which messages call PATH, with every problem of it in PROBLEMS.
 * Owner:  the caller frees the result with country_free, and PROBLEMS with config_problems_free.
 * Errors: NULL, with problems; where all are warnings (what is still empty) the result is not. */
struct country *country_parse(const char *path, const char *text, size_t length,
                              struct config_problems *problems);

/* Returns the built-in pack of CODE, as country_parse does; NULL without problems where there is
 * none. */
struct country *country_find(const char *code, struct config_problems *problems);

/* Fills CODE with that of the built-in pack number INDEX, in the order of codes. Returns false
 * behind the last. */
bool country_at(size_t index, char code[3]);

/* Frees COUNTRY; NULL is fine. */
void country_free(struct country *country);

/* Returns the words of KIND, as pins.tsv has them. */
const char *country_pin_word(uint32_t kind);

/* How much of COUNTRY is known: fills ALL with the number of things that a pack may say. */
unsigned country_known(const struct country *country, unsigned *all);

/* Gives WALK's config the zone that its country says and it does not; the weekend is taken where
 * calendars are read. Inside config/ only. */
void country_apply(struct walk *walk);

#endif
