/* store_segments.c - the segments of the results in force, of those that are held, and of each
 * generation: one shape, two tables. */
#include "blocklist/feed/store.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/feed/store_query.h"
#include "blocklist/feed/store_segments.h"
#include "config/base/bytes.h"
#include "config/base/err.h"

#define COLUMNS                                                                                    \
    "list, part, file, digest, seed, entries, feed, class, category, format, observe, licence, "   \
    "attribution, lines, names, duplicates, refused, source"
#define VALUES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

enum { REFUSED = sizeof((struct segment_about *)0)->refused / sizeof(uint64_t) };

static void read_about(struct store_query *query, struct segment_about *about)
{
    uint8_t refused[8 * REFUSED];

    store_query_text(query, about->feed, sizeof about->feed);
    store_query_text(query, about->feed_class, sizeof about->feed_class);
    store_query_text(query, about->category, sizeof about->category);
    store_query_text(query, about->format, sizeof about->format);
    about->observe = store_query_number(query) != 0;
    store_query_text(query, about->licence, sizeof about->licence);
    store_query_text(query, about->attribution, sizeof about->attribution);
    about->lines = store_query_count(query);
    about->names = store_query_count(query);
    about->duplicates = store_query_count(query);
    store_query_octets(query, refused, sizeof refused);
    for (size_t i = 0; i < REFUSED; i++)
        about->refused[i] = load_le64(refused + 8 * i);
    store_query_octets(query, about->source_digest, sizeof about->source_digest);
}

static void read_segment(struct store_query *query, struct store_segment *segment)
{
    memset(segment, 0, sizeof *segment);
    store_query_text(query, segment->list, sizeof segment->list);
    store_query_text(query, segment->part, sizeof segment->part);
    store_query_text(query, segment->file, sizeof segment->file);
    store_query_octets(query, segment->digest, sizeof segment->digest);
    segment->seed = (uint64_t)store_query_number(query);
    segment->entries = store_query_count(query);
    read_about(query, &segment->about);
    if (strchr(segment->file, '/') != NULL || segment->file[0] == '.') {
        store_damaged(query->store, "a segment's file lies elsewhere", query->err);
        query->failed = true;
    }
}

/* Collects the rows of QUERY, whose values are bound, and ends it. */
static int collect(struct store_query *query, struct store_segment **segments, size_t *count)
{
    struct store_segment *items = NULL, *more;
    size_t used = 0, room = 0;

    *segments = NULL;
    *count = 0;
    while (store_query_row(query)) {
        if (used == room) {
            room = room * 2 + 16;
            more = realloc(items, room * sizeof *items);
            if (more == NULL) {
                err_set(query->err, ERR_MEMORY, "out of memory for %zu segments", room);
                query->failed = true;
                break;
            }
            items = more;
        }
        read_segment(query, &items[used++]);
    }
    if (store_query_end(query) != 0) {
        free(items);
        return -1;
    }
    *segments = items;
    *count = used;
    return 0;
}

int store_segments(struct store *store, const char *id, bool held, struct store_segment **segments,
                   size_t *count, struct err *err)
{
    struct store_query query;

    *segments = NULL;
    *count = 0;
    store_query_start(&query, store,
                      "SELECT " COLUMNS " FROM segment WHERE held = ?1 AND (?2 = '' OR list = ?2)"
                      " ORDER BY list, part",
                      err);
    store_query_bind(&query, held);
    store_query_bind_text(&query, id != NULL ? id : "");
    if (collect(&query, segments, count) != 0)
        return -1;
    for (size_t i = 0; i < *count; i++)
        (*segments)[i].held = held;
    return 0;
}

int store_generation_segments(struct store *store, uint64_t number, struct store_segment **segments,
                              size_t *count, struct err *err)
{
    struct store_query query;

    *segments = NULL;
    *count = 0;
    store_query_start(&query, store,
                      "SELECT " COLUMNS " FROM generation_segment WHERE generation = ?"
                      " ORDER BY list, part",
                      err);
    store_query_bind(&query, (int64_t)number);
    return collect(&query, segments, count);
}

uint64_t store_segments_entries(const struct store_segment *segments, size_t count)
{
    uint64_t entries = 0;

    for (size_t i = 0; i < count; i++)
        entries += segments[i].entries;
    return entries;
}

static bool has(const struct store_segment *segments, size_t count,
                const struct store_segment *wanted)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(segments[i].list, wanted->list) == 0 &&
            strcmp(segments[i].part, wanted->part) == 0)
            return memcmp(segments[i].digest, wanted->digest, sizeof wanted->digest) == 0;
    }
    return false;
}

bool store_segments_lack(const struct store_segment *segments, size_t count,
                         const struct store_segment *others, size_t other_count, const char *id)
{
    for (size_t i = 0; i < other_count; i++) {
        if ((id == NULL || strcmp(others[i].list, id) == 0) && !has(segments, count, &others[i]))
            return true;
    }
    return false;
}

static void bind_about(struct store_query *query, const struct segment_about *about,
                       uint8_t refused[8 * REFUSED])
{
    store_query_bind_text(query, about->feed);
    store_query_bind_text(query, about->feed_class);
    store_query_bind_text(query, about->category);
    store_query_bind_text(query, about->format);
    store_query_bind(query, about->observe);
    store_query_bind_text(query, about->licence);
    store_query_bind_text(query, about->attribution);
    store_query_bind(query, (int64_t)about->lines);
    store_query_bind(query, (int64_t)about->names);
    store_query_bind(query, (int64_t)about->duplicates);
    for (size_t i = 0; i < REFUSED; i++)
        store_le64(refused + 8 * i, about->refused[i]);
    store_query_bind_octets(query, refused, 8 * REFUSED);
    store_query_bind_octets(query, about->source_digest, sizeof about->source_digest);
}

/* Inserts SEGMENT with SQL, whose last value is LAST. */
static int insert(struct store *store, const char *sql, const struct store_segment *segment,
                  int64_t last, struct err *err)
{
    uint8_t refused[8 * REFUSED];
    struct store_query query;

    store_query_start(&query, store, sql, err);
    store_query_bind_text(&query, segment->list);
    store_query_bind_text(&query, segment->part);
    store_query_bind_text(&query, segment->file);
    store_query_bind_octets(&query, segment->digest, sizeof segment->digest);
    store_query_bind(&query, (int64_t)segment->seed);
    store_query_bind(&query, (int64_t)segment->entries);
    bind_about(&query, &segment->about, refused);
    store_query_bind(&query, last);
    return store_query_end(&query);
}

static int delete_of(struct store *store, const char *id, bool held, struct err *err)
{
    struct store_query query;

    store_query_start(&query, store, "DELETE FROM segment WHERE list = ? AND held = ?", err);
    store_query_bind_text(&query, id);
    store_query_bind(&query, held);
    return store_query_end(&query);
}

static int replace_all(struct store *store, const char *id, bool held,
                       const struct store_segment *segments, size_t count, struct err *err)
{
    if (delete_of(store, id, held, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(segments[i].list, id) != 0)
            return err_set(err, ERR_USAGE, "a segment of '%s' is not one of '%s'", segments[i].list,
                           id);
        if (insert(store, "INSERT INTO segment (" COLUMNS ", held) VALUES (" VALUES ", ?)",
                   &segments[i], held, err) != 0)
            return -1;
    }
    return 0;
}

int store_set_segments(struct store *store, const char *id, bool held,
                       const struct store_segment *segments, size_t count, struct err *err)
{
    if (store_begin(store, err) != 0)
        return -1;
    if (replace_all(store, id, held, segments, count, err) != 0) {
        store_abandon(store);
        return -1;
    }
    return store_commit(store, err);
}

int store_segments_keep(struct store *store, uint64_t number, const struct store_segment *segments,
                        size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (insert(store,
                   "INSERT INTO generation_segment (" COLUMNS ", generation) VALUES (" VALUES
                   ", ?)",
                   &segments[i], (int64_t)number, err) != 0)
            return -1;
    }
    return 0;
}

int store_files(struct store *store, char (**files)[STORE_FILE_MAX], size_t *count, struct err *err)
{
    char(*items)[STORE_FILE_MAX] = NULL, (*more)[STORE_FILE_MAX];
    struct store_query query;
    size_t used = 0, room = 0;

    *files = NULL;
    *count = 0;
    store_query_start(&query, store,
                      "SELECT file FROM segment UNION SELECT file FROM generation_segment"
                      " ORDER BY file",
                      err);
    while (store_query_row(&query)) {
        if (used == room) {
            room = room * 2 + 16;
            more = realloc(items, room * sizeof *items);
            if (more == NULL) {
                err_set(err, ERR_MEMORY, "out of memory for %zu files", room);
                query.failed = true;
                break;
            }
            items = more;
        }
        store_query_text(&query, items[used++], sizeof *items);
    }
    if (store_query_end(&query) != 0) {
        free(items);
        return -1;
    }
    *files = items;
    *count = used;
    return 0;
}
