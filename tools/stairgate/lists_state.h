/* lists_state.h - the verbs of `stairgate lists` that concern what was fetched and is in force
 * (rows in commands.c), and what they share. They read feeds.db beside a run, and need no right to
 * write; `rollback` and `accept` alone do. */
#ifndef TOOLS_STAIRGATE_LISTS_STATE_H
#define TOOLS_STAIRGATE_LISTS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/feed/store.h"

struct libscols_line;
struct libscols_table;

/* Prints how each list stands; exit 0: every one is fresh; 1: some list failed, is held, stale or
 * was never fetched; 4: there is no list of that name. */
int lists_status_run(int argc, char **argv);

/* Prints the generations and the record; exit 4 where nothing is known yet. */
int lists_history_run(int argc, char **argv);

/* Prints how two generations differ; exit 4 where there is no such generation. */
int lists_diff_run(int argc, char **argv);

/* Puts an older generation in force; exit 1 where it is damaged, 4 where there is none such. */
int lists_rollback_run(int argc, char **argv);

/* Puts what a list has waiting in force; exit as `lists sync`. */
int lists_accept_run(int argc, char **argv);

/* What the words of these commands come to. */
struct lists_options {
    const char *config_path;
    bool json, names;
    size_t last;        /* entries of the record */
    char *const *words; /* the others */
    size_t word_count;
    struct config *config;
};

/* Reads --config FILE, --json, --names and --last N, of which NAMED lets the last two, and loads
 * the config, which has to have lists. MOST words may follow. Owner: the caller ends it with
 * lists_options_end in any case. Errors: the exit code, with words on standard error, EXIT_USAGE
 * without. */
int lists_options_read(struct lists_options *options, int argc, char **argv, const char *named,
                       size_t most);
void lists_options_end(struct lists_options *options);

/* Says ERR of the command VERB; returns the exit code for it. */
int lists_complain(const char *verb, const struct err *err);

/* Opens what is known to read it. Errors: NULL with ERR. */
struct store *lists_open(const struct lists_options *options, struct err *err);

enum { LISTS_TEXT_MAX = 32 };

/* Write how long ago AT_S was (`2h10m`, `-` for never), AT_S itself (UTC), and OCTETS, as people
 * read them, into OUT; return OUT. */
char *lists_age_text(int64_t at_s, int64_t now_s, char out[LISTS_TEXT_MAX]);
char *lists_time_text(int64_t at_s, char out[LISTS_TEXT_MAX]);
char *lists_octets_text(uint64_t octets, char out[LISTS_TEXT_MAX]);

/* The tables of these commands: columns with HEADS, those of RIGHT (bits) flush right. NULL: no
 * memory. */
struct libscols_table *lists_table(const char *const *heads, size_t count, unsigned right);
void lists_row(struct libscols_table *table, const char *const *cells, size_t count);

#endif
