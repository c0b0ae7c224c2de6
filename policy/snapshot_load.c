/* snapshot_load.c - the files of a snapshot: opened, checked, and the last good one where one is
 * not.
 *
 * A set is checked whole before it is used up to a size that a restart can wait for, beyond it
 * piece by piece beside the answering. What is missing or damaged costs protection: so the set that
 * was in force before, which a publisher keeps beside the new one, is taken where the caller says
 * so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"
#include "policy/compiled.h"
#include "policy/snapshot.h"

/* A set up to this size is read whole before it is used; a larger one would hold up a restart. */
enum { VERIFIED_AT_LOAD_MAX = 64 << 20, PATH_OCTETS = 4096 };

/* A piece's number: which set, and which chunk of it. */
enum { SET_PIECE_BITS = 40 };
#define SET_PIECE ((uint64_t)1 << SET_PIECE_BITS)

/* The sets of a snapshot in the making. */
struct loading {
    const struct config *config;
    struct set *listed, *hotline;
    bool listed_checked, hotline_checked;
    struct err lack; /* of the first that is not there */
    struct err fallback;
    bool awaits_first;
};

/* Says whose digest is wrong: a set itself does not know its name. */
static int damaged(const char *path, const struct err *why, struct err *reason)
{
    return err_set(reason, why->code, "%s: %.300s; build it again", path, why->text);
}

static bool is_small(const struct set *set)
{
    struct set_info info;

    set_info(set, &info);
    return info.octets <= VERIFIED_AT_LOAD_MAX;
}

/* Opens the set at PATH; NULL with REASON where it is missing or damaged. */
static struct set *open_good(const char *path, const struct config *config, bool *checked,
                             struct err *reason)
{
    struct set *set = set_open(path, &config->taxonomy, reason);
    struct err why;

    *checked = true;
    if (set == NULL)
        return NULL;
    if (!is_small(set)) {
        *checked = false;
        return set;
    }
    if (set_verify(set, &why) == 0)
        return set;
    damaged(path, &why, reason);
    set_close(set);
    return NULL;
}

/* Puts an empty set in the place of one that lacks for REASON, which is told unless another was. */
static struct set *open_nothing(struct loading *loading, const struct err *reason, struct err *err)
{
    if (loading->lack.code == ERR_NONE)
        loading->lack = *reason;
    return set_open_empty(err);
}

/* Opens the set at PATH (NULL: none is configured), or an empty one. */
static struct set *open_set(struct loading *loading, const char *path, bool *checked,
                            struct err *err)
{
    struct err reason;
    struct set *set;

    *checked = true;
    if (path == NULL)
        return set_open_empty(err);
    set = open_good(path, loading->config, checked, &reason);
    if (set != NULL)
        return set;
    loading->awaits_first = false;
    return open_nothing(loading, &reason, err);
}

static void explain_fallback(struct loading *loading, const struct err *reason)
{
    err_set(&loading->fallback, reason->code,
            "%.230s; the lists before it are in force; `stairgate lists sync --force` makes it "
            "anew, `stairgate lists rollback` goes back for good",
            reason->text);
}

/* Takes the set before the configured one where FROM says so and it is good. REASON is what is
 * wrong with that one. */
static struct set *open_previous(struct loading *loading, const struct err *reason)
{
    char path[PATH_OCTETS];
    struct err ignored;
    struct set *set;
    int length = snprintf(path, sizeof path, "%s" CONFIG_SET_PREVIOUS, loading->config->set_public);

    if (length < 0 || (size_t)length >= sizeof path)
        return NULL;
    set = open_good(path, loading->config, &loading->listed_checked, &ignored);
    if (set != NULL)
        explain_fallback(loading, reason);
    return set;
}

/* Says what to do where REASON is that the lists of the config were never fetched. */
static void explain_first(struct loading *loading, struct err *reason)
{
    const struct config *config = loading->config;

    if (reason->code != ERR_NOT_FOUND || !config_set_is_fetched(config))
        return;
    loading->awaits_first = true;
    err_set(reason, ERR_NOT_FOUND,
            "no lists yet: the first `stairgate lists sync` brings them (%.200s)",
            config->set_public);
}

/* Fills `listed`; NULL with ERR where not even an empty one can be had. */
static void open_listed(struct loading *loading, enum snapshot_from from, struct err *err)
{
    const char *path = loading->config->set_public;
    struct err reason;

    if (path == NULL) {
        loading->listed = set_open_empty(err);
        return;
    }
    if (from != SNAPSHOT_PREVIOUS)
        loading->listed = open_good(path, loading->config, &loading->listed_checked, &reason);
    else
        err_set(&reason, ERR_DIGEST, "%.200s: damaged", path);
    if (loading->listed == NULL && from != SNAPSHOT_CURRENT)
        loading->listed = open_previous(loading, &reason);
    if (loading->listed != NULL)
        return;
    loading->listed_checked = true;
    explain_first(loading, &reason);
    loading->listed = open_nothing(loading, &reason, err);
}

struct snapshot *snapshot_load_from(struct config *config, enum snapshot_from from,
                                    struct err *warning, struct err *err)
{
    struct loading loading = {.config = config, .listed_checked = true};
    struct snapshot *s;

    open_listed(&loading, from, err);
    if (loading.listed != NULL)
        loading.hotline = open_set(&loading, config->set_hotline, &loading.hotline_checked, err);
    *warning = loading.lack;
    if (loading.listed == NULL || loading.hotline == NULL) {
        set_close(loading.listed);
        config_free(config);
        return NULL;
    }
    s = snapshot_create(config, loading.listed, loading.hotline, err);
    if (s == NULL)
        return NULL;
    s->lack = loading.lack;
    s->awaits_first = loading.awaits_first;
    s->fallback = loading.fallback;
    s->listed_checked = loading.listed_checked;
    s->hotline_checked = loading.hotline_checked;
    return s;
}

struct snapshot *snapshot_load(struct config *config, struct err *warning, struct err *err)
{
    return snapshot_load_from(config, SNAPSHOT_CURRENT, warning, err);
}

int snapshot_verify_piece(const struct snapshot *s, uint64_t *piece, struct err *err)
{
    const struct {
        const struct set *set;
        const char *path;
        bool checked;
    } rows[] = {
        {s->listed,  s->config->set_public,  s->listed_checked },
        {s->hotline, s->config->set_hotline, s->hotline_checked},
    };
    uint64_t which = *piece >> SET_PIECE_BITS, chunk = *piece & (SET_PIECE - 1);
    struct err why;
    int result = 0;

    if (which >= sizeof rows / sizeof *rows)
        return 0;
    if (!rows[which].checked && rows[which].path != NULL)
        result = set_verify_chunk(rows[which].set, chunk, &why);
    if (result < 0)
        return damaged(rows[which].path, &why, err);
    *piece = result > 0 ? *piece + 1 : (which + 1) << SET_PIECE_BITS;
    return 1;
}

int snapshot_verify(const struct snapshot *s, struct err *err)
{
    uint64_t piece = 0;
    int result;

    do
        result = snapshot_verify_piece(s, &piece, err);
    while (result > 0);
    return result;
}
