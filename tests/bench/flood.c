/* flood - asks a server over UDP as fast as it answers, or at a rate, and says what became of it.
 *
 * dnsperf sends and receives one datagram a call and stops where good servers are half busy, so
 * this one moves batches over a few connected sockets. Two ways: a closed loop (--window) keeps
 * that many questions open and so saturates; an open loop (--rate) sends by the clock whatever
 * comes back, so that a server that stalls is seen as latency and loss, not as a pause of the
 * questions.
 *
 * The window is small by default: a server's receive buffer of the usual 208 KiB holds some 270
 * small datagrams, and more open questions than that would be lost in it and blamed on the server.
 * A question is lost when no answer came within --timeout. Nothing spins: the stub that stands in
 * for the upstream may share this core. The last line of the output is one JSON object. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <linux/sock_diag.h>
#include <time.h>
#include <unistd.h>

#include "config/base/addr.h"
#include "config/base/bytes.h"
#include "config/base/err.h"
#include "tests/bench/parts/histogram.h"
#include "tests/bench/parts/questions.h"

enum {
    SOCKETS_MAX = 64,
    BATCH = 32,
    SLOTS = 16384, /* open questions a socket: power of two, a quarter of the ids */
    QUERY_MAX = QUESTIONS_OCTETS_MAX,
    HEAD = 12,
    SECONDS_MAX = 3600,
};

struct slot {
    uint64_t sent_ns;
    uint16_t id;
    bool open;
};

struct line {
    int fd;
    uint32_t head, tail; /* sequence numbers: next to send, oldest not yet settled */
    uint32_t open;
    struct slot slots[SLOTS];
};

struct second {
    uint64_t sent, answered, lost, slowest_ns;
};

struct options {
    struct endpoint to;
    const char *names, *unique;
    double rate, seconds;
    uint64_t count;
    unsigned window, sockets;
    uint64_t timeout_ns;
    int cpu;
    bool each_second;
};

struct flood {
    struct options options;
    struct line *lines;
    struct pollfd polls[SOCKETS_MAX];
    struct questions *questions;
    uint64_t start_ns, end_ns, last_ns;
    uint64_t sent, answered, lost, late, errors, with_records;
    uint64_t rcodes[16];
    struct histogram latency;
    struct second *by_second;
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    uint8_t buffers[BATCH][QUERY_MAX];
};

/* The one thing that a signal handler can reach. */
static volatile sig_atomic_t stopped;

static void on_stop(int number)
{
    (void)number;
    stopped = 1;
}

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static _Noreturn void fail(const char *what, const char *about)
{
    fprintf(stderr, "flood: %s: '%s'%s%s\n", what, about, errno ? ": " : "",
            errno ? strerror(errno) : "");
    exit(2);
}

static struct second *second_of(struct flood *flood, uint64_t sent_ns)
{
    uint64_t at = (sent_ns - flood->start_ns) / 1000000000U;

    return &flood->by_second[at < SECONDS_MAX ? at : SECONDS_MAX - 1];
}

/* Sending and receiving. */

static void settle_lost(struct flood *flood, struct line *line, struct slot *slot)
{
    slot->open = false;
    line->open--;
    flood->lost++;
    second_of(flood, slot->sent_ns)->lost++;
}

static void take_slot(struct flood *flood, struct line *line, uint64_t now)
{
    struct slot *slot = &line->slots[line->head % SLOTS];

    if (slot->open)
        settle_lost(flood, line, slot);
    *slot = (struct slot){.sent_ns = now, .id = (uint16_t)line->head, .open = true};
    line->head++;
    line->open++;
    flood->sent++;
    second_of(flood, now)->sent++;
}

/* Sends up to COUNT questions on LINE; what the kernel does not take is asked again later. */
static void send_some(struct flood *flood, struct line *line, size_t count)
{
    uint64_t now = now_ns();
    int done;

    if (count > BATCH)
        count = BATCH;
    for (size_t i = 0; i < count; i++) {
        flood->parts[i].iov_len =
            questions_next(flood->questions, flood->buffers[i], (uint16_t)(line->head + i));
        flood->messages[i].msg_hdr.msg_controllen = 0;
    }
    done = sendmmsg(line->fd, flood->messages, (unsigned)count, 0);
    flood->errors += done < 0;
    for (int i = 0; i < done; i++)
        take_slot(flood, line, now);
}

static void take_answer(struct flood *flood, struct line *line, const uint8_t *head, uint64_t now)
{
    uint16_t id = load_be16(head);
    /* SLOTS divides 65536, so the id names the slot whatever the sequence number's upper bits. */
    struct slot *slot = &line->slots[id % SLOTS];
    struct second *second = second_of(flood, slot->sent_ns);
    uint64_t took = now - slot->sent_ns;

    if (!slot->open || slot->id != id) {
        flood->late++;
        return;
    }
    slot->open = false;
    line->open--;
    flood->answered++;
    flood->rcodes[head[3] & 15]++;
    flood->with_records += load_be16(head + 6) > 0;
    histogram_add(&flood->latency, took);
    flood->last_ns = now;
    second->answered++;
    if (took > second->slowest_ns)
        second->slowest_ns = took;
}

static void receive_all(struct flood *flood, struct line *line)
{
    int count;

    do {
        for (size_t i = 0; i < BATCH; i++)
            flood->parts[i].iov_len = 64; /* only the head is looked at */
        count = recvmmsg(line->fd, flood->messages, BATCH, MSG_DONTWAIT, NULL);
        flood->errors += count < 0 && errno != EAGAIN;
        uint64_t now = now_ns();
        for (int i = 0; i < count; i++) {
            if (flood->messages[i].msg_len >= HEAD)
                take_answer(flood, line, flood->buffers[i], now);
        }
    } while (count == BATCH);
}

static void expire(struct flood *flood, struct line *line, uint64_t now)
{
    while (line->tail != line->head) {
        struct slot *slot = &line->slots[line->tail % SLOTS];

        if (slot->open && slot->id == (uint16_t)line->tail) {
            if (now - slot->sent_ns < flood->options.timeout_ns)
                return;
            settle_lost(flood, line, slot);
        }
        line->tail++;
    }
}

/* Waits for an answer or until UNTIL; receives what is there. */
static void wait_some(struct flood *flood, uint64_t until)
{
    uint64_t now = now_ns(), left = until > now ? until - now : 0;
    struct timespec ts = {.tv_nsec = (long)(left < 5000000 ? left : 5000000)};

    if (ppoll(flood->polls, flood->options.sockets, &ts, NULL) > 0) {
        for (unsigned i = 0; i < flood->options.sockets; i++) {
            if (flood->polls[i].revents)
                receive_all(flood, &flood->lines[i]);
        }
    }
    now = now_ns();
    for (unsigned i = 0; i < flood->options.sockets; i++)
        expire(flood, &flood->lines[i], now);
}

static bool may_send(const struct flood *flood, uint64_t now)
{
    return !stopped && now < flood->end_ns && flood->sent < flood->options.count;
}

static void run_closed(struct flood *flood)
{
    uint32_t each = flood->options.window / flood->options.sockets;

    for (uint64_t now = flood->start_ns; may_send(flood, now); now = now_ns()) {
        for (unsigned i = 0; i < flood->options.sockets; i++) {
            struct line *line = &flood->lines[i];

            if (line->open < each)
                send_some(flood, line, each - line->open);
        }
        wait_some(flood, UINT64_MAX);
    }
}

/* When question NUMBER is due. */
static uint64_t due_ns(const struct flood *flood, uint64_t number)
{
    return flood->start_ns + (uint64_t)((double)number * 1e9 / flood->options.rate);
}

static void run_open(struct flood *flood)
{
    unsigned turn = 0;
    uint64_t asked = 0; /* also what the kernel refused: the clock goes on */

    for (uint64_t now = flood->start_ns; may_send(flood, now); now = now_ns()) {
        uint64_t due = (uint64_t)((double)(now - flood->start_ns) * flood->options.rate / 1e9) + 1;

        while (asked < due) {
            uint64_t count = due - asked < 8 ? due - asked : 8;

            send_some(flood, &flood->lines[turn++ % flood->options.sockets], count);
            asked += count;
        }
        wait_some(flood, due_ns(flood, asked));
    }
}

static void drain(struct flood *flood)
{
    for (;;) {
        uint32_t open = 0;

        for (unsigned i = 0; i < flood->options.sockets; i++)
            open += flood->lines[i].open;
        if (open == 0)
            return;
        wait_some(flood, UINT64_MAX);
    }
}

/* Set-up and report. */

static int connect_to(const struct endpoint *to)
{
    struct sockaddr_storage sa;
    socklen_t length = endpoint_to_sockaddr(to, &sa);
    int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int size = 4 << 20;

    if (fd < 0 || connect(fd, (const struct sockaddr *)&sa, length) != 0)
        fail("cannot connect a socket to", "--to");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return fd;
}

static void open_lines(struct flood *flood)
{
    flood->lines = calloc(flood->options.sockets, sizeof *flood->lines);
    flood->by_second = calloc(SECONDS_MAX, sizeof *flood->by_second);
    must(flood->lines != NULL && flood->by_second != NULL);
    for (unsigned i = 0; i < flood->options.sockets; i++) {
        flood->lines[i].fd = connect_to(&flood->options.to);
        flood->polls[i] = (struct pollfd){.fd = flood->lines[i].fd, .events = POLLIN};
    }
    for (size_t i = 0; i < BATCH; i++) {
        flood->parts[i].iov_base = flood->buffers[i];
        flood->messages[i].msg_hdr.msg_iov = &flood->parts[i];
        flood->messages[i].msg_hdr.msg_iovlen = 1;
    }
}

/* Answers that our own sockets dropped; they would be blamed on the server. */
static uint64_t own_drops(const struct flood *flood)
{
    uint64_t drops = 0;

    for (unsigned i = 0; i < flood->options.sockets; i++) {
        uint32_t info[SK_MEMINFO_VARS] = {0};
        socklen_t length = sizeof info;

        if (getsockopt(flood->lines[i].fd, SOL_SOCKET, SO_MEMINFO, info, &length) == 0)
            drops += info[SK_MEMINFO_DROPS];
    }
    return drops;
}

static void report_seconds(const struct flood *flood)
{
    uint64_t last = (flood->last_ns - flood->start_ns) / 1000000000U;

    for (uint64_t i = 0; i <= last && i < SECONDS_MAX; i++) {
        const struct second *second = &flood->by_second[i];

        printf("{\"second\": %ju, \"sent\": %ju, \"answered\": %ju, \"lost\": %ju, "
               "\"slowest_us\": %.0f}\n",
               (uintmax_t)i, (uintmax_t)second->sent, (uintmax_t)second->answered,
               (uintmax_t)second->lost, (double)second->slowest_ns * 1e-3);
    }
}

static void report(const struct flood *flood)
{
    double seconds = (double)(flood->last_ns - flood->start_ns) * 1e-9;
    const char *comma = "";

    if (flood->options.each_second)
        report_seconds(flood);
    printf("{\"sent\": %ju, \"answered\": %ju, \"lost\": %ju, \"late\": %ju, \"errors\": %ju, "
           "\"own_drops\": %ju, \"with_records\": %ju, \"seconds\": %.6f, \"qps\": %.0f, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"rcodes\": {",
           (uintmax_t)flood->sent, (uintmax_t)flood->answered, (uintmax_t)flood->lost,
           (uintmax_t)flood->late, (uintmax_t)flood->errors, (uintmax_t)own_drops(flood),
           (uintmax_t)flood->with_records, seconds,
           seconds > 0 ? (double)flood->answered / seconds : 0, histogram_us(&flood->latency, 0.5),
           histogram_us(&flood->latency, 0.99), histogram_us(&flood->latency, 0.999));
    for (int i = 0; i < 16; i++) {
        if (flood->rcodes[i] > 0) {
            printf("%s\"%d\": %ju", comma, i, (uintmax_t)flood->rcodes[i]);
            comma = ", ";
        }
    }
    printf("}}\n");
}

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        fail("no such core", "--cpu");
}

static const char usage[] =
    "flood --to ADDRESS@PORT (--names FILE | --unique TAG) [--window 128 | --rate Q_PER_S]\n"
    "      [--seconds 1] [--count N] [--sockets 8] [--timeout MS] [--cpu N] [--each-second]\n"
    "Names: one a line; with --unique made up as HEX.TAG.example, each asked once.\n";

static void set_option(struct options *options, int letter, const char *text)
{
    switch (letter) {
    case 't':
        if (endpoint_from_text(&options->to, text, 53) != 0)
            fail("no address", text);
        break;
    case 'n':
        options->names = text;
        break;
    case 'u':
        options->unique = text;
        break;
    case 'w':
        options->window = (unsigned)strtoul(text, NULL, 10);
        break;
    case 'r':
        options->rate = strtod(text, NULL);
        break;
    case 's':
        options->seconds = strtod(text, NULL);
        break;
    case 'c':
        options->count = strtoull(text, NULL, 10);
        break;
    case 'k':
        options->sockets = (unsigned)strtoul(text, NULL, 10);
        break;
    case 'm':
        options->timeout_ns = strtoull(text, NULL, 10) * 1000000U;
        break;
    case 'p':
        options->cpu = (int)strtol(text, NULL, 10);
        break;
    case 'e':
        options->each_second = true;
        break;
    default:
        fputs(usage, stderr);
        exit(2);
    }
}

static void read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"to",          1, NULL, 't'},
        {"names",       1, NULL, 'n'},
        {"unique",      1, NULL, 'u'},
        {"window",      1, NULL, 'w'},
        {"rate",        1, NULL, 'r'},
        {"seconds",     1, NULL, 's'},
        {"count",       1, NULL, 'c'},
        {"sockets",     1, NULL, 'k'},
        {"timeout",     1, NULL, 'm'},
        {"cpu",         1, NULL, 'p'},
        {"each-second", 0, NULL, 'e'},
        {NULL,          0, NULL, 0  },
    };
    int letter;

    *options = (struct options){.seconds = 1,
                                .count = UINT64_MAX,
                                .window = 128,
                                .sockets = 8,
                                .timeout_ns = 1000000000U,
                                .cpu = -1};
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1)
        set_option(options, letter, optarg);
    if (options->to.port == 0 || !options->names == !options->unique || options->sockets == 0 ||
        options->sockets > SOCKETS_MAX || options->window < options->sockets ||
        options->window / options->sockets > SLOTS) {
        fputs(usage, stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static struct flood flood;

    read_options(&flood.options, argc, argv);
    if (flood.options.cpu >= 0)
        pin(flood.options.cpu);
    signal(SIGTERM, on_stop);
    signal(SIGINT, on_stop);
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    flood.questions = flood.options.names ? questions_read(flood.options.names)
                                          : questions_make(flood.options.unique);
    if (!flood.questions)
        fail("no names in", flood.options.names ? flood.options.names : flood.options.unique);
    open_lines(&flood);
    flood.start_ns = flood.last_ns = now_ns();
    flood.end_ns = flood.start_ns + (uint64_t)(flood.options.seconds * 1e9);
    if (flood.options.rate > 0)
        run_open(&flood);
    else
        run_closed(&flood);
    drain(&flood);
    report(&flood);
    return flood.answered > 0 ? 0 : 1;
}
