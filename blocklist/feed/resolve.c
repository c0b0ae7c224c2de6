/* resolve.c - c-ares on libuv, with the configured upstreams and nothing else.
 *
 * The problem: a resolver library wants to help, with resolv.conf, /etc/hosts, search domains and
 * the environment; each of these could lead back to the server that waits for our list. The idea:
 * servers, lookups and domains are all given, the configuration file is /dev/null, sockets are made
 * here, which also gives link-local upstreams their link (c-ares 1.18 has no field for it).
 *
 * Dropped: our own upstream client (it belongs to the server's workers, layers above), and
 * getaddrinfo, which asks whom it likes. */
#include "blocklist/feed/resolve.h"

#include <ares.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/config.h"

enum { TRY_MS = 2000, TRIES = 3, WATCHES_MAX = 64 };

/* A socket of c-ares on the loop. */
struct watch {
    uv_poll_t poll;
    struct resolver *resolver;
    ares_socket_t fd;
};

struct resolver {
    uv_loop_t *loop;
    const struct config *config;
    ares_channel channel;
    uv_timer_t timer;
    struct watch *watches[WATCHES_MAX]; /* NULL: free */
    char upstreams[200];                /* for messages */
};

struct resolve_lookup {
    struct resolver *resolver;
    resolve_done *done; /* NULL: forgotten */
    void *context;
    char name[256];
    bool starting, finished;
};

static void schedule(struct resolver *resolver);

static void timed(uv_timer_t *timer)
{
    struct resolver *resolver = timer->data;

    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    schedule(resolver);
}

static void schedule(struct resolver *resolver)
{
    struct timeval left;

    if (ares_timeout(resolver->channel, NULL, &left) == NULL) {
        uv_timer_stop(&resolver->timer);
        return;
    }
    uv_timer_start(&resolver->timer, timed,
                   (uint64_t)left.tv_sec * 1000 + (uint64_t)left.tv_usec / 1000 + 1, 0);
}

static void ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct resolver *resolver = watch->resolver;
    bool readable = status < 0 || (events & UV_READABLE) != 0;
    bool writable = status < 0 || (events & UV_WRITABLE) != 0;

    ares_process_fd(resolver->channel, readable ? watch->fd : ARES_SOCKET_BAD,
                    writable ? watch->fd : ARES_SOCKET_BAD);
    schedule(resolver);
}

static struct watch **find_watch(struct resolver *resolver, ares_socket_t fd)
{
    struct watch **empty = NULL;

    for (size_t i = 0; i < WATCHES_MAX; i++) {
        struct watch **slot = &resolver->watches[i];

        if (*slot != NULL && (*slot)->fd == fd)
            return slot;
        if (*slot == NULL && empty == NULL)
            empty = slot;
    }
    return empty;
}

static void watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void unwatch(struct watch **slot)
{
    uv_close((uv_handle_t *)&(*slot)->poll, watch_closed);
    *slot = NULL;
}

/* What cannot be watched runs into its timeout. */
static void state_changed(void *context, ares_socket_t fd, int readable, int writable)
{
    struct resolver *resolver = context;
    struct watch **slot = find_watch(resolver, fd);

    if (slot == NULL)
        return;
    if (!readable && !writable) {
        if (*slot != NULL)
            unwatch(slot);
        return;
    }
    if (*slot == NULL) {
        *slot = calloc(1, sizeof **slot);
        if (*slot == NULL)
            return;
        (*slot)->resolver = resolver;
        (*slot)->fd = fd;
        (*slot)->poll.data = *slot;
        if (uv_poll_init(resolver->loop, &(*slot)->poll, fd) != 0) {
            free(*slot);
            *slot = NULL;
            return;
        }
    }
    uv_poll_start(&(*slot)->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0),
                  ready);
}

/* The sockets of c-ares. */

static ares_socket_t make_socket(int family, int type, int protocol, void *context)
{
    (void)context;
    return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

static int close_socket(ares_socket_t fd, void *context)
{
    (void)context;
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t length,
                          void *context)
{
    const struct resolver *resolver = context;
    const struct config *config = resolver->config;
    struct sockaddr_storage scoped;
    struct endpoint endpoint;

    if (endpoint_from_sockaddr(&endpoint, to) != 0)
        return -1;
    for (size_t i = 0; i < config->upstream_count; i++) {
        const struct endpoint *upstream = &config->upstreams[i].endpoint;

        if (upstream->addr.scope != 0 && upstream->port == endpoint.port &&
            addr_equal(&upstream->addr, &endpoint.addr)) {
            length = endpoint_to_sockaddr(upstream, &scoped);
            return connect(fd, (const struct sockaddr *)&scoped, length);
        }
    }
    return connect(fd, to, length);
}

static ares_ssize_t receive(ares_socket_t fd, void *data, size_t room, int flags,
                            struct sockaddr *from, ares_socklen_t *length, void *context)
{
    (void)context;
    return recvfrom(fd, data, room, flags, from, length);
}

static ares_ssize_t send_all(ares_socket_t fd, const struct iovec *parts, int count, void *context)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)count};

    (void)context;
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static const struct ares_socket_functions socket_functions = {
    .asocket = make_socket,
    .aclose = close_socket,
    .aconnect = connect_socket,
    .arecvfrom = receive,
    .asendv = send_all,
};

static void add_server(struct ares_addr_port_node *node, const struct config_upstream *upstream)
{
    const struct addr *addr = &upstream->endpoint.addr;

    memset(node, 0, sizeof *node);
    node->family = addr->bits == 32 ? AF_INET : AF_INET6;
    memcpy(&node->addr, addr->octets, addr->bits / 8);
    node->udp_port = node->tcp_port = upstream->endpoint.port;
}

static int set_servers(struct resolver *resolver, struct err *err)
{
    struct ares_addr_port_node nodes[CONFIG_UPSTREAMS_MOST];
    const struct config *config = resolver->config;
    size_t count = config->upstream_count, used = 0;
    char text[ADDR_TEXT_MAX];
    int code;

    if (count == 0)
        return err_set(err, ERR_CONFIG, "no upstream to ask for names; set `upstreams`");
    if (count > CONFIG_UPSTREAMS_MOST)
        count = CONFIG_UPSTREAMS_MOST;
    for (size_t i = 0; i < count; i++) {
        add_server(&nodes[i], &config->upstreams[i]);
        nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
        endpoint_to_text(&config->upstreams[i].endpoint, text);
        if (used + strlen(text) + 2 < sizeof resolver->upstreams)
            used += (size_t)snprintf(resolver->upstreams + used, sizeof resolver->upstreams - used,
                                     "%s%s", i == 0 ? "" : " ", text);
    }
    code = ares_set_servers_ports(resolver->channel, nodes);
    return code == ARES_SUCCESS
               ? 0
               : err_set(err, ERR_SYSTEM, "cannot ask the upstreams: %s", ares_strerror(code));
}

static bool all_by_tcp(const struct config *config)
{
    for (size_t i = 0; i < config->upstream_count; i++)
        if (!config->upstreams[i].stream)
            return false;
    return config->upstream_count > 0;
}

static int open_channel(struct resolver *resolver, struct err *err)
{
    static char lookups[] = "b", nothing[] = "/dev/null"; /* c-ares only reads them */
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS |
                 (all_by_tcp(resolver->config) ? ARES_FLAG_USEVC : 0),
        .timeout = TRY_MS,
        .tries = TRIES,
        .lookups = lookups,
        .resolvconf_path = nothing,
        .sock_state_cb = state_changed,
        .sock_state_cb_data = resolver,
        .ednspsz = 1232,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
               ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB | ARES_OPT_DOMAINS | ARES_OPT_EDNSPSZ;
    int code;

    unsetenv("LOCALDOMAIN");
    unsetenv("RES_OPTIONS");
    unsetenv("HOSTALIASES");
    code = ares_library_init(ARES_LIB_INIT_ALL);
    if (code == ARES_SUCCESS)
        code = ares_init_options(&resolver->channel, &options, mask);
    if (code != ARES_SUCCESS)
        return err_set(err, ERR_SYSTEM, "cannot start the lookups: %s", ares_strerror(code));
    ares_set_socket_functions(resolver->channel, &socket_functions, resolver);
    return set_servers(resolver, err);
}

struct resolver *resolve_open(uv_loop_t *loop, const struct config *config, struct err *err)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);

    if (resolver == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    resolver->loop = loop;
    resolver->config = config;
    if (open_channel(resolver, err) != 0) {
        free(resolver);
        return NULL;
    }
    uv_timer_init(loop, &resolver->timer);
    resolver->timer.data = resolver;
    return resolver;
}

static void set_fault(struct err *err, const struct resolve_lookup *lookup, int status)
{
    static const struct {
        int status;
        const char *meaning, *cure;
    } meanings[] = {
        {ARES_ENOTFOUND,    "no such name",         "check the address"       },
        {ARES_ENODATA,      "it has no address",    "check the address"       },
        {ARES_ETIMEOUT,     "no upstream answers",  "the next run tries again"},
        {ARES_ECONNREFUSED, "no upstream answers",  "the next run tries again"},
        {ARES_ESERVFAIL,    "the upstream failed",  "the next run tries again"},
        {ARES_EREFUSED,     "the upstream refuses", "see `upstreams`"         },
    };

    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].status == status) {
            err_set(err, ERR_UNREACHABLE, "cannot resolve %s: %s (asked %s); %s", lookup->name,
                    meanings[i].meaning, lookup->resolver->upstreams, meanings[i].cure);
            return;
        }
    err_set(err, ERR_UNREACHABLE, "cannot resolve %s: %s (asked %s); the next run tries again",
            lookup->name, ares_strerror(status), lookup->resolver->upstreams);
}

static size_t take_addrs(const struct ares_addrinfo *info, struct addr *addrs)
{
    const struct ares_addrinfo_node *node;
    struct endpoint endpoint;
    size_t count = 0;

    for (node = info->nodes; node != NULL && count < RESOLVE_ADDRS_MAX; node = node->ai_next)
        if (endpoint_from_sockaddr(&endpoint, node->ai_addr) == 0)
            addrs[count++] = endpoint.addr;
    return count;
}

static void answered(void *context, int status, int timeouts, struct ares_addrinfo *info)
{
    struct resolve_lookup *lookup = context;
    struct addr addrs[RESOLVE_ADDRS_MAX];
    struct err fault = {.code = ERR_NONE};
    size_t count = 0;

    (void)timeouts;
    if (status == ARES_SUCCESS)
        count = take_addrs(info, addrs);
    if (info != NULL)
        ares_freeaddrinfo(info);
    if (count == 0)
        set_fault(&fault, lookup, status == ARES_SUCCESS ? ARES_ENODATA : status);
    if (lookup->done != NULL)
        lookup->done(lookup->context, addrs, count, &fault);
    lookup->finished = true;
    if (!lookup->starting)
        free(lookup);
}

struct resolve_lookup *resolve_start(struct resolver *resolver, const char *name,
                                     resolve_done *done, void *context)
{
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_flags = ARES_AI_NOSORT};
    struct resolve_lookup *lookup = calloc(1, sizeof *lookup);
    struct err fault = {.code = ERR_NONE};

    if (lookup == NULL) {
        err_set(&fault, ERR_MEMORY, "out of memory");
        done(context, NULL, 0, &fault);
        return NULL;
    }
    lookup->resolver = resolver;
    lookup->done = done;
    lookup->context = context;
    snprintf(lookup->name, sizeof lookup->name, "%s", name);
    lookup->starting = true;
    ares_getaddrinfo(resolver->channel, lookup->name, NULL, &hints, answered, lookup);
    lookup->starting = false;
    schedule(resolver);
    if (!lookup->finished)
        return lookup;
    free(lookup);
    return NULL;
}

void resolve_forget(struct resolve_lookup *lookup)
{
    if (lookup != NULL)
        lookup->done = NULL;
}
