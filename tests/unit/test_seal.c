#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample_sealed.h"
#include "sealed_rig.h"

enum { HEAD = 64, ENTRY = 18, CODE = 32 };

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static const uint8_t salt[SEALED_SALT_OCTETS] = "salt of the test";

static int start(void **state)
{
    *state = rig_start();
    return 0;
}

static int end(void **state)
{
    rig_end(*state);
    return 0;
}

/* Makes the set at PATH of ENTRIES under this file's salt. */
static void make(const struct sealed_rig *rig, const char *path, const char *const *entries,
                 uint64_t number, int64_t made_s)
{
    struct err err;
    struct seal *seal = seal_start(rig->key, salt, &err);

    assert_non_null(seal);
    sample_seal(seal, entries);
    assert_int_equal(seal_write(seal, rig->key, path, number, made_s, &err), 0);
    seal_end(seal);
}

static void expect_refused(const struct sealed_rig *rig, enum err_code code)
{
    struct err err = {0};

    assert_null(sealed_open(rig->set, rig->key, &err));
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.text, rig->set)); /* which file, and */
    assert_null(strstr(err.text, "example"));    /* nothing of what is in it */
}

static bool same_file(const char *a, const char *b)
{
    size_t a_length, b_length;
    char *a_octets = rig_octets(a, &a_length), *b_octets = rig_octets(b, &b_length);
    bool same = a_length == b_length && memcmp(a_octets, b_octets, a_length) == 0;

    free(a_octets);
    free(b_octets);
    return same;
}

static void the_same_entries_are_the_same_octets_in_whatever_order(void **state)
{
    const struct sealed_rig *rig = *state;
    char other[RIG_PATH];

    snprintf(other, sizeof other, "%s/b.set", rig->folder);
    make(rig, rig->set, LIST("a.example", "=b.test", "192.0.2.0/24", "~c.example"), 7, 9);
    make(rig, other, LIST("~c.example", "192.0.2.0/24", "a.example", "=b.test", "a.example"), 7, 9);
    assert_true(same_file(rig->set, other));
    make(rig, other, LIST("a.example", "=b.test", "192.0.2.0/24", "~c.example"), 8, 9);
    assert_false(same_file(rig->set, other));
}

/* Returns how many hashes the files at A and B have in common. */
static size_t common(const char *a, const char *b)
{
    size_t a_length, b_length, count = 0;
    char *a_octets = rig_octets(a, &a_length), *b_octets = rig_octets(b, &b_length);

    for (size_t i = HEAD; i + CODE < a_length; i += ENTRY)
        for (size_t j = HEAD; j + CODE < b_length; j += ENTRY)
            count += memcmp(a_octets + i, b_octets + j, ENTRY - 2) == 0;
    free(a_octets);
    free(b_octets);
    return count;
}

static void another_salt_or_key_leaves_no_hash_the_same(void **state)
{
    const struct sealed_rig *rig = *state;
    const char *const *names = LIST("a.example", "b.example", "c.test");
    struct sealed_key *key;
    char other[RIG_PATH];
    struct err err;

    snprintf(other, sizeof other, "%s/b.set", rig->folder);
    make(rig, rig->set, names, 1, 1);
    make(rig, other, names, 2, 2);
    assert_int_equal(common(rig->set, other), 3);
    sample_sealed_file(other, rig->key, names); /* with a salt of its own */
    assert_int_equal(common(rig->set, other), 0);
    key = sealed_key_random(&err);
    assert_non_null(key);
    {
        struct sealed_rig stranger = *rig;

        stranger.key = key;
        make(&stranger, other, names, 1, 1);
    }
    sealed_key_free(key);
    assert_int_equal(common(rig->set, other), 0);
}

/* Kind and length stand in the file, but not to be read without the key. */
static void no_octet_tells_which_entries_are_of_one_kind(void **state)
{
    const struct sealed_rig *rig = *state;
    const char *names[101] = {0};
    char texts[100][32];
    size_t length, same = 0;
    char *octets;

    for (size_t i = 0; i < 100; i++) {
        snprintf(texts[i], sizeof texts[i], "n%zu.example", i);
        names[i] = texts[i];
    }
    make(rig, rig->set, names, 1, 1);
    octets = rig_octets(rig->set, &length);
    assert_int_equal(length, HEAD + 100 * ENTRY + CODE);
    for (size_t i = 1; i < 100; i++)
        same += memcmp(octets + HEAD + 16, octets + HEAD + i * ENTRY + 16, 2) == 0;
    assert_in_range(same, 0, 3); /* of 65536 values */
    free(octets);
}

static void a_damaged_octet_anywhere_is_noticed(void **state)
{
    const struct sealed_rig *rig = *state;
    char *octets;
    size_t length;

    make(rig, rig->set, LIST("a.example", "~b.example", "2001:db8::/32"), 1, 1);
    octets = rig_octets(rig->set, &length);
    for (size_t i = 0; i < 8 * length; i++) {
        struct err err = {0};

        octets[i / 8] = (char)(octets[i / 8] ^ 1 << (i % 8));
        rig_put(rig->set, octets, length, 0600);
        assert_null(sealed_open(rig->set, rig->key, &err));
        assert_true(err.code == ERR_DIGEST || (err.code == ERR_FORMAT && i < 8 * HEAD) ||
                    (err.code == ERR_VERSION && i / 32 == 2));
        octets[i / 8] = (char)(octets[i / 8] ^ 1 << (i % 8));
    }
    free(octets);
}

static void a_file_cut_anywhere_or_longer_is_refused(void **state)
{
    const struct sealed_rig *rig = *state;
    char *octets, *longer;
    size_t length;

    make(rig, rig->set, LIST("a.example", "b.example"), 1, 1);
    octets = rig_octets(rig->set, &length);
    longer = calloc(1, length + ENTRY);
    assert_non_null(longer);
    memcpy(longer, octets, length);
    for (size_t cut = 0; cut < length; cut++) {
        rig_put(rig->set, octets, cut, 0600);
        expect_refused(rig, ERR_FORMAT);
    }
    rig_put(rig->set, longer, length + 1, 0600);
    expect_refused(rig, ERR_FORMAT);
    rig_put(rig->set, longer, length + ENTRY, 0600);
    expect_refused(rig, ERR_FORMAT);
    rig_put(rig->set, octets, length, 0600);
    {
        struct err err;
        struct sealed *sealed = sealed_open(rig->set, rig->key, &err);

        assert_non_null(sealed);
        sealed_close(sealed);
    }
    free(octets);
    free(longer);
}

static void another_key_does_not_open_it(void **state)
{
    struct sealed_rig *rig = *state;
    struct err err;

    make(rig, rig->set, LIST("a.example"), 1, 1);
    sealed_key_free(rig->key);
    rig->key = sealed_key_random(&err);
    expect_refused(rig, ERR_DIGEST);
}

static void a_file_that_others_may_read_is_refused_with_the_cure(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0644, 0660, 0620, 0666, 0610, 0701};
    const struct sealed_rig *rig = *state;
    struct sealed_info info;
    struct err err;

    make(rig, rig->set, LIST("a.example"), 1, 1);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(rig->set, modes[i]), 0);
        expect_refused(rig, ERR_REFUSED);
        assert_int_equal(sealed_file_info(rig->set, &info, &err), -1);
        assert_int_equal(err.code, ERR_REFUSED);
        assert_non_null(strstr(err.text, "chmod 600"));
    }
}

static void a_set_is_written_for_its_owner_alone_whatever_stood_there(void **state)
{
    const struct sealed_rig *rig = *state;
    struct stat status;
    mode_t before = umask(0);

    rig_put(rig->set, "x", 1, 0666);
    make(rig, rig->set, LIST("a.example"), 1, 1);
    umask(before);
    assert_int_equal(stat(rig->set, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void what_cannot_be_written_leaves_what_stood_there(void **state)
{
    const struct sealed_rig *rig = *state;
    char path[RIG_PATH];
    struct seal *seal;
    struct err err;

    snprintf(path, sizeof path, "%s/none/a.set", rig->folder);
    seal = seal_start(rig->key, salt, &err);
    assert_non_null(seal);
    assert_int_equal(seal_write(seal, rig->key, path, 1, 1, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(mkdir(rig->set, 0700), 0); /* a folder, which no file replaces */
    assert_int_equal(seal_write(seal, rig->key, rig->set, 1, 1, &err), -1);
    assert_int_equal(rmdir(rig->set), 0); /* and nothing was left in it */
    seal_end(seal);
    seal_end(NULL);
}

static void no_name_and_no_piece_of_one_stands_in_the_file(void **state)
{
    const struct sealed_rig *rig = *state;
    size_t length;
    char *octets;

    make(rig, rig->set, LIST("unmistakable.example", "!canaryname.test", "~otherhost.example"), 1,
         1);
    octets = rig_octets(rig->set, &length);
    assert_null(memmem(octets, length, "unmis", 5));
    assert_null(memmem(octets, length, "canary", 6));
    assert_null(memmem(octets, length, "other", 5));
    assert_null(memmem(octets, length, "exampl", 6));
    assert_non_null(memmem(octets, length, "SGSEALED", 8)); /* the search works */
    free(octets);
}

static void parts_make_up_a_set(void **state)
{
    const struct sealed_rig *rig = *state;
    char part[RIG_PATH], whole[RIG_PATH];
    struct seal *seal;
    struct err err;

    snprintf(part, sizeof part, "%s/part", rig->folder);
    snprintf(whole, sizeof whole, "%s/whole", rig->folder);
    seal = seal_start(rig->key, salt, &err);
    assert_non_null(seal);
    make(rig, part, LIST("a.example", "192.0.2.0/24"), 0, 1);
    assert_int_equal(seal_add_file(seal, part, rig->key, &err), 0);
    make(rig, part, LIST("=b.example", "a.example", "2001:db8::/32"), 0, 1);
    assert_int_equal(seal_add_file(seal, part, rig->key, &err), 0);
    assert_int_equal(seal_count(seal), 4);
    assert_int_equal(seal_write(seal, rig->key, rig->set, 5, 6, &err), 0);
    make(rig, whole, LIST("a.example", "192.0.2.0/24", "=b.example", "2001:db8::/32"), 5, 6);
    assert_true(same_file(rig->set, whole));
    seal_end(seal);
}

static void a_part_of_another_salt_or_key_is_not_taken(void **state)
{
    const struct sealed_rig *rig = *state;
    struct sealed_key *key;
    struct seal *seal;
    struct err err;

    seal = seal_start(rig->key, salt, &err);
    assert_non_null(seal);
    sample_sealed_file(rig->set, rig->key, LIST("a.example"));
    assert_int_equal(seal_add_file(seal, rig->set, rig->key, &err), -1);
    assert_int_equal(err.code, ERR_VERSION);
    key = sealed_key_random(&err);
    assert_non_null(key);
    sample_sealed_file(rig->set, key, LIST("a.example"));
    assert_int_equal(seal_add_file(seal, rig->set, rig->key, &err), -1);
    assert_int_equal(err.code, ERR_DIGEST);
    assert_int_equal(seal_count(seal), 0);
    sealed_key_free(key);
    seal_end(seal);
}

static void a_covered_pin_is_found_before_anything_is_live(void **state)
{
    static const struct {
        const char *entry, *pin;
        bool covered;
    } cases[] = {
        {"help.example",   "help.example",     true },
        {"help.example",   "www.help.example", true },
        {"=help.example",  "www.help.example", false},
        {"<help.example",  "help.example",     false},
        {"<help.example",  "www.help.example", true },
        {"~help.example",  "help.example",     true }, /* its pages would go elsewhere */
        {"x.help.example", "help.example",     false},
        {"192.0.2.1",      "help.example",     false},
    };
    const struct sealed_rig *rig = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err err;
        struct seal *seal = seal_start(rig->key, salt, &err);
        struct name_buf buf;
        struct name name;

        assert_non_null(seal);
        sample_seal(seal, LIST(cases[i].entry));
        assert_int_equal(name_from_text(&buf, cases[i].pin, strlen(cases[i].pin)), NAME_OK);
        name = name_of(&buf);
        assert_int_equal(seal_covers(seal, &name), cases[i].covered);
        seal_end(seal);
    }
}

static void a_salt_is_kept_or_new(void **state)
{
    const struct sealed_rig *rig = *state;
    uint8_t got[SEALED_SALT_OCTETS], other[SEALED_SALT_OCTETS];
    struct err err;

    make(rig, rig->set, LIST("a.example"), 1, 1);
    assert_int_equal(seal_salt_of(rig->set, got, &err), 0);
    assert_memory_equal(got, salt, sizeof got);
    assert_int_equal(unlink(rig->set), 0);
    assert_int_equal(seal_salt_of(rig->set, got, &err), 0);
    seal_salt_new(other);
    assert_memory_not_equal(got, salt, sizeof got);
    assert_memory_not_equal(got, other, sizeof got);
    rig_put(rig->set, "no set at all", 13, 0600);
    assert_int_equal(seal_salt_of(rig->set, got, &err), -1);
    assert_int_equal(err.code, ERR_FORMAT);
}

static void a_file_is_known_by_its_first_octets(void **state)
{
    const struct sealed_rig *rig = *state;
    char path[RIG_PATH];

    make(rig, rig->set, LIST("a.example"), 1, 1);
    assert_true(sealed_file_is(rig->set));
    assert_false(sealed_file_is(rig->key_path));
    assert_false(sealed_file_is(rig->folder));
    snprintf(path, sizeof path, "%s/none", rig->folder);
    assert_false(sealed_file_is(path));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        TEST(the_same_entries_are_the_same_octets_in_whatever_order),
        TEST(another_salt_or_key_leaves_no_hash_the_same),
        TEST(no_octet_tells_which_entries_are_of_one_kind),
        TEST(a_damaged_octet_anywhere_is_noticed),
        TEST(a_file_cut_anywhere_or_longer_is_refused),
        TEST(another_key_does_not_open_it),
        TEST(a_file_that_others_may_read_is_refused_with_the_cure),
        TEST(a_set_is_written_for_its_owner_alone_whatever_stood_there),
        TEST(what_cannot_be_written_leaves_what_stood_there),
        TEST(no_name_and_no_piece_of_one_stands_in_the_file),
        TEST(parts_make_up_a_set),
        TEST(a_part_of_another_salt_or_key_is_not_taken),
        TEST(a_covered_pin_is_found_before_anything_is_live),
        TEST(a_salt_is_kept_or_new),
        TEST(a_file_is_known_by_its_first_octets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
