/* resolver/wire/told.c: what forwarders say of who asks; and whose word the core takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "resolver/wire/told.h"
#include "tests/unit/core_rig.h"

#define MAC "\x00\x00\x5e\x00\x53\x0a"
#define RAW "\xfd\xe9\0\6" MAC /* dnsmasq --add-mac */
#define BASE64                                                                                     \
    "\xfe\x31\0\x08"                                                                               \
    "AABeAFMK" /* dnsmasq --add-mac=base64 */
#define TEXT                                                                                       \
    "\xfe\x31\0\x11"                                                                               \
    "00:00:5e:00:53:0a" /* dnsmasq --add-mac=text */
#define LINE                                                                                       \
    "\xfe\x32\0\6"                                                                                 \
    "line-7" /* dnsmasq --add-cpe-id=line-7 */
#define ECS4 "\0\x08\0\x08\0\1\x20\0\xc0\0\2\x14"
#define ECS6 "\0\x08\0\x14\0\2\x80\0\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"

struct row {
    const char *title, *options;
    size_t length;
    int result;
    const char *device, *line, *client; /* as text; NULL: not said */
};

#define SAYS(title, options, device, line, client)                                                 \
    {                                                                                              \
        title, options, sizeof(options) - 1, 0, device, line, client                               \
    }
#define BROKEN(title, options)                                                                     \
    {                                                                                              \
        title, options, sizeof(options) - 1, -1, NULL, NULL, NULL                                  \
    }

static const struct row rows[] = {
    SAYS("nothing", "", NULL, NULL, NULL),
    SAYS("an option of somebody else", "\0\3\0\0", NULL, NULL, NULL),
    SAYS("a MAC", RAW, MAC, NULL, NULL),
    SAYS("a MAC as base64", BASE64, MAC, NULL, NULL),
    SAYS("a MAC as text", TEXT, MAC, NULL, NULL),
    SAYS("a MAC as text in 65001",
         "\xfd\xe9\0\x11"
         "00-00-5E-00-53-0A",
         MAC, NULL, NULL),
    SAYS("a MAC as base64 in 65001",
         "\xfd\xe9\0\x08"
         "AABeAFMK",
         MAC, NULL, NULL),
    SAYS("a MAC of 7 octets", "\xfd\xe9\0\7" MAC "\1", NULL, NULL, NULL),
    SAYS("an empty MAC", "\xfd\xe9\0\0", NULL, NULL, NULL),
    SAYS("the MAC of a group", "\xfd\xe9\0\6\1\0\x5e\0\0\1", NULL, NULL, NULL),
    SAYS("the MAC of nobody", "\xfd\xe9\0\6\0\0\0\0\0\0", NULL, NULL, NULL),
    SAYS("a device by name",
         "\xfe\x31\0\6"
         "tablet",
         "tablet", NULL, NULL),
    SAYS("a device by a name that is no base64",
         "\xfe\x31\0\x08"
         "tablet_7",
         "tablet_7", NULL, NULL),
    SAYS("a line", LINE, NULL, "line-7", NULL),
    SAYS("a line that looks like a MAC",
         "\xfe\x32\0\x08"
         "AABeAFMK",
         NULL, "AABeAFMK", NULL),
    SAYS("a line of 32 octets",
         "\xfe\x32\0\x20"
         "0123456789abcdef0123456789abcdef",
         NULL, "0123456789abcdef0123456789abcdef", NULL),
    SAYS("a line of 33 octets",
         "\xfe\x32\0\x21"
         "0123456789abcdef0123456789abcdef0",
         NULL, NULL, NULL),
    SAYS("device, line and address", RAW LINE ECS4, MAC, "line-7", "192.0.2.20"),
    SAYS("two MACs: the last", "\xfd\xe9\0\6\0\0\x5e\0\x53\x0b" RAW, MAC, NULL, NULL),
    SAYS("an address of IPv6", ECS6, NULL, NULL, "2001:db8::7"),
    SAYS("an address of IPv4 in IPv6",
         "\0\x08\0\x14\0\2\x80\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\x14", NULL, NULL,
         "192.0.2.20"),
    SAYS("a network is no address", "\0\x08\0\7\0\1\x18\0\xc0\0\2", NULL, NULL, NULL),
    SAYS("an address that is not told (RFC 7871 §7.1.2)", "\0\x08\0\4\0\1\0\0", NULL, NULL, NULL),
    SAYS("a family that nobody knows", "\0\x08\0\5\0\x03\x08\0\1", NULL, NULL, NULL),
    BROKEN("a subnet of three octets", "\0\x08\0\3\0\1\0"),
    BROKEN("a subnet with too few octets", "\0\x08\0\7\0\1\x20\0\xc0\0\2"),
    BROKEN("a subnet with too many octets", "\0\x08\0\x08\0\1\x18\0\xc0\0\2\x14"),
    BROKEN("a subnet with bits behind its length", "\0\x08\0\7\0\1\x14\0\xc0\0\2"),
    BROKEN("a subnet longer than its family", "\0\x08\0\x09\0\1\x28\0\xc0\0\2\x14\0"),
    BROKEN("a subnet with a scope", "\0\x08\0\x08\0\1\x20\x18\xc0\0\2\x14"),
    BROKEN("an option that reaches beyond the end", "\xfd\xe9\0\7" MAC),
    BROKEN("half an option", RAW "\xfe\x32\0"),
};

static void check_key(const struct row *row, const struct device_key *key, const char *wanted)
{
    bool is_mac = wanted != NULL && memcmp(wanted, MAC, 3) == 0;
    size_t length = wanted == NULL ? 0 : is_mac ? 6 : strlen(wanted);

    if (key->length != length || (length > 0 && memcmp(key->octets, wanted, length) != 0))
        fail_msg("%s: %u octets of a key", row->title, key->length);
    if (length > 0)
        assert_int_equal(key->kind, is_mac ? DEVICE_MAC : DEVICE_CPE);
}

static void each_option_says_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        uint8_t octets[128]; /* no octet behind the options, for the sanitizer */
        uint8_t *start = octets + sizeof octets - row->length;
        char text[ADDR_TEXT_MAX] = "";
        struct told told;

        memcpy(start, row->options, row->length);
        if (told_read(start, row->length, &told) != row->result)
            fail_msg("%s: %s", row->title, row->result == 0 ? "broken" : "taken");
        if (row->result != 0)
            continue;
        check_key(row, &told.device, row->device);
        check_key(row, &told.line, row->line);
        if (told.client.bits != 0)
            addr_to_text(&told.client, text);
        assert_string_equal(text, row->client == NULL ? "" : row->client);
    }
}

/* --- in the core: a profile for each who may be told --- */

#define YAML                                                                                       \
    "clients: {allow: [10.0.0.0/8, 192.0.2.0/24]}\n"                                               \
    "trusted_forwarders: [10.0.0.1]\n"                                                             \
    "profiles:\n"                                                                                  \
    "  kid: {deny: [blocked.test], block_ttl: 11s}\n"                                              \
    "  adult: {block_ttl: 12s}\n"                                                                  \
    "networks:\n"                                                                                  \
    "  - {prefix: 192.0.2.20, profile: kid}\n"                                                     \
    "  - {prefix: 203.0.113.20, profile: kid}\n"                                                   \
    "default_profile: adult\n"

static size_t ask(uint8_t *out, const char *options, size_t length)
{
    static const char head[] = "\xbe\xef\1\0\0\1\0\0\0\0\0\1\7blocked\4test\0\0\1\0\1"
                               "\0\0\x29\x04\xd0\0\0\0\0";

    memcpy(out, head, sizeof head - 1);
    store_be16(out + sizeof head - 1, (uint16_t)length);
    memcpy(out + sizeof head + 1, options, length);
    return sizeof head + 1 + length;
}

/* Returns what became of the question of CLIENT with OPTIONS: its rcode, or -1 where it went to the
 * upstreams. */
static int outcome(const char *client, const char *options, size_t length)
{
    uint8_t query[256], out[512];
    struct core_datagram datagram = {.octets = query, .out = out, .room = sizeof out};
    struct rig rig;
    int result;

    rig_open(&rig, YAML, NULL, 0, NULL, 16);
    datagram.length = ask(query, options, length);
    assert_int_equal(endpoint_from_text(&datagram.client, client, 4711), 0);
    core_batch(rig.core, rig.snapshot, &rig.now, &datagram, 1);
    result = datagram.outcome == CORE_ANSWERED ? out[3] & 15 : -1;
    if (result == 0) /* blocked: no answer, an SOA */
        assert_int_equal(load_be16(out + 8), 1);
    rig_close(&rig);
    return result;
}

#define OUTCOME(client, options) outcome(client, options, sizeof(options) - 1)

static void a_trusted_forwarder_tells_for_whom_it_asks(void **state)
{
    (void)state;
    assert_int_equal(OUTCOME("10.0.0.1", ECS4), 0);
    assert_int_equal(OUTCOME("10.0.0.1", ""), -1);
    assert_int_equal(OUTCOME("10.0.0.1", "\0\x08\0\x08\0\1\x20\0\xc0\0\2\x15"), -1);
}

static void what_others_tell_means_nothing(void **state)
{
    (void)state;
    assert_int_equal(OUTCOME("10.0.0.2", ECS4), -1);
    assert_int_equal(OUTCOME("192.0.2.20", "\0\x08\0\x08\0\1\x20\0\xc0\0\2\x15"), 0);
    /* Not even what is broken: it may be meant for somebody else. */
    assert_int_equal(OUTCOME("10.0.0.2", "\0\x08\0\3\0\1\0"), -1);
}

static void a_broken_subnet_of_a_forwarder_is_a_format_error(void **state)
{
    (void)state;
    assert_int_equal(OUTCOME("10.0.0.1", "\0\x08\0\x08\0\1\x18\0\xc0\0\2\x14"), DNS_FORMERR);
}

static void an_address_that_is_not_served_is_the_forwarders(void **state)
{
    (void)state;
    assert_int_equal(OUTCOME("10.0.0.1", "\0\x08\0\x08\0\1\x20\0\xcb\0\x71\x14"), -1);
    /* And a stranger is not served for saying that he is not one. */
    assert_int_equal(OUTCOME("203.0.113.1", ECS4), DNS_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_says_what_it_says),
        cmocka_unit_test(a_trusted_forwarder_tells_for_whom_it_asks),
        cmocka_unit_test(what_others_tell_means_nothing),
        cmocka_unit_test(a_broken_subnet_of_a_forwarder_is_a_format_error),
        cmocka_unit_test(an_address_that_is_not_served_is_the_forwarders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
