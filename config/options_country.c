/* What a country pack may say: docs/countries.md is made of it by `stairgate country reference`. */
#include "config/country_table.h"
#include "config/options_rows.h"

#define ITEM(type) .least = sizeof(type)

enum { TEXT_MOST = 1000, LINE_MOST = 200 };

static const char *const words_kind[] = {"help", "report", "health", "system", NULL};
static const char *const words_ede[] = {"unset", "15", "16", NULL};

/* clang-format off */
#define SOURCE(owner, member)                                                                      \
    {.name = "source", .type = OPTION_TEXT, FIELD(owner, member), .least = 1, .most = LINE_MOST,   \
     .default_text = "none: refused where there is a value",                                       \
     .help = "where that is from, so that somebody can look it up again.", .since = "0.1"}
#define LINE(word, owner, member, words)                                                           \
    {.name = word, .type = OPTION_TEXT, FIELD(owner, member), .least = 1, .most = TEXT_MOST,       \
     .default_text = "none: nobody has verified it", .help = words, .since = "0.1"}
#define SITE(owner, member, words)                                                                 \
    {.name = "site", .type = OPTION_NAME, FIELD(owner, member), .default_text = "none",            \
     .help = words, .since = "0.1"}

static const struct option options_language[] = {
    LINE("tag", struct country_language, tag, "a language that people there read, as `fr` or `zh-Hant`; the first is the usual one."),
    SOURCE(struct country_language, source),
    {0},
};

static const struct option options_zone[] = {
    LINE("name", struct country, zone, "its zone of the IANA database, where it has one."),
    SOURCE(struct country, zone_source),
    {0},
};

static const struct option options_weekend[] = {
    {.name = "days", .type = OPTION_DAYS, FIELD(struct country, weekend),
     .default_text = "none: nobody has verified them",
     .help = "the days without school and work: of calendars that state none.", .since = "0.1"},
    SOURCE(struct country, weekend_source),
    {0},
};

static const struct option options_helpline[] = {
    LINE("name", struct country_helpline, name, "what it is called."),
    LINE("topic", struct country_helpline, topic, "whom or what it is for, in a few words."),
    SITE(struct country_helpline, site, "its web site: pinned, with all below it."),
    LINE("phone", struct country_helpline, phone, "the number as one dials it there; left out rather than guessed."),
    LINE("text", struct country_helpline, text, "where a short message goes."),
    LINE("hours", struct country_helpline, hours, "when somebody answers."),
    SOURCE(struct country_helpline, source),
    {0},
};

static const struct option options_hotline[] = {
    LINE("name", struct country, hotline.name, "who takes reports of child sexual abuse material."),
    SITE(struct country, hotline.site, "its web site: pinned."),
    LINE("url", struct country, hotline.url, "the page where people report."),
    SOURCE(struct country, hotline.source),
    {0},
};

static const struct option options_authority[] = {
    LINE("name", struct country, authority.name, "who orders blocks, and whom people complain to."),
    SITE(struct country, authority.site, "its web site: pinned."),
    LINE("url", struct country, authority.url, "the page about complaints."),
    SOURCE(struct country, authority.source),
    {0},
};

static const struct option options_page[] = {
    LINE("language", struct country_page, language, "one of `languages`."),
    LINE("title", struct country_page, title, "the heading of the stop page."),
    LINE("text", struct country_page, text, "what it says: no accusation, no list, no name."),
    SOURCE(struct country_page, source),
    {0},
};

static const struct option options_lines[] = {
    LINE("profile", struct country, lines_preset, "the preset of a line whose owner has chosen nothing; `legal_only` where people opt in."),
    SOURCE(struct country, lines_source),
    {0},
};

static const struct option options_legal[] = {
    {.name = "ede", .type = OPTION_WORD, FIELD(struct country, legal_ede), .words = words_ede,
     .by_default = "unset",
     .help = "the extended error of operator, legal and hotline blocks alike: 15 blocked, 16 censored (RFC 8914 §4.16).",
     .since = "0.1"},
    {.name = "addresses", .type = OPTION_ADDRESSES, LIST(struct country, legal_addresses, legal_address_count),
     .by_default = "[]",
     .help = "of the stop page: what operator, legal and hotline blocks alike are answered with, types A and AAAA; none: an answer without a record.",
     .since = "0.1"},
    SOURCE(struct country, legal_source),
    {0},
};

static const struct option options_retention[] = {
    LINE("text", struct country, retention, "what the law there wants kept, and for how long, in words; it is shown and never acted on."),
    SOURCE(struct country, retention_source),
    {0},
};

static const struct option options_pin[] = {
    {.name = "name", .type = OPTION_NAME, .required = true, FIELD(struct country_pin, name),
     .help = "a name that no public list blocks for anybody, with all below it.", .since = "0.1"},
    {.name = "kind", .type = OPTION_WORD, .required = true, FIELD(struct country_pin, kind), .words = words_kind,
     .help = "what it is: help, a place for reports, health, or a service that devices need.", .since = "0.1"},
    LINE("reason", struct country_pin, reason, "why, in a few words."),
    SOURCE(struct country_pin, source),
    {0},
};

const struct option options_country[] = {
    {.name = "country", .type = OPTION_TEXT, .required = true, FIELD(struct country, code_text), .least = 2, .most = 2,
     .help = "its code of ISO 3166-1, in capitals.", .since = "0.1"},
    {.name = "name", .type = OPTION_TEXT, .required = true, FIELD(struct country, name), .least = 1, .most = LINE_MOST,
     .help = "its name in English.", .since = "0.1"},
    {.name = "languages", .type = OPTION_ITEMS, ITEM(struct country_language),
     LIST(struct country, languages, language_count), .by_default = "[]", .inside = options_language,
     .help = "languages of pages and texts.", .since = "0.1"},
    {.name = "zone", .type = OPTION_SECTION, .inside = options_zone, .help = "its time.", .since = "0.1"},
    {.name = "weekend", .type = OPTION_SECTION, .inside = options_weekend, .help = "its week.", .since = "0.1"},
    {.name = "helplines", .type = OPTION_ITEMS, ITEM(struct country_helpline),
     LIST(struct country, helplines, helpline_count), .by_default = "[]", .inside = options_helpline,
     .help = "where a child finds help.", .since = "0.1"},
    {.name = "hotline", .type = OPTION_SECTION, .inside = options_hotline, .help = "where material is reported.", .since = "0.1"},
    {.name = "authority", .type = OPTION_SECTION, .inside = options_authority, .help = "who decides.", .since = "0.1"},
    {.name = "stop_page", .type = OPTION_ITEMS, ITEM(struct country_page),
     LIST(struct country, pages, page_count), .by_default = "[]", .inside = options_page,
     .help = "the words of the stop page, for each language.", .since = "0.1"},
    {.name = "lines", .type = OPTION_SECTION, .inside = options_lines, .help = "what a provider's lines get.", .since = "0.1"},
    {.name = "legal", .type = OPTION_SECTION, .inside = options_legal, .help = "how mandated blocks are answered.", .since = "0.1"},
    {.name = "retention", .type = OPTION_SECTION, .inside = options_retention, .help = "duties to keep records.", .since = "0.1"},
    {.name = "pins", .type = OPTION_ITEMS, ITEM(struct country_pin),
     LIST(struct country, pins, pin_count), .by_default = "[]", .inside = options_pin,
     .help = "names beside those of helplines, hotline and authority that stay open.", .since = "0.1"},
    {0},
};
