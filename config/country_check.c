/* Rules on a country pack that look at more than one option, and what is still empty. */
#include <stdlib.h>
#include <string.h>

#include "config/base/text.h"
#include "config/country_table.h"
#include "config/tree.h"
#include "config/walk.h"

enum { PRESETS_MAX = 32, TAG_MAX = 35 };

static const char *const kind_words[] = {"help", "report", "health", "system"};

const char *country_pin_word(uint32_t kind)
{
    return kind < sizeof kind_words / sizeof *kind_words ? kind_words[kind] : "";
}

/* One thing that a pack may say. */
struct fact {
    const char *key; /* of the pack */
    bool known;
    const char *source;
};

enum { FACTS = 10 };

static void facts_of(const struct country *c, struct fact facts[FACTS])
{
    const struct fact all[FACTS] = {
        {"languages", c->language_count > 0,                                           ""                 },
        {"zone",      c->zone != NULL,                                                 c->zone_source     },
        {"weekend",   c->weekend != 0,                                                 c->weekend_source  },
        {"helplines", c->helpline_count > 0,                                           ""                 },
        {"hotline",   c->hotline.name != NULL || c->hotline.site.length > 0,           c->hotline.source  },
        {"authority", c->authority.name != NULL,                                       c->authority.source},
        {"stop_page", c->page_count > 0,                                               ""                 },
        {"lines",     c->lines_preset != NULL,                                         c->lines_source    },
        {"legal",     c->legal_ede != COUNTRY_EDE_UNSET || c->legal_address_count > 0, c->legal_source    },
        {"retention", c->retention != NULL,                                            c->retention_source},
    };

    memcpy(facts, all, sizeof all);
}

unsigned country_known(const struct country *country, unsigned *all)
{
    struct fact facts[FACTS];
    unsigned known = 0;

    facts_of(country, facts);
    for (size_t i = 0; i < FACTS; i++)
        known += facts[i].known;
    *all = FACTS;
    return known;
}

static struct config_place place_of(const struct node *root, const char *key)
{
    const struct node *node = node_member(root, key);

    return node != NULL ? node->place : (struct config_place){0, 0};
}

static void want_source(struct problems *problems, struct config_place place, const char *what,
                        const char *source)
{
    if (source == NULL)
        problem_add(problems, place,
                    "no source: '%s'; say where it is from, as in `source: tzdata, zone.tab`, or "
                    "leave the value out",
                    what);
}

static void check_facts(const struct country *country, const struct node *root,
                        struct problems *problems)
{
    struct fact facts[FACTS];

    facts_of(country, facts);
    for (size_t i = 0; i < FACTS; i++) {
        if (facts[i].known)
            want_source(problems, place_of(root, facts[i].key), facts[i].key, facts[i].source);
        else
            problem_warn(problems, place_of(root, facts[i].key),
                         "nothing is known of '%s'; fill it in once somebody has verified it",
                         facts[i].key);
    }
}

static void check_code(struct country *country, const struct node *root, struct problems *problems)
{
    const char *text = country->code_text;
    char quote[PROBLEM_QUOTE_MAX];

    if (text == NULL)
        return;
    if (text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z')
        memcpy(country->code, text, 3);
    else
        problem_add(problems, place_of(root, "country"),
                    "not a country's code: %s; two capitals of ISO 3166-1, as in BN",
                    problem_quote(text, quote));
}

/* RFC 5646 §2.1, as far as packs need it: language, then a script or a region. */
static bool is_tag(const char *tag)
{
    size_t first = strspn(tag, "abcdefghijklmnopqrstuvwxyz");

    if (strlen(tag) > TAG_MAX || (first != 2 && first != 3))
        return false;
    for (tag += first; *tag == '-';) {
        size_t length = strcspn(++tag, "-");

        if (length < 2 || length > 8)
            return false;
        for (size_t i = 0; i < length; i++) {
            if (strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", tag[i]) ==
                NULL)
                return false;
        }
        tag += length;
    }
    return *tag == '\0';
}

static void want(struct problems *problems, struct config_place place, const char *key,
                 const void *value)
{
    if (value == NULL)
        problem_add(problems, place, "missing key: '%s'", key);
}

static void check_languages(const struct country *country, struct problems *problems)
{
    char quote[PROBLEM_QUOTE_MAX];

    for (size_t i = 0; i < country->language_count; i++) {
        const struct country_language *language = &country->languages[i];

        want(problems, language->place, "tag", language->tag);
        if (language->tag != NULL && !is_tag(language->tag))
            problem_add(problems, language->place,
                        "not a language: %s; a tag such as ar, fr or zh-Hant",
                        problem_quote(language->tag, quote));
        want_source(problems, language->place, "languages", language->source);
    }
}

static bool has_language(const struct country *country, const char *tag)
{
    for (size_t i = 0; i < country->language_count; i++) {
        if (country->languages[i].tag != NULL && strcmp(country->languages[i].tag, tag) == 0)
            return true;
    }
    return false;
}

static void check_pages(const struct country *country, struct problems *problems)
{
    char quote[PROBLEM_QUOTE_MAX];

    for (size_t i = 0; i < country->page_count; i++) {
        const struct country_page *page = &country->pages[i];

        want(problems, page->place, "language", page->language);
        want(problems, page->place, "title", page->title);
        want(problems, page->place, "text", page->text);
        want_source(problems, page->place, "stop_page", page->source);
        if (page->language != NULL && !has_language(country, page->language))
            problem_add(problems, page->place,
                        "a page in no language of the country: %s; add it "
                        "to 'languages'",
                        problem_quote(page->language, quote));
    }
}

static void check_helplines(const struct country *country, struct problems *problems)
{
    for (size_t i = 0; i < country->helpline_count; i++) {
        const struct country_helpline *line = &country->helplines[i];

        want(problems, line->place, "name", line->name);
        want_source(problems, line->place, "helplines", line->source);
        if (line->site.length == 0 && line->phone == NULL && line->text == NULL)
            problem_add(problems, line->place,
                        "a helpline that nobody can reach: '%.60s'; it needs 'site', 'phone' or "
                        "'text'",
                        line->name != NULL ? line->name : "");
    }
}

static bool is_narrow(const struct name_buf *buf)
{
    struct name name = name_of(buf);
    uint8_t starts[NAME_LABELS_MAX];

    return name_label_starts(&name, starts) >= 2;
}

static void check_pins(const struct country *country, struct problems *problems)
{
    for (size_t i = 0; i < country->pin_count; i++) {
        const struct country_pin *pin = &country->pins[i];

        want(problems, pin->place, "reason", pin->reason);
        want_source(problems, pin->place, "pins", pin->source);
        if (pin->name.length > 0 && !is_narrow(&pin->name))
            problem_add(problems, pin->place,
                        "a pin for a whole top-level domain; a pin opens a name for everybody: "
                        "name the site");
    }
}

static void check_lines(const struct country *country, const struct node *root,
                        struct problems *problems)
{
    static const char *const known[] = {"legal_only", "lower_sec", "upper_sec", "primary"};

    if (country->lines_preset == NULL)
        return;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i], country->lines_preset) == 0)
            return;
    }
    problem_unknown(problems, place_of(root, "lines"), "not a preset for lines",
                    country->lines_preset, known, sizeof known / sizeof *known);
}

/* Where help is must be reachable: its site needs no pin of its own. */
static void pin_site(struct country *country, struct problems *problems,
                     const struct country_pin *like, const char *reason)
{
    struct config none = {.path = NULL};
    struct walk walk = {&none, problems, false};
    struct country_pin *pin;

    if (like->name.length == 0)
        return;
    pin = walk_append(&walk, &country->pins, &country->pin_count, sizeof *pin);
    if (pin == NULL)
        return;
    *pin = *like;
    pin->reason = walk_copy(&walk, reason != NULL ? reason : "");
    pin->source = walk_copy(&walk, "its own entry");
}

static void pin_office(struct country *country, const struct node *root, struct problems *problems,
                       const char *key)
{
    const struct country_office *office =
        strcmp(key, "hotline") == 0 ? &country->hotline : &country->authority;
    struct country_pin like = {.place = place_of(root, key), .name = office->site};

    like.kind = COUNTRY_REPORT;
    pin_site(country, problems, &like, office->name);
}

static void pin_sites(struct country *country, const struct node *root, struct problems *problems)
{
    for (size_t i = 0; i < country->helpline_count; i++) {
        const struct country_helpline *line = &country->helplines[i];
        struct country_pin like = {.place = line->place, .name = line->site, .kind = COUNTRY_HELP};

        pin_site(country, problems, &like, line->name);
    }
    pin_office(country, root, problems, "hotline");
    pin_office(country, root, problems, "authority");
}

void country_check(struct country *country, const struct node *root, struct problems *problems)
{
    check_code(country, root, problems);
    check_facts(country, root, problems);
    check_languages(country, problems);
    check_helplines(country, problems);
    check_pages(country, problems);
    check_lines(country, root, problems);
    pin_sites(country, root, problems);
    check_pins(country, problems);
}
