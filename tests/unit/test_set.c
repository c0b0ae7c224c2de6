/* Opening and reading sets: good ones, and every way of being a bad one. */
#include "set_fixture.h"

#include "blocklist/set/layout.h"
#include "config/base/bytes.h"
#include "config/base/file.h"
#include "config/taxonomy.h"

enum { FILLER = 6000 };

struct image {
    struct fixture fixture;
    uint8_t *octets;
    size_t length;
};

/* A small set with something in every section: with FILLER names more the 8-bit ids and the
 * escapes, without them the 16-bit ids. */
static void make_image(struct image *image, unsigned filler)
{
    struct fixture *fixture = &image->fixture;
    char text[64];

    fixture_open(fixture, 11);
    for (unsigned feed = 0; feed < 9; feed++) {
        fixture_start(fixture);
        for (int pass = 0; pass < 2; pass++) {
            for (unsigned i = 0; i < 512; i++) {
                snprintf(text, sizeof text, "n%u.example", i);
                if ((i >> feed & 1) != 0 || i == 0)
                    fixture_add(fixture, text, (enum entry_kind)(feed % ENTRY_KINDS), ENTRY_LIST);
            }
            for (unsigned i = 0; feed == 0 && i < filler; i++) {
                snprintf(text, sizeof text, "f%u.example", i);
                fixture_add(fixture, text, ENTRY_SUBTREE, ENTRY_LIST);
            }
            fixture_add(fixture, "one.n1.example", ENTRY_SUBTREE, ENTRY_EXCEPT);
            if (pass == 0)
                assert_true(segment_second_pass(fixture->writer));
        }
        fixture_add_range(fixture, "192.0.2.0/24", ENTRY_LIST);
        fixture_add_range(fixture, "2001:db8::/32", ENTRY_LIST);
        snprintf(text, sizeof text, "feed%u", feed);
        fixture_finish(fixture, text, feed % 2 == 0 ? "porn" : "not_in_the_taxonomy", NULL);
    }
    if (fixture_merge(fixture, NULL, 0) != 0)
        fail_msg("%s", fixture->err.text);
    image->octets = (uint8_t *)file_read(fixture->out, 1 << 24, &image->length, &fixture->err);
    assert_non_null(image->octets);
}

static void free_image(struct image *image)
{
    free(image->octets);
    fixture_close(&image->fixture);
}

static uint8_t *section_row(uint8_t *octets, enum set_section id)
{
    uint8_t *row = octets + SET_AT_DIRECTORY;

    while (load_le32(row) != id)
        row += SET_DIRECTORY_ROW;
    return row;
}

/* Makes the root digest right again, so that a change is not found by it alone. */
static void fix_root(uint8_t *octets)
{
    uint8_t *digests = section_row(octets, SET_DIGESTS);
    crypto_generichash_state state;

    memset(octets + SET_AT_ROOT, 0, SET_DIGEST_OCTETS);
    crypto_generichash_init(&state, NULL, 0, SET_DIGEST_OCTETS);
    crypto_generichash_update(&state, octets, SET_HEADER_OCTETS);
    crypto_generichash_update(&state, octets + load_le64(digests + 8), load_le64(digests + 16));
    crypto_generichash_final(&state, octets + SET_AT_ROOT, SET_DIGEST_OCTETS);
}

static enum err_code open_code(const uint8_t *octets, size_t length)
{
    struct err err = {ERR_NONE, 0, 0, ""};
    struct set *set = set_open_memory(octets, length, NULL, &err);

    set_close(set);
    return set != NULL ? ERR_NONE : err.code;
}

static void an_empty_set_lists_nothing(void **state)
{
    struct err err;
    struct set *set = set_open_empty(&err);
    struct set_witness witness;
    struct set_info info;
    struct name_buf buf;
    struct set_hit hit;
    struct addr addr;
    struct name name;

    (void)state;
    assert_non_null(set);
    fixture_lookup(set, "a.example", &hit);
    assert_false(mask_any(hit.mask));
    assert_int_equal(hit.labels, 0);
    assert_int_equal(addr_from_text(&addr, "192.0.2.1"), 0);
    set_lookup_addr(set, &addr, &hit);
    assert_false(mask_any(hit.mask));
    fixture_name(&buf, "a.example");
    name = name_of(&buf);
    assert_int_equal(set_witnesses(set, &name, &witness, 1), 0);
    set_info(set, &info);
    assert_int_equal(info.names, 0);
    assert_int_equal(set_verify(set, &err), 0);
    set_close(set);
    set_close(NULL);
}

static void a_set_without_names_can_be_built_and_read(void **state)
{
    struct fixture fixture;
    struct set_hit hit;
    struct set *set;

    (void)state;
    fixture_open(&fixture, 1);
    set = fixture_build(&fixture);
    fixture_lookup(set, "a.example", &hit);
    assert_int_equal(hit.labels, 0);
    set_close(set);
    fixture_close(&fixture);
}

static void each_broken_header_has_its_error(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
        enum err_code code;
    } rows[] = {
        {SET_AT_MAGIC,                         0,    ERR_FORMAT },
        {SET_AT_VERSION,                       9,    ERR_VERSION},
        {SET_AT_HEADER,                        1,    ERR_VERSION},
        {SET_AT_LENGTH + 1,                    1,    ERR_FORMAT },
        {SET_AT_REMAINDER,                     32,   ERR_VERSION},
        {SET_AT_SLOTS,                         12,   ERR_VERSION},
        {SET_AT_ID_BITS,                       8,    ERR_VERSION},
        {SET_AT_CHUNK_SHIFT,                   21,   ERR_VERSION},
        {SET_AT_HASH,                          'S',  ERR_VERSION},
        {SET_AT_LINES + 7,                     1,    ERR_FORMAT },
        {SET_AT_STORED,                        0,    ERR_FORMAT },
        {SET_AT_SPILL + 2,                     1,    ERR_FORMAT },
        {SET_AT_SECTIONS,                      255,  ERR_FORMAT },
        {SET_AT_SECTIONS,                      3,    ERR_FORMAT },
        {SET_AT_DIRECTORY + 8 + 7,             0x7f, ERR_FORMAT },
        {SET_AT_DIRECTORY + 16 + 7,            0x7f, ERR_FORMAT },
        {SET_AT_DIRECTORY + 24,                0x7f, ERR_FORMAT },
        {SET_AT_DIRECTORY,                     77,   ERR_VERSION}, /* a required one, unknown */
        {SET_AT_DIRECTORY + SET_DIRECTORY_ROW, 1,    ERR_FORMAT }, /* twice the same */
        {SET_AT_SEED,                          12,   ERR_NONE   },
    };
    struct image image;

    (void)state;
    make_image(&image, 0);
    assert_int_equal(open_code(image.octets, image.length), ERR_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t *copy = malloc(image.length);
        enum err_code code;

        assert_non_null(copy);
        memcpy(copy, image.octets, image.length);
        copy[rows[i].at] = rows[i].value;
        code = open_code(copy, image.length);
        assert_int_not_equal(code, ERR_NONE); /* the root digest sees what nothing else does */
        if (code == ERR_DIGEST) {
            fix_root(copy);
            code = open_code(copy, image.length);
        }
        if (code != rows[i].code)
            fail_msg("header octet %zu: %s", rows[i].at, err_word(code));
        free(copy);
    }
    free_image(&image);
}

static void files_that_are_no_sets_are_refused(void **state)
{
    struct image image;
    struct err err;

    (void)state;
    make_image(&image, 0);
    assert_int_equal(open_code(image.octets, 0), ERR_FORMAT);
    for (size_t cut = 1; cut < image.length; cut += 997)
        assert_int_equal(open_code(image.octets, cut), ERR_FORMAT);
    assert_null(set_open("/nonexistent/set", NULL, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_null(set_open(image.fixture.folder, NULL, &err));
    assert_int_equal(err.code, ERR_FORMAT);
    assert_null(set_open(image.fixture.paths[0], NULL, &err)); /* a segment */
    assert_int_equal(err.code, ERR_FORMAT);
    free_image(&image);
}

static void an_unknown_optional_section_is_skipped(void **state)
{
    struct image image;
    uint32_t sections;
    uint8_t *row;

    (void)state;
    make_image(&image, 0);
    sections = load_le32(image.octets + SET_AT_SECTIONS);
    row = image.octets + SET_AT_DIRECTORY + sections * SET_DIRECTORY_ROW;
    store_le32(row, 77);
    store_le64(row + 8, SET_HEADER_OCTETS);
    store_le32(image.octets + SET_AT_SECTIONS, sections + 1);
    fix_root(image.octets);
    assert_int_equal(open_code(image.octets, image.length), ERR_NONE);
    store_le32(row + 4, SET_FLAG_REQUIRED);
    fix_root(image.octets);
    assert_int_equal(open_code(image.octets, image.length), ERR_VERSION);
    free_image(&image);
}

static void verify_names_the_bad_chunk(void **state)
{
    struct image image;
    struct set *set;
    struct err err;

    (void)state;
    make_image(&image, 0);
    image.octets[SET_HEADER_OCTETS + 100] ^= 4;
    set = set_open_memory(image.octets, image.length, NULL, &err);
    assert_non_null(set);
    assert_int_equal(set_verify(set, &err), -1);
    assert_int_equal(err.code, ERR_DIGEST);
    assert_non_null(strstr(err.text, "chunk 0"));
    set_close(set);
    free_image(&image);
}

/* Returns how many pages of files this process has in its page tables. */
static long file_pages(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size, resident, shared;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld %ld", &size, &resident, &shared), 3);
    fclose(file);
    return shared;
}

static void a_large_set_is_brought_into_memory_and_given_back_by_pieces(void **state)
{
    enum { NAMES = 320000, PAGES = NAMES * 7 / 4096, SLICES = 2, CHUNKS = 3 };
    struct fixture fixture;
    char text[32];
    struct err err;
    struct set *set;
    struct set_hit hit;
    long before;

    (void)state;
    fixture_open(&fixture, 1);
    fixture_start(&fixture);
    for (int i = 0; i < NAMES; i++) {
        snprintf(text, sizeof text, "n%d.example", i);
        fixture_add(&fixture, text, ENTRY_SUBTREE, ENTRY_LIST);
    }
    fixture_finish(&fixture, "feed", "gambling", NULL);
    assert_int_equal(fixture_merge(&fixture, NULL, 0), 0);
    set = set_open(fixture.out, NULL, &err);
    assert_non_null(set);
    before = file_pages();
    for (uint64_t chunk = 0; chunk < CHUNKS; chunk++)
        assert_int_equal(set_verify_chunk(set, chunk, &err), 1);
    assert_int_equal(set_verify_chunk(set, CHUNKS, &err), 0);
    assert_true(file_pages() - before > PAGES * 9 / 10);
    for (int i = 0; i < SLICES; i++)
        assert_true(set_shrink(set));
    assert_false(set_shrink(set));
    assert_true(file_pages() - before < PAGES / 10);
    fixture_lookup(set, "x.n77.example", &hit); /* late, but not wrong */
    assert_int_equal(hit.labels, 2);
    set_close(set);
    fixture_close(&fixture);
}

/* Asks a set, whatever it holds, everything that can be asked. */
static void ask_everything(const struct set *set)
{
    static const char *const names[] = {"example",        "n0.example",       "n1.example",
                                        "one.n1.example", "x.one.n1.example", "n511.example",
                                        "a.b.c.d.e.f.g.h"};
    static const char *const addrs[] = {"192.0.2.77", "2001:db8::1", "198.51.100.1"};
    struct set_witness witnesses[16];
    struct set_feed feed;
    struct set_hit hit;
    const char *key;
    uint64_t count;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct name_buf buf;
        struct name name;

        fixture_name(&buf, names[i]);
        name = name_of(&buf);
        set_lookup(set, &name, &hit);
        for (size_t k = set_witnesses(set, &name, witnesses, 16); k > 0; k--)
            assert_true(strlen(witnesses[k - 1].feed) < 4096);
    }
    for (size_t i = 0; i < sizeof addrs / sizeof *addrs; i++) {
        struct addr addr;

        assert_int_equal(addr_from_text(&addr, addrs[i]), 0);
        set_lookup_addr(set, &addr, &hit);
        set_witnesses_addr(set, &addr, witnesses, 16);
    }
    for (unsigned i = 0; set_feed(set, i, &feed); i++)
        assert_true(strlen(feed.id) + strlen(feed.category) < 4096);
    for (unsigned i = 0; set_category(set, i, &key, &count); i++)
        assert_true(strlen(key) < 4096);
}

/* Flips one random bit 10 000 times. With the root digest made right the flips in the header and
 * the directory get past it. Every second flip aims at what is not the names section. */
static void flip_bits(bool rooted)
{
    uint64_t random = rooted ? 1 : 2;
    unsigned opened = 0, refused = 0;
    struct image image;

    make_image(&image, rooted ? 0 : FILLER);
    assert_int_equal(image.octets[SET_AT_ID_BITS], rooted ? 16 : 8);
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t bit;
        struct set *set;

        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        bit = (random >> 16) % (image.length * 8);
        if (i % 2 == 0)
            bit %= SET_HEADER_OCTETS / 4 * 8;
        image.octets[bit / 8] ^= (uint8_t)(1 << (bit % 8));
        if (rooted && bit / 8 < SET_HEADER_OCTETS &&
            (bit / 8 < SET_AT_DIRECTORY || bit / 8 >= SET_AT_DIRECTORY + 512)) {
            uint8_t root[SET_DIGEST_OCTETS];

            memcpy(root, image.octets + SET_AT_ROOT, sizeof root);
            fix_root(image.octets);
            set = set_open_memory(image.octets, image.length, NULL, NULL);
            memcpy(image.octets + SET_AT_ROOT, root, sizeof root);
        } else {
            set = set_open_memory(image.octets, image.length, NULL, NULL);
        }
        opened += set != NULL;
        refused += set == NULL;
        if (set != NULL)
            ask_everything(set);
        set_close(set);
        image.octets[bit / 8] ^= (uint8_t)(1 << (bit % 8));
    }
    assert_true(opened > 1000);
    assert_true(refused > 1000);
    assert_int_equal(open_code(image.octets, image.length), ERR_NONE);
    free_image(&image);
}

static void ten_thousand_flipped_bits_are_refused_or_read_safely(void **state)
{
    (void)state;
    flip_bits(false);
}

static void flips_behind_a_right_root_digest_are_read_safely(void **state)
{
    (void)state;
    flip_bits(true);
}

static void categories_are_mapped_to_the_bits_of_the_taxonomy(void **state)
{
    struct taxonomy taxonomy;
    struct fixture fixture;
    struct set_hit hit;
    struct set *set;

    (void)state;
    fixture_open(&fixture, 5);
    fixture_start(&fixture);
    fixture_add(&fixture, "known.example", ENTRY_SUBTREE, ENTRY_LIST);
    fixture_add(&fixture, "both.example", ENTRY_SUBTREE, ENTRY_LIST);
    fixture_finish(&fixture, "one", "gambling", NULL);
    fixture_start(&fixture);
    fixture_add(&fixture, "unknown.example", ENTRY_SUBTREE, ENTRY_LIST);
    fixture_add(&fixture, "www.both.example", ENTRY_SUBTREE, ENTRY_LIST);
    fixture_finish(&fixture, "two", "site_of_somebody_else", NULL);
    assert_int_equal(fixture_merge(&fixture, NULL, 0), 0);
    assert_int_equal(taxonomy_load(&taxonomy, &fixture.err), 0);
    set = set_open(fixture.out, &taxonomy, &fixture.err);
    assert_non_null(set);
    fixture_lookup(set, "www.known.example", &hit);
    assert_true(mask_has(hit.mask, taxonomy_find(&taxonomy, "gambling")->bit));
    fixture_lookup(set, "unknown.example", &hit);
    assert_false(mask_any(hit.mask));
    assert_int_equal(hit.labels, 0);
    fixture_lookup(set, "www.both.example", &hit);
    assert_int_equal(hit.labels, 2);
    set_close(set);
    fixture_close(&fixture);
}

static void the_longest_names_there_are_are_found(void **state)
{
    char deep[2 * NAME_LABELS_MAX], wide[256];
    struct fixture fixture;
    struct set_info info;
    struct set_hit hit;
    struct set *set;

    (void)state;
    for (size_t i = 0; i < NAME_LABELS_MAX; i++) {
        deep[2 * i] = 'a';
        deep[2 * i + 1] = i + 1 < NAME_LABELS_MAX ? '.' : '\0';
    }
    memset(wide, 'b', sizeof wide);
    wide[63] = wide[127] = wide[191] = '.';
    wide[253] = '\0';
    fixture_open(&fixture, 5);
    fixture_start(&fixture);
    fixture_add(&fixture, deep, ENTRY_EXACT, ENTRY_LIST);
    fixture_add(&fixture, wide, ENTRY_SUBTREE, ENTRY_LIST);
    fixture_finish(&fixture, "one", "malware", NULL);
    set = fixture_build(&fixture);
    set_info(set, &info);
    assert_int_equal(info.deepest, NAME_LABELS_MAX);
    fixture_lookup(set, deep, &hit);
    assert_int_equal(hit.labels, NAME_LABELS_MAX);
    fixture_lookup(set, deep + 2, &hit);
    assert_int_equal(hit.labels, 0);
    fixture_lookup(set, wide, &hit);
    assert_int_equal(hit.labels, 4);
    fixture_lookup(set, ".", &hit);
    assert_int_equal(hit.labels, 0);
    set_close(set);
    fixture_close(&fixture);
}

static unsigned range_mask(const struct set *set, const char *text, unsigned *length)
{
    struct set_hit hit;
    struct addr addr;

    assert_int_equal(addr_from_text(&addr, text), 0);
    set_lookup_addr(set, &addr, &hit);
    *length = hit.labels;
    return (unsigned)hit.mask.words[0];
}

static void addresses_get_what_every_range_around_them_says(void **state)
{
    static const struct {
        const char *addr;
        unsigned mask, length;
    } rows[] = {
        {"192.0.2.1",        1, 24},
        {"192.0.2.128",      3, 25},
        {"192.0.2.200",      2, 32}, /* feed one takes this one back */
        {"192.0.3.1",        0, 0 },
        {"2001:db8::1",      2, 32},
        {"2001:db8:1::1",    3, 48},
        {"2001:db9::1",      0, 0 },
        {"::ffff:192.0.2.1", 1, 24},
        {"198.51.100.9",     1, 32},
        {"198.51.100.8",     0, 0 },
    };
    struct fixture fixture;
    struct set *set;

    (void)state;
    fixture_open(&fixture, 5);
    fixture_start(&fixture);
    fixture_add_range(&fixture, "192.0.2.0/24", ENTRY_LIST);
    fixture_add_range(&fixture, "192.0.2.200/32", ENTRY_EXCEPT);
    fixture_add_range(&fixture, "2001:db8:1::/48", ENTRY_LIST);
    fixture_add_range(&fixture, "198.51.100.9", ENTRY_LIST);
    fixture_finish(&fixture, "one", "malware", NULL);
    fixture_start(&fixture);
    fixture_add_range(&fixture, "192.0.2.128/25", ENTRY_LIST);
    fixture_add_range(&fixture, "2001:db8::/32", ENTRY_LIST);
    fixture_finish(&fixture, "two", "phishing", NULL);
    set = fixture_build(&fixture);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned length, mask = range_mask(set, rows[i].addr, &length);

        if (mask != rows[i].mask || length != rows[i].length)
            fail_msg("%s: mask %u, length %u", rows[i].addr, mask, length);
    }
    set_close(set);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_set_lists_nothing),
        cmocka_unit_test(a_set_without_names_can_be_built_and_read),
        cmocka_unit_test(each_broken_header_has_its_error),
        cmocka_unit_test(files_that_are_no_sets_are_refused),
        cmocka_unit_test(an_unknown_optional_section_is_skipped),
        cmocka_unit_test(verify_names_the_bad_chunk),
        cmocka_unit_test(a_large_set_is_brought_into_memory_and_given_back_by_pieces),
        cmocka_unit_test(ten_thousand_flipped_bits_are_refused_or_read_safely),
        cmocka_unit_test(flips_behind_a_right_root_digest_are_read_safely),
        cmocka_unit_test(categories_are_mapped_to_the_bits_of_the_taxonomy),
        cmocka_unit_test(the_longest_names_there_are_are_found),
        cmocka_unit_test(addresses_get_what_every_range_around_them_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
