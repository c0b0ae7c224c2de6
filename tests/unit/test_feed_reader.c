/* A list read in a process of its own: what comes back, and what is left where it dies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "blocklist/feed/reader.h"
#include "blocklist/set/segment_file.h"
#include "config/base/file.h"

struct rig {
    char dir[64], list_path[96], suffixes_path[96];
    struct config config;
    struct config_list list;
    struct name_buf bufs[2];
    struct name names[2];
    struct reader_request request;
    struct reader_result result;
    struct err err;
};

static void put_file(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void protect(struct rig *rig, size_t index, const char *text)
{
    assert_int_equal(name_from_text(&rig->bufs[index], text, strlen(text)), NAME_OK);
    rig->names[index] = name_of(&rig->bufs[index]);
}

static void start(struct rig *rig, const char *text)
{
    static const char suffixes[] = "// ===BEGIN ICANN DOMAINS===\ncom\nco.example\n"
                                   "// ===END ICANN DOMAINS===\n";

    memset(rig, 0, sizeof *rig);
    assert_true(sodium_init() >= 0);
    snprintf(rig->dir, sizeof rig->dir, "%.40s/sg-rd-XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(rig->dir));
    assert_int_equal(place_make(rig->dir, &rig->err), 0);
    snprintf(rig->list_path, sizeof rig->list_path, "%s/incoming/ads", rig->dir);
    snprintf(rig->suffixes_path, sizeof rig->suffixes_path, "%s/suffixes", rig->dir);
    put_file(rig->list_path, text, strlen(text));
    put_file(rig->suffixes_path, suffixes, sizeof suffixes - 1);
    snprintf(rig->list.id, sizeof rig->list.id, "ads");
    snprintf(rig->list.format, sizeof rig->list.format, "plain");
    snprintf(rig->list.category, sizeof rig->list.category, "games");
    rig->config.feeds.entries_most = 1000000;
    rig->config.feeds.size_most = rig->config.feeds.unpacked_most = 1 << 24;
    rig->config.feeds.ratio_most = 100;
    protect(rig, 0, "help.example");
    protect(rig, 1, "www.school.example");
    rig->request = (struct reader_request){.config = &rig->config,
                                           .list = &rig->list,
                                           .path = rig->list_path,
                                           .dir = rig->dir,
                                           .seed = 5,
                                           .suffixes_path = rig->suffixes_path,
                                           .protected_names = rig->names,
                                           .protected_count = 2};
}

/* Removes all files in segments/; returns how many there were. */
static size_t empty(const struct rig *rig)
{
    char path[PLACE_PATH_MAX];
    DIR *folder = opendir(place_segment(rig->dir, "", path));
    struct dirent *entry;
    size_t count = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
        count++;
    }
    closedir(folder);
    return count;
}

static void end(struct rig *rig)
{
    static const char *const folders[] = {"incoming", "segments", "sets"};
    char path[160];

    free(rig->result.segments);
    empty(rig);
    unlink(rig->list_path);
    unlink(rig->suffixes_path);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", rig->dir, folders[i]);
        assert_int_equal(rmdir(path), 0);
    }
    assert_int_equal(rmdir(rig->dir), 0);
}

static void reads(struct rig *rig)
{
    if (reader_read(&rig->request, &rig->result, &rig->err) != 0)
        fail_msg("%s", rig->err.text);
}

/* It fails with WORDS, and leaves nothing. */
static void fails(struct rig *rig, const char *words)
{
    assert_int_equal(reader_read(&rig->request, &rig->result, &rig->err), -1);
    if (strstr(rig->err.text, words) == NULL)
        fail_msg("no '%s' in: %s", words, rig->err.text);
    assert_null(rig->result.segments);
    assert_int_equal(empty(rig), 0);
}

static void a_list_becomes_a_segment_that_its_digest_names(void **state)
{
    char path[PLACE_PATH_MAX], wanted[64];
    struct segment *segment;
    struct rig rig;

    (void)state;
    start(&rig, "casino.example\nbet.example\nnot a name\n");
    rig.list.observe = true;
    reads(&rig);
    assert_int_equal(rig.result.segment_count, 1);
    assert_int_equal(rig.result.segments[0].entries, 2);
    assert_string_equal(rig.result.segments[0].list, "ads");
    assert_string_equal(rig.result.segments[0].about.feed, "ads");
    assert_string_equal(rig.result.segments[0].about.category, "games");
    assert_true(rig.result.segments[0].about.observe);
    assert_int_equal(rig.result.segments[0].seed, 5);
    assert_int_equal(report_refused(&rig.result.report), 1);
    snprintf(wanted, sizeof wanted, "ads.%02x%02x", rig.result.segments[0].digest[0],
             rig.result.segments[0].digest[1]);
    assert_memory_equal(rig.result.segments[0].file, wanted, strlen(wanted));
    assert_true(rig.result.peak_octets > 0);
    segment = segment_open(place_segment(rig.dir, rig.result.segments[0].file, path), &rig.err);
    assert_non_null(segment);
    assert_int_equal(segment->about.names, 2);
    segment_close(segment);
    assert_int_equal(empty(&rig), 1);
    end(&rig);
}

static void the_same_octets_make_the_same_file(void **state)
{
    char first[STORE_FILE_MAX];
    struct rig rig;

    (void)state;
    start(&rig, "casino.example\n");
    reads(&rig);
    memcpy(first, rig.result.segments[0].file, sizeof first);
    free(rig.result.segments);
    reads(&rig);
    assert_string_equal(first, rig.result.segments[0].file);
    assert_int_equal(empty(&rig), 1);
    end(&rig);
}

static void protected_names_are_found_with_their_lines(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "casino.example\nschool.example\nhelp.example\n");
    reads(&rig);
    assert_int_equal(rig.result.finding_count, 2);
    assert_int_equal(rig.result.findings[0].name, 0);
    assert_int_equal(rig.result.findings[0].line, 3);
    assert_int_equal(rig.result.findings[1].name, 1);
    assert_int_equal(rig.result.findings[1].line, 2);
    end(&rig);
}

static void the_canary_is_looked_for(void **state)
{
    char canary[] = "canary.example";
    struct rig rig;

    (void)state;
    start(&rig, "casino.example\n");
    rig.list.gate.canary = canary;
    reads(&rig);
    assert_false(rig.result.canary_seen);
    free(rig.result.segments);
    put_file(rig.list_path, "a.example\ncanary.example\n", 25);
    reads(&rig);
    assert_true(rig.result.canary_seen);
    end(&rig);
}

static void a_web_page_and_an_empty_file_are_no_lists(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "\n<!DOCTYPE html>\n<html><body>log in at portal.example</body></html>\n");
    fails(&rig, "page");
    put_file(rig.list_path, "", 0);
    fails(&rig, "");
    put_file(rig.list_path, "# nothing here\n# today\n", 23);
    fails(&rig, "");
    end(&rig);
}

static void too_many_entries_are_refused(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a.example\nb.example\nc.example\n");
    rig.config.feeds.entries_most = 2;
    fails(&rig, "entries");
    end(&rig);
}

static void crash(void)
{
    signal(SIGSEGV, SIG_DFL); /* sanitizers have a handler */
    raise(SIGSEGV);
}

static void die_of_hunger(void)
{
    raise(SIGKILL);
}

static void sleep_in(void)
{
    raise(SIGALRM);
}

static void leave(void)
{
    _exit(0);
}

static void leave_garbage(void)
{
    char garbage[9000] = {1};

    _exit(write(STDERR_FILENO + 1, garbage, sizeof garbage) < 0);
}

/* A segment that was half written when its process died. */
static void leave_half(void)
{
    char path[160];

    snprintf(path, sizeof path, "%s/new.%ld.0", getenv("RIG_SEGMENTS"), (long)getpid());
    put_file(path, "half", 4);
    raise(SIGKILL);
}

static void a_reader_that_dies_fails_its_list_and_leaves_nothing(void **state)
{
    static const struct {
        void (*entered)(void);
        const char *words;
    } rows[] = {
        {crash,         "the reader of format plain died by signal 11"                    },
        {die_of_hunger, "the reader of format plain was killed, most likely out of memory"},
        {sleep_in,      "the reader of format plain did not end within 30 minutes"        },
        {leave,         "the reader of format plain ended without a result"               },
        {leave_garbage, "the reader of format plain ended without a result"               },
        {leave_half,    "was killed"                                                      },
    };
    char segments[160];
    struct rig rig;

    (void)state;
    start(&rig, "casino.example\n");
    snprintf(segments, sizeof segments, "%s/segments", rig.dir);
    setenv("RIG_SEGMENTS", segments, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig.request.entered = rows[i].entered;
        fails(&rig, rows[i].words);
    }
    end(&rig);
}

/* Ends with a word of its own where something is open that should not be. */
static void look_around(void)
{
    const char *words[] = {NULL};

    if (dup(STDERR_FILENO + 2) >= 0 || errno != EBADF || dup(199) >= 0)
        raise(SIGUSR1);
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
        raise(SIGUSR2);
    execv("/bin/true", (char *const *)(void *)words);
}

static void a_reader_has_no_descriptors_no_sockets_and_no_programs(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "casino.example\n");
    assert_int_equal(dup2(STDERR_FILENO, 199), 199);
    rig.request.entered = look_around;
    reads(&rig);
    close(199);
    end(&rig);
}

static void on_done(void *context, struct reader_result *result, struct err *err)
{
    struct rig *rig = context;

    if (result == NULL)
        fail_msg("%s", err->text);
    rig->result = *result;
}

static void a_loop_can_wait_for_it(void **state)
{
    struct reader *reader;
    struct rig rig;
    uv_loop_t loop;

    (void)state;
    start(&rig, "casino.example\n");
    assert_int_equal(uv_loop_init(&loop), 0);
    reader = reader_start(&loop, &rig.request, on_done, &rig, &rig.err);
    assert_non_null(reader);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(rig.result.segment_count, 1);
    reader_end(reader);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    end(&rig);
}

static void hang(void)
{
    pause();
}

static void never(void *context, struct reader_result *result, struct err *err)
{
    (void)context;
    (void)result;
    fail_msg("%s", err->text);
}

static void a_reader_that_hangs_is_ended_by_its_owner(void **state)
{
    struct reader *reader;
    struct rig rig;
    uv_loop_t loop;

    (void)state;
    start(&rig, "casino.example\n");
    rig.request.entered = hang;
    assert_int_equal(uv_loop_init(&loop), 0);
    reader = reader_start(&loop, &rig.request, never, NULL, &rig.err);
    assert_non_null(reader);
    reader_end(reader);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(empty(&rig), 0);
    end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_becomes_a_segment_that_its_digest_names),
        cmocka_unit_test(the_same_octets_make_the_same_file),
        cmocka_unit_test(protected_names_are_found_with_their_lines),
        cmocka_unit_test(the_canary_is_looked_for),
        cmocka_unit_test(a_web_page_and_an_empty_file_are_no_lists),
        cmocka_unit_test(too_many_entries_are_refused),
        cmocka_unit_test(a_reader_that_dies_fails_its_list_and_leaves_nothing),
        cmocka_unit_test(a_reader_has_no_descriptors_no_sockets_and_no_programs),
        cmocka_unit_test(a_loop_can_wait_for_it),
        cmocka_unit_test(a_reader_that_hangs_is_ended_by_its_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
