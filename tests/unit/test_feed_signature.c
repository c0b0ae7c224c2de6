/* Signatures made by the real tool (minisign 0.11, a key of no other use), and each way to spoil
 * them; sha256sum's lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blocklist/feed/signature.h"
#include "config/base/err.h"
#include "tests/unit/signature_sample.h"

static int file_of(const char *text)
{
    int fd = memfd_create("list", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return fd;
}

static int judge(const char *key_text, const char *signature_text, const char *body,
                 struct err *err)
{
    struct minisign_key key;
    struct minisign signature;
    int fd = file_of(body), result = -1;

    if (minisign_key_read(&key, key_text, err) == 0 &&
        minisign_read(&signature, signature_text, strlen(signature_text), err) == 0)
        result = signature_check(&signature, &key, fd, err);
    close(fd);
    return result;
}

static void both_kinds_of_the_tool_are_good(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(judge(SAMPLE_KEY, SAMPLE_PREHASHED, SAMPLE_BODY, &err), 0);
    assert_int_equal(judge(SAMPLE_KEY, SAMPLE_LEGACY, SAMPLE_BODY, &err), 0);
}

static void another_body_is_not(void **state)
{
    static const char *const bodies[] = {SAMPLE_BODY "x", "", "one.exampl\n"};
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_int_equal(judge(SAMPLE_KEY, SAMPLE_PREHASHED, bodies[i], &err), -1);
        assert_int_equal(err.code, ERR_DIGEST);
        assert_int_equal(judge(SAMPLE_KEY, SAMPLE_LEGACY, bodies[i], &err), -1);
        assert_int_equal(err.code, ERR_DIGEST);
    }
}

static void another_key_is_told_from_another_body(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(judge(SAMPLE_OTHER_KEY, SAMPLE_PREHASHED, SAMPLE_BODY, &err), -1);
    assert_non_null(strstr(err.text, "another key"));
}

/* Every octet counts: of the comment by its own signature, of the others by the list's. The first
 * line is for people, and line ends may be either. */
static void no_changed_octet_is_good(void **state)
{
    size_t length = strlen(SAMPLE_PREHASHED);
    size_t first = strcspn(SAMPLE_PREHASHED, "\n");
    char *copy = strdup(SAMPLE_PREHASHED);
    struct err err;

    (void)state;
    assert_non_null(copy);
    for (size_t i = first + 1; i < length - 1; i++) {
        char before = copy[i];

        copy[i] = before == 'A' ? 'B' : 'A';
        assert_int_equal(judge(SAMPLE_KEY, copy, SAMPLE_BODY, &err), -1);
        copy[i] = before;
    }
    assert_int_equal(judge(SAMPLE_KEY, copy, SAMPLE_BODY, &err), 0);
    free(copy);
}

static void no_beginning_of_one_is_one(void **state)
{
    size_t length = strlen(SAMPLE_PREHASHED);
    struct minisign signature;
    struct err err;

    (void)state;
    for (size_t i = 0; i + 1 < length; i++)
        assert_int_equal(minisign_read(&signature, SAMPLE_PREHASHED, i, &err), -1);
    assert_int_equal(minisign_read(&signature, SAMPLE_PREHASHED, length - 1, &err), 0);
    assert_string_equal(signature.comment, "signed by the tests");
    assert_int_equal(signature.prehashed, 1);
}

static void a_key_comes_as_text_or_file(void **state)
{
    char path[] = "/tmp/signature-key-XXXXXX";
    const char *text = "untrusted comment: minisign public key\n" SAMPLE_KEY "\n";
    struct minisign_key key, same;
    struct err err;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    assert_int_equal(minisign_key_read(&key, SAMPLE_KEY, &err), 0);
    assert_int_equal(minisign_key_read(&same, path, &err), 0);
    assert_memory_equal(&key, &same, sizeof key);
    unlink(path);
    assert_int_equal(minisign_key_read(&key, path, &err), -1);
    assert_int_equal(minisign_key_read(&key, "", &err), -1);
    assert_int_equal(minisign_key_read(&key, NULL, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
}

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static void sha256_lines_name_their_file(void **state)
{
    static const struct {
        const char *text;
        int result;
    } rows[] = {
        {ABC,                                                                       0 },
        {ABC "\n",                                                                  0 },
        {ABC "  a.txt\n",                                                           0 },
        {ABC " *a.txt\r\n",                                                         0 },
        {ABC "  ./lists/a.txt\n",                                                   0 },
        {ZERO "  b.txt\n" ABC "  a.txt\n",                                          0 },
        {"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD  a.txt", 0 },
        {ABC "  ba.txt\n",                                                          -1},
        {ABC "  a.txt.old\n",                                                       -1},
        {ABC " a.txt\n",                                                            -1},
        {ABC "\n" ABC "\n",                                                         -1},
        {"x" ABC "  a.txt\n",                                                       -1},
        {"",                                                                        -1},
        {"<html>\n",                                                                -1},
    };
    uint8_t digest[32];
    struct err err;
    int fd = file_of("abc");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(
            signature_sha256_read(digest, rows[i].text, strlen(rows[i].text), "a.txt", &err),
            rows[i].result);
        if (rows[i].result == 0)
            assert_int_equal(signature_sha256_check(digest, fd, &err), 0);
    }
    digest[0] ^= 1;
    assert_int_equal(signature_sha256_check(digest, fd, &err), -1);
    assert_int_equal(err.code, ERR_DIGEST);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_kinds_of_the_tool_are_good),
        cmocka_unit_test(another_body_is_not),
        cmocka_unit_test(another_key_is_told_from_another_body),
        cmocka_unit_test(no_changed_octet_is_good),
        cmocka_unit_test(no_beginning_of_one_is_one),
        cmocka_unit_test(a_key_comes_as_text_or_file),
        cmocka_unit_test(sha256_lines_name_their_file),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
