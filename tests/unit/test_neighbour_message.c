/* resolver/daemon/neighbour_message.c: what the kernel says of a neighbour, and what it is asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "resolver/daemon/neighbour_message.h"

enum { LAN = 7 };

static const uint8_t tablet[6] = {0, 0, 0x5e, 0, 0x53, 0x0a};
static const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1};

struct row {
    const char *title;
    uint16_t type;
    uint8_t family;
    const char *addr; /* NULL: none */
    const uint8_t *mac;
    size_t mac_length;
    uint16_t state;
    bool read, known;
};

static const struct row rows[] = {
    {"reachable",     RTM_NEWNEIGH, AF_INET,   "192.0.2.20",       tablet, 6, NUD_REACHABLE,  true,  true },
    {"stale",         RTM_NEWNEIGH, AF_INET6,  "2001:db8:1::aaaa", tablet, 6, NUD_STALE,      true,  true },
    {"link-local",    RTM_NEWNEIGH, AF_INET6,  "fe80::1",          tablet, 6, NUD_DELAY,      true,  true },
    {"probed",        RTM_NEWNEIGH, AF_INET,   "192.0.2.20",       tablet, 6, NUD_PROBE,      true,  true },
    {"set by hand",   RTM_NEWNEIGH, AF_INET,   "192.0.2.20",       tablet, 6, NUD_PERMANENT,  true,  true },
    {"failed",        RTM_NEWNEIGH, AF_INET,   "192.0.2.20",       tablet, 6, NUD_FAILED,     true,  false},
    {"asked for",     RTM_NEWNEIGH, AF_INET,   "192.0.2.20",       NULL,   0, NUD_INCOMPLETE, true,  false},
    {"a group's",     RTM_NEWNEIGH, AF_INET,   "224.0.0.1",        group,  6, NUD_NOARP,      true,  false},
    {"a group's MAC", RTM_NEWNEIGH, AF_INET,   "192.0.2.20",       group,  6, NUD_REACHABLE,  true,  false},
    {"gone",          RTM_DELNEIGH, AF_INET,   "192.0.2.20",       tablet, 6, NUD_STALE,      true,  false},
    {"a short MAC",   RTM_NEWNEIGH, AF_INET,   "192.0.2.20",       tablet, 4, NUD_REACHABLE,  true,  false},
    {"no address",    RTM_NEWNEIGH, AF_INET,   NULL,               tablet, 6, NUD_REACHABLE,  false, false},
    {"a wrong one",   RTM_NEWNEIGH, AF_INET6,  "192.0.2.20",       tablet, 6, NUD_REACHABLE,  false, false},
    {"of a bridge",   RTM_NEWNEIGH, AF_BRIDGE, "192.0.2.20",       tablet, 6, NUD_REACHABLE,  false, false},
    {"another thing", RTM_NEWADDR,  AF_INET,   "192.0.2.20",       tablet, 6, NUD_REACHABLE,  false, false},
};

static struct nlmsghdr *message_of(const struct row *row, uint8_t *room)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(room);
    struct ndmsg *fixed = mnl_nlmsg_put_extra_header(message, sizeof *fixed);
    struct addr addr;

    message->nlmsg_type = row->type;
    fixed->ndm_family = row->family;
    fixed->ndm_ifindex = LAN;
    fixed->ndm_state = row->state;
    if (row->addr != NULL) {
        assert_int_equal(addr_from_text(&addr, row->addr), 0);
        mnl_attr_put(message, NDA_DST, addr.bits / 8, addr.octets);
    }
    mnl_attr_put_u32(message, NDA_PROBES, 1);
    if (row->mac != NULL)
        mnl_attr_put(message, NDA_LLADDR, row->mac_length, row->mac);
    return message;
}

static void each_message_says_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        _Alignas(struct nlmsghdr) uint8_t room[256];
        struct neighbour_message said;
        char text[ADDR_TEXT_MAX];

        if (neighbour_message_read(message_of(row, room), &said) != row->read)
            fail_msg("%s: %s", row->title, row->read ? "not read" : "read");
        if (!row->read)
            continue;
        assert_string_equal(addr_to_text(&said.addr, text), row->addr);
        assert_int_equal(said.ifindex, LAN);
        if (said.known != row->known)
            fail_msg("%s: %s", row->title, row->known ? "not known" : "known");
        if (row->known)
            assert_memory_equal(said.mac, row->mac, sizeof said.mac);
    }
}

static void a_message_that_is_too_short_says_nothing(void **state)
{
    _Alignas(struct nlmsghdr) uint8_t room[256];
    struct neighbour_message said;
    struct nlmsghdr *message = message_of(&rows[0], room);

    (void)state;
    message->nlmsg_len = (uint32_t)(mnl_nlmsg_size(sizeof(struct ndmsg)) - 1);
    assert_false(neighbour_message_read(message, &said));
}

static void a_question_is_for_one_address_or_for_all(void **state)
{
    _Alignas(struct nlmsghdr) uint8_t room[256];
    const struct nlmsghdr *message = neighbour_message_ask(room, NULL, 0);
    struct addr addr;

    (void)state;
    assert_int_equal(message->nlmsg_type, RTM_GETNEIGH);
    assert_int_equal(message->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
    assert_int_equal(addr_from_text(&addr, "2001:db8:1::aaaa"), 0);
    message = neighbour_message_ask(room, &addr, LAN);
    assert_int_equal(message->nlmsg_flags, NLM_F_REQUEST);
    assert_int_equal(((const struct ndmsg *)mnl_nlmsg_get_payload(message))->ndm_ifindex, LAN);
    assert_int_equal(message->nlmsg_len, 16 + 12 + 4 + 16); /* header, ndmsg, attribute, address */
    assert_true(message->nlmsg_len <= 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_says_what_it_says),
        cmocka_unit_test(a_message_that_is_too_short_says_nothing),
        cmocka_unit_test(a_question_is_for_one_address_or_for_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
