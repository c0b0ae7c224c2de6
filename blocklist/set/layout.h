/* layout.h - where everything stands in a set file and in a segment; docs/set-file.md is the text
 * to these numbers. All integers are little-endian, all reserved octets 0. */
#ifndef BLOCKLIST_SET_LAYOUT_H
#define BLOCKLIST_SET_LAYOUT_H

#include <stdint.h>

enum {
    SET_VERSION = 2,
    SET_HEADER_OCTETS = 4096,
    SET_ALIGN = 64, /* of every section */
    SET_CHUNK_SHIFT = 20,
    SET_DIGEST_OCTETS = 32,
    SET_REMAINDER_BITS = 40,
    SET_SPILL_MAX = 4096, /* lines that an entry may stand behind its own */
    SET_CATEGORIES_MAX = 128,
    SET_FEEDS_MAX = 1 << 16,
    SET_ROWS_MAX = 1 << 24,
    SET_VARIANTS_MAX = 1 << 26, /* with terms */
};

#define SET_MAGIC "SGSET\r\n\x1a"
#define SET_HASH_NAME "siphash-1-3"

/* Offsets in the header. */
enum {
    SET_AT_MAGIC = 0,
    SET_AT_VERSION = 8,      /* u32 */
    SET_AT_HEADER = 12,      /* u32, octets */
    SET_AT_LENGTH = 16,      /* u64, of the file */
    SET_AT_SEED = 24,        /* u64 */
    SET_AT_NAMES = 32,       /* u64 */
    SET_AT_LINES = 40,       /* u64, buckets */
    SET_AT_STORED = 48,      /* u64, lines in the names section: buckets and the last one's spill */
    SET_AT_SPILL = 56,       /* u32, the longest way of an entry from its own line */
    SET_AT_REMAINDER = 60,   /* u8, bits */
    SET_AT_SLOTS = 61,       /* u8, a line */
    SET_AT_ID_BITS = 62,     /* u8 */
    SET_AT_CHUNK_SHIFT = 63, /* u8 */
    SET_AT_HASH = 64,        /* 16 octets of text */
    SET_AT_DEPTHS = 80,      /* 128 bits: bit n is set where a name of n labels is stored */
    SET_AT_SECTIONS = 96,    /* u32, rows of the directory */
    SET_AT_ROOT = 128,       /* digest */
    SET_AT_DIRECTORY = 256,
    SET_DIRECTORY_ROW = 32,
    SET_SECTIONS_MAX = (SET_HEADER_OCTETS - SET_AT_DIRECTORY) / SET_DIRECTORY_ROW,
};

/* A row of the directory: u32 id, u32 flags, u64 offset, u64 octets, u64 elements. */
enum { SET_FLAG_REQUIRED = 1 };

enum set_section {
    SET_NAMES = 1,
    SET_ROWS,
    SET_ENTRIES,
    SET_ESCAPES,
    SET_PREFIXES,
    SET_REWRITES,
    SET_STRINGS,
    SET_FEEDS,
    SET_CATEGORIES,
    SET_CANARIES,
    SET_DIGESTS, /* the last one in a file: what it covers ends where it begins */
    SET_VARIANTS,
    SET_SECTION_IDS
};

/* A row: add_here, clear_here, add_below, clear_below (two u64 each, bits are the numbers of the
 * set's categories), u32 first entry, u32 entries, u8 action, u8 and u16 of type list, u32
 * reserved. */
enum {
    SET_ROW_OCTETS = 80,
    SET_ROW_AT_ADD_HERE = 0,
    SET_ROW_AT_CLEAR_HERE = 16,
    SET_ROW_AT_ADD_BELOW = 32,
    SET_ROW_AT_CLEAR_BELOW = 48,
    SET_ROW_AT_FIRST = 64,
    SET_ROW_AT_COUNT = 68,
};

/* An entry (u32): variant << 3 | operation << 2 | kind. Variant n below the number of feeds is feed
 * n without terms; the others stand in the variants section. */
#define SET_ENTRY(variant, operation, kind)                                                        \
    ((uint32_t)(variant) << 3 | (uint32_t)(operation) << 2 | (uint32_t)(kind))
#define SET_ENTRY_VARIANT(entry) ((entry) >> 3)
#define SET_ENTRY_OPERATION(entry) ((entry) >> 2 & 1)
#define SET_ENTRY_KIND(entry) ((entry)&3)

enum {
    SET_ESCAPE_OCTETS = 16, /* u64 hash, u32 row, u32 reserved */
    SET_PREFIX_OCTETS = 24, /* 16 octets of address, u8 family bits, u8 length, u16 0, u32 row */
    SET_PREFIX_AT_BITS = 16,
    SET_PREFIX_AT_LENGTH = 17,
    SET_PREFIX_AT_ROW = 20,
    SET_CATEGORY_OCTETS = 16, /* u32 key, u32 reserved, u64 names */
    SET_REFUSED = 16,
    /* u32 id, class, format, licence, attribution (strings), u32 category, u64 lines, names,
     * duplicates, refused[16], digest of the source, u32 flags, u32 reserved */
    SET_FEED_OCTETS = 24 + 24 + 8 * SET_REFUSED + SET_DIGEST_OCTETS + 8,
    SET_FEED_AT_CATEGORY = 20,
    SET_FEED_AT_LINES = 24,
    SET_FEED_AT_REFUSED = 48,
    SET_FEED_AT_DIGEST = 48 + 8 * SET_REFUSED,
    SET_FEED_AT_FLAGS = SET_FEED_AT_DIGEST + SET_DIGEST_OCTETS,
    SET_FEED_OBSERVED = 1,
};

/* Terms: u8 action, u8 flags, u8 types, u8 0, 8 x u16 type, u16 octets of records, u16 scope. */
enum {
    TERMS_OCTETS = 24,
    TERMS_AT_FLAGS = 1,
    TERMS_AT_COUNT = 2,
    TERMS_AT_TYPES = 4,
    TERMS_AT_LENGTH = 20,
    TERMS_AT_SCOPE = 22,
    TERMS_IMPORTANT = 1,
    TERMS_SCOPED = 2,
    TERMS_ALL_BUT = 4,
};

/* A variant: u32 feed, terms, u32 place of their records in the rewrites section. */
enum {
    SET_VARIANT_OCTETS = 32,
    SET_VARIANT_AT_TERMS = 4,
    SET_VARIANT_AT_RECORDS = 28,
};

#define SEGMENT_MAGIC "SGSEG\r\n\x1a"

enum {
    SEGMENT_VERSION = 2,
    SEGMENT_HEADER_OCTETS = 1024,
    SEGMENT_AT_VERSION = 8,   /* u32 */
    SEGMENT_AT_HEADER = 12,   /* u32, octets */
    SEGMENT_AT_SEED = 16,     /* u64 */
    SEGMENT_AT_LENGTH = 24,   /* u64 */
    SEGMENT_AT_SECTIONS = 32, /* u32 */
    SEGMENT_AT_DEPTHS = 40,   /* 128 bits */
    SEGMENT_AT_DIGEST = 64,   /* of the header, these 32 octets taken as 0 */
    SEGMENT_AT_DIRECTORY = 128,
    SEGMENT_DIRECTORY_ROW = 64, /* as in a set, then the section's digest */
    SEGMENT_FLAG_NO_DIGEST = 2, /* of a run: its digest is 0 and says nothing */
    SEGMENT_SECTIONS_MAX = (SEGMENT_HEADER_OCTETS - SEGMENT_AT_DIRECTORY) / SEGMENT_DIRECTORY_ROW,
    SEGMENT_ABOUT_OCTETS = 512,
    SEGMENT_OBSERVED = 1,       /* flag of about */
    SEGMENT_PREFIX_OCTETS = 24, /* as in a set, u32 operation in place of the row */
    SEGMENT_EXCEPTION_WORDS_MAX = 1 << 24,
    SEGMENT_PREFIXES_MAX = 1 << 24,
    SEGMENT_TERMED_OCTETS = 16,         /* u64 hash, u64 kind + 256 x number of its terms */
    SEGMENT_TERMED_MAX = 1 << 20,       /* listings with terms, of one list */
    SEGMENT_TERMED_AT_NAME_MAX = 32,    /* of one name; a question goes through all of them */
    SEGMENT_TERMS_OCTETS_MAX = 1 << 25, /* all terms of one list, each once */
    SEGMENT_NAMES_WINDOW_LOG = 17,      /* of zstd: what reading the names takes */
};

enum segment_section {
    SEGMENT_ABOUT = 1,
    SEGMENT_SUBTREE, /* the three runs in the order of enum entry_kind */
    SEGMENT_EXACT,
    SEGMENT_BELOW,
    SEGMENT_EXCEPTIONS,
    SEGMENT_PREFIXES,
    SEGMENT_NAMES,  /* in source order, zstd, optional */
    SEGMENT_TERMS,  /* this and the next one only where there are any */
    SEGMENT_TERMED, /* listings with terms, by hash */
    SEGMENT_SECTION_IDS
};

#endif
