#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "blocklist/sealed/locked.h"
#include "sample_sealed.h"
#include "sealed_rig.h"

enum { WATCHED_MOST = 32 };

/* What munmap is to find wiped, and how many octets of it were not. */
static struct {
    const uint8_t *at[WATCHED_MOST];
    size_t octets[WATCHED_MOST], count, seen, left;
} watched;

/* In the place of libc's, so that memory is looked at on its way out. */
int munmap(void *at, size_t octets)
{
    for (size_t i = 0; i < watched.count; i++) {
        if (watched.at[i] != at)
            continue;
        watched.seen++;
        for (size_t o = 0; o < watched.octets[i]; o++)
            watched.left += watched.at[i][o] != 0;
    }
    return (int)syscall(SYS_munmap, at, octets);
}

static unsigned look(const struct sealed *sealed, const char *text)
{
    struct sealed_hit hit = {0xff};
    struct name_buf buf;
    struct name name;
    struct addr addr;

    if (addr_from_text(&addr, text) == 0) {
        sealed_lookup_addr(sealed, &addr, &hit);
        return hit.words;
    }
    assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
    name = name_of(&buf);
    sealed_lookup(sealed, &name, &hit);
    return hit.words;
}

/* Fills ONE with the entry and looks for each of NAMES, which is what is not to be found. */
static void expect_none(const char *const *entries, const char *const *names)
{
    struct sealed *sealed = sample_sealed(entries);

    for (; *names != NULL; names++)
        assert_int_equal(look(sealed, *names), 0);
    sealed_close(sealed);
}

static void expect_all(const char *const *entries, const char *const *names, unsigned words)
{
    struct sealed *sealed = sample_sealed(entries);

    for (; *names != NULL; names++)
        assert_int_equal(look(sealed, *names), words);
    sealed_close(sealed);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void a_name_is_blocked_with_what_lies_below_it(void **state)
{
    (void)state;
    expect_all(LIST("bad.example"), LIST("bad.example", "www.bad.example", "a.b.c.bad.example"),
               SEALED_BLOCK);
    expect_none(LIST("bad.example"),
                LIST("example", "notbad.example", "bad.example.test", ".", "bad", "ad.example"));
}

static void a_name_may_be_blocked_alone(void **state)
{
    (void)state;
    expect_all(LIST("=bad.example"), LIST("bad.example"), SEALED_BLOCK);
    expect_none(LIST("=bad.example"), LIST("www.bad.example", "example"));
}

static void what_lies_below_may_be_blocked_alone(void **state)
{
    (void)state;
    expect_all(LIST("<bad.example"), LIST("www.bad.example", "a.b.bad.example"), SEALED_BLOCK);
    expect_none(LIST("<bad.example"), LIST("bad.example", "example"));
}

static void two_lists_with_one_name_add_up(void **state)
{
    (void)state;
    expect_all(LIST("=bad.example", "<bad.example", "=bad.example"),
               LIST("bad.example", "www.bad.example"), SEALED_BLOCK);
    expect_all(LIST("~bad.example", "=bad.example"), LIST("bad.example"),
               SEALED_BLOCK | SEALED_DIVERT);
}

static void a_page_diverts_its_host_alone_and_blocks_nothing(void **state)
{
    (void)state;
    expect_all(LIST("~page.example"), LIST("page.example"), SEALED_DIVERT);
    expect_none(LIST("~page.example"), LIST("www.page.example", "example", "a.b.page.example"));
}

static void the_canary_is_blocked_and_known(void **state)
{
    (void)state;
    expect_all(LIST("!canary.example", "bad.example"), LIST("canary.example", "x1.canary.example"),
               SEALED_BLOCK | SEALED_CANARY);
    expect_all(LIST("!canary.example", "bad.example"), LIST("bad.example"), SEALED_BLOCK);
    expect_none(LIST("!canary.example"), LIST("example", "ary.example"));
}

static void a_range_holds_its_addresses_in_either_family(void **state)
{
    const char *const *ranges =
        LIST("192.0.2.64/26", "198.51.100.7", "2001:db8:5::/48", "2001:db8::7");

    (void)state;
    expect_all(ranges,
               LIST("192.0.2.64", "192.0.2.127", "198.51.100.7", "2001:db8:5::1",
                    "2001:db8:5:ffff::", "2001:db8::7"),
               SEALED_BLOCK);
    expect_none(ranges, LIST("192.0.2.63", "192.0.2.128", "198.51.100.6", "2001:db8:6::1",
                             "2001:db8::8", "::", "0.0.0.0"));
}

static void every_length_of_a_range_is_looked_for(void **state)
{
    struct sealed *sealed;
    char text[ADDR_TEXT_MAX];

    (void)state;
    for (unsigned length = 0; length <= 128; length++) {
        snprintf(text, sizeof text, "%s/%u", length < 1 ? "::" : "8000::", length);
        sealed = sample_sealed(LIST(text));
        assert_int_equal(look(sealed, length == 128 ? "8000::" : "8000::1"), SEALED_BLOCK);
        assert_int_equal(look(sealed, "4000::1"), length == 0 ? SEALED_BLOCK : 0);
        assert_int_equal(look(sealed, "128.0.0.0"), 0);
        sealed_close(sealed);
    }
}

static void no_range_is_a_name_nor_the_other_way_round(void **state)
{
    (void)state;
    expect_none(LIST("192.0.2.0/24"), LIST("example", "a.example", "192.0.2.0.example"));
    expect_none(LIST("bad.example"), LIST("192.0.2.1", "2001:db8::1"));
}

/* Enough for the table to grow several times, and for entries to move. */
static void all_of_many_names_are_found_and_no_other(void **state)
{
    enum { MANY = 20000 };
    struct sealed *sealed = sample_sealed(LIST("bad.example"));
    struct name_buf buf;
    struct err err;
    char text[64];

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        struct name name;

        snprintf(text, sizeof text, "n%u.test", i);
        assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
        name = name_of(&buf);
        assert_int_equal(sealed_add(sealed, &name, i % 2 ? COVER_EXACT : COVER_BELOW, &err), 0);
    }
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "n%u.test", i);
        assert_int_equal(look(sealed, text), i % 2 ? SEALED_BLOCK : 0);
        snprintf(text, sizeof text, "w.n%u.test", i);
        assert_int_equal(look(sealed, text), i % 2 ? 0 : SEALED_BLOCK);
        snprintf(text, sizeof text, "m%u.test", i);
        assert_int_equal(look(sealed, text), 0);
    }
    assert_int_equal(look(sealed, "bad.example"), SEALED_BLOCK);
    sealed_close(sealed);
}

static void the_operators_own_names_stand_beside_the_files(void **state)
{
    struct sealed *sealed = sample_sealed(LIST("listed.example"));
    struct name_buf buf;
    struct name name;
    struct sealed_info info;
    struct err err;

    (void)state;
    assert_int_equal(name_from_text(&buf, "own.example", 11), NAME_OK);
    name = name_of(&buf);
    assert_int_equal(sealed_add(sealed, &name, COVER_SUBTREE, &err), 0);
    assert_int_equal(look(sealed, "www.own.example"), look(sealed, "www.listed.example"));
    assert_int_equal(look(sealed, "own.example"), SEALED_BLOCK);
    sealed_info(sealed, &info);
    assert_int_equal(info.entries, 1); /* the file's, which the operator's rules do not change */
    sealed_close(sealed);
}

static void the_operator_may_block_the_root(void **state)
{
    struct sealed *sealed;
    struct name_buf buf;
    struct name name;
    struct err err;

    (void)state;
    assert_int_equal(name_from_text(&buf, ".", 1), NAME_OK);
    name = name_of(&buf);
    sealed = sealed_open_empty(&err);
    assert_int_equal(sealed_add(sealed, &name, COVER_BELOW, &err), 0);
    assert_false(sealed_is_empty(sealed));
    assert_int_equal(look(sealed, "www.example"), SEALED_BLOCK);
    assert_int_equal(look(sealed, "."), 0);
    assert_int_equal(sealed_add(sealed, &name, COVER_EXACT, &err), 0);
    assert_int_equal(look(sealed, "."), SEALED_BLOCK);
    sealed_close(sealed);
}

static void an_empty_set_is_empty_until_something_is_added(void **state)
{
    struct sealed_info info;
    struct name_buf buf;
    struct sealed *sealed;
    struct name name;
    struct err err;

    (void)state;
    sealed = sealed_open_empty(&err);
    assert_non_null(sealed);
    assert_true(sealed_is_empty(sealed));
    assert_int_equal(look(sealed, "www.example"), 0);
    assert_int_equal(look(sealed, "192.0.2.1"), 0);
    sealed_info(sealed, &info);
    assert_int_equal(info.number, 0);
    assert_int_equal(info.made_s, 0);
    assert_int_equal(name_from_text(&buf, "own.example", 11), NAME_OK);
    name = name_of(&buf);
    assert_int_equal(sealed_add(sealed, &name, COVER_SUBTREE, &err), 0);
    assert_false(sealed_is_empty(sealed));
    assert_int_equal(look(sealed, "own.example"), SEALED_BLOCK);
    sealed_close(sealed);
    sealed_close(NULL);
}

static void the_three_steps_find_what_one_does(void **state)
{
    static const char *const names[] = {"bad.example", "x.bad.example", "good.example", "."};
    struct sealed *sealed = sample_sealed(LIST("bad.example", "~good.example"));
    struct sealed_probe probes[4];
    struct sealed_hit hit;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct name_buf buf;
        struct name name;

        assert_int_equal(name_from_text(&buf, names[i], strlen(names[i])), NAME_OK);
        name = name_of(&buf);
        sealed_hash(sealed, &name, &probes[i]);
    }
    for (size_t i = 0; i < 4; i++)
        sealed_prefetch(sealed, &probes[i]);
    for (size_t i = 0; i < 4; i++) {
        sealed_find(sealed, &probes[i], &hit);
        assert_int_equal(hit.words, look(sealed, names[i]));
    }
    sealed_close(sealed);
}

static void size_version_and_time_are_told(void **state)
{
    struct sealed *sealed = sample_sealed(LIST("a.example", "b.example", "192.0.2.0/24"));
    struct sealed_info info;

    (void)state;
    sealed_info(sealed, &info);
    assert_int_equal(info.number, SAMPLE_SEALED_NUMBER);
    assert_int_equal(info.entries, 3);
    assert_int_equal(info.octets, 64 + 3 * 18 + 32);
    assert_int_equal(info.made_s, SAMPLE_SEALED_MADE_S);
    assert_true(info.locked);
    sealed_close(sealed);
}

/* Tells whether the pages around AT have FLAG in /proc/self/smaps; fills their size and start. */
static bool has_flag(const void *at, const char *flag, const void **start, size_t *octets)
{
    FILE *file = fopen("/proc/self/smaps", "re");
    unsigned long from = 0, to = 0;
    bool inside = false, found = false;
    char line[4096];

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = (uintptr_t)at >= from && (uintptr_t)at < to;
        if (!inside || strncmp(line, "VmFlags:", 8) != 0)
            continue;
        found = strstr(line + 8, flag) != NULL;
        *start = (const void *)from; /* NOLINT: an address of the kernel's table */
        *octets = to - from;
    }
    fclose(file);
    return found;
}

/* Returns how many octets of the process are both locked and left out of dumps. */
static size_t hidden_octets(void)
{
    FILE *file = fopen("/proc/self/smaps", "re");
    unsigned long from = 0, to = 0, a, b;
    char line[4096];
    size_t sum = 0;

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%lx-%lx ", &a, &b) == 2) {
            from = a;
            to = b;
        }
        if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " lo ") != NULL &&
            strstr(line, " dd ") != NULL)
            sum += to - from;
    }
    fclose(file);
    return sum;
}

static void all_memory_of_a_set_is_locked_and_left_out_of_dumps(void **state)
{
    enum { PAGE = 4096 };
    size_t before = hidden_octets(), octets;
    struct sealed *sealed = sample_sealed(LIST("bad.example"));
    const void *start;

    (void)state;
    assert_true(has_flag(sealed, " lo ", &start, &octets));
    assert_true(has_flag(sealed, " dd ", &start, &octets));
    assert_int_equal(hidden_octets() - before, 2 * PAGE); /* the struct with its key, the table */
    sealed_close(sealed);
    assert_int_equal(hidden_octets(), before);
}

static void a_key_is_locked_and_left_out_of_dumps(void **state)
{
    struct sealed_rig *rig = rig_start();
    const void *start;
    size_t octets;

    (void)state;
    assert_true(has_flag(rig->key, " lo ", &start, &octets));
    assert_true(has_flag(rig->key, " dd ", &start, &octets));
    rig_end(rig);
}

static void watch(const void *at, size_t octets)
{
    must(watched.count < WATCHED_MOST);
    watched.at[watched.count] = at;
    watched.octets[watched.count++] = octets;
}

static void memory_is_wiped_before_it_is_given_back(void **state)
{
    struct locked memory;
    struct err err;

    (void)state;
    memset(&watched, 0, sizeof watched);
    assert_int_equal(locked_open(&memory, 10000, &err), 0);
    memset(memory.at, 0xa5, 10000);
    watch(memory.at, 10000);
    locked_close(&memory);
    assert_int_equal(watched.seen, 1);
    assert_int_equal(watched.left, 0);
    locked_close(&memory); /* again: nothing */
    assert_int_equal(watched.seen, 1);
    memset(&watched, 0, sizeof watched);
}

static void a_closed_set_and_a_freed_key_leave_nothing(void **state)
{
    struct sealed_rig *rig = rig_start();
    struct sealed *sealed;
    struct err err;

    (void)state;
    memset(&watched, 0, sizeof watched);
    sample_sealed_file(rig->set, rig->key, LIST("bad.example"));
    sealed = sealed_open(rig->set, rig->key, &err);
    assert_non_null(sealed);
    watch(sealed, 512);
    watch(rig->key, 128);
    sealed_close(sealed);
    rig_end(rig);
    assert_int_equal(watched.seen, 2);
    assert_int_equal(watched.left, 0);
    memset(&watched, 0, sizeof watched);
}

/* Runs CHECK as a process without rights that may lock OCTETS; returns what it returned. */
static int with_limit(rlim_t octets, int (*check)(const struct sealed_rig *rig))
{
    const struct rlimit limit = {octets, octets};
    pid_t child = fork();
    int status = 0;

    must(child >= 0);
    if (child == 0) {
        struct sealed_rig *rig = rig_start();

        if (geteuid() == 0)
            must(chown(rig->folder, 65534, 65534) == 0 && chown(rig->key_path, 65534, 65534) == 0 &&
                 setresuid(65534, 65534, 65534) == 0);
        sealed_key_free(rig->key); /* which root has locked */
        rig->key = NULL;
        must(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
        status = check(rig);
        rig_end(rig);
        _exit(status);
    }
    must(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int key_needs_a_page(const struct sealed_rig *rig)
{
    struct err err = {0};

    if (sealed_key_read(rig->key_path, &err) != NULL || err.code != ERR_SYSTEM)
        return 1;
    return strstr(err.text, "LimitMEMLOCK=") == NULL ? 2 : 0;
}

static void a_key_is_not_read_where_it_could_be_swapped(void **state)
{
    (void)state;
    assert_int_equal(with_limit(0, key_needs_a_page), 0);
}

/* Makes a set of COUNT names with the key of RIG, opens it twice, as a reload does, and returns how
 * many of both are locked; 9 on any failure. */
static int open_twice(const struct sealed_rig *rig, unsigned count)
{
    static const uint8_t salt[SEALED_SALT_OCTETS];
    struct sealed *sets[2] = {NULL, NULL};
    struct sealed_info info;
    struct sealed_key *key;
    struct err err;
    int locked = 0;

    for (size_t set = 0; set < 2; set++) {
        struct seal *seal;

        key = sealed_key_read(rig->key_path, &err);
        seal = key == NULL ? NULL : seal_start(key, salt, &err);
        if (seal == NULL)
            return 9;
        for (unsigned i = 0; i < count; i++) {
            char text[32];

            snprintf(text, sizeof text, "n%u.example", i);
            must(sample_seal_name(seal, text, &err) == 0);
        }
        must(seal_write(seal, key, rig->set, 1, 1, &err) == 0);
        seal_end(seal);
        sets[set] = sealed_open(rig->set, key, &err);
        if (sets[set] == NULL || look(sets[set], "n0.example") != SEALED_BLOCK)
            return 9;
        sealed_info(sets[set], &info);
        locked += info.locked;
        sealed_key_free(key);
    }
    sealed_close(sets[0]);
    sealed_close(sets[1]);
    return locked;
}

static int open_small(const struct sealed_rig *rig)
{
    return open_twice(rig, 1);
}

static int open_large(const struct sealed_rig *rig)
{
    return open_twice(rig, 5000);
}

static void what_every_process_may_lock_is_enough_for_keys_and_small_sets(void **state)
{
    (void)state;
    assert_int_equal(with_limit(64 << 10, open_small), 2);
}

static void a_table_beyond_the_limit_works_and_is_told_of(void **state)
{
    (void)state;
    assert_int_equal(with_limit(64 << 10, open_large), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_blocked_with_what_lies_below_it),
        cmocka_unit_test(a_name_may_be_blocked_alone),
        cmocka_unit_test(what_lies_below_may_be_blocked_alone),
        cmocka_unit_test(two_lists_with_one_name_add_up),
        cmocka_unit_test(a_page_diverts_its_host_alone_and_blocks_nothing),
        cmocka_unit_test(the_canary_is_blocked_and_known),
        cmocka_unit_test(a_range_holds_its_addresses_in_either_family),
        cmocka_unit_test(every_length_of_a_range_is_looked_for),
        cmocka_unit_test(no_range_is_a_name_nor_the_other_way_round),
        cmocka_unit_test(all_of_many_names_are_found_and_no_other),
        cmocka_unit_test(the_operators_own_names_stand_beside_the_files),
        cmocka_unit_test(the_operator_may_block_the_root),
        cmocka_unit_test(an_empty_set_is_empty_until_something_is_added),
        cmocka_unit_test(the_three_steps_find_what_one_does),
        cmocka_unit_test(size_version_and_time_are_told),
        cmocka_unit_test(all_memory_of_a_set_is_locked_and_left_out_of_dumps),
        cmocka_unit_test(a_key_is_locked_and_left_out_of_dumps),
        cmocka_unit_test(memory_is_wiped_before_it_is_given_back),
        cmocka_unit_test(a_key_is_not_read_where_it_could_be_swapped),
        cmocka_unit_test(what_every_process_may_lock_is_enough_for_keys_and_small_sets),
        cmocka_unit_test(a_table_beyond_the_limit_works_and_is_told_of),
        cmocka_unit_test(a_closed_set_and_a_freed_key_leave_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
