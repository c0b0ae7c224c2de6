/* The readers of single values: switches, numbers, words, texts, names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/text.h"
#include "config/walk.h"

void read_section(struct walk *walk, const struct option *option, const struct node *node,
                  void *base)
{
    walk_mapping(walk, option->inside, node, base);
}

/* Writes VALUE into OPTION's field, of whatever width it is. */
static void store(const struct option *option, void *base, uint64_t value)
{
    uint8_t narrow = (uint8_t)value;
    uint32_t word = (uint32_t)value;
    const void *from = option->size == sizeof narrow ? (const void *)&narrow
                       : option->size == sizeof word ? (const void *)&word
                                                     : (const void *)&value;

    memcpy(option_field(option, base), from, option->size);
}

void read_bool(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        {"yes",   true },
        {"no",    false},
        {"true",  true },
        {"false", false},
        {"on",    true },
        {"off",   false},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(node->text, words[i].word) == 0) {
            store(option, base, words[i].value);
            return;
        }
    }
    walk_wrong(walk, option, node);
}

/* VALUE is in the field's unit. */
static void store_checked(struct walk *walk, const struct option *option, const struct node *node,
                          void *base, uint64_t value)
{
    char quote[PROBLEM_QUOTE_MAX], least[32], most[32];
    bool time = option->type == OPTION_DURATION_MS || option->type == OPTION_DURATION_S;
    uint64_t unit_ms = option->type == OPTION_DURATION_S ? 1000 : 1;

    problem_quote(node->text, quote);
    if (value >= option->least && value <= option->most)
        store(option, base, value);
    else if (time)
        problem_add(walk->problems, node->place, "'%s' is out of range: %s; %s to %s", option->name,
                    quote, text_from_duration(option->least * unit_ms, least),
                    text_from_duration(option->most * unit_ms, most));
    else
        problem_add(walk->problems, node->place, "'%s' is out of range: %s; %llu to %llu",
                    option->name, quote, (unsigned long long)option->least,
                    (unsigned long long)option->most);
}

void read_number(struct walk *walk, const struct option *option, const struct node *node,
                 void *base)
{
    size_t length = strlen(node->text);
    uint64_t value;

    /* 0123 is octal to some and 123 to others: refused rather than guessed */
    if (length == 0 || strspn(node->text, "0123456789") != length ||
        (node->text[0] == '0' && length > 1)) {
        walk_wrong(walk, option, node);
        return;
    }
    value = length > 18 ? UINT64_MAX : strtoull(node->text, NULL, 10);
    store_checked(walk, option, node, base, value);
}

void read_duration_ms(struct walk *walk, const struct option *option, const struct node *node,
                      void *base)
{
    uint64_t ms;

    if (text_duration_ms(node->text, &ms) != 0)
        walk_wrong(walk, option, node);
    else
        store_checked(walk, option, node, base, ms);
}

void read_duration_s(struct walk *walk, const struct option *option, const struct node *node,
                     void *base)
{
    char quote[PROBLEM_QUOTE_MAX];
    uint64_t ms;

    if (text_duration_ms(node->text, &ms) != 0)
        walk_wrong(walk, option, node);
    else if (ms % 1000 != 0)
        problem_add(walk->problems, node->place, "'%s' counts whole seconds: %s", option->name,
                    problem_quote(node->text, quote));
    else
        store_checked(walk, option, node, base, ms / 1000);
}

void read_size(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    uint64_t bytes;

    if (text_size_bytes(node->text, &bytes) != 0)
        walk_wrong(walk, option, node);
    else
        store_checked(walk, option, node, base, bytes);
}

void read_word(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    size_t count = 0;
    char what[64];

    for (; option->words[count] != NULL; count++) {
        if (strcmp(option->words[count], node->text) == 0) {
            store(option, base, count);
            return;
        }
    }
    snprintf(what, sizeof what, "unknown word for '%s'", option->name);
    problem_unknown(walk->problems, node->place, what, node->text, option->words, count);
}

static void store_text(struct walk *walk, const struct option *option, const struct node *node,
                       void *base, char *text)
{
    if (text == NULL)
        return;
    if (strlen(text) >= option->least && (option->most == 0 || strlen(text) <= option->most)) {
        memcpy(option_field(option, base), &text, sizeof text);
        return;
    }
    problem_add(walk->problems, node->place, "'%s' has a wrong length: %zu octets; %llu to %llu",
                option->name, strlen(text), (unsigned long long)option->least,
                (unsigned long long)option->most);
    free(text);
}

void read_text(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    char quote[PROBLEM_QUOTE_MAX];

    if (!problem_is_plain(node->text))
        problem_add(walk->problems, node->place, "'%s' must be one line of plain text: %s",
                    option->name, problem_quote(node->text, quote));
    else
        store_text(walk, option, node, base, walk_copy(walk, node->text));
}

char *walk_path(struct walk *walk, const char *path)
{
    const char *config = walk->config->path, *slash = strrchr(config, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - config) + 1;
    char *joined;

    if (path[0] == '/' || folder == 0)
        return walk_copy(walk, path);
    if (asprintf(&joined, "%.*s%s", (int)folder, config, path) < 0)
        return walk_copy(walk, path); /* which says that memory has run out */
    return joined;
}

void read_path(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    if (node->text[0] == '\0')
        walk_wrong(walk, option, node);
    else
        store_text(walk, option, node, base, walk_path(walk, node->text));
}

bool walk_title(struct walk *walk, const char *what, const struct node *item)
{
    const char *title = item->key->text;
    size_t length = strlen(title);
    char quote[PROBLEM_QUOTE_MAX];

    if (length > 0 && length < CONFIG_WORD_MAX && problem_is_plain(title))
        return true;
    problem_add(walk->problems, item->key->place, "a %s's name is plain text of 1 to %d octets: %s",
                what, CONFIG_WORD_MAX - 1, problem_quote(title, quote));
    return false;
}

void read_name(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    (void)walk_name(walk, node, node->text, option_field(option, base));
}
