/* set.c - opens a set and tells of what it consists.
 *
 * The file is mapped shared and read-only, so that all processes on one set share its pages and
 * opening costs the same for any size. Rows are translated to the bits of the caller's taxonomy
 * once, here; a lookup then uses masks as they are. A set file is replaced by rename, never changed
 * in place: a map of the old one stays whole. */
#include "blocklist/set/set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/set/segment.h"
#include "blocklist/set/set_file.h"
#include "blocklist/set/terms_check.h"
#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/taxonomy.h"

enum { SLICE = 2 << 20 }; /* a page of a processor's page table points at so much */

/* Without a taxonomy a category's bit is its number in the set. */
static int map_categories(struct set *set, const char *path, const struct taxonomy *taxonomy,
                          struct err *err)
{
    const struct set_part *categories = &set->parts[SET_CATEGORIES];

    for (uint64_t i = 0; i < categories->count; i++) {
        const char *key = set_string(set, categories->at + i * SET_CATEGORY_OCTETS);
        const struct category *category = taxonomy == NULL ? NULL : taxonomy_find(taxonomy, key);

        set->bits[i] = SET_BIT_NONE;
        if (taxonomy == NULL)
            set->bits[i] = (uint8_t)i;
        else if (category != NULL)
            set->bits[i] = category->bit;
        for (uint64_t k = 0; k < i; k++) {
            if (set->bits[i] != SET_BIT_NONE && set->bits[k] == set->bits[i])
                return err_set(err, ERR_FORMAT, "%s: a category stands twice: '%s'", path, key);
        }
    }
    return 0;
}

static struct mask map_mask(const struct set *set, const uint8_t *at)
{
    const struct mask stored = {
        {load_le64(at), load_le64(at + 8)}
    };
    struct mask mask = {
        {0, 0}
    };

    for (unsigned i = 0; i < set->parts[SET_CATEGORIES].count; i++) {
        if (mask_has(stored, i) && set->bits[i] != SET_BIT_NONE)
            mask = mask_or(mask, mask_bit(set->bits[i]));
    }
    return mask;
}

/* Tells whether ENTRY makes set_find_terms necessary: not where the masks say all, as they do for
 * an exception that holds for all types. */
static bool wants_terms(const struct set *set, uint32_t entry)
{
    const uint8_t *terms = set_entry_terms(set, entry);

    if (SET_ENTRY_OPERATION(entry) == ENTRY_EXCEPT)
        return terms != NULL && terms_limited(terms);
    return terms != NULL || set_feed_observed(set, SET_ENTRY_VARIANT(entry));
}

/* Returns the bit of ENTRY's category if what it says may leave a name answered below one that is
 * blocked: an exception, or an answer of a listing's own. */
static struct mask liftable_by(const struct set *set, uint32_t entry)
{
    const uint8_t *terms = set_entry_terms(set, entry);
    uint8_t bit = set->bits[set_feed_category(set, set_entry_feed(set, entry))];
    bool answers = terms != NULL && (terms[0] == TERMS_REWRITE || terms[0] == TERMS_TCP);
    const struct mask none = {
        {0, 0}
    };

    if (bit == SET_BIT_NONE || (SET_ENTRY_OPERATION(entry) == ENTRY_LIST && !answers))
        return none;
    return mask_bit(bit);
}

static void map_flags(struct set *set, uint32_t number, struct set_row *row)
{
    for (uint32_t i = 0; i < set_row_entries(set, number); i++) {
        uint32_t entry = set_row_entry(set, number, i);

        row->lifts |= SET_ENTRY_OPERATION(entry) == ENTRY_EXCEPT;
        set->liftable = mask_or(set->liftable, liftable_by(set, entry));
        if (wants_terms(set, entry)) {
            row->terms[0] |= set_entry_applies(entry, 1, 2);
            row->terms[1] |= set_entry_applies(entry, 1, 1);
        }
    }
}

static int map_rows(struct set *set, const char *path, struct err *err)
{
    set->rows = calloc((size_t)set->row_count + 1, sizeof *set->rows);
    if (set->rows == NULL)
        return err_set(err, ERR_MEMORY, "%s: out of memory for %u rows", path, set->row_count);
    for (uint32_t i = 0; i < set->row_count; i++) {
        const uint8_t *from = set->parts[SET_ROWS].at + (size_t)i * SET_ROW_OCTETS;
        struct set_row *row = &set->rows[i];

        row->add[1] = map_mask(set, from + SET_ROW_AT_ADD_HERE);
        row->clear[1] = map_mask(set, from + SET_ROW_AT_CLEAR_HERE);
        row->add[0] = map_mask(set, from + SET_ROW_AT_ADD_BELOW);
        row->clear[0] = map_mask(set, from + SET_ROW_AT_CLEAR_BELOW);
        map_flags(set, i, row);
    }
    return 0;
}

struct mask set_liftable(const struct set *set)
{
    return set->liftable;
}

static int load(struct set *set, const char *path, const struct taxonomy *taxonomy, struct err *err)
{
    if (set_check(set, path, err) != 0 || map_categories(set, path, taxonomy, err) != 0)
        return -1;
    return map_rows(set, path, err);
}

static int map_file(struct set *set, const char *path, struct err *err)
{
    /* O_NONBLOCK: a pipe must not hold a server up before it is refused. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result = -1;
    struct stat status;
    void *map;

    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "%s: no such set file", path);
    if (fd < 0 || fstat(fd, &status) != 0) {
        err_system(err, "%s: cannot open", path);
    } else if (!S_ISREG(status.st_mode) || status.st_size < SET_HEADER_OCTETS) {
        err_set(err, ERR_FORMAT, "%s: not a set file", path);
    } else if ((uint64_t)status.st_size > SIZE_MAX / 2) {
        err_set(err, ERR_LIMIT, "%s: too large for this machine's address space", path);
    } else {
        set->length = (size_t)status.st_size;
        map = mmap(NULL, set->length, PROT_READ, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED && errno == ENOMEM)
            err_set(err, ERR_LIMIT, "%s: too large for this machine's address space", path);
        else if (map == MAP_FAILED)
            err_system(err, "%s: cannot map", path);
        else
            result = 0;
        set->mapped = result == 0;
        set->kept = set->mapped ? set->length : 0;
        set->octets = result == 0 ? map : NULL;
    }
    if (fd >= 0)
        close(fd);
    return result;
}

struct set *set_open(const char *path, const struct taxonomy *taxonomy, struct err *err)
{
    struct set *set = set_open_empty(err);

    if (set == NULL)
        return NULL;
    if (map_file(set, path, err) == 0 && load(set, path, taxonomy, err) == 0)
        return set;
    set_close(set);
    return NULL;
}

struct set *set_open_memory(const uint8_t *octets, size_t length, const struct taxonomy *taxonomy,
                            struct err *err)
{
    struct set *set = set_open_empty(err);

    if (set == NULL)
        return NULL;
    set->octets = octets;
    set->length = length;
    if (load(set, "memory", taxonomy, err) == 0)
        return set;
    set_close(set);
    return NULL;
}

struct set *set_open_empty(struct err *err)
{
    struct set *set = calloc(1, sizeof *set);

    if (set == NULL)
        err_set(err, ERR_MEMORY, "out of memory for a set");
    return set;
}

void set_close(struct set *set)
{
    if (set == NULL)
        return;
    if (set->mapped)
        munmap((void *)(uintptr_t)set->octets, set->length);
    free(set->rows);
    free(set);
}

bool set_shrink(struct set *set)
{
    size_t at;

    if (set->kept == 0)
        return false;
    at = (set->kept - 1) / SLICE * SLICE;
    /* Unlike munmap it needs the map's lock for reading only, as page faults do. */
    madvise((void *)(uintptr_t)(set->octets + at), set->kept - at, MADV_DONTNEED);
    set->kept = at;
    return true;
}

const char *set_string(const struct set *set, const uint8_t *at)
{
    return (const char *)set->parts[SET_STRINGS].at + load_le32(at);
}

void set_info(const struct set *set, struct set_info *info)
{
    memset(info, 0, sizeof *info);
    if (set->octets == NULL)
        return;
    info->names = set->names;
    info->prefixes = set->parts[SET_PREFIXES].count;
    info->octets = set->length;
    info->rows = set->row_count;
    info->lines = set->lines.count;
    info->seed = set->seed;
    info->escapes = set->parts[SET_ESCAPES].count;
    info->categories = (unsigned)set->parts[SET_CATEGORIES].count;
    info->feeds = (unsigned)set->parts[SET_FEEDS].count;
    info->deepest = set->deepest;
    info->id_bits = set->octets[SET_AT_ID_BITS];
    memcpy(info->digest, set->octets + SET_AT_ROOT, sizeof info->digest);
}

bool set_feed(const struct set *set, unsigned index, struct set_feed *feed)
{
    const uint8_t *at;

    if (index >= set->parts[SET_FEEDS].count)
        return false;
    at = set->parts[SET_FEEDS].at + (size_t)index * SET_FEED_OCTETS;
    memset(feed, 0, sizeof *feed);
    feed->id = set_string(set, at);
    feed->feed_class = set_string(set, at + 4);
    feed->format = set_string(set, at + 8);
    feed->licence = set_string(set, at + 12);
    feed->attribution = set_string(set, at + 16);
    set_category(set, load_le32(at + SET_FEED_AT_CATEGORY), &feed->category, NULL);
    feed->lines = load_le64(at + SET_FEED_AT_LINES);
    feed->names = load_le64(at + SET_FEED_AT_LINES + 8);
    feed->duplicates = load_le64(at + SET_FEED_AT_LINES + 16);
    for (size_t i = 0; i < SET_REFUSED; i++)
        feed->refused += load_le64(at + SET_FEED_AT_REFUSED + 8 * i);
    feed->source_digest = at + SET_FEED_AT_DIGEST;
    feed->observed = set_feed_observed(set, index);
    return true;
}

bool set_category(const struct set *set, unsigned index, const char **key, uint64_t *names)
{
    const uint8_t *at;

    if (index >= set->parts[SET_CATEGORIES].count)
        return false;
    at = set->parts[SET_CATEGORIES].at + (size_t)index * SET_CATEGORY_OCTETS;
    *key = set_string(set, at);
    if (names != NULL)
        *names = load_le64(at + 8);
    return true;
}
