/* problem.c - all that is wrong with a config, one text each.
 *
 * The problem: people want all mistakes in one run, at their places, in the order of the file; and
 * a hostile or broken file makes millions of them, of octets that no terminal should see. The idea:
 * every message goes through here, is counted, is kept up to PROBLEMS_MAX, and is sorted at the
 * end; what was written is quoted in one way. Memory that runs out loses texts, never the count: a
 * config with an error is not taken for a good one. */
#include "config/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"

enum { WORDS_LISTED = 14 }; /* up to so many known words are all named */

void problem_start(struct problems *problems, struct config_problems *out, const char *path)
{
    memset(out, 0, sizeof *out);
    memset(problems, 0, sizeof *problems);
    problems->out = out;
    problems->main = problems->path = path;
}

static struct err *next_item(struct problems *problems)
{
    struct config_problems *out = problems->out;
    struct err *grown;

    if (out->count >= PROBLEMS_MAX) {
        problems->dropped++;
        return NULL;
    }
    grown = realloc(out->items, (out->count + 1) * sizeof *grown);
    if (grown == NULL)
        return NULL;
    out->items = grown;
    memset(&grown[out->count], 0, sizeof *grown);
    return &grown[out->count++];
}

static void fill(struct problems *problems, struct err *item, struct config_place place,
                 const char *format, va_list arguments)
{
    size_t used;

    if (problems->path == problems->main) {
        item->line = place.line;
        item->column = place.column;
    }
    if (place.line == 0)
        snprintf(item->text, sizeof item->text, "%.200s: ", problems->path);
    else
        snprintf(item->text, sizeof item->text, "%.200s:%u:%u: ", problems->path, place.line,
                 place.column);
    used = strlen(item->text);
    if (item->code == ERR_NONE)
        used += (size_t)snprintf(item->text + used, sizeof item->text - used, "warning: ");
    vsnprintf(item->text + used, sizeof item->text - used, format, arguments);
}

void problem_add(struct problems *problems, struct config_place place, const char *format, ...)
{
    struct err *item = next_item(problems);
    va_list arguments;

    problems->errors++;
    if (item == NULL)
        return;
    item->code = ERR_CONFIG;
    va_start(arguments, format);
    fill(problems, item, place, format, arguments);
    va_end(arguments);
}

void problem_warn(struct problems *problems, struct config_place place, const char *format, ...)
{
    struct err *item = next_item(problems);
    va_list arguments;

    if (item == NULL)
        return;
    item->code = ERR_NONE;
    va_start(arguments, format);
    fill(problems, item, place, format, arguments);
    va_end(arguments);
}

static void list_words(char *out, size_t room, const char *const *words, size_t count)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && used < room; i++)
        used += (size_t)snprintf(out + used, room - used, "%s%s", i == 0 ? "" : ", ", words[i]);
}

void problem_unknown(struct problems *problems, struct config_place place, const char *what,
                     const char *word, const char *const *words, size_t count)
{
    const char *near = text_nearest(word, words, count);
    char quote[PROBLEM_QUOTE_MAX], known[160];

    problem_quote(word, quote);
    if (near != NULL) {
        problem_add(problems, place, "%s: %s; did you mean '%s'?", what, quote, near);
    } else if (count > 0 && count <= WORDS_LISTED) {
        list_words(known, sizeof known, words, count);
        problem_add(problems, place, "%s: %s; known here: %s", what, quote, known);
    } else {
        problem_add(problems, place, "%s: %s", what, quote);
    }
}

/* What hosts files say comes after what the config says, in the order it was found. */
static int compare_items(const void *a, const void *b, void *path)
{
    const struct err *const *x = a, *const *y = b;
    size_t length = strlen(path);
    int other_x = strncmp((*x)->text, path, length) != 0 || (*x)->text[length] != ':';
    int other_y = strncmp((*y)->text, path, length) != 0 || (*y)->text[length] != ':';

    if (other_x != other_y)
        return other_x - other_y;
    if (!other_x && (*x)->line != (*y)->line)
        return (*x)->line < (*y)->line ? -1 : 1;
    if (!other_x && (*x)->column != (*y)->column)
        return (*x)->column < (*y)->column ? -1 : 1;
    return *x < *y ? -1 : *x > *y;
}

static void sort_items(struct problems *problems)
{
    struct config_problems *out = problems->out;
    struct err **order = calloc(out->count + 1, sizeof(struct err *));
    struct err *sorted = calloc(out->count + 1, sizeof *sorted);
    char path[201];

    snprintf(path, sizeof path, "%s", problems->main);
    if (order == NULL || sorted == NULL)
        goto out;
    for (size_t i = 0; i < out->count; i++)
        order[i] = &out->items[i];
    qsort_r(order, out->count, sizeof(struct err *), compare_items, path);
    for (size_t i = 0; i < out->count; i++)
        sorted[i] = *order[i];
    if (out->count > 0)
        memcpy(out->items, sorted, out->count * sizeof *sorted);
out:
    free(sorted);
    free(order);
}

void problem_finish(struct problems *problems)
{
    struct config_problems *out = problems->out;

    sort_items(problems);
    if (problems->dropped > 0) /* the last one found makes room for the word that it is not alone */
        err_set(&out->items[PROBLEMS_MAX - 1], ERR_LIMIT, "%.200s: and %zu more problems",
                problems->main, problems->dropped + 1);
    out->warnings_only = problems->errors == 0 && out->count > 0;
}

/* Returns how many octets of TEXT are one character of UTF-8 that a terminal just shows, 0 for
 * anything else: control characters, broken sequences, and U+2000 to U+20FF, where the signs stand
 * that turn the direction of what follows. */
static size_t harmless(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

    if (length == 1)
        return p[0] >= 0x20 && p[0] != 0x7f;
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe2 && p[1] < 0x84) || p[0] > 0xf4)
        return 0;
    return length;
}

bool problem_is_plain(const char *text)
{
    for (size_t length; *text != '\0'; text += length) {
        length = harmless(text);
        if (length == 0)
            return false;
    }
    return true;
}

char *problem_quote(const char *text, char *out)
{
    size_t used = 1;

    out[0] = '\'';
    while (*text != '\0' && used < PROBLEM_QUOTE_MAX - 10) {
        size_t length = harmless(text);

        if (length == 0)
            used += (size_t)snprintf(out + used, PROBLEM_QUOTE_MAX - used, "\\%03u",
                                     (unsigned char)*text);
        else
            memcpy(out + used, text, length);
        used += length;
        text += length == 0 ? 1 : length;
    }
    snprintf(out + used, PROBLEM_QUOTE_MAX - used, "%s'", *text == '\0' ? "" : "...");
    return out;
}

void config_problems_free(struct config_problems *problems)
{
    free(problems->items);
    memset(problems, 0, sizeof *problems);
}
