/* expect.c - expectations held against what would be decided.
 *
 * Each is asked of explain_ask, which runs policy_decide, so that a failure can say which list,
 * category or rule decided, in the words of `stairgate why`. */
#include "tools/stairgate/expect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "config/problem.h"
#include "config/tree.h"
#include "policy/snapshot.h"
#include "resolver/wire/mnemonic.h"
#include "tools/stairgate/asker_here.h"

enum { FILE_MOST = 16 << 20, TEXT_MAX = 4096, FEEDS_TOLD = 4 };

/* One file held against one snapshot. */
struct holding {
    const struct snapshot *snapshot;
    struct expect_run *run;
    struct explanation *came;
};

/* --- what came of one --- */

static bool has_category(const struct holding *h, const char *key)
{
    const struct category *category = taxonomy_find(&snapshot_config(h->snapshot)->taxonomy, key);

    return category != NULL && mask_has(h->came->verdict.matched, category->bit);
}

static bool holds(const struct holding *h, const struct expectation *wanted)
{
    const struct explanation *came = h->came;

    if (came->blocked != wanted->blocked)
        return false;
    if (wanted->rule >= 0 && (int)came->verdict.rule != wanted->rule)
        return false;
    return wanted->category == NULL || has_category(h, wanted->category);
}

/* --- in words --- */

__attribute__((format(printf, 2, 3))) static void add(char text[TEXT_MAX], const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, TEXT_MAX - used, format, arguments);
    va_end(arguments);
}

static void add_feeds(char text[TEXT_MAX], const struct explanation *came)
{
    for (size_t i = 0; i < came->witness_count && i < FEEDS_TOLD; i++) {
        const struct set_witness *witness = &came->witnesses[i];

        add(text, "%s '%s' %s as %s%s", i == 0 ? "; list" : ",", witness->feed,
            witness->exception ? "no longer has it" : "has it", witness->category,
            witness->observed ? " and is only observed" : "");
    }
    if (came->witness_count == 0 && !came->blocked)
        add(text, "; no list has it");
}

static void add_wanted(char text[TEXT_MAX], const struct expectation *wanted)
{
    add(text, "expected %s", wanted->blocked ? "blocked" : "allowed");
    if (wanted->rule >= 0)
        add(text, " by rule %s", verdict_rule_word((enum verdict_rule)wanted->rule));
    if (wanted->category != NULL)
        add(text, " as %s", wanted->category);
}

static void write_text(char text[TEXT_MAX], const struct expectation *wanted,
                       const struct explanation *came)
{
    char type[MNEMONIC_MAX];

    text[0] = '\0';
    add(text, "%s:%u:%u: '%s' %s for %s '%s'%s%s: ", wanted->file, wanted->place.line,
        wanted->place.column, came->name, mnemonic_type(wanted->ask.type, type),
        wanted->client != NULL ? "client" : "profile",
        wanted->client != NULL ? wanted->client : wanted->profile, wanted->at != NULL ? " at " : "",
        wanted->at != NULL ? wanted->at : "");
    add_wanted(text, wanted);
    add(text, ", came %s by rule %s: %s", came->blocked ? "blocked" : "allowed",
        verdict_rule_word(came->verdict.rule), came->sentence);
    add_feeds(text, came);
}

static void write_cure(char cure[TEXT_MAX], const struct expectation *wanted,
                       const struct explanation *came)
{
    cure[0] = '\0';
    if (came->blocked && !wanted->blocked)
        add(cure, "%s, or have the list corrected", came->lift);
    else if (!came->blocked && wanted->blocked && came->witness_count == 0)
        add(cure, "look whether a list has lost it (`stairgate lists diff`), or deny it in the "
                  "profile");
    else if (!came->blocked && wanted->blocked)
        add(cure, "let profile '%s' block %s, or deny '%s' in it", came->profile,
            strcmp(came->categories, "-") == 0 ? "its category" : came->categories, came->name);
    else
        add(cure, "the verdict is right and its reason is another: `stairgate why %s`", came->name);
}

static void hold(void *context, const struct expectation *wanted)
{
    struct holding *h = context;
    char text[TEXT_MAX], cure[TEXT_MAX];
    struct ask ask = wanted->ask;
    struct name met;

    if (h->run->refused.code != ERR_NONE)
        return;
    h->run->checked++;
    explain_ask(h->snapshot, &ask, h->came);
    met = name_of(&h->came->met);
    if (met.length > 0 && asker_pay(h->run->asker, &met, &h->run->refused) != 0)
        return;
    if (h->run->tell_all != NULL)
        h->run->tell_all(h->run->context, h->snapshot, wanted, h->came);
    if (holds(h, wanted))
        return;
    h->run->failed++;
    if (h->run->tell == NULL)
        return;
    write_text(text, wanted, h->came);
    write_cure(cure, wanted, h->came);
    h->run->tell(h->run->context, &(struct expect_failure){wanted, h->came, text, cure});
}

/* --- a file --- */

static void hold_all(struct holding *h, struct expect_reader *reader, const struct node *root)
{
    expect_file_read(reader, root);
    if (reader->problems->errors > 0)
        return;
    if (asker_pay(h->run->asker, NULL, &h->run->refused) != 0)
        return;
    reader->take = hold;
    reader->context = h;
    expect_file_read(reader, root);
}

int expect_file_check(const struct snapshot *snapshot, const char *file, struct expect_run *run,
                      struct config_problems *out)
{
    struct holding h = {snapshot, run, malloc(sizeof *h.came)};
    struct problems problems;
    struct expect_reader reader = {.config = snapshot_config(snapshot),
                                   .file = file,
                                   .problems = &problems,
                                   .now_s = run->now_s};
    struct node *root = NULL;
    size_t length = 0;
    struct err err;
    char *text = file_read(file, FILE_MOST, &length, &err);

    run->refused.code = ERR_NONE;
    problem_start(&problems, out, file);
    if (text == NULL)
        problem_add(&problems, (struct config_place){0, 0}, "%s", err.text);
    else if (h.came == NULL)
        problem_add(&problems, (struct config_place){0, 0}, "out of memory");
    else if (tree_parse(&root, text, length, &problems) == 0)
        hold_all(&h, &reader, root);
    problem_finish(&problems);
    tree_free(root);
    free(text);
    free(h.came);
    return problems.errors == 0 ? 0 : -1;
}

/* --- for the gate --- */

struct snapshot *expect_snapshot(const char *path, const char *set_path, struct asker_here *here,
                                 struct err *err)
{
    struct config_problems problems;
    struct config *config = config_load(path, &problems);
    struct snapshot *snapshot;
    struct err warning;
    char *copy;

    if (config == NULL)
        *err = problems.items[0];
    config_problems_free(&problems);
    if (config == NULL)
        return NULL;
    if (set_path != NULL) {
        copy = strdup(set_path);
        if (copy == NULL) {
            config_free(config);
            err_set(err, ERR_MEMORY, "out of memory");
            return NULL;
        }
        free(config->set_public);
        config->set_public = copy;
    }
    asker_here_open(here, config);
    snapshot = snapshot_load(config, &warning, err);
    if (snapshot != NULL && warning.code != ERR_NONE) {
        *err = warning;
        snapshot_free(snapshot);
        snapshot = NULL;
    }
    if (snapshot == NULL)
        asker_here_close(here);
    return snapshot;
}

static void note_failure(void *context, const struct expect_failure *failure)
{
    char *text = context;

    if (strlen(text) == 0)
        add(text, "%s; %s", failure->text, failure->cure);
}

int expect_check(const struct config *config, const char *set_path, const char *file,
                 struct err *err)
{
    struct asker_here here;
    struct snapshot *snapshot = expect_snapshot(config->path, set_path, &here, err);
    char text[TEXT_MAX] = "";
    struct expect_run run = {
        .now_s = (int64_t)time(NULL), .asker = &here.asker, .tell = note_failure, .context = text};
    struct config_problems problems;
    int result = -1;

    if (snapshot == NULL)
        return -1;
    if (expect_file_check(snapshot, file, &run, &problems) != 0)
        *err = problems.items[0];
    else if (run.refused.code != ERR_NONE)
        *err = run.refused;
    else if (run.failed > 0)
        err_set(err, ERR_GATE, "%zu of %zu expectations do not hold: %.300s", run.failed,
                run.checked, text);
    else
        result = 0;
    config_problems_free(&problems);
    snapshot_free(snapshot);
    asker_here_close(&here);
    return result;
}
