/* What a record leads to: for each type the names and addresses, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "config/base/addr.h"
#include "config/base/name.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/names.h"
#include "resolver/wire/rdata.h"
#include "resolver/wire/targets.h"

enum { HEAD = 12, ROOM = 512 };

/* Appends what TARGET of MESSAGE is to OUT, a blank before it. */
static void tell(const uint8_t *message, size_t length, const struct target *target, char *out)
{
    struct addr addr = {.bits = target->kind == TARGET_IPV4 ? 32 : 128};
    char text[NAME_TEXT_MAX];
    struct name_buf buf;
    size_t at = target->at;

    if (target->kind == TARGET_NAME) {
        struct name name;

        assert_true(names_read(message, length, &at, &buf));
        name = name_of(&buf);
        name_to_text(&name, text);
    } else {
        assert_true(at + addr.bits / 8 <= length);
        memcpy(addr.octets, message + at, addr.bits / 8);
        addr_to_text(&addr, text);
    }
    snprintf(out + strlen(out), ROOM - strlen(out), " %s", text);
}

/* Returns in OUT the targets of a record of TYPE whose data is DATA[0..SIZE). */
static void targets_text(uint16_t type, const void *data, size_t size, char *out)
{
    uint8_t message[ROOM] = {0};
    struct targets targets;
    struct target target;

    /* A name to point to stands behind the header. */
    memcpy(message + HEAD, "\3www\7example", 13);
    memcpy(message + HEAD + 13, data, size);
    out[0] = '\0';
    assert_true(rdata_is_sound(message, HEAD + 13, size, type));
    targets_start(&targets, message, HEAD + 13, size, type);
    while (targets_next(&targets, &target))
        tell(message, HEAD + 13 + size, &target, out);
    assert_false(targets_next(&targets, &target));
}

struct row {
    uint16_t type;
    const char *data;
    size_t size;
    const char *text; /* what it leads to */
};

static void assert_rows(const struct row *rows, size_t count)
{
    char text[ROOM];

    for (size_t i = 0; i < count; i++) {
        targets_text(rows[i].type, rows[i].data, rows[i].size, text);
        assert_string_equal(text, rows[i].text);
    }
}

#define ROW(type, data, text)                                                                      \
    {                                                                                              \
        type, data, sizeof(data) - 1, text                                                         \
    }

static void every_type_shows_where_it_leads(void **state)
{
    static const struct row rows[] = {
        ROW(DNS_A, "\xc0\0\2\1", " 192.0.2.1"),
        ROW(DNS_AAAA, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\5", " 2001:db8::5"),
        ROW(DNS_CNAME, "\1c\4test\0", " c.test"),
        ROW(DNS_CNAME, "\1c\xc0\x0c", " c.www.example"),
        ROW(DNS_MX, "\0\x0a\2mx\4test\0", " mx.test"),
        ROW(DNS_MX, "\0\x0a\2mx\xc0\x0c", " mx.www.example"),
        ROW(DNS_SRV, "\0\1\0\2\0\x35\2ns\4test\0", " ns.test"),
        /* RFC 7505 and RFC 2782: the root says that there is none. */
        ROW(DNS_MX, "\0\0\0", ""),
        ROW(DNS_SRV, "\0\0\0\0\0\0\0", ""),
        /* Nothing that a reader goes on to by itself. */
        ROW(DNS_NS, "\2ns\4test\0", ""),
        ROW(DNS_PTR, "\2ns\4test\0", ""),
        ROW(DNS_DNAME, "\2ns\4test\0", ""),
        ROW(DNS_TXT, "\4text", ""),
        ROW(65280, "anything", ""),
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof *rows);
}

static void services_show_their_name_and_every_hint(void **state)
{
    static const struct row rows[] = {
        /* an alias, a service at its owner, a service elsewhere */
        ROW(DNS_HTTPS, "\0\0\1h\4test\0", " h.test"),
        ROW(DNS_HTTPS, "\0\1\0", ""),
        ROW(DNS_SVCB, "\0\1\1h\4test\0\0\3\0\2\1\xbb", " h.test"),
        /* two IPv4 hints between other parameters */
        ROW(DNS_HTTPS, "\0\1\0\0\1\0\3\2h2\0\4\0\x8\xc0\0\2\1\xc0\0\2\2\0\5\0\1x",
            " 192.0.2.1 192.0.2.2"),
        /* both kinds, behind a name */
        ROW(DNS_HTTPS,
            "\0\1\1h\4test\0\0\4\0\4\xc0\0\2\1\0\6\0\x10\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\5",
            " h.test 192.0.2.1 2001:db8::5"),
        /* hints whose length is no multiple of an address: the whole ones are shown */
        ROW(DNS_HTTPS, "\0\1\0\0\4\0\6\xc0\0\2\1\xc0\0\0\7\0\1x", " 192.0.2.1"),
        ROW(DNS_HTTPS, "\0\1\0\0\4\0\0\0\6\0\3abc", ""),
        /* a key that only looks like that of hints */
        ROW(DNS_HTTPS, "\0\1\0\4\4\0\4\xc0\0\2\1", ""),
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof *rows);
}

/* Nothing asks this of unsound data, and yet nothing outside of it must be read. */
static void cut_data_shows_no_target_outside(void **state)
{
    static const char data[] = "\0\1\1h\4test\0\0\4\0\4\xc0\0\2\1\0\6\0\x10\x20\1\xd\xb8";
    static const uint16_t types[] = {DNS_MX, DNS_SRV, DNS_SVCB, DNS_HTTPS};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (size_t size = 0; size < sizeof data; size++) {
            uint8_t octets[sizeof data];
            struct targets targets;
            struct target target;

            memcpy(octets, data, size);
            targets_start(&targets, octets, 0, size, types[i]);
            while (targets_next(&targets, &target))
                assert_true(target.at < size);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_shows_where_it_leads),
        cmocka_unit_test(services_show_their_name_and_every_hint),
        cmocka_unit_test(cut_data_shows_no_target_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
