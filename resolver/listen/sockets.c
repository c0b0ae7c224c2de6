/* sockets.c - client sockets, opened by the keeper before anything can go wrong later.
 *
 * Each worker has a socket of its own for each listener, all bound with SO_REUSEPORT: the kernel
 * spreads clients over them and nobody shares a queue. SO_REUSEPORT would also let a second
 * stairgate of the same user bind the port and take half of the queries without a word; so a probe
 * without it is bound first. Buffers of streams are set small before listen(2): what thousands of
 * silent peers can make the kernel hold is then known. */
#include "resolver/listen/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/base/log.h"
#include "config/config.h"
#include "resolver/listen/holder.h"

enum {
    UDP_RECEIVE_OCTETS = 4 << 20, /* some 5000 queries while a worker is busy or restarted */
    TCP_BUFFER_OCTETS = 32 << 10,
    BACKLOG = 1024,
    FIRST_FD = 3, /* SD_LISTEN_FDS_START of sd_listen_fds(3) */
    LISTEN_FDS_MOST = 1 << 16,
};

static int set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

static int new_socket(const struct endpoint *endpoint, bool stream)
{
    bool v6 = endpoint->addr.bits == 128;
    int fd = socket(v6 ? AF_INET6 : AF_INET,
                    (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    /* ::ffff:0:0/96 has listeners of its own; a rule for IPv4 clients holds on them */
    if (fd >= 0 && v6 && set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int bind_to(int fd, const struct endpoint *endpoint)
{
    struct sockaddr_storage sa;
    socklen_t length = endpoint_to_sockaddr(endpoint, &sa);

    return bind(fd, (struct sockaddr *)&sa, length);
}

static void size_buffers(int fd, bool stream)
{
    if (stream) {
        set_int(fd, SOL_SOCKET, SO_RCVBUF, TCP_BUFFER_OCTETS);
        set_int(fd, SOL_SOCKET, SO_SNDBUF, TCP_BUFFER_OCTETS);
    } else if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_RECEIVE_OCTETS) != 0) {
        set_int(fd, SOL_SOCKET, SO_RCVBUF, UDP_RECEIVE_OCTETS); /* cut to net.core.rmem_max */
    }
}

/* Opens one socket for good. Returns it, -1 with errno. */
static int open_one(const struct endpoint *endpoint, bool stream)
{
    int fd = new_socket(endpoint, stream);

    if (fd < 0)
        return -1;
    size_buffers(fd, stream);
    /* SO_REUSEADDR on streams only: on datagrams it would let others steal the port */
    if ((stream && set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0) ||
        set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0 || bind_to(fd, endpoint) != 0 ||
        (stream && listen(fd, BACKLOG) != 0)) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Tries whether the address is free, without SO_REUSEPORT. Returns 0, or errno. */
static int probe(const struct endpoint *endpoint, bool stream)
{
    int fd = new_socket(endpoint, stream), error = 0;

    if (fd < 0)
        return errno;
    if (stream)
        set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* connections in TIME_WAIT are no holder */
    if (bind_to(fd, endpoint) != 0)
        error = errno;
    close(fd);
    return error;
}

/* A machine without IPv6 has no ::1 to bind to, or no such sockets at all. */
static bool family_is_lacking(const struct endpoint *endpoint, int error)
{
    return error == EAFNOSUPPORT ||
           (error == EADDRNOTAVAIL && endpoint->addr.bits == 128 &&
            (addr_is_loopback(&endpoint->addr) || addr_is_any(&endpoint->addr)));
}

static int say_why(const struct config *config, const struct config_listener *listener, bool stream,
                   int error, struct err *err)
{
    char address[ADDR_TEXT_MAX], holder[HOLDER_TEXT_MAX];
    const char *protocol = stream ? "TCP" : "UDP";
    int set;

    endpoint_to_text(&listener->endpoint, address);
    switch (error) {
    case EADDRINUSE:
        set = err_set(err, ERR_BUSY,
                      "%s:%u:%u: %s port is in use: '%s', by %s; stop that program, or listen on "
                      "another port",
                      config->path, listener->place.line, listener->place.column, protocol, address,
                      holder_find(&listener->endpoint, stream, holder));
        break;
    case EACCES:
    case EPERM:
        set =
            err_set(err, ERR_REFUSED,
                    "%s:%u:%u: no right to open this %s port: '%s'; start as root, or listen on a "
                    "port above 1023",
                    config->path, listener->place.line, listener->place.column, protocol, address);
        break;
    case EADDRNOTAVAIL:
        set = err_set(err, ERR_NOT_FOUND,
                      "%s:%u:%u: no interface of this machine has this address: '%s'", config->path,
                      listener->place.line, listener->place.column, address);
        break;
    default:
        errno = error;
        set = err_system(err, "%s:%u:%u: cannot open this %s port: '%s'", config->path,
                         listener->place.line, listener->place.column, protocol, address);
    }
    if (err != NULL) {
        err->line = listener->place.line;
        err->column = listener->place.column;
    }
    return set;
}

/* Probes each listener; KEEP tells which of them this machine can have. */
static int probe_all(const struct config *config, bool *keep, const struct log *log,
                     struct err *err)
{
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct config_listener *listener = &config->listeners[i];
        char address[ADDR_TEXT_MAX];
        int udp = probe(&listener->endpoint, false), tcp = probe(&listener->endpoint, true);

        keep[i] = udp == 0 && tcp == 0;
        if (keep[i])
            continue;
        if (!family_is_lacking(&listener->endpoint, udp != 0 ? udp : tcp))
            return say_why(config, listener, udp == 0, udp != 0 ? udp : tcp, err);
        log_event(log, LOG_LEVEL_WARN, "listener_left_out",
                  "address=%s reason=\"no such addresses "
                  "on this machine\"",
                  endpoint_to_text(&listener->endpoint, address));
    }
    return 0;
}

static int open_for(const struct config *config, const struct config_listener *listener,
                    bool stream, struct listen_socket *socket, struct err *err)
{
    socket->fd = open_one(&listener->endpoint, stream);
    if (socket->fd < 0)
        return say_why(config, listener, stream, errno, err);
    socket->stream = stream;
    socket->local = listener->endpoint;
    return 0;
}

long sockets_open(const struct config *config, unsigned workers, struct listen_socket *sockets,
                  size_t most, const struct log *log, struct err *err)
{
    bool *keep = calloc(config->listener_count + 1, sizeof *keep);
    size_t count = 0;
    long result = -1;

    if (keep == NULL) {
        err_set(err, ERR_MEMORY, "no memory for listeners");
        goto out;
    }
    if (probe_all(config, keep, log, err) != 0)
        goto out;
    for (unsigned worker = 0; worker < workers; worker++) {
        for (size_t i = 0; i < 2 * config->listener_count; i++) {
            if (!keep[i / 2])
                continue;
            if (count == most) {
                err_set(err, ERR_LIMIT, "too many sockets: %u workers with %zu listeners", workers,
                        config->listener_count);
                goto out;
            }
            if (open_for(config, &config->listeners[i / 2], i % 2 != 0, &sockets[count], err) != 0)
                goto out;
            count++;
        }
    }
    result = (long)count;
out:
    while (result < 0 && count > 0)
        close(sockets[--count].fd);
    free(keep);
    return result;
}

/* --- handing over --- */

static long number_in(const char *name)
{
    const char *text = getenv(name);
    char *end;
    long value;

    if (text == NULL || *text == '\0')
        return -1;
    value = strtol(text, &end, 10);
    return *end != '\0' || value < 0 ? -1 : value;
}

static int read_option(int fd, int option, int *value)
{
    socklen_t length = sizeof *value;

    return getsockopt(fd, SOL_SOCKET, option, value, &length);
}

static int inherit_one(int fd, struct listen_socket *socket, struct err *err)
{
    struct sockaddr_storage sa;
    socklen_t length = sizeof sa;
    int type, listens = 0;

    if (read_option(fd, SO_TYPE, &type) != 0 ||
        getsockname(fd, (struct sockaddr *)&sa, &length) != 0)
        return err_system(err, "handed over descriptor is no socket: '%d'", fd);
    if ((type != SOCK_STREAM && type != SOCK_DGRAM) ||
        endpoint_from_sockaddr(&socket->local, (struct sockaddr *)&sa) != 0)
        return err_set(err, ERR_FORMAT, "handed over socket is neither UDP nor TCP: '%d'", fd);
    socket->fd = fd;
    socket->stream = type == SOCK_STREAM;
    if (socket->stream && read_option(fd, SO_ACCEPTCONN, &listens) == 0 && !listens &&
        listen(fd, BACKLOG) != 0)
        return err_system(err, "cannot listen on handed over socket: '%d'", fd);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
        return err_system(err, "cannot use handed over socket: '%d'", fd);
    return 0;
}

long sockets_inherit(struct listen_socket *sockets, size_t most, struct err *err)
{
    long pid = number_in("LISTEN_PID"), count = number_in("LISTEN_FDS");

    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (count < 0 || pid != (long)getpid())
        return 0; /* for nobody, or for another process */
    if (count > LISTEN_FDS_MOST || (size_t)count > most)
        return err_set(err, ERR_LIMIT, "too many sockets handed over: '%ld'", count);
    for (long i = 0; i < count; i++) {
        if (inherit_one(FIRST_FD + (int)i, &sockets[i], err) != 0)
            return -1;
    }
    return count;
}

static int set_variables(size_t count)
{
    size_t length = count * sizeof "dns:";
    char text[32], *names = malloc(length + 1);
    int failed;

    if (names == NULL)
        return -1;
    names[0] = '\0';
    for (size_t i = 0; i < count; i++)
        memcpy(names + 4 * i, i + 1 < count ? "dns:" : "dns", i + 1 < count ? 5 : 4);
    failed = setenv("LISTEN_FDNAMES", names, 1);
    snprintf(text, sizeof text, "%zu", count);
    failed |= setenv("LISTEN_FDS", text, 1);
    snprintf(text, sizeof text, "%ld", (long)getpid());
    failed |= setenv("LISTEN_PID", text, 1);
    free(names);
    return failed;
}

int sockets_hand_over(const struct listen_socket *sockets, size_t count, struct err *err)
{
    int *above = calloc(count + 1, sizeof *above);
    int result = -1;

    if (above == NULL) {
        err_set(err, ERR_MEMORY, "no memory for %zu sockets", count);
        goto out;
    }
    /* first out of the way of the numbers they are to have, then to these */
    for (size_t i = 0; i < count; i++) {
        above[i] = fcntl(sockets[i].fd, F_DUPFD_CLOEXEC, FIRST_FD + (int)count);
        if (above[i] < 0) {
            err_system(err, "cannot hand over socket %zu", i);
            goto out;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (dup2(above[i], FIRST_FD + (int)i) < 0) {
            err_system(err, "cannot hand over socket %zu", i);
            goto out;
        }
    }
    if (set_variables(count) != 0) {
        err_system(err, "cannot set the variables of the hand-over");
        goto out;
    }
    result = 0;
out:
    free(above);
    return result;
}
