/* expect.h - what an operator expects of names, held against rules and lists: `stairgate test`, and
 * the last gate before a new set goes live.
 *
 * The file is a sequence of mappings: name, profile or client, listen, type, at, expect, rule,
 * category (docs/feeds.md). What is decided on is the same snapshot that the server would make, by
 * the same function. */
#ifndef TOOLS_STAIRGATE_EXPECT_H
#define TOOLS_STAIRGATE_EXPECT_H

#include <stddef.h>

#include "config/base/err.h"
#include "policy/explain.h"
#include "tools/stairgate/expect_file.h"

struct asker;
struct asker_here;
struct config;
struct snapshot;

/* An expectation that does not hold. */
struct expect_failure {
    const struct expectation *wanted;
    const struct explanation *came;
    const char *text; /* place, what was expected, what came, who decided */
    const char *cure;
};

struct expect_run {
    size_t checked, failed;
    const struct asker *asker; /* who pays for names that rule 2 blocks; NULL: nobody */
    struct err refused; /* why the rest was not held, ERR_BUSY: then the counts tell nothing */
    int64_t now_s;      /* of what says no time; Unix */
    void (*tell)(void *context, const struct expect_failure *failure); /* NULL for none */
    /* Called with what came of each, whether it holds or not; NULL for none. */
    void (*tell_all)(void *context, const struct snapshot *snapshot,
                     const struct expectation *wanted, const struct explanation *came);
    void *context;
};

/* Holds all that FILE expects against SNAPSHOT, and counts in RUN, whose counts
 * begin with zero. Errors: -1 with PROBLEMS filled where the file is not what it should be: nothing
 * is held against it then. Owner: the caller frees PROBLEMS with config_problems_free in any case.
 */
int expect_file_check(const struct snapshot *snapshot, const char *file, struct expect_run *run,
                      struct config_problems *problems);

/* Tells whether the set at SET_PATH, in the place of CONFIG's public set, keeps all that FILE
 * expects; the rules are read anew from CONFIG's file. Errors: -1 with ERR_GATE and the first
 * failures, or with what is wrong with a file. */
int expect_check(const struct config *config, const char *set_path, const char *file,
                 struct err *err);

/* Makes a snapshot of the config at PATH, with the set at SET_PATH (NULL: its own), and HERE to pay
 * for what is asked of it.
 * Owner:  the caller frees it with snapshot_free, and closes HERE where there is one.
 * Errors: NULL with ERR, also where a set is missing or damaged. */
struct snapshot *expect_snapshot(const char *path, const char *set_path, struct asker_here *here,
                                 struct err *err);

#endif
