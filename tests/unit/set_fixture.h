/* set_fixture.h - sets for tests: feeds given as tables of names, built in a folder of their own.
 */
#ifndef TESTS_UNIT_SET_FIXTURE_H
#define TESTS_UNIT_SET_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/set/builder.h"
#include "blocklist/set/segment.h"
#include "blocklist/set/set.h"
#include "blocklist/set/terms.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/name.h"
#include "config/base/siphash.h"

enum { FIXTURE_FEEDS = 64 };

struct fixture {
    char folder[64];
    char paths[FIXTURE_FEEDS][160];
    size_t feeds;
    char out[160];
    uint64_t seed;
    bool observe; /* the next segment is of a list that is only observed */
    struct segment_writer *writer;
    struct err err;
    struct builder_result result;
};

static inline void fixture_open(struct fixture *fixture, uint64_t seed)
{
    memset(fixture, 0, sizeof *fixture);
    assert_true(sodium_init() >= 0);
    snprintf(fixture->folder, sizeof fixture->folder, "%.40s/sg-set-XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->out, sizeof fixture->out, "%s/set", fixture->folder);
    fixture->seed = seed;
}

static inline void fixture_forget(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->feeds; i++)
        unlink(fixture->paths[i]);
    fixture->feeds = 0;
}

static inline void fixture_close(struct fixture *fixture)
{
    fixture_forget(fixture);
    unlink(fixture->out);
    assert_int_equal(rmdir(fixture->folder), 0);
}

static inline void fixture_name(struct name_buf *buf, const char *text)
{
    assert_int_equal(name_from_text(buf, text, strlen(text)), NAME_OK);
}

static inline void fixture_start(struct fixture *fixture)
{
    char *path = fixture->paths[fixture->feeds];

    must(fixture->feeds < FIXTURE_FEEDS);
    snprintf(path, sizeof fixture->paths[0], "%s/%zu.seg", fixture->folder, fixture->feeds);
    fixture->writer = segment_start(path, fixture->seed, &fixture->err);
    assert_non_null(fixture->writer);
    fixture->feeds++;
}

/* Adds the name of TEXT; TERMS may be NULL. */
static inline void fixture_add_terms(struct fixture *fixture, const char *text,
                                     enum entry_kind kind, enum entry_operation operation,
                                     const struct terms *terms)
{
    uint64_t hashes[NAME_LABELS_MAX], hash;
    struct name_buf buf;
    struct name name;
    unsigned labels;
    int result;

    fixture_name(&buf, text);
    name = name_of(&buf);
    labels =
        (unsigned)siphash_suffixes(segment_key(fixture->writer), &name, hashes, NAME_LABELS_MAX);
    hash = hashes[labels - 1];
    result = terms == NULL
                 ? segment_add(fixture->writer, &name, hash, labels, kind, operation, &fixture->err)
                 : segment_add_terms(fixture->writer, &name, hash, labels, kind, operation, terms,
                                     &fixture->err);
    if (result != 0)
        fail_msg("%s", fixture->err.text);
}

static inline void fixture_add(struct fixture *fixture, const char *text, enum entry_kind kind,
                               enum entry_operation operation)
{
    fixture_add_terms(fixture, text, kind, operation, NULL);
}

static inline void fixture_add_range(struct fixture *fixture, const char *text,
                                     enum entry_operation operation)
{
    struct prefix prefix;

    assert_int_equal(prefix_from_text(&prefix, text), 0);
    assert_int_equal(segment_add_prefix(fixture->writer, &prefix, operation, &fixture->err), 0);
}

static inline void fixture_finish(struct fixture *fixture, const char *feed, const char *category,
                                  struct segment_about *about)
{
    struct segment_about mine;

    if (about == NULL)
        about = &mine;
    memset(about, 0, sizeof *about);
    snprintf(about->feed, sizeof about->feed, "%s", feed);
    snprintf(about->feed_class, sizeof about->feed_class, "public");
    snprintf(about->category, sizeof about->category, "%s", category);
    snprintf(about->format, sizeof about->format, "plain");
    about->observe = fixture->observe;
    if (segment_finish(fixture->writer, about, &fixture->err) != 0)
        fail_msg("%s", fixture->err.text);
}

/* Merges all feeds; returns what builder_merge does. */
static inline int fixture_merge(struct fixture *fixture, const struct name *protected_names,
                                size_t count)
{
    const char *paths[FIXTURE_FEEDS];
    struct builder_options options = {0};

    for (size_t i = 0; i < fixture->feeds; i++)
        paths[i] = fixture->paths[i];
    options.out = fixture->out;
    options.seed = fixture->seed;
    options.protected_names = protected_names;
    options.protected_count = count;
    return builder_merge(paths, fixture->feeds, &options, &fixture->result, &fixture->err);
}

/* Merges all feeds and opens the result, a category's bit being its number in the set. */
static inline struct set *fixture_build(struct fixture *fixture)
{
    struct set *set;

    if (fixture_merge(fixture, NULL, 0) != 0)
        fail_msg("%s", fixture->err.text);
    set = set_open(fixture->out, NULL, &fixture->err);
    if (set == NULL)
        fail_msg("%s", fixture->err.text);
    if (set_verify(set, &fixture->err) != 0)
        fail_msg("%s", fixture->err.text);
    return set;
}

static inline void fixture_lookup(const struct set *set, const char *text, struct set_hit *hit)
{
    struct name_buf buf;
    struct name name;

    fixture_name(&buf, text);
    name = name_of(&buf);
    set_lookup(set, &name, hit);
}

#endif
