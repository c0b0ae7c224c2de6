/* feed_fixture.h - a lists' directory of its own for tests, with segments of a few names. */
#ifndef TESTS_UNIT_FEED_FIXTURE_H
#define TESTS_UNIT_FEED_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "blocklist/feed/store.h"
#include "blocklist/set/segment.h"
#include "config/base/err.h"
#include "config/base/siphash.h"

enum { FEED_SEED = 7, FEED_NOW = 1700000000 };

struct feed_fixture {
    char dir[64];
    struct store *store;
    struct err err;
};

static inline void feed_open(struct feed_fixture *fixture)
{
    fixture->store = store_open(fixture->dir, STORE_WRITE, FEED_NOW, &fixture->err);
    if (fixture->store == NULL)
        fail_msg("%s", fixture->err.text);
}

static inline void feed_start(struct feed_fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    assert_true(sodium_init() >= 0);
    snprintf(fixture->dir, sizeof fixture->dir, "%.40s/sg-feed-XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(fixture->dir));
    feed_open(fixture);
}

static inline int feed_remove_one(const char *path, const struct stat *status, int kind,
                                  struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void feed_end(struct feed_fixture *fixture)
{
    store_close(fixture->store);
    assert_int_equal(nftw(fixture->dir, feed_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void feed_reopen(struct feed_fixture *fixture)
{
    store_close(fixture->store);
    feed_open(fixture);
}

/* Returns the path of FILE in the directory; good until the next call. */
static inline const char *feed_path(const struct feed_fixture *fixture, const char *file)
{
    static char path[PLACE_PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", fixture->dir, file);
    return path;
}

static inline bool feed_has(const struct feed_fixture *fixture, const char *file)
{
    return access(feed_path(fixture, file), F_OK) == 0;
}

static inline void feed_write(const struct feed_fixture *fixture, const char *file,
                              const void *octets, size_t length)
{
    FILE *out = fopen(feed_path(fixture, file), "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(octets, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

/* Makes the segment of LIST (and PART, "" for none) with names 0.WORD.example to COUNT-1, and fills
 * SEGMENT. */
static inline void feed_segment_of(struct feed_fixture *fixture, struct store_segment *segment,
                                   const char *list, const char *part, const char *word,
                                   unsigned count, uint64_t seed, const char *feed_class)
{
    char file[STORE_FILE_MAX], path[PLACE_PATH_MAX];
    struct segment_about about;
    struct segment_writer *writer;

    snprintf(file, sizeof file, "%.40s.%.40s.%.40s-%u", list, part, word, count);
    for (char *slash = strchr(file, '/'); slash != NULL; slash = strchr(slash, '/'))
        *slash = '_'; /* of the part */
    writer = segment_start(place_segment(fixture->dir, file, path), seed, &fixture->err);
    assert_non_null(writer);
    assert_int_equal(segment_keep_names(writer, &fixture->err), 0);
    for (unsigned i = 0; i < count; i++) {
        uint64_t hashes[NAME_LABELS_MAX];
        struct name_buf buf;
        struct name name;
        char text[200];
        size_t labels;

        snprintf(text, sizeof text, "n%u.%.60s.example", i, word);
        assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
        name = name_of(&buf);
        labels = siphash_suffixes(segment_key(writer), &name, hashes, NAME_LABELS_MAX);
        assert_int_equal(segment_add(writer, &name, hashes[labels - 1], (unsigned)labels,
                                     ENTRY_SUBTREE, ENTRY_LIST, &fixture->err),
                         0);
    }
    memset(&about, 0, sizeof about);
    snprintf(about.feed, sizeof about.feed, "%.30s%s%.30s", list, part[0] != '\0' ? "/" : "", part);
    snprintf(about.feed_class, sizeof about.feed_class, "%.15s", feed_class);
    snprintf(about.category, sizeof about.category, "porn");
    snprintf(about.format, sizeof about.format, "plain");
    about.lines = count;
    crypto_generichash(about.source_digest, sizeof about.source_digest, (const uint8_t *)word,
                       strlen(word), NULL, 0);
    if (segment_finish(writer, &about, &fixture->err) != 0 ||
        store_segment_read(fixture->dir, file, true, segment, &fixture->err) != 0)
        fail_msg("%s", fixture->err.text);
}

static inline void feed_segment_seeded(struct feed_fixture *fixture, struct store_segment *segment,
                                       const char *list, const char *part, const char *word,
                                       unsigned count, uint64_t seed)
{
    feed_segment_of(fixture, segment, list, part, word, count, seed, "public");
}

static inline void feed_segment(struct feed_fixture *fixture, struct store_segment *segment,
                                const char *list, const char *part, const char *word,
                                unsigned count)
{
    feed_segment_seeded(fixture, segment, list, part, word, count, FEED_SEED);
}

/* The text of the newest entry of the record; good until the next call. */
static inline int feed_take_event(void *context, const struct store_event *event)
{
    *(struct store_event *)context = *event;
    return 0;
}

static inline struct store_event feed_last_event(struct feed_fixture *fixture)
{
    struct store_event event = {.number = 0};

    assert_int_equal(store_events(fixture->store, NULL, 1, feed_take_event, &event, &fixture->err),
                     0);
    return event;
}

#endif
