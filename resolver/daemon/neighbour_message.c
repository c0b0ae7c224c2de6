#include "resolver/daemon/neighbour_message.h"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum {
    MAC_OCTETS = 6,
    /* In these states there is a MAC which the kernel sends to. NOARP is for groups and tunnels. */
    STATES_KNOWN = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT,
};

/* A message while its attributes are read. */
struct reading {
    struct neighbour_message *neighbour;
    unsigned bits; /* of its family */
    bool has_mac;
};

static int read_attribute(const struct nlattr *attribute, void *context)
{
    struct reading *reading = context;
    const uint8_t *octets = mnl_attr_get_payload(attribute);
    size_t length = mnl_attr_get_payload_len(attribute);

    switch (mnl_attr_get_type(attribute)) {
    case NDA_DST:
        if (length == reading->bits / 8)
            addr_from_octets(&reading->neighbour->addr, octets, reading->bits);
        break;
    case NDA_LLADDR:
        /* The lowest bit of the first octet is a group's (IEEE 802). */
        reading->has_mac = length == MAC_OCTETS && (octets[0] & 1) == 0;
        if (reading->has_mac)
            memcpy(reading->neighbour->mac, octets, MAC_OCTETS);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

bool neighbour_message_read(const struct nlmsghdr *message, struct neighbour_message *neighbour)
{
    const struct ndmsg *fixed = mnl_nlmsg_get_payload(message);
    struct reading reading = {.neighbour = neighbour};

    if ((message->nlmsg_type != RTM_NEWNEIGH && message->nlmsg_type != RTM_DELNEIGH) ||
        mnl_nlmsg_get_payload_len(message) < sizeof *fixed ||
        (fixed->ndm_family != AF_INET && fixed->ndm_family != AF_INET6))
        return false;
    *neighbour = (struct neighbour_message){.ifindex = (uint32_t)fixed->ndm_ifindex};
    reading.bits = fixed->ndm_family == AF_INET ? 32 : 128;
    mnl_attr_parse(message, sizeof *fixed, read_attribute, &reading);
    neighbour->known = reading.has_mac && message->nlmsg_type == RTM_NEWNEIGH &&
                       (fixed->ndm_state & STATES_KNOWN) != 0;
    return neighbour->addr.bits != 0 && neighbour->ifindex != 0;
}

struct nlmsghdr *neighbour_message_ask(void *buffer, const struct addr *addr, uint32_t ifindex)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    struct ndmsg *fixed = mnl_nlmsg_put_extra_header(message, sizeof *fixed);

    message->nlmsg_type = RTM_GETNEIGH;
    message->nlmsg_flags = NLM_F_REQUEST;
    if (addr == NULL) {
        message->nlmsg_flags |= NLM_F_DUMP;
        return message;
    }
    fixed->ndm_family = addr->bits == 32 ? AF_INET : AF_INET6;
    fixed->ndm_ifindex = (int32_t)ifindex;
    mnl_attr_put(message, NDA_DST, addr->bits / 8, addr->octets);
    return message;
}
