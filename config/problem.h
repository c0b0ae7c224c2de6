/* problem.h - collects everything that is wrong with a config, so that one run shows it all.
 *
 * Text: `file:line:column: what is wrong: 'thing'; cure`. What a person wrote goes through
 * problem_quote first: a config may hold any octet, and a terminal should see none of the odd ones.
 */
#ifndef CONFIG_PROBLEM_H
#define CONFIG_PROBLEM_H

#include <stddef.h>

#include "config/config.h"

enum {
    PROBLEMS_MAX = 200, /* more than anybody reads; a hostile file makes millions */
    PROBLEM_QUOTE_MAX = 80
};

struct problems {
    struct config_problems *out; /* the caller's */
    const char *main;            /* the config, as messages show it */
    const char *path;            /* of what is being read: main, or a hosts file */
    size_t errors, dropped;
};

/* Starts PROBLEMS on an emptied OUT for the file PATH (kept, not copied). */
void problem_start(struct problems *problems, struct config_problems *out, const char *path);

/* Adds an error at PLACE (0:0 for the file as a whole). */
void problem_add(struct problems *problems, struct config_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a warning: it does not stop a start. */
void problem_warn(struct problems *problems, struct config_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds `WHAT: 'WORD'`, and the one of WORDS[0..COUNT) that was probably meant, or all of them where
 * they are few. */
void problem_unknown(struct problems *problems, struct config_place place, const char *what,
                     const char *word, const char *const *words, size_t count);

/* Puts the problems of the main file into the order of its lines and sets warnings_only. */
void problem_finish(struct problems *problems);

/* Tells whether TEXT is one line that a terminal just shows: no control characters, no broken
 * UTF-8, no signs that turn the direction of what follows. */
bool problem_is_plain(const char *text);

/* Writes TEXT in quotes, cut and with \DDD for control characters, into OUT (PROBLEM_QUOTE_MAX);
 * returns OUT. */
char *problem_quote(const char *text, char *out);

#endif
