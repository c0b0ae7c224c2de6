/* Headers, addresses and URLs that strangers write, judged one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "blocklist/feed/fetch_address.h"
#include "blocklist/feed/fetch_reply.h"
#include "blocklist/feed/fetch_url.h"
#include "config/base/err.h"

static const int64_t now_s = 1700000000; /* Tue, 14 Nov 2023 22:13:20 GMT */

/* Reads LINES, each ended by \n, and the header's end. */
static struct fetch_reply reply_of(const char *lines)
{
    struct fetch_reply reply;
    const char *end;

    fetch_reply_start(&reply);
    for (; (end = strchr(lines, '\n')) != NULL; lines = end + 1)
        assert_int_equal(fetch_reply_line(&reply, lines, (size_t)(end + 1 - lines), now_s, NULL),
                         0);
    assert_int_equal(fetch_reply_line(&reply, "\r\n", 2, now_s, NULL), 0);
    assert_true(reply.header_ended);
    return reply;
}

static void fields_that_count_are_taken(void **state)
{
    struct fetch_reply reply = reply_of("HTTP/1.1 206 Partial\r\nETAG:\"a\"\r\n"
                                        "content-type:  Text/Plain; x=Y \r\nContent-Length: 12\r\n"
                                        "Content-Range: bytes 5-16/17\r\n");

    (void)state;
    assert_int_equal(reply.status, 206);
    assert_string_equal(reply.etag, "\"a\"");
    assert_string_equal(reply.media_type, "text/plain; x=y");
    assert_int_equal(reply.length, 12);
    assert_true(reply.ranged && reply.range_first == 5 && reply.range_last == 16);
    assert_int_equal(reply.range_total, 17);
}

static void broken_fields_are_as_if_not_sent(void **state)
{
    static const char *const lines[] = {
        "ETag: a1",
        "ETag: \"a",
        "ETag: \"a b\"",
        "ETag: \"a\xc3\xa4\"",
        "ETag:",
        "ETag: \"",
        "Last-Modified: yesterday",
        "Content-Length: -1",
        "Content-Length: 1e3",
        "Content-Length: 12 12",
        "Content-Range: bytes 5-4/17",
        "Content-Range: bytes */17",
        "Content-Range: bytes -5-4/17",
        "Content-Range: lines 1-2/3",
        "Content-Range: b-/",
        "Retry-After: soon",
        "Content-Length: 1000000000000000000000",
    };
    struct fetch_reply plain = reply_of("HTTP/1.1 200 OK\r\n");
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct fetch_reply reply;

        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s\r\n", lines[i]);
        reply = reply_of(text);
        assert_string_equal(reply.etag, plain.etag);
        assert_string_equal(reply.modified, "");
        assert_int_equal(reply.length, -1);
        assert_false(reply.ranged);
        assert_int_equal(reply.retry_after_s, 0);
    }
}

static void an_informational_answer_is_put_aside(void **state)
{
    struct fetch_reply reply;

    (void)state;
    fetch_reply_start(&reply);
    fetch_reply_line(&reply, "HTTP/1.1 103 Early\r\n", 20, now_s, NULL);
    fetch_reply_line(&reply, "ETag: \"early\"\r\n", 15, now_s, NULL);
    fetch_reply_line(&reply, "\r\n", 2, now_s, NULL);
    fetch_reply_line(&reply, "HTTP/1.1 200 OK\r\n", 17, now_s, NULL);
    fetch_reply_line(&reply, "\r\n", 2, now_s, NULL);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.etag, "");
    fetch_reply_line(&reply, "ETag: \"trailer\"\r\n", 17, now_s, NULL); /* behind the body */
    fetch_reply_line(&reply, "HTTP/1.1 304 X\r\n", 16, now_s, NULL);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.etag, "");
}

static void a_header_has_a_bound(void **state)
{
    struct fetch_reply reply;
    char line[1024];
    struct err err;
    int result = 0, lines = 0;

    (void)state;
    memset(line, 'x', sizeof line);
    fetch_reply_start(&reply);
    while (result == 0 && lines++ < 1000)
        result = fetch_reply_line(&reply, line, sizeof line, now_s, &err);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_int_equal(lines, REPLY_HEADER_OCTETS_MAX / sizeof line + 1);
}

static void only_strong_validators_go_with_a_range(void **state)
{
    static const struct {
        const char *lines, *strong;
    } rows[] = {
        {"ETag: \"a\"\n",                                                                       "\"a\""},
        {"ETag: W/\"a\"\n",                                                                     NULL   },
        {"ETag: W/\"a\"\nLast-Modified: Tue, 14 Nov 2023 20:00:00 GMT\nDate: Tue, 14 Nov 2023 "
         "22:00:00 GMT\n",                                                             NULL   },
        {"Last-Modified: Tue, 14 Nov 2023 20:00:00 GMT\nDate: Tue, 14 Nov 2023 22:00:00 GMT\n",
         "Tue, 14 Nov 2023 20:00:00 GMT"                                                               },
        {"Last-Modified: Tue, 14 Nov 2023 21:59:30 GMT\nDate: Tue, 14 Nov 2023 22:00:00 GMT\n",
         NULL                                                                                          },
        {"Last-Modified: Tue, 14 Nov 2023 20:00:00 GMT\n",                                      NULL   },
        {"",                                                                                    NULL   },
    };
    char text[400];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fetch_reply reply;
        const char *strong;

        snprintf(text, sizeof text, "HTTP/1.1 200 OK\n%s", rows[i].lines);
        reply = reply_of(text);
        strong = fetch_reply_strong(&reply);
        assert_true((strong == NULL) == (rows[i].strong == NULL));
        if (strong != NULL)
            assert_string_equal(strong, rows[i].strong);
    }
    assert_true(fetch_etag_same("W/\"a\"", "\"a\"") && !fetch_etag_same("\"a\"", "\"b\""));
}

static void codings_and_types_are_judged(void **state)
{
    static const struct {
        const char *line;
        bool plain;
        int result;
    } rows[] = {
        {"Content-Encoding: gzip",        false, 0 },
        {"Content-Encoding: gzip, zstd",  false, 0 },
        {"Content-Encoding: identity",    true,  0 },
        {"Content-Encoding: gzip",        true,  -1},
        {"Content-Encoding: br",          false, -1},
        {"Content-Encoding: gzip, br",    false, -1},
        {"Content-Encoding: gzipp",       false, -1},
        {"Content-Type: IMAGE/PNG",       false, -1},
        {"Content-Type: text/html",       false, 0 },
        {"Content-Type: application/pdf", false, -1},
        {"Content-Type: nonsense",        false, 0 },
    };
    char text[200];
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fetch_reply reply;

        snprintf(text, sizeof text, "HTTP/1.1 200 OK\n%s\n", rows[i].line);
        reply = reply_of(text);
        assert_int_equal(fetch_reply_check_list(&reply, rows[i].plain, &err), rows[i].result);
    }
}

static void addresses_inside_have_a_kind(void **state)
{
    static const char *const inside[] = {
        "127.0.0.1",
        "127.255.255.255",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "224.0.0.251",
        "255.255.255.255",
        "198.18.0.1",
        "::",
        "::1",
        "fe80::1",
        "febf::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2002:c0a8:1::",
        "::10.0.0.1",
        "2001::1",
        "fec0::1",
    };
    static const char *const outside[] = {
        "1.1.1.1",        "172.32.0.1",       "172.15.255.255",  "192.169.0.1",
        "100.63.255.255", "100.128.0.0",      "11.0.0.1",        "128.0.0.1",
        "2001:4860::1",   "64:ff9b::101:101", "2002:101:101::1", "::ffff:1.1.1.1",
        "2a00::1",        "223.255.255.255",
    };
    struct addr addr;

    (void)state;
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        assert_int_equal(addr_from_text(&addr, inside[i]), 0);
        if (fetch_address_inside(&addr) == NULL)
            fail_msg("%s is taken for one outside", inside[i]);
    }
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        assert_int_equal(addr_from_text(&addr, outside[i]), 0);
        if (fetch_address_inside(&addr) != NULL)
            fail_msg("%s is taken for one inside", outside[i]);
    }
}

static void urls_are_taken_apart_once(void **state)
{
    struct fetch_url base, url;
    char shown[60];
    struct err err;

    (void)state;
    assert_int_equal(fetch_url_parse(&base, NULL, "https://A.example/x/y?q=1#f", &err), 0);
    assert_int_equal(base.port, 443);
    assert_string_equal(fetch_url_show(&base, shown, sizeof shown), "https://A.example/x/y?...");
    assert_int_equal(fetch_url_parse(&url, &base, "../z", &err), 0);
    assert_string_equal(url.text, "https://A.example/z");
    assert_int_equal(fetch_url_parse(&url, &base, "//b.example:8443/", &err), 0);
    assert_true(url.port == 8443 && !fetch_url_same_origin(&base, &url));
    assert_int_equal(fetch_url_parse(&url, &base, "https://a.EXAMPLE:443/other", &err), 0);
    assert_true(fetch_url_same_origin(&base, &url));
    assert_int_equal(fetch_url_parse(&url, NULL, "file:///a%20b", &err), 0);
    assert_string_equal(url.path, "/a b");
}

static void urls_that_mean_two_things_are_refused(void **state)
{
    static const char *const urls[] = {
        "",
        "lists.example/a",
        "ftp://a.example/",
        "https://u@a.example/",
        "https://u:p@a.example/",

        "https://a.example./",
        "https://a b.example/",
        "file://host/a",
        "file:///a%00b",
        "https://a.example:0x50/",
        "https://[fe80::1/",
        "data:text/plain,a",
        "https://a%2eexample%00/",
    };
    struct fetch_url url;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        if (fetch_url_parse(&url, NULL, urls[i], &err) == 0)
            fail_msg("'%s' is taken, as host '%s'", urls[i], url.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_that_count_are_taken),
        cmocka_unit_test(broken_fields_are_as_if_not_sent),
        cmocka_unit_test(an_informational_answer_is_put_aside),
        cmocka_unit_test(a_header_has_a_bound),
        cmocka_unit_test(only_strong_validators_go_with_a_range),
        cmocka_unit_test(codings_and_types_are_judged),
        cmocka_unit_test(addresses_inside_have_a_kind),
        cmocka_unit_test(urls_are_taken_apart_once),
        cmocka_unit_test(urls_that_mean_two_things_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
