/* set_check.c - believes nothing that stands in a set file.
 *
 * Problem: a lookup must be memory-safe on any octets, and must not pay for it. Idea: what is small
 * (header, rows, entries, feeds, categories, strings' end) is checked here, once; the names, which
 * are large, are only ever used as numbers that are compared with a bound at use. Dropped: checking
 * all digests when opening, which reads the whole file; set_verify does it. */
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blocklist/set/segment.h"
#include "blocklist/set/set_file.h"
#include "blocklist/set/terms_check.h"
#include "config/base/bytes.h"
#include "config/base/err.h"

struct check {
    struct set *set;
    const char *path;
    struct err *err;
};

static int bad(const struct check *check, const char *what)
{
    return err_set(check->err, ERR_FORMAT, "%s: %s", check->path, what);
}

static int other_version(const struct check *check, const char *what)
{
    return err_set(check->err, ERR_VERSION, "%s: %s", check->path, what);
}

static int check_fixed(const struct check *check)
{
    const uint8_t *header = check->set->octets;
    static const char hash_name[16] = SET_HASH_NAME;
    unsigned slots, id_bits;

    if (check->set->length < SET_HEADER_OCTETS || memcmp(header, SET_MAGIC, 8) != 0)
        return bad(check, "not a set file");
    if (load_le32(header + SET_AT_VERSION) != SET_VERSION ||
        load_le32(header + SET_AT_HEADER) != SET_HEADER_OCTETS)
        return err_set(check->err, ERR_VERSION,
                       "%s: a set of version %u, and version %d is read here; build it again",
                       check->path, load_le32(header + SET_AT_VERSION), SET_VERSION);
    if (load_le64(header + SET_AT_LENGTH) != check->set->length)
        return bad(check, "cut short or with something behind it");
    slots = header[SET_AT_SLOTS];
    id_bits = header[SET_AT_ID_BITS];
    if (header[SET_AT_REMAINDER] != SET_REMAINDER_BITS ||
        header[SET_AT_CHUNK_SHIFT] != SET_CHUNK_SHIFT ||
        !((slots == LINE_SLOTS_8 && id_bits == 8) || (slots == LINE_SLOTS_16 && id_bits == 16)))
        return other_version(check, "a set with another layout of lines");
    if (memcmp(header + SET_AT_HASH, hash_name, sizeof hash_name) != 0)
        return other_version(check, "a set with another hash");
    return 0;
}

static int check_directory_row(const struct check *check, const uint8_t *row)
{
    struct set *set = check->set;
    uint32_t id = load_le32(row);
    uint64_t offset = load_le64(row + 8), octets = load_le64(row + 16);

    if (offset < SET_HEADER_OCTETS || offset > set->length || octets > set->length - offset ||
        offset % SET_ALIGN != 0)
        return bad(check, "a section lies outside the file");
    if (id == 0 || id >= SET_SECTION_IDS)
        return (load_le32(row + 4) & SET_FLAG_REQUIRED) == 0
                   ? 0
                   : other_version(check, "a required section that is not known here");
    if (set->parts[id].at != NULL)
        return bad(check, "a section stands twice");
    set->parts[id] = (struct set_part){set->octets + offset, octets, load_le64(row + 24)};
    return 0;
}

/* Sizes of the elements; 0 where the section is not one of equal elements. */
static const struct {
    enum set_section id;
    uint32_t element;
    uint64_t most;
} sizes[] = {
    {SET_NAMES,      LINE_OCTETS,         UINT64_MAX        },
    {SET_ROWS,       SET_ROW_OCTETS,      SET_ROWS_MAX      },
    {SET_ENTRIES,    4,                   UINT32_MAX        },
    {SET_ESCAPES,    SET_ESCAPE_OCTETS,   UINT64_MAX        },
    {SET_PREFIXES,   SET_PREFIX_OCTETS,   UINT32_MAX        },
    {SET_REWRITES,   1,                   UINT32_MAX        },
    {SET_VARIANTS,   SET_VARIANT_OCTETS,  SET_VARIANTS_MAX  },
    {SET_STRINGS,    1,                   UINT32_MAX        },
    {SET_FEEDS,      SET_FEED_OCTETS,     SET_FEEDS_MAX     },
    {SET_CATEGORIES, SET_CATEGORY_OCTETS, SET_CATEGORIES_MAX},
    {SET_DIGESTS,    SET_DIGEST_OCTETS,   UINT32_MAX        },
};

static int check_directory(const struct check *check)
{
    const uint8_t *header = check->set->octets;
    uint32_t sections = load_le32(header + SET_AT_SECTIONS);

    if (sections > SET_SECTIONS_MAX)
        return bad(check, "too many sections");
    for (uint32_t i = 0; i < sections; i++) {
        if (check_directory_row(check, header + SET_AT_DIRECTORY + i * SET_DIRECTORY_ROW) != 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct set_part *part = &check->set->parts[sizes[i].id];

        if (part->at == NULL)
            return bad(check, "a section is missing");
        if (part->count > sizes[i].most || part->octets / sizes[i].element != part->count ||
            part->octets % sizes[i].element != 0)
            return bad(check, "a section has a wrong size");
    }
    return 0;
}

/* The root digest covers the header (itself taken as 0) and the digests of all chunks. */
static int check_root(const struct check *check)
{
    const struct set *set = check->set;
    const struct set_part *digests = &set->parts[SET_DIGESTS];
    uint64_t covered = (uint64_t)(digests->at - set->octets) - SET_HEADER_OCTETS;
    uint8_t zeros[SET_DIGEST_OCTETS] = {0}, root[SET_DIGEST_OCTETS];
    crypto_generichash_state state;

    if (digests->count != (covered >> SET_CHUNK_SHIFT) +
                              ((covered & (((uint64_t)1 << SET_CHUNK_SHIFT) - 1)) != 0) ||
        digests->at + digests->octets != set->octets + set->length)
        return bad(check, "the digests do not fit the file");
    crypto_generichash_init(&state, NULL, 0, sizeof root);
    crypto_generichash_update(&state, set->octets, SET_AT_ROOT);
    crypto_generichash_update(&state, zeros, sizeof zeros);
    crypto_generichash_update(&state, set->octets + SET_AT_ROOT + sizeof zeros,
                              SET_HEADER_OCTETS - SET_AT_ROOT - sizeof zeros);
    crypto_generichash_update(&state, digests->at, digests->octets);
    crypto_generichash_final(&state, root, sizeof root);
    if (memcmp(root, set->octets + SET_AT_ROOT, sizeof root) != 0)
        return err_set(check->err, ERR_DIGEST, "%s: the root digest is wrong", check->path);
    return 0;
}

static int check_lines(const struct check *check)
{
    struct set *set = check->set;
    const uint8_t *header = set->octets;

    set->lines.octets = set->parts[SET_NAMES].at;
    set->lines.count = load_le64(header + SET_AT_LINES);
    set->lines.stored = set->parts[SET_NAMES].count;
    set->lines.spill = load_le32(header + SET_AT_SPILL);
    set->lines.slots = header[SET_AT_SLOTS];
    if (set->lines.count == 0 || set->lines.count > set->lines.stored ||
        set->lines.stored != load_le64(header + SET_AT_STORED) || set->lines.spill >= SET_SPILL_MAX)
        return bad(check, "the lines do not fit the file");
    set->escape = header[SET_AT_ID_BITS] == 8 ? LINE_ESCAPE_8 : LINE_ESCAPE_16;
    set->names = load_le64(header + SET_AT_NAMES);
    set->seed = load_le64(header + SET_AT_SEED);
    set->key = siphash_key_from_seed(set->seed);
    for (unsigned labels = 0; labels < 128; labels++) {
        set->depths[labels / 64] = load_le64(header + SET_AT_DEPTHS + labels / 64 * 8);
        if (labels <= NAME_LABELS_MAX && set_depth_used(set, labels))
            set->deepest = labels;
    }
    return 0;
}

static int check_rows(const struct check *check)
{
    struct set *set = check->set;
    const struct set_part *rows = &set->parts[SET_ROWS], *entries = &set->parts[SET_ENTRIES];

    set->row_count = (uint32_t)rows->count;
    for (uint64_t i = 0; i < rows->count; i++) {
        const uint8_t *row = rows->at + i * SET_ROW_OCTETS;
        uint64_t first = load_le32(row + SET_ROW_AT_FIRST);

        if (first + load_le32(row + SET_ROW_AT_COUNT) > entries->count)
            return bad(check, "a row points outside the entries");
    }
    for (uint64_t i = 0; i < entries->count; i++) {
        uint32_t entry = load_le32(entries->at + 4 * i);

        if (SET_ENTRY_VARIANT(entry) >=
                set->parts[SET_FEEDS].count + set->parts[SET_VARIANTS].count ||
            SET_ENTRY_KIND(entry) >= ENTRY_KINDS)
            return bad(check, "an entry names no feed");
    }
    return 0;
}

static int check_variants(const struct check *check)
{
    struct set *set = check->set;
    const struct set_part *variants = &set->parts[SET_VARIANTS];
    const struct set_part *rewrites = &set->parts[SET_REWRITES];

    set->feed_count = (uint32_t)set->parts[SET_FEEDS].count;
    for (uint64_t i = 0; i < variants->count; i++) {
        const uint8_t *variant = variants->at + i * SET_VARIANT_OCTETS;
        const uint8_t *terms = variant + SET_VARIANT_AT_TERMS;
        uint64_t at = load_le32(variant + SET_VARIANT_AT_RECORDS);

        if (load_le32(variant) >= set->feed_count ||
            at + load_le16(terms + TERMS_AT_LENGTH) > rewrites->octets ||
            !terms_good(terms, rewrites->at + at))
            return bad(check, "terms of a listing are malformed");
    }
    return 0;
}

static bool string_inside(const struct set *set, const uint8_t *at)
{
    return load_le32(at) < set->parts[SET_STRINGS].octets;
}

static int check_strings(const struct check *check)
{
    const struct set *set = check->set;
    const struct set_part *strings = &set->parts[SET_STRINGS];
    const struct set_part *feeds = &set->parts[SET_FEEDS];
    const struct set_part *categories = &set->parts[SET_CATEGORIES];

    if (strings->octets == 0 || strings->at[strings->octets - 1] != '\0')
        return bad(check, "the strings have no end");
    for (uint64_t i = 0; i < categories->count; i++) {
        if (!string_inside(set, categories->at + i * SET_CATEGORY_OCTETS))
            return bad(check, "a category's key lies outside the strings");
    }
    for (uint64_t i = 0; i < feeds->count; i++) {
        const uint8_t *feed = feeds->at + i * SET_FEED_OCTETS;

        for (size_t text = 0; text < SET_FEED_AT_CATEGORY; text += 4) {
            if (!string_inside(set, feed + text))
                return bad(check, "a feed's text lies outside the strings");
        }
        if (load_le32(feed + SET_FEED_AT_CATEGORY) >= categories->count)
            return bad(check, "a feed has no category");
    }
    return 0;
}

static int check_prefixes(const struct check *check)
{
    struct set *set = check->set;
    const struct set_part *prefixes = &set->parts[SET_PREFIXES];

    for (uint64_t i = 0; i < prefixes->count; i++) {
        const uint8_t *prefix = prefixes->at + i * SET_PREFIX_OCTETS;
        unsigned bits = prefix[SET_PREFIX_AT_BITS], length = prefix[SET_PREFIX_AT_LENGTH];

        if ((bits != 32 && bits != 128) || length > bits)
            return bad(check, "an address range is malformed");
        set->prefix_lengths[bits == 128][length / 64] |= (uint64_t)1 << (length % 64);
    }
    return 0;
}

int set_check(struct set *set, const char *path, struct err *err)
{
    const struct check check = {set, path, err};

    if (check_fixed(&check) != 0 || check_directory(&check) != 0 || check_root(&check) != 0 ||
        check_lines(&check) != 0 || check_variants(&check) != 0 || check_rows(&check) != 0 ||
        check_strings(&check) != 0 || check_prefixes(&check) != 0)
        return -1;
    return 0;
}

/* Has the kernel map AT[0..OCTETS) in one step. One that cannot (before 5.14) does it page by page
 * when they are read. */
static void populate(const uint8_t *at, size_t octets)
{
#ifdef MADV_POPULATE_READ
    size_t before = (uintptr_t)at % (size_t)sysconf(_SC_PAGESIZE);

    madvise((void *)((uintptr_t)at - before), octets + before, MADV_POPULATE_READ);
#else
    (void)at;
    (void)octets;
#endif
}

int set_verify_chunk(const struct set *set, uint64_t chunk, struct err *err)
{
    const struct set_part *digests = &set->parts[SET_DIGESTS];
    const uint8_t *at;
    uint8_t digest[SET_DIGEST_OCTETS];
    size_t left, octets = (size_t)1 << SET_CHUNK_SHIFT;

    if (chunk >= digests->count)
        return 0;
    at = set->octets + SET_HEADER_OCTETS + (size_t)(chunk << SET_CHUNK_SHIFT);
    left = (size_t)(digests->at - at);
    if (left < octets)
        octets = left;
    if (set->mapped)
        populate(at, octets);
    crypto_generichash(digest, sizeof digest, at, octets, NULL, 0);
    if (memcmp(digest, digests->at + chunk * SET_DIGEST_OCTETS, sizeof digest) != 0)
        return err_set(err, ERR_DIGEST, "the digest of chunk %llu is wrong",
                       (unsigned long long)chunk);
    return 1;
}

int set_verify(const struct set *set, struct err *err)
{
    uint64_t chunk = 0;
    int result;

    do
        result = set_verify_chunk(set, chunk++, err);
    while (result > 0);
    return result;
}
