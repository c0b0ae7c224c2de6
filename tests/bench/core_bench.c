/* What a query costs in the spine, sockets left out: nanoseconds of CPU time, the median of several
 * rounds, in batches of 64 and one by one, against a set of a million names.
 *
 * A clean query is measured to its end: forwarded by a hook that only notes the ticket, then
 * answered by one record. Echo of a datagram through the kernel is some 3500 ns here (docs).
 *
 *   core_bench                the table
 *   core_bench KIND SECONDS   one kind of query in batches of 64, for hit_path.py to look at: says
 *                             "ready" when all is prepared, and ns a query at its end
 *   core_bench threads        one worker against two that share cache, sets and snapshot */
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "blocklist/sealed/sealed.h"
#include "tests/unit/core_rig.h"

enum { NAMES = 1000000, ROUNDS = 9, ASKED = 64 * 2000, QUERIES = 64 * 512, QUERY_MAX = 64 };

static const char yaml[] = "upstreams: [192.0.2.53]\n"
                           "profiles: {kid: {block: [gambling]}}\n"
                           "records: {names: [{name: gate.example, address: 192.0.2.1}]}\n";

struct bench {
    struct cache *cache;
    struct core *core;
    struct snapshot *snapshot;
    struct core_now now;
    uint32_t tickets[CORE_BATCH_MAX];
    size_t ticket_count;
    uint8_t queries[QUERIES][QUERY_MAX];
    size_t lengths[QUERIES];
    struct core_datagram datagrams[CORE_BATCH_MAX];
    uint8_t out[CORE_BATCH_MAX][1232];
    uint64_t sent;
    bool keeps; /* upstreams' answers have a TTL */
};

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static int on_forward(void *context, const struct query *query, uint32_t ticket)
{
    struct bench *bench = context;

    (void)query;
    bench->tickets[bench->ticket_count++] = ticket;
    return 0;
}

static void on_send(void *context, const struct query *query, const uint8_t *octets, size_t length)
{
    (void)query;
    (void)octets;
    ((struct bench *)context)->sent += length;
}

/* Writes name NUMBER of those listed (or of as many clean ones) into BUF. */
static void make_name(struct name_buf *buf, unsigned number, bool listed)
{
    char text[64];

    snprintf(text, sizeof text, "n%x.%s%x.example", number * 2654435761U, listed ? "bad" : "fine",
             number % 5000);
    must(name_from_text(buf, text, strlen(text)) == NAME_OK);
}

static struct set *make_set(const struct taxonomy *taxonomy)
{
    char folder[] = "/tmp/core-bench-XXXXXX", segment[64], path[64];
    struct segment_about about = {.feed = "bench", .category = "gambling", .format = "plain"};
    const char *paths[] = {segment};
    struct builder_result result;
    struct segment_writer *writer;
    struct set *set;

    must(mkdtemp(folder) != NULL);
    snprintf(segment, sizeof segment, "%s/segment", folder);
    snprintf(path, sizeof path, "%s/set", folder);
    writer = segment_start(segment, SAMPLE_SEED, NULL);
    must(writer != NULL);
    for (unsigned i = 0; i < NAMES; i++) {
        uint64_t hashes[NAME_LABELS_MAX];
        struct name_buf buf;
        struct name name;
        size_t labels;

        make_name(&buf, i, true);
        name = name_of(&buf);
        labels = siphash_suffixes(segment_key(writer), &name, hashes, NAME_LABELS_MAX);
        must(segment_add(writer, &name, hashes[labels - 1], (unsigned)labels, ENTRY_SUBTREE,
                         ENTRY_LIST, NULL) == 0);
    }
    must(segment_finish(writer, &about, NULL) == 0);
    must(builder_merge(paths, 1, &(struct builder_options){.out = path, .seed = SAMPLE_SEED},
                       &result, NULL) == 0);
    set = set_open(path, taxonomy, NULL);
    must(set != NULL);
    unlink(segment);
    unlink(path);
    rmdir(folder);
    return set;
}

static void make_queries(struct bench *bench, const char *kind)
{
    for (unsigned i = 0; i < QUERIES; i++) {
        struct query_words words = {.id = (uint16_t)i, .type = DNS_A, .payload = 1232};
        struct name_buf buf;
        struct name name;

        if (strcmp(kind, "local") == 0)
            must(name_from_text(&buf, "gate.example", 12) == NAME_OK);
        else
            make_name(&buf, i * 37 % NAMES, strcmp(kind, "blocked") == 0);
        name = name_of(&buf);
        bench->lengths[i] = question_write(bench->queries[i], QUERY_MAX, &name, &words);
        must(bench->lengths[i] > 0);
    }
}

/* Ends what was forwarded with one A record for the asked name, which is only kept where that is
 * what is measured. */
static void answer_all(struct bench *bench, unsigned first)
{
    static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4, 192, 0, 2, 1};
    uint8_t reply[QUERY_MAX + sizeof record];

    for (size_t i = 0; i < bench->ticket_count; i++) {
        unsigned at = (first + (unsigned)i) % QUERIES;
        size_t length = bench->lengths[at] - 11; /* without the OPT of the query */

        memcpy(reply, bench->queries[at], length);
        store_be16(reply + 2, DNS_QR | DNS_RD | DNS_RA);
        store_be16(reply + 6, 1);
        store_be16(reply + 10, 0);
        memcpy(reply + length, record, sizeof record);
        if (!bench->keeps)
            store_be32(reply + length + 6, 0);
        must(core_reply(bench->core, bench->snapshot, &bench->now,
                        &(struct core_word){.ticket = bench->tickets[i],
                                            .reply = reply,
                                            .length = length + sizeof record,
                                            .last = true}) == 0);
    }
    bench->ticket_count = 0;
}

static void run_batch(struct bench *bench, unsigned first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct core_datagram *datagram = &bench->datagrams[i];
        unsigned at = (first + (unsigned)i) % QUERIES;

        datagram->octets = bench->queries[at];
        datagram->length = bench->lengths[at];
        datagram->out = bench->out[i];
        datagram->room = sizeof bench->out[i];
    }
    core_batch(bench->core, bench->snapshot, &bench->now, bench->datagrams, count);
    answer_all(bench, first);
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void measure(struct bench *bench, const char *kind, size_t batch)
{
    uint64_t rounds[ROUNDS];

    make_queries(bench, kind);
    bench->keeps = strcmp(kind, "cached") == 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = now_ns();

        for (unsigned at = 0; at < ASKED; at += (unsigned)batch)
            run_batch(bench, at, batch);
        rounds[round] = now_ns() - start;
    }
    qsort(rounds, ROUNDS, sizeof *rounds, by_size);
    printf("%-8s %10zu %14.0f\n", kind, batch, (double)rounds[ROUNDS / 2] / ASKED);
}

static void measure_all(struct bench *bench)
{
    static const char *const kinds[] = {"blocked", "clean", "local", "cached"};

    printf("%-8s %10s %14s\n", "query", "batch", "ns a query");
    for (size_t i = 0; i < 4; i++) {
        measure(bench, kinds[i], 64);
        measure(bench, kinds[i], 1);
    }
}

static void run_for(struct bench *bench, const char *kind, double seconds)
{
    uint64_t start, count = 0, limit = (uint64_t)(seconds * 1e9);

    make_queries(bench, kind);
    bench->keeps = strcmp(kind, "cached") == 0;
    for (unsigned at = 0; at < QUERIES; at += CORE_BATCH_MAX)
        run_batch(bench, at, CORE_BATCH_MAX);
    puts("ready");
    fflush(stdout);
    for (start = now_ns(); now_ns() - start < limit; count += CORE_BATCH_MAX)
        run_batch(bench, (unsigned)(count % QUERIES), CORE_BATCH_MAX);
    printf("%.0f\n", (double)limit / (double)count);
}

/* A worker of `threads`, on a core of its own. */
struct worker {
    struct bench *bench;
    pthread_barrier_t *start;
    int cpu;
    uint64_t ns;
};

static void *work(void *context)
{
    struct worker *worker = context;
    cpu_set_t set;
    uint64_t start;

    CPU_ZERO(&set);
    CPU_SET((size_t)worker->cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    pthread_barrier_wait(worker->start);
    start = now_ns();
    for (unsigned at = 0; at < ASKED; at += CORE_BATCH_MAX)
        run_batch(worker->bench, at, CORE_BATCH_MAX);
    worker->ns = now_ns() - start;
    return NULL;
}

/* Returns the ns of workers FIRST to FIRST + COUNT at once, the mean of them. */
static uint64_t work_together(struct bench **benches, unsigned first, unsigned count)
{
    pthread_barrier_t start;
    pthread_t threads[2];
    struct worker workers[2];
    uint64_t sum = 0;

    pthread_barrier_init(&start, NULL, count);
    for (unsigned i = 0; i < count; i++) {
        workers[i] =
            (struct worker){.bench = benches[first + i], .start = &start, .cpu = (int)(first + i)};
        must(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        sum += workers[i].ns;
    }
    pthread_barrier_destroy(&start);
    return sum / count;
}

/* Rounds of each worker alone and of both in turn, so that all meet the same noise and the same
 * cores. */
static void measure_threads(struct bench **benches, const char *kind)
{
    uint64_t rounds[2][ROUNDS];
    double one, two;

    for (unsigned i = 0; i < 2; i++) {
        make_queries(benches[i], kind);
        benches[i]->keeps = strcmp(kind, "cached") == 0;
    }
    work_together(benches, 0, 2);
    for (unsigned round = 0; round < ROUNDS; round++) {
        rounds[0][round] = (work_together(benches, 0, 1) + work_together(benches, 1, 1)) / 2;
        rounds[1][round] = work_together(benches, 0, 2);
    }
    for (unsigned i = 0; i < 2; i++)
        qsort(rounds[i], ROUNDS, sizeof **rounds, by_size);
    one = (double)rounds[0][ROUNDS / 2] / ASKED;
    two = (double)rounds[1][ROUNDS / 2] / ASKED;
    printf("| %s | %.0f | %.0f | %+.1f %% |\n", kind, one, two, (two / one - 1) * 100);
}

static void prepare(struct bench *bench)
{
    const struct core_hooks hooks = {.context = bench, .send = on_send, .forward = on_forward};

    bench->core = core_create(2048, bench->cache, &hooks, NULL);
    must(bench->core != NULL);
    for (size_t i = 0; i < CORE_BATCH_MAX; i++)
        must(endpoint_from_text(&bench->datagrams[i].client, "127.0.0.1@4000", 0) == 0);
}

static void compare_threads(struct bench *bench)
{
    static const char *const kinds[] = {"blocked", "clean", "cached"};
    struct bench *benches[2] = {bench, calloc(1, sizeof *bench)};

    must(benches[1] != NULL);
    benches[1]->cache = bench->cache;
    benches[1]->snapshot = bench->snapshot;
    prepare(benches[1]);
    puts("| ns a query, without sockets | one worker | two workers | change |\n|---|---|---|---|");
    for (size_t i = 0; i < 3; i++)
        measure_threads(benches, kinds[i]);
    core_destroy(benches[1]->core);
    free(benches[1]);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct config *config = rig_config(yaml);

    bench.snapshot =
        snapshot_create(config, make_set(&config->taxonomy), sealed_open_empty(NULL), NULL);
    bench.cache = cache_create(64 << 20, 0, NULL);
    must(bench.snapshot != NULL && bench.cache != NULL);
    prepare(&bench);
    if (argc == 3)
        run_for(&bench, argv[1], strtod(argv[2], NULL));
    else if (argc == 2)
        compare_threads(&bench);
    else
        measure_all(&bench);
    core_destroy(bench.core);
    cache_destroy(bench.cache);
    snapshot_free(bench.snapshot);
    return 0;
}
