/* neighbour_table.c - the kernel's word on who has which address.
 *
 * The problem: changes come as they happen, and the kernel drops them when we are slow; what was
 * dropped may be that an address has another owner. The idea: a dump of the whole table at the
 * start, and again whenever the socket has overrun or a dump was disturbed; what a whole dump has
 * not named is forgotten. In between, each change as it is told. Dumps are a second apart at least,
 * so that a storm on the link costs no more than that.
 *
 * What the kernel does not hold we do not make up: it resolves a client's address itself, for the
 * answer that we send, and tells.
 *
 * Dropped: reading the table now and then (an address that has changed hands would lag behind), and
 * asking for an address by a packet of our own. */
#include "resolver/daemon/neighbour_table.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/base/err.h"
#include "config/base/log.h"
#include "config/config.h"
#include "policy/state/overlay.h"
#include "policy/who/neighbours.h"
#include "resolver/daemon/neighbour_message.h"

enum {
    IN_OCTETS = 32768, /* what the kernel makes of a dump at most (netlink(7)) */
    ASK_OCTETS = 128,
    READS_A_TURN = 64,
    DUMP_APART_MS = 1000,
    ASKS_A_SECOND = 64,
    RECENT = 64, /* addresses that were asked for */
    SECOND_MS = 1000,
    LOG_INTERVAL_S = 60,
    QUEUE_OCTETS = 1 << 20, /* of the kernel's, as far as it lets us */
};

struct recent {
    struct addr addr;
    uint32_t ifindex;
    uint64_t asked_ms;
};

struct neighbour_table {
    uv_poll_t poll;
    uv_timer_t again;          /* a dump that is due */
    unsigned handles;          /* that libuv has not closed yet */
    struct mnl_socket *socket; /* NULL: nothing is followed */
    struct overlay *overlay;
    const struct log *log;
    struct log_limit limit;

    uint32_t sequence, dump_sequence;
    bool dumping, dump_due, disturbed;
    bool changed;        /* since the workers were told */
    uint64_t dump_start; /* neighbours_turn then */
    uint64_t dumped_ms;

    unsigned asks; /* in the second from ask_ms on */
    uint64_t asks_ms;
    struct recent recent[RECENT];
    _Alignas(struct nlmsghdr) uint8_t in[IN_OCTETS];
};

bool neighbour_table_wanted(const struct config *config)
{
    for (size_t i = 0; i < config->network_count; i++) {
        if (config->networks[i].unknown >= 0)
            return true;
    }
    return config->device_count > 0 || config->state_path != NULL;
}

static void log_lost(struct neighbour_table *table, const char *what, int error)
{
    unsigned dropped;

    if (log_allowed(&table->limit, (int64_t)(uv_now(table->poll.loop) / SECOND_MS), LOG_INTERVAL_S,
                    &dropped))
        log_event(table->log, LOG_LEVEL_WARN, "neighbours", "what=%s more=%u reason=\"%s\"", what,
                  dropped, strerror(error));
}

static int send_request(struct neighbour_table *table, struct nlmsghdr *message)
{
    message->nlmsg_seq = ++table->sequence;
    if (mnl_socket_sendto(table->socket, message, message->nlmsg_len) >= 0)
        return 0;
    log_lost(table, "ask", errno);
    return -1;
}

/* ---- dumps ---- */

static void on_again(uv_timer_t *timer);

/* Starts the dump that is due, or has the timer do so. */
static void dump(struct neighbour_table *table)
{
    uint64_t now = uv_now(table->poll.loop);
    _Alignas(struct nlmsghdr) uint8_t room[ASK_OCTETS];

    table->dump_due = true;
    if (table->dumping)
        return; /* its end looks again */
    if (table->dumped_ms != 0 && now - table->dumped_ms < DUMP_APART_MS) {
        uv_timer_start(&table->again, on_again, DUMP_APART_MS - (now - table->dumped_ms), 0);
        return;
    }
    table->dumped_ms = now;
    if (send_request(table, neighbour_message_ask(room, NULL, 0)) < 0) {
        uv_timer_start(&table->again, on_again, DUMP_APART_MS, 0);
        return;
    }
    table->dump_sequence = table->sequence;
    table->dump_start = neighbours_turn(table->overlay->neighbours);
    table->dump_due = table->disturbed = false;
    table->dumping = true;
}

static void on_again(uv_timer_t *timer)
{
    struct neighbour_table *table = timer->data;

    if (table->dump_due)
        dump(table);
}

static void end_dump(struct neighbour_table *table, bool whole)
{
    table->dumping = false;
    if (!whole || table->disturbed)
        table->dump_due = true;
    else if (neighbours_sweep(table->overlay->neighbours, table->dump_start) > 0)
        table->changed = true;
    if (table->dump_due)
        dump(table);
}

/* ---- what the kernel says ---- */

static void take_neighbour(struct neighbour_table *table, const struct nlmsghdr *message)
{
    struct neighbours *neighbours = table->overlay->neighbours;
    struct neighbour_message said;

    if (!neighbour_message_read(message, &said))
        return;
    if (said.known ? neighbours_put(neighbours, &said.addr, said.ifindex, said.mac)
                   : neighbours_remove(neighbours, &said.addr, said.ifindex))
        table->changed = true;
}

static void take_message(struct neighbour_table *table, const struct nlmsghdr *message)
{
    bool of_dump = table->dumping && message->nlmsg_seq == table->dump_sequence;

    if (of_dump && (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
        table->disturbed = true;
    switch (message->nlmsg_type) {
    case NLMSG_DONE:
    case NLMSG_ERROR: /* of a question for one address: there is no entry */
        if (of_dump)
            end_dump(table, message->nlmsg_type == NLMSG_DONE);
        break;
    default:
        take_neighbour(table, message);
    }
}

/* Reads one datagram. Returns whether there may be more. */
static bool receive(struct neighbour_table *table)
{
    struct sockaddr_nl from = {.nl_pid = 1};
    socklen_t size = sizeof from;
    ssize_t received = recvfrom(mnl_socket_get_fd(table->socket), table->in, sizeof table->in,
                                MSG_DONTWAIT, (struct sockaddr *)&from, &size);
    const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)table->in;
    int left = (int)received;

    if (received < 0 && errno == ENOBUFS) {
        log_lost(table, "overrun", ENOBUFS);
        table->disturbed = true;
        dump(table);
        return true;
    }
    if (received < 0)
        return errno == EINTR;
    if (from.nl_pid != 0) /* not the kernel */
        return true;
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
        take_message(table, message);
    return true;
}

/* Reads what there is, and tells the workers. */
static void drain(struct neighbour_table *table)
{
    int reads = 0;

    while (receive(table) && ++reads < READS_A_TURN)
        ;
    if (table->changed)
        overlay_changed(table->overlay);
    table->changed = false;
}

static void on_event(uv_poll_t *poll, int status, int events);

static void watch(struct neighbour_table *table)
{
    uv_poll_start(&table->poll, UV_READABLE, on_event);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct neighbour_table *table = poll->data;

    (void)events;
    if (status < 0)
        watch(table); /* an overrun is an error of the socket: libuv has stopped watching it */
    drain(table);
}

/* ---- what workers ask ---- */

static struct recent *recent_of(struct neighbour_table *table, const struct addr *addr)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < sizeof addr->octets; i++)
        hash = (hash ^ addr->octets[i]) * 16777619U;
    return &table->recent[(hash ^ hash >> 16) % RECENT];
}

/* Tells whether ADDR may be asked for now. */
static bool may_ask(struct neighbour_table *table, const struct addr *addr, uint32_t ifindex)
{
    struct recent *recent = recent_of(table, addr);
    uint64_t now = uv_now(table->poll.loop);

    if (recent->ifindex == ifindex && recent->asked_ms != 0 && now - recent->asked_ms < SECOND_MS &&
        addr_equal(&recent->addr, addr))
        return false;
    if (now - table->asks_ms >= SECOND_MS) {
        table->asks_ms = now;
        table->asks = 0;
    }
    if (table->asks >= ASKS_A_SECOND)
        return false;
    table->asks++;
    *recent = (struct recent){*addr, ifindex, now};
    return true;
}

void neighbour_table_ask(struct neighbour_table *table, const struct addr *addr, uint32_t ifindex)
{
    _Alignas(struct nlmsghdr) uint8_t room[ASK_OCTETS];

    if (ifindex == 0)
        ifindex = addr->scope;
    if (table->socket == NULL || !may_ask(table, addr, ifindex))
        return;
    if (ifindex == 0) /* the kernel wants to be told the link */
        dump(table);
    else
        send_request(table, neighbour_message_ask(room, addr, ifindex));
}

/* ---- life ---- */

struct neighbour_table *neighbour_table_create(uv_loop_t *loop, struct overlay *overlay,
                                               const struct log *log)
{
    struct neighbour_table *table = calloc(1, sizeof *table);

    if (table == NULL)
        return NULL;
    table->overlay = overlay;
    table->log = log;
    table->poll.loop = loop; /* for the time; it is no handle yet */
    table->handles = 1;
    uv_timer_init(loop, &table->again);
    table->again.data = table->poll.data = table;
    return table;
}

/* Opens the socket. Returns 0, -1 with errno. */
static int open_socket(struct neighbour_table *table)
{
    int octets = QUEUE_OCTETS;

    table->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (table->socket == NULL)
        return -1;
    setsockopt(mnl_socket_get_fd(table->socket), SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    if (mnl_socket_bind(table->socket, RTMGRP_NEIGH, MNL_SOCKET_AUTOPID) == 0 &&
        uv_poll_init(table->poll.loop, &table->poll, mnl_socket_get_fd(table->socket)) == 0)
        return 0;
    mnl_socket_close(table->socket);
    table->socket = NULL;
    return -1;
}

void neighbour_table_follow(struct neighbour_table *table)
{
    if (table->socket != NULL)
        return;
    if (open_socket(table) < 0) {
        log_event(table->log, LOG_LEVEL_ERROR, "neighbours",
                  "what=open reason=\"%s\" then=\"devices are not known by their MAC\"",
                  strerror(errno));
        return;
    }
    table->handles++;
    watch(table);
    dump(table);
    drain(table); /* who was there before us is known before the first query */
    log_event(table->log, LOG_LEVEL_INFO, "neighbours", "what=followed");
}

static void on_closed(uv_handle_t *handle)
{
    struct neighbour_table *table = handle->data;

    if (--table->handles > 0)
        return;
    if (table->socket != NULL)
        mnl_socket_close(table->socket);
    free(table);
}

void neighbour_table_destroy(struct neighbour_table *table)
{
    if (table == NULL)
        return;
    uv_close((uv_handle_t *)&table->again, on_closed);
    if (table->socket != NULL)
        uv_close((uv_handle_t *)&table->poll, on_closed);
}
