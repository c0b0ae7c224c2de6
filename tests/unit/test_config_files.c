/* config: the files around it: hosts, resolv.conf, the examples, the manual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "config/config.h"
#include "config/record_text.h"
#include "config/show.h"
#include "config/upstreams_system.h"
#include "tests/unit/config_rig.h"

/* Asserts that CONFIG's record INDEX reads as TEXT. */
static void is_record(const struct config *config, size_t index, const char *text)
{
    char out[1024];

    assert_true(index < config->record_count);
    assert_string_equal(record_to_text(&config->records[index], out, sizeof out), text);
}

/* A folder that goes away with its files. */
struct folder {
    char path[64], file[96], config[96];
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void open_folder(struct folder *folder)
{
    snprintf(folder->path, sizeof folder->path, P_tmpdir "/test_config.XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->file, sizeof folder->file, "%s/hosts", folder->path);
    snprintf(folder->config, sizeof folder->config, "%s/f.yaml", folder->path);
}

static void close_folder(struct folder *folder)
{
    unlink(folder->file);
    unlink(folder->config);
    assert_int_equal(rmdir(folder->path), 0);
}

static void case_c35_a_hosts_file_gives_records_and_its_boilerplate_none(void **state)
{
    struct config_problems problems;
    struct folder folder;
    struct config *config;

    (void)state;
    open_folder(&folder);
    write_file(folder.file, "\xef\xbb\xbf"
                            "127.0.0.1 localhost localhost.localdomain\n"
                            "::1\tip6-localhost ip6-loopback\n"
                            "fe80::1%lo0 localhost\n"
                            "255.255.255.255 broadcasthost\r\n"
                            "0.0.0.0 0.0.0.0\n"
                            "# 192.168.1.4 not.home.test\n"
                            "192.168.1.5  NAS.home.test\tnas # the box\n"
                            "192.168.1.5 nas.home.test\n"
                            "2001:db8::5 nas.home.test");
    write_file(folder.config, "records: {file: hosts}\nupstreams: []\nsets: {public: x}\n");
    config = config_load(folder.config, &problems);
    assert_non_null(config);
    assert_int_equal(problems.count, 0);
    is_record(config, 0, "nas.home.test 300 A 192.168.1.5");
    is_record(config, 1, "nas 300 A 192.168.1.5");
    is_record(config, 2, "nas.home.test 300 AAAA 2001:db8::5");
    is_record(config, 3, "5.1.168.192.in-addr.arpa 300 PTR nas.home.test");
    assert_int_equal(config->record_count, 5);
    config_free(config);
    config_problems_free(&problems);
    close_folder(&folder);
}

static void a_hosts_file_is_checked_line_by_line_after_the_config(void **state)
{
    static const char *const wanted[] = {
        "f.yaml:2:16: a cname must stand alone: 'a.test'; its other record is in the hosts file",
        "hosts:1:1: not an address: '192.168.1'",
        "hosts:2:3: an address without a name: '192.168.1.5'",
        "hosts:3:11: not a name: 'a..b'; an empty label",
    };
    struct config_problems problems;
    struct folder folder;

    (void)state;
    open_folder(&folder);
    write_file(folder.file, "192.168.1 x.test\n  192.168.1.5 # none\n192.0.2.1 a..b a.test\n");
    write_file(folder.config, "records: {file: hosts, names: [{name: a.test,\n"
                              "       cname:  b.test}]}\nupstreams: []\n");
    assert_null(config_load(folder.config, &problems));
    assert_int_equal(problems.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(problems.items[i].text + strlen(folder.path) + 1, wanted[i]);
    assert_int_equal(problems.items[0].line, 2);
    assert_int_equal(problems.items[1].line,
                     0); /* a line of the hosts file is none of the config */
    config_problems_free(&problems);
    unlink(folder.file);
    assert_null(config_load(folder.config, &problems)); /* without its hosts file */
    assert_non_null(strstr(problems.items[0].text, "records.file: "));
    config_problems_free(&problems);
    close_folder(&folder);
}

static void the_systems_resolvers_are_never_ourselves(void **state)
{
    struct config *config = config_of("listen: [192.0.2.1@53, 127.0.0.53@5300]\n");
    struct folder folder;
    char text[ADDR_TEXT_MAX];

    (void)state;
    open_folder(&folder);
    write_file(folder.file, "# made by a test\nnameserver 127.0.0.53\noptions edns0\n");
    write_file(folder.config, "search home.test\nnameserver 192.0.2.1\nnameserver\t192.0.2.2 # x\n"
                              "nameserver 2001:db8::1\nnameservers 192.0.2.9\nnameserver x\n"
                              "nameserver 192.0.2.2\n");
    upstreams_system(config, folder.file, folder.config);
    assert_int_equal(config->upstream_count, 2);
    assert_string_equal(endpoint_to_text(&config->upstreams[0].endpoint, text), "192.0.2.2@53");
    assert_string_equal(endpoint_to_text(&config->upstreams[1].endpoint, text), "2001:db8::1@53");
    assert_string_equal(config->upstreams_file, folder.config);
    config_free(config);

    config = config_of("");
    upstreams_system(config, folder.file, "/nonexistent"); /* better than none */
    assert_int_equal(config->upstream_count, 1);
    config_free(config);
    config = config_of("");
    upstreams_system(config, "/nonexistent", "/nonexistent");
    assert_int_equal(config->upstream_count, 0);
    config_free(config);
    close_folder(&folder);
}

static void the_examples_are_right(void **state)
{
    static const char *const names[] = {"family", "school", "isp"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[] = SOURCE_DIR "/config/examples/@@@@@@@@@@@@";
        struct config_problems problems;
        struct config *config;

        snprintf(strchr(path, '@'), 13, "%s.yaml", names[i]);
        config = config_load(path, &problems);
        if (problems.count > 0)
            fail_msg("%s", problems.items[0].text);
        assert_non_null(config);
        config_free(config);
        config_problems_free(&problems);
    }
}

static void the_family_of_the_readme_is_an_adult_and_children(void **state)
{
    struct config_problems problems;
    struct config *config = config_load(SOURCE_DIR "/config/examples/family.yaml", &problems);
    struct addr adult;

    (void)state;
    assert_non_null(config);
    assert_int_equal(addr_from_text(&adult, "127.0.0.2"), 0);
    assert_int_equal(config->network_count, 1);
    assert_true(addr_equal(&config->networks[0].prefix.addr, &adult));
    assert_string_equal(config->profiles[config->networks[0].profile].preset, "legal_only");
    assert_string_equal(config->profiles[config->default_profile].name, "child");
    assert_string_equal(config->profiles[config->default_profile].preset, "primary");
    assert_int_equal(config->listeners[0].endpoint.port, 5300);
    assert_int_equal(config->listeners[1].endpoint.port, 5300);
    config_free(config);
    config_problems_free(&problems);
}

static void docs_config_md_is_what_the_table_says(void **state)
{
    char *made = NULL, *kept;
    size_t length = 0, kept_length;
    FILE *out = open_memstream(&made, &length);

    (void)state;
    assert_non_null(out);
    config_reference(out);
    assert_int_equal(fclose(out), 0);
    kept = file_read(SOURCE_DIR "/docs/config.md", 1 << 20, &kept_length, NULL);
    assert_non_null(kept);
    if (length != kept_length || memcmp(made, kept, length) != 0)
        fail_msg("docs/config.md is old: stairgate config reference >docs/config.md");
    free(kept);
    free(made);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_c35_a_hosts_file_gives_records_and_its_boilerplate_none),
        cmocka_unit_test(a_hosts_file_is_checked_line_by_line_after_the_config),
        cmocka_unit_test(the_systems_resolvers_are_never_ourselves),
        cmocka_unit_test(the_examples_are_right),
        cmocka_unit_test(the_family_of_the_readme_is_an_adult_and_children),
        cmocka_unit_test(docs_config_md_is_what_the_table_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
