/* sealed_bench - what a sealed set costs: octets, sealing, opening, memory, looking up.
 *
 * It makes its own names under .example and looks up names of three labels, most of which are not
 * in the set: a clean name is what a resolver meets. Look-ups one after the other (each with its
 * name's hash as the next one's seed, so that the processor cannot overlap them) and 32 at a time.
 * One table row a size; figures of one noisy machine are ratios, not promises. */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "blocklist/sealed/seal.h"
#include "blocklist/sealed/sealed.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/name.h"

enum { BATCH = 32, ASKED = 1 << 17, ROUNDS = 9, NAMES = 1 << 13, NAME_ROOM = 48, KIB = 1024 };

struct bench {
    char path[300];
    struct sealed_key *key;
    uint8_t
        pool[NAMES * NAME_ROOM]; /* close together, so that the names themselves stay in cache */
    struct name names[NAMES];
    struct err err;
};

/* The processor's time, so that a machine with other work gives figures too. */
static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static _Noreturn void die(const struct bench *bench)
{
    fprintf(stderr, "sealed_bench: %s\n", bench->err.text);
    exit(1);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

/* Makes name NUMBER of KIND, with LABELS labels in all. */
static void make_name(struct name_buf *buf, const char *kind, uint64_t number, unsigned labels)
{
    char text[NAME_TEXT_MAX];
    uint64_t x = mix(number + 1);
    int length = 0;

    for (unsigned i = 2; i < labels; i++)
        length += snprintf(text + length, 16, "w%u.", (unsigned)(x >> 58) + i);
    length += snprintf(text + length, 64, "%s-%" PRIx64 ".example", kind, x >> 20);
    must(name_from_text(buf, text, (size_t)length) == NAME_OK);
}

/* Makes the names that are asked for. */
static void make_asked(struct bench *bench, const char *kind, uint64_t distinct, unsigned labels)
{
    struct name_buf buf;

    for (unsigned i = 0; i < NAMES; i++) {
        uint8_t *at = bench->pool + i * NAME_ROOM;

        make_name(&buf, kind, i % distinct, labels);
        must(buf.length <= NAME_ROOM);
        memcpy(at, buf.wire, buf.length);
        bench->names[i] = (struct name){at, buf.length};
    }
}

static void make(struct bench *bench, uint64_t entries)
{
    uint8_t salt[SEALED_SALT_OCTETS];
    struct seal *seal;
    struct name_buf buf;

    seal_salt_new(salt);
    seal = seal_start(bench->key, salt, &bench->err);
    if (seal == NULL)
        die(bench);
    for (uint64_t i = 0; i < entries; i++) {
        struct name name;

        make_name(&buf, "listed", i, 2);
        name = name_of(&buf);
        if (seal_name(seal, &name, COVER_SUBTREE, &bench->err) != 0)
            die(bench);
    }
    if (seal_write(seal, bench->key, bench->path, 1, 1, &bench->err) != 0)
        die(bench);
    seal_end(seal);
}

/* What the process may not swap, in KiB, and at most has had. */
static long locked_kib(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[200];
    long kib = -1;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmLck:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    return kib;
}

/* Nanoseconds a look-up, each after the one before is done. */
static double one_by_one(struct bench *bench, const struct sealed *sealed, unsigned asked)
{
    struct sealed_hit hit = {0};
    double start = now();
    size_t at = 0;

    for (unsigned i = 0; i < asked; i++) {
        sealed_lookup(sealed, &bench->names[at], &hit);
        at = (at + 1 + (hit.words >> 3)) % NAMES; /* 0, but only the answer says so */
    }
    return (now() - start) / asked * 1e9;
}

static double by_batch(struct bench *bench, const struct sealed *sealed, unsigned asked)
{
    static struct sealed_probe probes[BATCH];
    struct sealed_hit hit;
    unsigned found = 0;
    double start = now();

    for (unsigned i = 0; i < asked; i += BATCH) {
        for (unsigned b = 0; b < BATCH; b++)
            sealed_hash(sealed, &bench->names[(i + b) % NAMES], &probes[b]);
        for (unsigned b = 0; b < BATCH; b++)
            sealed_prefetch(sealed, &probes[b]);
        for (unsigned b = 0; b < BATCH; b++) {
            sealed_find(sealed, &probes[b], &hit);
            found += hit.words;
        }
    }
    must(found <= asked);
    return (now() - start) / asked * 1e9;
}

/* Prints the least of some rounds of both: what others did on the machine meanwhile is no cost. */
static void look_up(struct bench *bench, const struct sealed *sealed, unsigned asked)
{
    double single = 1e9, batch = 1e9, ns;

    for (unsigned i = 0; i < ROUNDS; i++) {
        ns = one_by_one(bench, sealed, asked);
        single = ns < single ? ns : single;
        ns = by_batch(bench, sealed, asked);
        batch = ns < batch ? ns : batch;
    }
    printf(" %.0f / %.0f |", single, batch);
}

static void row(struct bench *bench, uint64_t entries, unsigned asked)
{
    struct sealed_info info;
    struct sealed *sealed;
    double start = now(), sealing, opening;
    long locked = locked_kib();

    make(bench, entries);
    sealing = now() - start;
    start = now();
    sealed = sealed_open(bench->path, bench->key, &bench->err);
    if (sealed == NULL)
        die(bench);
    opening = now() - start;
    sealed_info(sealed, &info);
    printf("| %" PRIu64 " | %.1f | %.0f | %.1f | %ld%s |", entries, (double)info.octets / KIB,
           sealing * 1e3, opening * 1e3, locked_kib() - locked, info.locked ? "" : " (not locked)");
    for (unsigned labels = 2; labels <= 6; labels += labels == 3 ? 3 : 1) {
        make_asked(bench, "clean", NAMES, labels);
        look_up(bench, sealed, asked);
    }
    make_asked(bench, "listed", entries, 3);
    look_up(bench, sealed, asked);
    printf("\n");
    sealed_close(sealed);
}

int main(int argc, char **argv)
{
    static const uint64_t sizes[] = {100, 10000, 100000, 1000000};
    const char *folder = getenv("TMPDIR");
    static struct bench bench;
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;

    snprintf(bench.path, sizeof bench.path, "%s/sealed_bench.%ld.set",
             folder == NULL ? "/tmp" : folder, (long)getpid());
    bench.key = sealed_key_random(&bench.err);
    if (bench.key == NULL)
        die(&bench);
    printf("| entries | file, KiB | seal, ms | open, ms | locked, KiB | 2 labels, ns | 3 labels | "
           "6 labels | 3 labels, listed |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < (smoke ? 1 : sizeof sizes / sizeof sizes[0]); i++)
        row(&bench, sizes[i], smoke ? BATCH * 32 : ASKED);
    unlink(bench.path);
    sealed_key_free(bench.key);
    return 0;
}
