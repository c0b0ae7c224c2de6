/* Public suffixes: our table answers as libpsl does, for every rule of Debian's list and the names
 * around it. */
#include "tests/unit/format_rig.h"

#include <libpsl.h>

#include "blocklist/format/hostname.h"
#include "blocklist/format/idn.h"

static const struct siphash_key key = {1, 2};

static enum suffix_section ask(const struct suffixes *suffixes, const char *text)
{
    struct hostname host;

    assert_int_equal(hostname_read(&host, text, strlen(text)), NAME_OK);
    return suffixes_section(suffixes, &host, hostname_hash(&host, &key));
}

static enum suffix_section ask_libpsl(const psl_ctx_t *libpsl, const char *text)
{
    if (psl_is_public_suffix2(libpsl, text, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE))
        return SUFFIX_ICANN;
    if (psl_is_public_suffix2(libpsl, text, PSL_TYPE_PRIVATE | PSL_TYPE_NO_STAR_RULE))
        return SUFFIX_PRIVATE;
    return SUFFIX_NONE;
}

static void compare(const struct suffixes *suffixes, const psl_ctx_t *libpsl, const char *text)
{
    if (strlen(text) > 253)
        return;
    if (ask(suffixes, text) != ask_libpsl(libpsl, text))
        fail_msg("%s: %d, libpsl says %d", text, ask(suffixes, text), ask_libpsl(libpsl, text));
}

/* The rule itself, a child, a grandchild, and the parent. */
static unsigned compare_around(const struct suffixes *suffixes, const psl_ctx_t *libpsl,
                               const char *rule)
{
    char ascii[IDN_TEXT_MAX], text[IDN_TEXT_MAX + 8];
    const char *dot;

    rule += strspn(rule, "!*.");
    if (idn_to_ascii(rule, strcspn(rule, " \t\r\n"), ascii) != 0)
        return 0;
    dot = strchr(ascii, '.');
    if (dot ==
        NULL) /* the default rule, which libpsl cannot leave out for one label, hides these */
        return 0;
    compare(suffixes, libpsl, ascii);
    snprintf(text, sizeof text, "a.%s", ascii);
    compare(suffixes, libpsl, text);
    snprintf(text, sizeof text, "b.a.%s", ascii);
    compare(suffixes, libpsl, text);
    if (strchr(dot + 1, '.') != NULL)
        compare(suffixes, libpsl, dot + 1);
    return 1;
}

static void every_rule_of_the_list_answers_as_libpsl_does(void **state)
{
    psl_ctx_t *libpsl = psl_load_file(SUFFIXES_FILE);
    struct err err = {0};
    struct suffixes *suffixes;
    unsigned compared = 0;
    char line[1024];
    FILE *file;

    (void)state;
    if (libpsl == NULL) {
        print_message("the package publicsuffix is not installed\n");
        skip();
    }
    suffixes = suffixes_load(SUFFIXES_FILE, &key, &err);
    assert_non_null(suffixes);
    assert_true(suffixes_count(suffixes) > 8000);
    file = fopen(SUFFIXES_FILE, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] != '/' && line[0] != '\n')
            compared += compare_around(suffixes, libpsl, line);
    }
    assert_true(compared > 7000);
    fclose(file);
    suffixes_free(suffixes);
    psl_free(libpsl);
}

static void top_level_domains_are_known(void **state)
{
    struct err err = {0};
    struct suffixes *suffixes =
        suffixes_load_memory(rig_suffixes, strlen(rig_suffixes), &key, &err);

    (void)state;
    assert_non_null(suffixes);
    assert_int_equal(ask(suffixes, "com"), SUFFIX_ICANN);
    assert_int_equal(ask(suffixes, "COM."), SUFFIX_ICANN);
    assert_int_equal(ask(suffixes, "unlisted"), SUFFIX_NONE);
    assert_int_equal(ask(suffixes, "a.com"), SUFFIX_NONE);
    assert_int_equal(ask(suffixes, "wild"), SUFFIX_ICANN);
    assert_int_equal(ask(suffixes, "any.wild"), SUFFIX_ICANN);
    assert_int_equal(ask(suffixes, "city.wild"), SUFFIX_NONE);
    assert_int_equal(ask(suffixes, "a.city.wild"), SUFFIX_NONE);
    assert_int_equal(ask(suffixes, "pages.example"), SUFFIX_PRIVATE);
    assert_int_equal(ask(suffixes, "eu.cloud.example"), SUFFIX_PRIVATE);
    assert_int_equal(ask(suffixes, "a.eu.cloud.example"), SUFFIX_NONE);
    suffixes_free(suffixes);
}

static void another_key_gives_the_same_answers(void **state)
{
    struct siphash_key other = {77, 78};
    struct err err = {0};
    struct suffixes *suffixes =
        suffixes_load_memory(rig_suffixes, strlen(rig_suffixes), &other, &err);

    (void)state;
    assert_non_null(suffixes);
    suffixes_rekey(suffixes, &key);
    assert_int_equal(ask(suffixes, "any.wild"), SUFFIX_ICANN);
    assert_int_equal(ask(suffixes, "pages.example"), SUFFIX_PRIVATE);
    assert_int_equal(ask(suffixes, "a.com"), SUFFIX_NONE);
    suffixes_free(suffixes);
}

static void a_file_without_rules_is_refused(void **state)
{
    struct err err = {0};

    (void)state;
    assert_null(suffixes_load_memory("com\n", 4, &key, &err)); /* in no section */
    assert_int_equal(err.code, ERR_FORMAT);
    assert_null(suffixes_load("/nonexistent/list.dat", &key, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_of_the_list_answers_as_libpsl_does),
        cmocka_unit_test(top_level_domains_are_known),
        cmocka_unit_test(another_key_gives_the_same_answers),
        cmocka_unit_test(a_file_without_rules_is_refused),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
