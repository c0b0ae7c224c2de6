/* neighbour_message.h - what one message of rtnetlink(7) says of a neighbour. */
#ifndef RESOLVER_DAEMON_NEIGHBOUR_MESSAGE_H
#define RESOLVER_DAEMON_NEIGHBOUR_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/base/addr.h"

struct nlmsghdr;

struct neighbour_message {
    struct addr addr;
    uint32_t ifindex;
    bool known; /* the kernel would send to MAC, or has lately heard of it */
    uint8_t mac[6];
};

/* Reads MESSAGE, an RTM_NEWNEIGH or RTM_DELNEIGH whose length is within its buffer. Returns false
 * for what is of another kind or names no address of a link. */
bool neighbour_message_read(const struct nlmsghdr *message, struct neighbour_message *neighbour);

/* Fills BUFFER (64 octets or more) with the question for the neighbour ADDR on the link IFINDEX, or
 * for all of them where ADDR is NULL. Returns it. */
struct nlmsghdr *neighbour_message_ask(void *buffer, const struct addr *addr, uint32_t ifindex);

#endif
