/* An inbox: what is taken, what is left alone, and what is wiped; with signatures of the real
 * tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/inbox.h"
#include "blocklist/feed/sealed_memory.h"
#include "config/base/err.h"
#include "tests/unit/cms_sample.h"
#include "tests/unit/signature_sample.h"

enum { NOW_S = CMS_SIGNED_S + 3600, MOST = 64 << 10 };

struct inbox {
    char folder[64], certificate[80], in[80];
    struct config_list list;
};

static void put(const struct inbox *inbox, const char *name, const char *text)
{
    char path[200];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s", inbox->list.inbox, name);
    out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static bool is_there(const struct inbox *inbox, const char *name)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", inbox->list.inbox, name);
    return access(path, F_OK) == 0;
}

static unsigned entries(const struct inbox *inbox)
{
    DIR *folder = opendir(inbox->list.inbox);
    unsigned count = 0;

    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 2;
}

static int open_inbox(void **state)
{
    struct inbox *inbox = calloc(1, sizeof *inbox);
    FILE *out;

    snprintf(inbox->folder, sizeof inbox->folder, "/tmp/test_feed_inbox.XXXXXX");
    assert_non_null(mkdtemp(inbox->folder));
    snprintf(inbox->certificate, sizeof inbox->certificate, "%s/own.pem", inbox->folder);
    out = fopen(inbox->certificate, "w");
    fputs(CMS_OWN, out);
    fclose(out);
    snprintf(inbox->in, sizeof inbox->in, "%s/in", inbox->folder);
    assert_int_equal(mkdir(inbox->in, 0700), 0);
    inbox->list = (struct config_list){.class_ = LIST_HOTLINE,
                                       .signature = LIST_CMS,
                                       .public_key = inbox->certificate,
                                       .inbox = inbox->in};
    *state = inbox;
    return 0;
}

static int close_inbox(void **state)
{
    struct inbox *inbox = *state;
    char command[200];

    snprintf(command, sizeof command, "rm -r '%s'", inbox->folder);
    assert_int_equal(system(command), 0);
    free(inbox);
    return 0;
}

static int take(const struct inbox *inbox, struct inbox_taken *taken, char *body, struct err *err)
{
    struct sealed_memory memory;
    int result;

    if (sealed_memory_open(&memory, MOST, err) != 0)
        fail_msg("%s", err->text);
    result = inbox_take(&inbox->list, &memory, MOST, NOW_S, taken, err);
    if (result == 0 && taken->found) {
        assert_int_equal(sealed_memory_settle(&memory, err), 0);
        snprintf(body, MOST, "%.*s", (int)memory.length, memory.octets);
    }
    sealed_memory_close(&memory);
    return result;
}

static void refuses(const struct inbox *inbox, enum err_code code, const char *words)
{
    static char body[MOST];
    struct inbox_taken taken;
    struct err err;

    assert_int_equal(take(inbox, &taken, body, &err), -1);
    assert_false(taken.found);
    if (strstr(err.text, words) == NULL)
        fail_msg("said '%s', wanted '%s'", err.text, words);
    assert_int_equal(err.code, code);
}

static void an_empty_inbox_is_no_fault(void **state)
{
    static char body[MOST];
    struct inbox_taken taken;
    struct err err;

    assert_int_equal(take(*state, &taken, body, &err), 0);
    assert_false(taken.found);
    put(*state, ".hidden", "x"); /* as tools that copy name what is not there yet */
    assert_int_equal(take(*state, &taken, body, &err), 0);
}

static void a_pair_that_fits_is_taken_and_wiped_once_it_is_in_force(void **state)
{
    static char body[MOST];
    struct inbox *inbox = *state;
    struct inbox_taken taken;
    struct inbox_count left;
    struct err err;

    put(inbox, "list.txt", SAMPLE_BODY);
    put(inbox, "list.txt.p7s", CMS_FITS);
    assert_int_equal(take(inbox, &taken, body, &err), 0);
    assert_true(taken.found);
    assert_int_equal(taken.signed_s, CMS_SIGNED_S);
    assert_int_equal(taken.octets, strlen(SAMPLE_BODY));
    assert_string_equal(body, SAMPLE_BODY);
    assert_int_equal(entries(inbox), 2); /* taking alone removes nothing */

    assert_int_equal(inbox_clear(&inbox->list, CMS_SIGNED_S - 1, NOW_S, &left, &err), 0);
    assert_int_equal(left.removed, 0);
    assert_int_equal(entries(inbox), 2); /* another version is in force */
    assert_int_equal(inbox_clear(&inbox->list, CMS_SIGNED_S, NOW_S, &left, &err), 0);
    assert_int_equal(left.removed, 1);
    assert_int_equal(left.wrong + left.waiting + left.other, 0);
    assert_int_equal(entries(inbox), 0);
}

/* Another name of the same octets shows what became of them. */
static void what_is_removed_was_overwritten(void **state)
{
    struct inbox *inbox = *state;
    char path[200], other[200], octets[sizeof SAMPLE_BODY] = "";
    struct inbox_count left;
    struct err err;
    int fd;

    put(inbox, "a", SAMPLE_BODY);
    put(inbox, "a.p7s", CMS_FITS);
    snprintf(path, sizeof path, "%s/a", inbox->list.inbox);
    snprintf(other, sizeof other, "%s/other", inbox->folder);
    assert_int_equal(link(path, other), 0);
    assert_int_equal(inbox_clear(&inbox->list, CMS_SIGNED_S, NOW_S, &left, &err), 0);
    fd = open(other, O_RDONLY);
    assert_int_equal(read(fd, octets, sizeof octets), (ssize_t)strlen(SAMPLE_BODY));
    assert_true(sodium_is_zero((uint8_t *)octets, sizeof octets));
    close(fd);
}

static void what_a_killed_run_began_to_remove_goes_with_the_next(void **state)
{
    static char body[MOST];
    struct inbox *inbox = *state;
    struct inbox_taken taken;
    struct inbox_count left;
    struct err err;

    put(inbox, ".taken.0", "half of it");
    put(inbox, "a", SAMPLE_BODY);
    put(inbox, "a.p7s", CMS_FITS);
    assert_int_equal(inbox_clear(&inbox->list, CMS_SIGNED_S, NOW_S, &left, &err), 0);
    assert_int_equal(entries(inbox), 0);
    put(inbox, ".taken.0", "half of it"); /* and where nothing else is delivered */
    assert_int_equal(take(inbox, &taken, body, &err), 0);
    assert_false(taken.found);
    assert_int_equal(entries(inbox), 0);
}

static void what_is_half_there_is_left_alone(void **state)
{
    struct inbox *inbox = *state;
    struct inbox_count left;
    struct err err;

    put(inbox, "list.txt", SAMPLE_BODY);
    refuses(inbox, ERR_DIGEST, "yet: 1 without a signature, or a signature without its file");
    put(inbox, "list.txt.p7s", "");
    refuses(inbox, ERR_DIGEST,
            "1 whose signature does not fit; the newest: not a signature of CMS");
    put(inbox, "list.txt", "one.example\n"); /* it grows */
    put(inbox, "list.txt.p7s", CMS_FITS);
    refuses(inbox, ERR_DIGEST,
            "1 whose signature does not fit; the newest: the signature does not "
            "fit the list");
    put(inbox, "other.p7s", CMS_FITS);
    refuses(inbox, ERR_DIGEST, "1 whose signature does not fit, 1 without a signature");
    assert_int_equal(inbox_clear(&inbox->list, INT64_MAX, NOW_S, &left, &err), 0);
    assert_int_equal(left.removed, 0);
    assert_int_equal(left.wrong, 1);
    assert_int_equal(left.waiting, 1);
    assert_int_equal(entries(inbox), 3);
}

static void what_is_wrong_stays_beside_what_is_right(void **state)
{
    static char body[MOST];
    struct inbox *inbox = *state;
    struct inbox_taken taken;
    struct inbox_count left;
    struct err err;
    char text[200];

    put(inbox, "a", "another.example\n");
    put(inbox, "a.p7s", CMS_FITS);
    put(inbox, "b", SAMPLE_BODY);
    put(inbox, "b.p7s", CMS_CARRIES);
    put(inbox, "c", SAMPLE_BODY);
    put(inbox, "c.p7s", CMS_BY_OTHER);
    put(inbox, "d.txt", "x");
    assert_int_equal(take(inbox, &taken, body, &err), 0);
    assert_true(taken.found);
    assert_string_equal(body, SAMPLE_BODY);
    assert_int_equal(inbox_clear(&inbox->list, taken.signed_s, NOW_S, &left, &err), 0);
    assert_int_equal(left.removed, 1);
    assert_int_equal(left.wrong, 2);
    assert_int_equal(left.waiting, 1);
    assert_false(is_there(inbox, "b") || is_there(inbox, "b.p7s"));
    assert_true(is_there(inbox, "a") && is_there(inbox, "c.p7s") && is_there(inbox, "d.txt"));
    assert_string_equal(inbox_text(&left, text, sizeof text),
                        "2 whose signature does not fit, 1 without a signature, or a signature "
                        "without its file");
}

/* CMS_CARRIES was made a second after CMS_FITS. */
static void the_newest_counts_and_the_older_go_with_it(void **state)
{
    static char body[MOST];
    struct inbox *inbox = *state;
    struct inbox_taken taken;
    struct inbox_count left;
    struct err err;

    put(inbox, "a", SAMPLE_BODY);
    put(inbox, "a.p7s", CMS_FITS);
    put(inbox, "z", SAMPLE_BODY);
    put(inbox, "z.p7s", CMS_CARRIES);
    assert_int_equal(take(inbox, &taken, body, &err), 0);
    assert_int_equal(taken.signed_s, CMS_SIGNED_S + 1);
    assert_int_equal(inbox_clear(&inbox->list, CMS_SIGNED_S, NOW_S, &left, &err), 0);
    assert_int_equal(left.removed, 1);
    assert_true(is_there(inbox, "z") && !is_there(inbox, "a"));
    assert_int_equal(inbox_clear(&inbox->list, CMS_SIGNED_S + 1, NOW_S, &left, &err), 0);
    assert_int_equal(entries(inbox), 0);
}

static void links_folders_and_pipes_are_nobodys_delivery(void **state)
{
    struct inbox *inbox = *state;
    char path[200], target[200];

    put(inbox, "../real", SAMPLE_BODY);
    snprintf(target, sizeof target, "%s/real", inbox->folder);
    snprintf(path, sizeof path, "%s/a", inbox->list.inbox);
    assert_int_equal(symlink(target, path), 0);
    put(inbox, "a.p7s", CMS_FITS);
    snprintf(path, sizeof path, "%s/b", inbox->list.inbox);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(path, sizeof path, "%s/c", inbox->list.inbox);
    assert_int_equal(mkdir(path, 0700), 0);
    refuses(inbox, ERR_DIGEST,
            "1 without a signature, or a signature without its file, 3 that are "
            "no files");
}

static void the_folder_itself_is_nobody_elses(void **state)
{
    struct inbox *inbox = *state;
    char *folder = inbox->list.inbox, other[200];

    for (mode_t more = 01; more <= 040; more *= 010) {
        assert_int_equal(chmod(folder, 0700 | more), 0);
        refuses(inbox, ERR_REFUSED, "it must be of mode 0700");
    }
    assert_int_equal(chmod(folder, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(folder, 12345, 12345), 0);
        refuses(inbox, ERR_REFUSED, "others may look into the inbox, or it is theirs");
        assert_int_equal(chown(folder, 0, 0), 0);
    }
    snprintf(other, sizeof other, "%s/link", inbox->folder);
    assert_int_equal(symlink(folder, other), 0);
    inbox->list.inbox = other;
    refuses(inbox, ERR_REFUSED, "not a link to one");
    snprintf(other, sizeof other, "%s/none", inbox->folder);
    refuses(inbox, ERR_NOT_FOUND, "cannot open the inbox");
    inbox->list.inbox = folder;
}

static void a_signature_without_a_time_is_not_taken(void **state)
{
    struct inbox *inbox = *state;
    char key[] = SAMPLE_KEY;

    inbox->list.signature = LIST_MINISIGN;
    inbox->list.public_key = key;
    put(inbox, "a", SAMPLE_BODY);
    put(inbox, "a.minisig", SAMPLE_PREHASHED);
    refuses(inbox, ERR_DIGEST, "signed without a time");
}

static void what_is_too_large_is_not_taken(void **state)
{
    static char large[MOST + 2];

    memset(large, 'x', sizeof large - 1);
    put(*state, "a", large);
    put(*state, "a.p7s", CMS_FITS);
    refuses(*state, ERR_DIGEST, "larger than 65536 octets");
}

static void an_expired_certificate_is_said_before_anything_is_read(void **state)
{
    struct inbox *inbox = *state;
    struct sealed_memory memory;
    struct inbox_taken taken;
    struct err err;

    assert_int_equal(sealed_memory_open(&memory, MOST, &err), 0);
    assert_int_equal(inbox_take(&inbox->list, &memory, MOST, CMS_ENDS_S + 1, &taken, &err), -1);
    assert_non_null(strstr(err.text, "has expired"));
    sealed_memory_close(&memory);
}

#define WITH_INBOX(test) cmocka_unit_test_setup_teardown(test, open_inbox, close_inbox)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_INBOX(an_empty_inbox_is_no_fault),
        WITH_INBOX(a_pair_that_fits_is_taken_and_wiped_once_it_is_in_force),
        WITH_INBOX(what_is_removed_was_overwritten),
        WITH_INBOX(what_a_killed_run_began_to_remove_goes_with_the_next),
        WITH_INBOX(what_is_half_there_is_left_alone),
        WITH_INBOX(what_is_wrong_stays_beside_what_is_right),
        WITH_INBOX(the_newest_counts_and_the_older_go_with_it),
        WITH_INBOX(links_folders_and_pipes_are_nobodys_delivery),
        WITH_INBOX(the_folder_itself_is_nobody_elses),
        WITH_INBOX(a_signature_without_a_time_is_not_taken),
        WITH_INBOX(what_is_too_large_is_not_taken),
        WITH_INBOX(an_expired_certificate_is_said_before_anything_is_read),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
