/* asked.c: what people pay without the server outlives the process, and names nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "blocklist/sealed/asked.h"
#include "blocklist/sealed/sealed_key.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/name.h"
#include "config/config.h"

enum { HITS = 30, PER_S = 600, DROP_S = 600, USER = 1000, START_MS = 50000 };

static char folder[64], key_path[96], set_path[96], file_path[96];
static struct config config;
static struct asked_now now = {START_MS, "first start"};

static int make_folder(void **state)
{
    struct err err;

    (void)state;
    snprintf(folder, sizeof folder, "/tmp/asked.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(key_path, sizeof key_path, "%s/key", folder);
    snprintf(set_path, sizeof set_path, "%s/current.set", folder);
    snprintf(file_path, sizeof file_path, "%s/asked", folder);
    assert_int_equal(sealed_key_make(key_path, &err), 0);
    config = (struct config){.set_hotline = set_path};
    config.sealed = (struct config_sealed){
        .key = key_path, .budget_hits = HITS, .budget_per_s = PER_S, .budget_drop_s = DROP_S};
    now = (struct asked_now){START_MS, "first start"};
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(file_path);
    unlink(key_path);
    return rmdir(folder);
}

/* Each in what could be a process of its own. */
static int meet(uint32_t who, unsigned number)
{
    struct err err;
    struct asked *asked = asked_open(&config, &err);
    struct name_buf buf;
    struct name name;
    uint64_t left_ms;
    char text[40];
    int result;

    assert_non_null(asked);
    snprintf(text, sizeof text, "n%u.listed.example", number);
    assert_int_equal(name_from_text(&buf, text, strlen(text)), NAME_OK);
    name = name_of(&buf);
    result = asked_pay(asked, who, &name, &now, &left_ms, &err);
    asked_close(asked);
    return result;
}

/* Returns how long WHO has to wait. */
static uint64_t waits(uint32_t who)
{
    struct err err;
    struct asked *asked = asked_open(&config, &err);
    uint64_t left_ms = 0;
    int result;

    assert_non_null(asked);
    result = asked_pay(asked, who, NULL, &now, &left_ms, &err);
    asked_close(asked);
    assert_in_range(result, 0, 1);
    return result == 1 ? left_ms : 0;
}

static void put_out(uint32_t who, unsigned first)
{
    for (unsigned i = 0; i < HITS; i++)
        assert_int_equal(meet(who, first + i), 0);
    assert_int_equal(meet(who, first + HITS), 1);
}

static void what_was_paid_outlives_the_process(void **state)
{
    (void)state;
    put_out(USER, 0);
    assert_int_equal(waits(USER), DROP_S * 1000);
    now.ms += 60000;
    assert_int_equal(waits(USER), DROP_S * 1000 - 60000);
    assert_int_equal(waits(USER + 1), 0);
    assert_int_equal(meet(USER + 1, 0), 0);
    now.ms = START_MS + DROP_S * 1000;
    assert_int_equal(waits(USER), 0);
    put_out(USER, 1000);
}

static void a_name_that_was_paid_for_stays_free(void **state)
{
    (void)state;
    put_out(USER, 0);
    for (unsigned window = 1; window < 4; window++) {
        now.ms += DROP_S * 1000;
        for (unsigned i = 0; i < HITS; i++)
            assert_int_equal(meet(USER, i), 0);
        put_out(USER, window * 1000); /* nothing of the budget was used for those */
    }
}

static void another_start_of_the_kernel_is_no_way_out(void **state)
{
    (void)state;
    put_out(USER, 0);
    now = (struct asked_now){10, "second start"};
    assert_int_equal(waits(USER), DROP_S * 1000);
    now.ms += DROP_S * 1000;
    assert_int_equal(waits(USER), 0);
}

static void counts_of_the_start_before_are_kept(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HITS; i++)
        assert_int_equal(meet(USER, i), 0);
    now = (struct asked_now){10, "second start"};
    assert_int_equal(meet(USER, HITS), 1);
}

static void many_users_cannot_push_out_who_has_to_wait(void **state)
{
    (void)state;
    put_out(USER, 0);
    for (uint32_t who = 0; who < 5 * ASKED_PERSONS_MOST; who++)
        assert_int_equal(meet(USER + 1 + who, 0), 0);
    assert_int_equal(waits(USER), DROP_S * 1000);
}

static void processes_at_once_share_one_count(void **state)
{
    enum { PROCESSES = 4, EACH = 10 };
    int paid = 0;

    (void)state;
    for (unsigned p = 0; p < PROCESSES; p++) {
        if (fork() == 0) {
            unsigned free_ = 0;

            for (unsigned i = 0; i < EACH; i++)
                free_ += meet(USER, p * EACH + i) == 0;
            _exit((int)free_);
        }
    }
    for (unsigned p = 0; p < PROCESSES; p++) {
        int status;

        assert_true(wait(&status) > 0);
        paid += WEXITSTATUS(status);
    }
    assert_int_equal(paid, HITS);
}

static void no_name_stands_in_the_file_and_nobody_else_reads_it(void **state)
{
    struct stat info;
    struct err err;
    size_t length;
    char *octets;

    (void)state;
    assert_int_equal(meet(USER, 7), 0);
    assert_int_equal(stat(file_path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    octets = file_read(file_path, 1 << 20, &length, &err);
    assert_non_null(octets);
    assert_null(memmem(octets, length, "listed", 6));
    assert_null(memmem(octets, length, "n7", 2));
    free(octets);
}

static void a_file_that_is_not_ours_stops_the_asking(void **state)
{
    struct err err;
    FILE *file = fopen(file_path, "w");

    (void)state;
    assert_non_null(file);
    fputs("something else", file);
    fclose(file);
    chmod(file_path, 0600);
    assert_null(asked_open(&config, &err));
    assert_int_equal(err.code, ERR_FORMAT);
    chmod(file_path, 0644);
    assert_null(asked_open(&config, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    unlink(file_path);
    assert_int_equal(symlink(key_path, file_path), 0);
    assert_null(asked_open(&config, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        CASE(what_was_paid_outlives_the_process),
        CASE(a_name_that_was_paid_for_stays_free),
        CASE(another_start_of_the_kernel_is_no_way_out),
        CASE(counts_of_the_start_before_are_kept),
        CASE(many_users_cannot_push_out_who_has_to_wait),
        CASE(processes_at_once_share_one_count),
        CASE(no_name_stands_in_the_file_and_nobody_else_reads_it),
        CASE(a_file_that_is_not_ours_stops_the_asking),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
