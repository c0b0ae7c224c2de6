/* upstream_stub - the same upstream for every resolver of the bench: UDP and pipelined TCP on one
 * port.
 *
 *   upstream_stub ADDRESS@PORT [TTL]
 *
 * It answers any A question with 192.0.2.53 and RA set, everything else with NODATA and a SOA, and
 * keeps no state but a count: the first label `stubcount` is answered with the number of questions
 * so far as an address, so that a bench can see whether names were forwarded or came from a cache.
 * It must be cheaper than what it feeds, so both transports move batches, and nothing is checked
 * beyond what keeps it within its buffers. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/base/addr.h"
#include "config/base/bytes.h"
#include "config/base/err.h"
#include "resolver/wire/dns.h"

enum {
    BATCH = 64,
    ROOM = 512,
    OPT_OCTETS = 11,
    FIXED = 10, /* type, class, TTL, length of a record */
    CONNECTIONS = 64,
    IN_ROOM = 65536,
    OUT_ROOM = 4 * IN_ROOM,
    ANSWER_MAX = ROOM + 128,
};

struct connection {
    int fd; /* 0: free */
    size_t in_length, out_length;
    uint8_t in[IN_ROOM], out[OUT_ROOM];
};

struct stub {
    int udp, listener, poller;
    uint32_t ttl, asked;
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_storage peers[BATCH];
    uint8_t in[BATCH][ROOM], out[BATCH][ANSWER_MAX];
    struct connection connections[CONNECTIONS];
};

/* Returns where the question that starts at 12 ends, 0 where it does not fit. */
static size_t question_end(const uint8_t *query, size_t length)
{
    size_t at = DNS_HEADER_OCTETS;

    while (at < length && query[at] != 0) {
        if (query[at] > 63)
            return 0;
        at += 1U + query[at];
    }
    return at + 5 <= length ? at + 5 : 0;
}

/* Writes a record of TYPE owned by the asked name; RDATA follows. */
static size_t put_record(uint8_t *out, uint16_t type, uint32_t ttl, uint16_t length)
{
    store_be16(out, 0xc000 | DNS_HEADER_OCTETS);
    store_be16(out + 2, type);
    store_be16(out + 4, 1);
    store_be32(out + 6, ttl);
    store_be16(out + 10, length);
    return 12;
}

static size_t put_address(const struct stub *stub, const uint8_t *question, uint8_t *out)
{
    bool counts = memcmp(question, "\011stubcount", 10) == 0;
    size_t at = put_record(out, DNS_A, counts ? 0 : stub->ttl, 4);

    store_be32(out + at, counts ? stub->asked - 1 : 0xc0000235);
    return at + 4;
}

static size_t put_soa(const struct stub *stub, uint8_t *out)
{
    size_t at = put_record(out, DNS_SOA, stub->ttl, 22);

    memset(out + at, 0, 22); /* both names are the root */
    store_be32(out + at + 18, stub->ttl);
    return at + 22;
}

/* Writes the answer to QUERY into OUT (ANSWER_MAX); returns its length, 0 for what is no question.
 */
static size_t answer(struct stub *stub, const uint8_t *query, size_t length, uint8_t *out)
{
    size_t end = length > DNS_HEADER_OCTETS && length <= ROOM ? question_end(query, length) : 0;
    bool address;

    if (end == 0)
        return 0;
    stub->asked++;
    address = load_be16(query + end - 4) == DNS_A;
    memcpy(out, query, end);
    store_be16(out + 2, DNS_QR | DNS_RA | (load_be16(query + 2) & (DNS_RD | DNS_CD)));
    store_be16(out + 6, address);
    store_be16(out + 8, !address);
    store_be16(out + 10, load_be16(query + 10) > 0);
    end += address ? put_address(stub, query + DNS_HEADER_OCTETS, out + end)
                   : put_soa(stub, out + end);
    if (load_be16(query + 10) > 0) {
        static const uint8_t opt[OPT_OCTETS] = {0, 0, DNS_OPT, 1232 >> 8, 1232 & 255};

        memcpy(out + end, opt, sizeof opt);
        end += sizeof opt;
    }
    return end;
}

static void serve_udp(struct stub *stub)
{
    int count, kept = 0;

    for (size_t i = 0; i < BATCH; i++) {
        stub->parts[i] = (struct iovec){.iov_base = stub->in[i], .iov_len = ROOM};
        stub->messages[i].msg_hdr = (struct msghdr){.msg_iov = &stub->parts[i],
                                                    .msg_iovlen = 1,
                                                    .msg_name = &stub->peers[i],
                                                    .msg_namelen = sizeof stub->peers[i]};
    }
    count = recvmmsg(stub->udp, stub->messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        size_t length = answer(stub, stub->in[i], stub->messages[i].msg_len, stub->out[i]);

        stub->parts[i] = (struct iovec){.iov_base = stub->out[i], .iov_len = length};
        if (length > 0)
            stub->messages[kept++].msg_hdr = stub->messages[i].msg_hdr;
    }
    for (int sent = 0; sent < kept;) {
        int done = sendmmsg(stub->udp, stub->messages + sent, (unsigned)(kept - sent), 0);

        sent += done > 0 ? done : 1;
    }
}

static void watch(const struct stub *stub, int fd, uint32_t events, int how)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    must(epoll_ctl(stub->poller, how, fd, &event) == 0);
}

static void accept_one(struct stub *stub)
{
    int fd = accept4(stub->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;

    for (size_t i = 0; fd >= 0 && i < CONNECTIONS; i++) {
        if (stub->connections[i].fd == 0) {
            stub->connections[i].fd = fd;
            stub->connections[i].in_length = stub->connections[i].out_length = 0;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            watch(stub, fd, EPOLLIN, EPOLL_CTL_ADD);
            return;
        }
    }
    if (fd >= 0)
        close(fd);
}

/* Answers whole messages of the buffer while there is room for answers; the rest moves to its
 * start. */
static void answer_stream(struct stub *stub, struct connection *connection)
{
    size_t at = 0;

    while (connection->in_length - at >= 2 && connection->out_length + ANSWER_MAX < OUT_ROOM) {
        const uint8_t *frame = connection->in + at;
        uint8_t *out = connection->out + connection->out_length;
        size_t length = load_be16(frame), made;

        if (connection->in_length - at < 2 + length)
            break;
        made = answer(stub, frame + 2, length, out + 2);
        store_be16(out, (uint16_t)made);
        connection->out_length += made > 0 ? made + 2 : 0;
        at += 2 + length;
    }
    connection->in_length -= at;
    memmove(connection->in, connection->in + at, connection->in_length);
}

static void flush_stream(const struct stub *stub, struct connection *connection)
{
    ssize_t done = 0;

    if (connection->out_length > 0)
        done = send(connection->fd, connection->out, connection->out_length, MSG_NOSIGNAL);
    if (done > 0) {
        connection->out_length -= (size_t)done;
        memmove(connection->out, connection->out + done, connection->out_length);
    }
    watch(stub, connection->fd, connection->out_length > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN,
          EPOLL_CTL_MOD);
}

static void serve_tcp(struct stub *stub, int fd)
{
    struct connection *connection = stub->connections;
    ssize_t done;
    size_t room;

    while (connection->fd != fd)
        connection++;
    room = IN_ROOM - connection->in_length;
    done = recv(fd, connection->in + connection->in_length, room, 0);
    if ((done == 0 && room > 0) || (done < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) {
        close(fd);
        connection->fd = 0;
        return;
    }
    connection->in_length += done > 0 ? (size_t)done : 0;
    answer_stream(stub, connection);
    flush_stream(stub, connection);
}

static int listen_on(const struct endpoint *at, int type)
{
    struct sockaddr_storage sa;
    socklen_t length = endpoint_to_sockaddr(at, &sa);
    int fd = socket(sa.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, size = 4 << 20;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (type == SOCK_DGRAM && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&sa, length) != 0 ||
        (type == SOCK_STREAM && listen(fd, 64) != 0)) {
        perror("upstream_stub: cannot listen");
        exit(2);
    }
    return fd;
}

int main(int argc, char **argv)
{
    static struct stub stub;
    struct endpoint at;

    if (argc < 2 || argc > 3 || endpoint_from_text(&at, argv[1], 53) != 0) {
        fputs("upstream_stub ADDRESS@PORT [TTL]\n", stderr);
        return 2;
    }
    stub.ttl = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 3600;
    stub.udp = listen_on(&at, SOCK_DGRAM);
    stub.listener = listen_on(&at, SOCK_STREAM);
    stub.poller = epoll_create1(EPOLL_CLOEXEC);
    must(stub.poller >= 0);
    watch(&stub, stub.udp, EPOLLIN, EPOLL_CTL_ADD);
    watch(&stub, stub.listener, EPOLLIN, EPOLL_CTL_ADD);
    for (;;) {
        struct epoll_event events[16];
        int count = epoll_wait(stub.poller, events, 16, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == stub.udp)
                serve_udp(&stub);
            else if (events[i].data.fd == stub.listener)
                accept_one(&stub);
            else
                serve_tcp(&stub, events[i].data.fd);
        }
    }
}
