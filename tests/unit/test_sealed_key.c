#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "sealed_rig.h"

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

static void expect_error(const char *path, enum err_code code, const char *says)
{
    struct err err = {0};

    assert_null(sealed_key_read(path, &err));
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.text, says));
}

static void a_new_key_is_a_line_for_its_owner_alone(void **state)
{
    const struct sealed_rig *rig = *state;
    struct stat status;
    size_t length;
    char *line = rig_octets(rig->key_path, &length);

    assert_int_equal(length, 2 * SEALED_KEY_OCTETS + 1);
    assert_int_equal(strspn(line, "0123456789abcdef"), 2 * SEALED_KEY_OCTETS);
    assert_int_equal(stat(rig->key_path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    free(line);
}

static void a_key_that_is_there_stays(void **state)
{
    const struct sealed_rig *rig = *state;
    size_t length;
    char *before = rig_octets(rig->key_path, &length), *after;
    struct err err = {0};

    assert_int_equal(sealed_key_make(rig->key_path, &err), -1);
    assert_int_equal(err.code, ERR_DUPLICATE);
    after = rig_octets(rig->key_path, &length);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void two_keys_differ(void **state)
{
    const struct sealed_rig *rig = *state;
    struct err err;
    struct sealed_key *other = sealed_key_random(&err);
    uint8_t a[64], b[64];

    assert_non_null(other);
    sealed_key_derive(rig->key, SEALED_FOR_NAMES, NULL, a, sizeof a);
    sealed_key_derive(other, SEALED_FOR_NAMES, NULL, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    sealed_key_free(other);
}

static void a_key_that_others_may_read_or_change_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0644, 0660, 0666, 0610, 0601};
    const struct sealed_rig *rig = *state;

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(rig->key_path, modes[i]), 0);
        expect_error(rig->key_path, ERR_REFUSED, "chmod 600");
    }
}

static void what_is_no_key_is_refused_and_not_shown(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "00",
        "deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbee\n",
        "deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef00\n",
        "deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeeg\n",
        " deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbee\n",
        "deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef\n\n\n"};
    const struct sealed_rig *rig = *state;
    struct err err;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        rig_put(rig->key_path, texts[i], strlen(texts[i]), 0600);
        assert_null(sealed_key_read(rig->key_path, &err));
        assert_int_equal(err.code, ERR_FORMAT);
        assert_null(strstr(err.text, "deadbe"));
    }
}

static void a_key_may_have_any_line_end_and_letter_case(void **state)
{
    static const char *const ends[] = {"", "\n", "\r\n"};
    const struct sealed_rig *rig = *state;
    uint8_t a[64], b[64];
    char text[100];
    size_t length;
    char *line = rig_octets(rig->key_path, &length);

    sealed_key_derive(rig->key, SEALED_FOR_LIFTS, NULL, a, sizeof a);
    for (size_t i = 0; i < 3; i++) {
        struct sealed_key *key;
        struct err err;

        for (size_t c = 0; c < 64; c++)
            text[c] = (char)(line[c] >= 'a' && i > 0 ? line[c] - 32 : line[c]);
        strncpy(text + 64, ends[i], sizeof text - 64);
        rig_put(rig->key_path, text, strlen(text), 0400);
        key = sealed_key_read(rig->key_path, &err);
        assert_non_null(key);
        sealed_key_derive(key, SEALED_FOR_LIFTS, NULL, b, sizeof b);
        assert_memory_equal(a, b, sizeof a);
        sealed_key_free(key);
        assert_int_equal(chmod(rig->key_path, 0600), 0);
    }
    free(line);
}

static void what_is_missing_or_no_file_is_said(void **state)
{
    const struct sealed_rig *rig = *state;
    char path[RIG_PATH];

    snprintf(path, sizeof path, "%s/none", rig->folder);
    expect_error(path, ERR_NOT_FOUND, "stairgate set key");
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_error(path, ERR_FORMAT, "not a regular file");
    expect_error(rig->folder, ERR_FORMAT, "not a regular file");
}

static void a_credential_is_found_in_its_directory(void **state)
{
    const struct sealed_rig *rig = *state;
    struct sealed_key *key;
    struct err err;

    unsetenv("CREDENTIALS_DIRECTORY");
    expect_error("credential:a.key", ERR_NOT_FOUND, "LoadCredential=");
    setenv("CREDENTIALS_DIRECTORY", rig->folder, 1);
    expect_error("credential:", ERR_NOT_FOUND, "LoadCredential=");
    expect_error("credential:../a.key", ERR_NOT_FOUND, "LoadCredential=");
    expect_error("credential:b.key", ERR_NOT_FOUND, "no such key");
    key = sealed_key_read("credential:a.key", &err);
    assert_non_null(key);
    sealed_key_free(key);
    unsetenv("CREDENTIALS_DIRECTORY");
}

/* The mask of the ACL by which systemd lets the service's user in shows as the group's bits. */
static void a_credential_may_show_the_mask_of_an_acl(void **state)
{
    const struct sealed_rig *rig = *state;
    struct sealed_key *key;
    struct err err;

    setenv("CREDENTIALS_DIRECTORY", rig->folder, 1);
    assert_int_equal(chmod(rig->key_path, 0440), 0);
    key = sealed_key_read("credential:a.key", &err);
    assert_non_null(key);
    sealed_key_free(key);
    assert_int_equal(chmod(rig->key_path, 0444), 0);
    expect_error("credential:a.key", ERR_REFUSED, "chmod 600");
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void each_purpose_and_each_salt_has_a_key_of_its_own(void **state)
{
    static const uint8_t salts[2][SEALED_SALT_OCTETS] = {{1}, {2}};
    const struct sealed_rig *rig = *state;
    uint8_t derived[SEALED_PURPOSES * 3][64];
    size_t count = 0;

    for (enum sealed_purpose p = 0; p < SEALED_PURPOSES; p++)
        for (size_t salt = 0; salt < 3; salt++)
            sealed_key_derive(rig->key, p, salt < 2 ? salts[salt] : NULL, derived[count++], 64);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(derived[i], derived[j], 16);
}

static void a_digest_is_of_key_purpose_and_octets(void **state)
{
    const struct sealed_rig *rig = *state;
    const uint8_t text[] = "what a publisher sent";
    uint8_t a[32], b[32], plain[32];

    sealed_key_digest(rig->key, SEALED_FOR_BODIES, text, sizeof text, a);
    sealed_key_digest(rig->key, SEALED_FOR_BODIES, text, sizeof text, b);
    assert_memory_equal(a, b, sizeof a);
    sealed_key_digest(rig->key, SEALED_FOR_FILE, text, sizeof text, b);
    assert_memory_not_equal(a, b, sizeof a);
    sealed_key_digest(rig->key, SEALED_FOR_BODIES, text, sizeof text - 1, b);
    assert_memory_not_equal(a, b, sizeof a);
    crypto_generichash_blake2b(plain, sizeof plain, text, sizeof text, NULL, 0);
    assert_memory_not_equal(a, plain, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_key_is_a_line_for_its_owner_alone, start, end),
        cmocka_unit_test_setup_teardown(a_key_that_is_there_stays, start, end),
        cmocka_unit_test_setup_teardown(two_keys_differ, start, end),
        cmocka_unit_test_setup_teardown(a_key_that_others_may_read_or_change_is_refused, start,
                                        end),
        cmocka_unit_test_setup_teardown(what_is_no_key_is_refused_and_not_shown, start, end),
        cmocka_unit_test_setup_teardown(a_key_may_have_any_line_end_and_letter_case, start, end),
        cmocka_unit_test_setup_teardown(what_is_missing_or_no_file_is_said, start, end),
        cmocka_unit_test_setup_teardown(a_credential_is_found_in_its_directory, start, end),
        cmocka_unit_test_setup_teardown(a_credential_may_show_the_mask_of_an_acl, start, end),
        cmocka_unit_test_setup_teardown(each_purpose_and_each_salt_has_a_key_of_its_own, start,
                                        end),
        cmocka_unit_test_setup_teardown(a_digest_is_of_key_purpose_and_octets, start, end),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
