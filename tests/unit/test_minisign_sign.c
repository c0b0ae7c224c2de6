/* What is signed here is what minisign's tool makes: keys of both are read, signatures are checked
 * by the code that checks the tool's (tests/e2e/test_evidence.py has the tool itself check them).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "config/base/err.h"
#include "config/base/minisign_sign.h"

/* Of minisign 0.11, `-G -W`; of no other use. */
static const char tool_key[] = "untrusted comment: minisign encrypted secret key\n"
                               "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                               "AAAAAsrpMwm5ThQ6RzayKwHUljVgh"
                               "5WzU+kZ8JGZdN1164Clm/AxpPmSCG99Tpg/8LUvFRed+dcilb8Y0IL67v8rrj3/"
                               "wUTWHwkSTAAAAAAAAAAAAAAAAAAAAAAAA"
                               "AAAAAAAAAAAAAAAAAAA=\n";
static const char tool_public[] = "RWSyukzCblOFDt9Tpg/8LUvFRed+dcilb8Y0IL67v8rrj3/wUTWHwkST";
static const uint8_t body[] = "a report\n";

static char folder[] = "/tmp/stairgate-sign-XXXXXX";
static char path[64], public_path[80];

static int set_up(void **state)
{
    (void)state;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/key", folder);
    snprintf(public_path, sizeof public_path, "%s.pub", path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    unlink(public_path);
    return rmdir(folder);
}

static void write_key(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void expect_good(const struct minisign_secret *secret, const struct minisign_key *key)
{
    static struct minisign signature;
    char text[MINISIGN_TEXT_MAX];
    size_t length = minisign_sign(secret, body, sizeof body, "timestamp:1\tfile:a", text);
    uint8_t other[sizeof body];
    struct err err;

    assert_int_equal(length, strlen(text));
    assert_int_equal(minisign_read(&signature, text, length, &err), 0);
    assert_string_equal(signature.comment, "timestamp:1\tfile:a");
    assert_int_equal(signature.prehashed, 1);
    assert_int_equal(minisign_check(&signature, key, body, sizeof body, "report", &err), 0);
    memcpy(other, body, sizeof body);
    other[3] ^= 1;
    assert_int_equal(minisign_check(&signature, key, other, sizeof body, "report", &err), -1);
    signature.comment[10] = '2';
    assert_int_equal(minisign_check(&signature, key, body, sizeof body, "report", &err), -1);
}

static void a_key_of_the_tool_signs(void **state)
{
    struct minisign_secret secret;
    struct minisign_key key;
    struct err err;

    (void)state;
    write_key(tool_key, 0600);
    assert_int_equal(minisign_secret_read(&secret, path, &err), 0);
    assert_int_equal(minisign_key_read(&key, tool_public, &err), 0);
    expect_good(&secret, &key);
    minisign_secret_wipe(&secret);
}

static void a_pair_that_is_made_signs_and_is_never_written_over(void **state)
{
    struct minisign_secret secret;
    struct minisign_key key;
    struct stat info;
    struct err err;

    (void)state;
    assert_int_equal(minisign_pair_make(path, &err), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(minisign_secret_read(&secret, path, &err), 0);
    assert_int_equal(minisign_key_read(&key, public_path, &err), 0);
    expect_good(&secret, &key);
    assert_int_equal(minisign_pair_make(path, &err), -1);
    assert_int_equal(err.code, ERR_DUPLICATE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(minisign_pair_make(path, &err), -1);
    assert_int_equal(err.code, ERR_DUPLICATE);
    assert_int_equal(access(path, F_OK), -1);
}

static void what_is_no_good_key_is_refused_with_the_reason(void **state)
{
    static const char base[] = "untrusted comment: x\n";
    char text[sizeof tool_key];
    struct minisign_secret secret;
    struct err err;

    (void)state;
    assert_int_equal(minisign_secret_read(&secret, path, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    write_key(tool_key, 0640);
    assert_int_equal(minisign_secret_read(&secret, path, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    write_key(base, 0600);
    assert_int_equal(minisign_secret_read(&secret, path, &err), -1);
    assert_int_equal(err.code, ERR_FORMAT);
    memcpy(text, tool_key, sizeof text);
    memcpy(strstr(text, "RWQAAEIy"), "RWRTY0Iy", 8); /* `Sc`: derived from a password */
    write_key(text, 0600);
    assert_int_equal(minisign_secret_read(&secret, path, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, "password"));
    memcpy(text, tool_key, sizeof text);
    memcpy(strstr(text, "Y0IL67v8rrj3"), "Y0IL67v8rrj4", 12);
    write_key(text, 0600);
    assert_int_equal(minisign_secret_read(&secret, path, &err), -1);
    assert_int_equal(err.code, ERR_DIGEST);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_key_of_the_tool_signs),
        CASE(a_pair_that_is_made_signs_and_is_never_written_over),
        CASE(what_is_no_good_key_is_refused_with_the_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
