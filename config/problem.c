#include "config/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"

enum { WORDS_LISTED = 8 }; /* up to so many known words are all named */

void problem_start(struct problems *problems, struct config_problems *out, const char *path)
{
    memset(out, 0, sizeof *out);
    memset(problems, 0, sizeof *problems);
    problems->out = out;
    problems->path = path;
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

    item->line = place.line;
    item->column = place.column;
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

    snprintf(path, sizeof path, "%s", problems->path);
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
                problems->path, problems->dropped + 1);
    out->warnings_only = problems->errors == 0 && out->count > 0;
}

char *problem_quote(const char *text, char *out)
{
    size_t used = 1;

    out[0] = '\'';
    for (; *text != '\0' && used < PROBLEM_QUOTE_MAX - 10; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == 0x7f)
            used += (size_t)snprintf(out + used, PROBLEM_QUOTE_MAX - used, "\\%03u", c);
        else
            out[used++] = *text;
    }
    snprintf(out + used, PROBLEM_QUOTE_MAX - used, "%s'", *text == '\0' ? "" : "...");
    return out;
}

void config_problems_free(struct config_problems *problems)
{
    free(problems->items);
    memset(problems, 0, sizeof *problems);
}
