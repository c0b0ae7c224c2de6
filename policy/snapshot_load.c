/* snapshot_load.c - the files of a snapshot: opened, checked, and the last good one where one is
 * not.
 *
 * A set is checked whole before it is used up to a size that a restart can wait for, beyond it
 * piece by piece beside the answering; the sealed set is checked whole always, since it is copied
 * into memory. What is missing or damaged costs protection: so the set that
 * was in force before, which a publisher keeps beside the new one, is taken where the caller says
 * so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist/sealed/sealed.h"
#include "blocklist/sealed/sealed_key.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"
#include "policy/compiled.h"
#include "policy/snapshot.h"

/* A set up to this size is read whole before it is used; a larger one would hold up a restart. */
enum { VERIFIED_AT_LOAD_MAX = 64 << 20, PATH_OCTETS = 4096 };

/* The sets of a snapshot in the making. */
struct loading {
    const struct config *config;
    struct set *listed;
    struct sealed *sealed;
    bool listed_checked;
    bool listed_is_previous;
    bool has_key;    /* of the sealed set */
    struct err lack; /* of the first that is not there */
    struct err fallback;
    struct compiled_lack listed_lack, sealed_lack;
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

/* Keeps REASON, for which a set lacks, as LACK's, and as the first unless another lacks already. */
static void note_lack(struct loading *loading, struct compiled_lack *lack, const struct err *reason)
{
    lack->is_lacking = true;
    lack->why = *reason;
    if (loading->lack.code == ERR_NONE)
        loading->lack = *reason;
}

/* Puts an empty set in the place of one that lacks for REASON. */
static struct set *open_nothing(struct loading *loading, const struct err *reason, struct err *err)
{
    note_lack(loading, &loading->listed_lack, reason);
    return set_open_empty(err);
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
    loading->listed_is_previous = set != NULL;
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
    loading->listed_lack.awaits_first = true;
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

/* Says what to do where REASON is that no legal or hotline list was ever fetched. A key that is not
 * there is another matter, and said first. */
static void explain_first_sealed(struct loading *loading, struct err *reason)
{
    const struct config *config = loading->config;
    bool any = false;

    for (size_t i = 0; i < config->list_count; i++)
        any = any || !config_list_is_fetched(&config->lists[i]);
    if (!any || reason->code != ERR_NOT_FOUND || !loading->has_key)
        return;
    loading->sealed_lack.awaits_first = true;
    err_set(reason, ERR_NOT_FOUND,
            "no legal or hotline lists yet: the first `stairgate lists sync` brings them (%.200s)",
            config->set_hotline);
}

/* Opens the sealed set at PATH under the config's key. */
static struct sealed *open_under_key(struct loading *loading, const char *path, struct err *reason)
{
    const struct config *config = loading->config;
    struct sealed_key *key;
    struct sealed *sealed;

    if (config->sealed.key == NULL) {
        err_set(reason, ERR_NOT_FOUND, "no key for '%.200s': 'sealed.key' names none", path);
        return NULL;
    }
    key = sealed_key_read(config->sealed.key, reason);
    loading->has_key = key != NULL;
    if (key == NULL)
        return NULL;
    sealed = sealed_open(path, key, reason);
    sealed_key_free(key);
    return sealed;
}

static struct sealed *open_sealed_previous(struct loading *loading, const struct err *reason)
{
    const struct config *config = loading->config;
    char path[PATH_OCTETS];
    struct sealed *sealed;
    struct err ignored;
    int length = snprintf(path, sizeof path, "%s" CONFIG_SET_PREVIOUS, config->set_hotline);

    if (length < 0 || (size_t)length >= sizeof path)
        return NULL;
    sealed = open_under_key(loading, path, &ignored);
    if (sealed == NULL)
        return NULL;
    loading->sealed_lack.is_previous = true;
    loading->sealed_lack.why = *reason;
    if (loading->fallback.code == ERR_NONE)
        err_set(&loading->fallback, reason->code,
                "%.230s; the sealed set before it is in force; `stairgate lists sync --force` "
                "makes it anew",
                reason->text);
    return sealed;
}

/* Fills `sealed`; NULL with ERR where not even an empty one can be had. What the operator denies is
 * no part of a file, and holds in any case. */
static void open_sealed(struct loading *loading, enum snapshot_from from, struct err *err)
{
    const char *path = loading->config->set_hotline;
    struct err reason;

    if (path != NULL)
        loading->sealed = open_under_key(loading, path, &reason);
    if (path != NULL && loading->sealed == NULL && from != SNAPSHOT_CURRENT)
        loading->sealed = open_sealed_previous(loading, &reason);
    if (loading->sealed != NULL)
        return;
    if (path != NULL) {
        explain_first_sealed(loading, &reason);
        note_lack(loading, &loading->sealed_lack, &reason);
    }
    loading->sealed = sealed_open_empty(err);
}

struct snapshot *snapshot_load_from(struct config *config, enum snapshot_from from,
                                    struct err *warning, struct err *err)
{
    struct loading loading = {.config = config, .listed_checked = true};
    struct snapshot *s;

    open_listed(&loading, from, err);
    if (loading.listed != NULL)
        open_sealed(&loading, from, err);
    *warning = loading.lack;
    if (loading.listed == NULL || loading.sealed == NULL) {
        set_close(loading.listed);
        config_free(config);
        return NULL;
    }
    s = snapshot_create(config, loading.listed, loading.sealed, err);
    if (s == NULL)
        return NULL;
    s->lack = loading.lack;
    s->listed_is_previous = loading.listed_is_previous;
    s->listed_lack = loading.listed_lack;
    s->sealed_lack = loading.sealed_lack;
    s->fallback = loading.fallback;
    s->listed_checked = loading.listed_checked;
    return s;
}

struct snapshot *snapshot_load(struct config *config, struct err *warning, struct err *err)
{
    return snapshot_load_from(config, SNAPSHOT_CURRENT, warning, err);
}

/* The sealed set has been checked when it was opened. */
int snapshot_verify_piece(const struct snapshot *s, uint64_t *piece, struct err *err)
{
    struct err why;
    int result = 0;

    if (!s->listed_checked && s->config->set_public != NULL)
        result = set_verify_chunk(s->listed, *piece, &why);
    if (result < 0)
        return damaged(s->config->set_public, &why, err);
    (*piece)++;
    return result;
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
