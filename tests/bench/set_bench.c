/* set_bench - what a set costs: octets, build, peak memory, opening, lookups.
 *
 * It makes its own names (two and three labels under .example, a tenth of them twice) and gives
 * them to the segment writer, so that the parsers are no part of it. Lookups ask for random clean
 * names with the label depths of a file of popular names, or of four labels, 32 at a time or one at
 * a time with a fence between, so that the processor cannot overlap them. One table row a run;
 * figures of one noisy machine are ratios, not promises. */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "blocklist/set/builder.h"
#include "blocklist/set/segment.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/base/name.h"
#include "config/base/siphash.h"

#if defined(__x86_64__)
#define FENCE() __builtin_ia32_lfence()
#else
#define FENCE() __sync_synchronize()
#endif

enum { FEEDS_MAX = 64, ASKED = 1 << 18, BATCH = 32, ROUNDS = 4, DEPTHS = 8 };

struct bench {
    uint64_t names, seed, feeds;
    const char *folder, *popular;
    unsigned depths[DEPTHS + 1]; /* how many popular names have so many labels */
    unsigned depth_sum;
    uint64_t state;
    struct err err;
};

/* The processor's time, so that a machine with other work gives figures too. */
static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

static uint64_t next_random(struct bench *bench)
{
    return mix(bench->state += 0x9e3779b97f4a7c15ULL);
}

static void die(const struct bench *bench)
{
    fprintf(stderr, "set_bench: %s\n", bench->err.text);
    exit(1);
}

/* Writes LENGTH letters made from X as a label; returns where the next one stands. */
static uint8_t *put_label(uint8_t *at, uint64_t x, size_t length)
{
    *at++ = (uint8_t)length;
    for (size_t i = 0; i < length; i++, x /= 26)
        *at++ = (uint8_t)('a' + x % 26);
    return at;
}

/* Makes name NUMBER with LABELS labels, `example` the last. */
static struct name make_name(struct name_buf *buf, uint64_t number, unsigned labels)
{
    static const uint8_t tail[] = "\7example";
    uint8_t *at = buf->wire;
    uint64_t x = mix(number);

    for (unsigned i = 1; i < labels; i++)
        at = put_label(at, mix(x + i), i + 1 == labels ? 11 + x % 3 : 2 + x % 5);
    memcpy(at, tail, sizeof tail);
    buf->length = (uint8_t)(at - buf->wire + (ptrdiff_t)sizeof tail);
    return name_of(buf);
}

static long peak_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    }
    if (file != NULL)
        fclose(file);
    return kib;
}

static void fill_segment(struct bench *bench, struct segment_writer *writer, uint64_t from,
                         uint64_t to)
{
    uint64_t hashes[NAME_LABELS_MAX];
    struct name_buf buf;

    for (uint64_t i = from; i < to; i++) {
        uint64_t number = i % 10 == 9 ? i - 9 : i;
        unsigned labels = 2 + number % 2;
        struct name name = make_name(&buf, number, labels);

        siphash_suffixes(segment_key(writer), &name, hashes, NAME_LABELS_MAX);
        if (segment_add(writer, &name, hashes[labels - 1], labels, ENTRY_SUBTREE, ENTRY_LIST,
                        &bench->err) != 0)
            die(bench);
    }
}

struct costs {
    double fill, finish, merge;
    struct builder_result result;
};

static void build(struct bench *bench, const char *out, struct costs *costs)
{
    static const char *const keys[] = {"porn", "malware", "gambling", "ads"};
    char text[FEEDS_MAX][512];
    const char *paths[FEEDS_MAX];
    struct builder_options options = {0};

    for (uint64_t f = 0; f < bench->feeds; f++) {
        struct segment_about about = {0};
        struct segment_writer *writer;
        double begin = now();

        snprintf(text[f], sizeof text[f], "%s/bench.%d.seg", bench->folder, (int)f);
        paths[f] = text[f];
        writer = segment_start(text[f], bench->seed, &bench->err);
        if (writer == NULL)
            die(bench);
        segment_for_now(writer); /* as set build does */
        fill_segment(bench, writer, bench->names * f / bench->feeds,
                     bench->names * (f + 1) / bench->feeds);
        costs->fill += now() - begin;
        begin = now();
        snprintf(about.feed, sizeof about.feed, "bench%d", (int)f);
        snprintf(about.category, sizeof about.category, "%s", keys[f % 4]);
        if (segment_finish(writer, &about, &bench->err) != 0)
            die(bench);
        costs->finish += now() - begin;
    }
    options.out = out;
    options.seed = bench->seed;
    costs->merge = now();
    if (builder_merge(paths, bench->feeds, &options, &costs->result, &bench->err) != 0)
        die(bench);
    costs->merge = now() - costs->merge;
    for (size_t f = 0; f < bench->feeds; f++)
        unlink(paths[f]);
}

static void read_depths(struct bench *bench)
{
    char line[1024];
    FILE *file = bench->popular == NULL ? NULL : fopen(bench->popular, "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        unsigned labels = 1;

        for (const char *c = line; *c != '\0' && *c != '\n'; c++)
            labels += *c == '.';
        bench->depths[labels > DEPTHS ? DEPTHS : labels]++;
        bench->depth_sum++;
    }
    if (file != NULL)
        fclose(file);
    if (bench->depth_sum == 0)
        bench->depths[4] = bench->depth_sum = 1;
}

static unsigned pick_depth(struct bench *bench)
{
    unsigned at = (unsigned)(next_random(bench) % bench->depth_sum), labels = 0;

    while (at >= bench->depths[labels])
        at -= bench->depths[labels++];
    return labels;
}

struct asked {
    uint8_t length, wire[95];
};

static struct asked *make_asked(struct bench *bench)
{
    struct asked *asked = calloc(ASKED, sizeof *asked);
    struct name_buf buf;

    if (asked == NULL)
        exit(1);
    for (size_t i = 0; i < ASKED; i++) {
        make_name(&buf, next_random(bench) | 1ULL << 63, pick_depth(bench));
        asked[i].length = buf.length;
        memcpy(asked[i].wire, buf.wire, buf.length);
    }
    return asked;
}

static struct name asked_name(const struct asked *asked)
{
    return (struct name){asked->wire, asked->length};
}

static double in_batches(const struct set *set, const struct asked *asked, unsigned *listed)
{
    static struct set_probe probes[BATCH];
    double begin = now();

    for (size_t i = 0; i < ASKED; i += BATCH) {
        for (size_t k = 0; k < BATCH; k++) {
            struct name name = asked_name(&asked[i + k]);

            set_hash(set, &name, &probes[k]);
            set_prefetch(set, &probes[k]);
        }
        for (size_t k = 0; k < BATCH; k++) {
            struct set_hit hit;

            set_find(set, &probes[k], &hit);
            *listed += hit.labels > 0;
        }
    }
    return (now() - begin) / ASKED * 1e9;
}

static double alone(const struct set *set, const struct asked *asked, unsigned *listed)
{
    double begin = now();

    for (size_t i = 0; i < ASKED; i++) {
        struct name name = asked_name(&asked[i]);
        struct set_hit hit;

        set_lookup(set, &name, &hit);
        *listed += hit.labels > 0;
        FENCE();
    }
    return (now() - begin) / ASKED * 1e9;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;

    return one < other ? -1 : one > other;
}

static double median(double (*run)(const struct set *, const struct asked *, unsigned *),
                     struct bench *bench, const struct set *set)
{
    double times[ROUNDS + 1];
    unsigned listed = 0;

    for (size_t i = 0; i <= ROUNDS; i++) {
        struct asked *asked = make_asked(bench); /* new names: none of their lines is warm */

        times[i] = run(set, asked, &listed);
        free(asked);
    }
    if (listed != 0)
        fprintf(stderr, "set_bench: %u clean names were found listed\n", listed);
    qsort(times, ROUNDS + 1, sizeof *times, compare);
    return times[ROUNDS / 2];
}

static void check_all_found(struct bench *bench, const struct set *set)
{
    struct name_buf buf;

    for (uint64_t i = 0; i < bench->names; i += 1 + bench->names / 100000) {
        uint64_t number = i % 10 == 9 ? i - 9 : i;
        struct name name = make_name(&buf, number, 2 + number % 2);
        struct set_hit hit;

        set_lookup(set, &name, &hit);
        if (hit.labels == 0) {
            fprintf(stderr, "set_bench: a stored name was not found\n");
            exit(1);
        }
    }
}

static void print_costs(const struct bench *bench, const struct costs *costs, long peak)
{
    double names = (double)bench->names;

    printf("names given             %" PRIu64 " (%" PRIu64 " distinct)\n", bench->names,
           costs->result.names);
    printf("octets a name           %.2f\n",
           (double)costs->result.octets / (double)costs->result.names);
    printf("make + hash + add       %.0f ns a name\n", costs->fill / names * 1e9);
    printf("sort + write segments   %.0f ns a name\n", costs->finish / names * 1e9);
    printf("merge + emit            %.0f ns a name\n", costs->merge / names * 1e9);
    printf("whole                   %.1f M names/s\n",
           names / (costs->fill + costs->finish + costs->merge) * 1e-6);
    printf("peak memory             %.1f octets a name (%ld MiB)\n", (double)peak * 1024 / names,
           peak / 1024);
}

/* What the machine takes for one random line of the file, overlapped and alone: the yardstick for
 * the lookups below it, since other work on the machine moves both alike. */
static void measure_memory(struct bench *bench, const char *out, size_t octets)
{
    int fd = open(out, O_RDONLY | O_CLOEXEC);
    const uint8_t *map = mmap(NULL, octets, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    const uint8_t *lines[2 * BATCH];
    double begin, overlapped;
    unsigned sum = 0;

    if (fd < 0 || map == MAP_FAILED)
        exit(1);
    /* The first touch of a page costs a virtual machine far more than a line. */
    for (size_t at = 0; at < octets; at += 4096)
        sum += *(const volatile uint8_t *)(map + at);
    begin = now();
    for (size_t i = 0; i < ASKED; i += 2 * BATCH) {
        for (size_t k = 0; k < 2 * BATCH; k++) {
            lines[k] = map + next_random(bench) % (octets / 64) * 64;
            __builtin_prefetch(lines[k]);
        }
        for (size_t k = 0; k < 2 * BATCH; k++)
            sum += *(const volatile uint8_t *)lines[k];
    }
    overlapped = (now() - begin) / ASKED * 1e9;
    begin = now();
    for (size_t i = 0; i < ASKED; i++) {
        sum += *(const volatile uint8_t *)(map + next_random(bench) % (octets / 64) * 64);
        FENCE();
    }
    printf("one random line         %.0f ns overlapped, %.0f ns alone\n", overlapped,
           (now() - begin) / ASKED * 1e9);
    munmap((void *)(uintptr_t)map, octets);
    close(fd);
}

static void measure_set(struct bench *bench, const char *out)
{
    double begin = now(), opened, verified;
    struct set_info info;
    struct set *set = set_open(out, NULL, &bench->err);

    if (set == NULL)
        die(bench);
    opened = now() - begin;
    begin = now();
    if (set_verify(set, &bench->err) != 0)
        die(bench);
    verified = now() - begin;
    printf("open                    %.3f ms, with digests %.1f ms\n", opened * 1e3,
           (opened + verified) * 1e3);
    set_info(set, &info);
    measure_memory(bench, out, info.octets);
    check_all_found(bench, set);
    printf("clean name in batches   %.0f ns\n", median(in_batches, bench, set));
    printf("clean name alone        %.0f ns\n", median(alone, bench, set));
    set_close(set);
}

static int read_options(struct bench *bench, int argc, char **argv)
{
    static const struct option known[] = {
        {"popular", required_argument, NULL, 'p'},
        {"folder",  required_argument, NULL, 'f'},
        {"feeds",   required_argument, NULL, 'n'},
        {"seed",    required_argument, NULL, 's'},
        {NULL,      0,                 NULL, 0  },
    };
    int letter;

    bench->folder = ".";
    bench->seed = bench->state = bench->feeds = 1;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == 'p')
            bench->popular = optarg;
        else if (letter == 'f')
            bench->folder = optarg;
        else if (letter == 'n')
            bench->feeds = strtoull(optarg, NULL, 10) % FEEDS_MAX;
        else if (letter == 's')
            bench->seed = strtoull(optarg, NULL, 10);
        else
            return -1;
    }
    if (argc - optind != 1)
        return -1;
    bench->names = strtoull(argv[optind], NULL, 10) * 1000000;
    return bench->names == 0 || bench->feeds == 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    struct costs costs = {0};
    char out[600];

    if (read_options(&bench, argc, argv) != 0) {
        fprintf(
            stderr,
            "usage: set_bench [--popular FILE] [--folder DIR] [--seed N] [--feeds N] MILLIONS\n");
        return 2;
    }
    if (sodium_init() < 0)
        return 1;
    snprintf(out, sizeof out, "%s/bench.set", bench.folder);
    read_depths(&bench);
    build(&bench, out, &costs);
    print_costs(&bench, &costs, peak_kib());
    measure_set(&bench, out);
    unlink(out);
    return 0;
}
