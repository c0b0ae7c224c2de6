/* echo - the ceiling: sends each datagram back with QR set, in batches, and does nothing else.
 *
 *   echo ADDRESS@PORT             one socket bound to that address, blocking recvmmsg and sendmmsg
 *   echo --wildcard ADDRESS@PORT  what a resolver on `::` has to do: epoll, pktinfo both ways, and
 *                                 an answer 90 octets larger than the question
 *
 * What a query costs a resolver beside the first is what its work and its way of speaking to the
 * kernel add; the second tells the two apart. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "config/base/addr.h"
#include "config/base/bytes.h"
#include "config/base/err.h"

enum { BATCH = 64, ROOM = 1232, LARGER = 90, CONTROL = 64 };

struct echo {
    int fd;
    bool wildcard;
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_storage peers[BATCH];
    uint8_t control[BATCH][CONTROL];
    uint8_t buffers[BATCH][ROOM + LARGER];
};

static void prepare(struct echo *echo)
{
    for (size_t i = 0; i < BATCH; i++) {
        struct msghdr *head = &echo->messages[i].msg_hdr;

        echo->parts[i] = (struct iovec){.iov_base = echo->buffers[i], .iov_len = ROOM};
        head->msg_iov = &echo->parts[i];
        head->msg_iovlen = 1;
        head->msg_name = &echo->peers[i];
        head->msg_namelen = sizeof echo->peers[i];
        head->msg_control = echo->wildcard ? echo->control[i] : NULL;
        head->msg_controllen = echo->wildcard ? CONTROL : 0;
    }
}

static void turn_round(struct echo *echo, int count)
{
    for (int i = 0; i < count; i++) {
        size_t length = echo->messages[i].msg_len;

        if (length > 2)
            echo->buffers[i][2] |= 0x80;
        echo->parts[i].iov_len = echo->wildcard ? length + LARGER : length;
    }
    for (int sent = 0; sent < count;) {
        int done = sendmmsg(echo->fd, echo->messages + sent, (unsigned)(count - sent), 0);

        sent += done > 0 ? done : 1;
    }
}

static void serve(struct echo *echo)
{
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};

    must(poller >= 0 && epoll_ctl(poller, EPOLL_CTL_ADD, echo->fd, &event) == 0);
    for (;;) {
        int count;

        if (echo->wildcard)
            epoll_wait(poller, &event, 1, -1);
        prepare(echo);
        count = recvmmsg(echo->fd, echo->messages, BATCH,
                         echo->wildcard ? MSG_DONTWAIT : MSG_WAITFORONE, NULL);
        if (count > 0)
            turn_round(echo, count);
    }
}

static int open_socket(struct endpoint *at, bool wildcard)
{
    struct sockaddr_storage sa;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    socklen_t length = endpoint_to_sockaddr(at, &sa);
    int fd, on = 1, off = 0;

    if (wildcard) {
        any.sin6_port = htons(at->port);
        memcpy(&sa, &any, sizeof any);
        length = sizeof any;
    }
    fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(fd >= 0);
    if (wildcard) {
        must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0);
        must(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == 0);
    }
    if (bind(fd, (const struct sockaddr *)&sa, length) != 0) {
        perror("echo: cannot bind");
        exit(2);
    }
    return fd;
}

int main(int argc, char **argv)
{
    static struct echo echo;
    struct endpoint at;

    echo.wildcard = argc == 3 && strcmp(argv[1], "--wildcard") == 0;
    if (argc != (echo.wildcard ? 3 : 2) || endpoint_from_text(&at, argv[argc - 1], 53) != 0) {
        fputs("echo [--wildcard] ADDRESS@PORT\n", stderr);
        return 2;
    }
    echo.fd = open_socket(&at, echo.wildcard);
    serve(&echo);
    return 0;
}
