/* map_bench - what a thread that answers waits for while a file's memory is mapped or given back.
 *
 * A swap of lists maps some hundred megabytes and gives as many back; both take the lock of the
 * process's memory map, which a worker needs for a page fault or a larger malloc. One thread does
 * what a worker does (reads, a new mapping, a fault), the other fills or empties a map of MIB
 * megabytes in each of the ways there are. The worst waits of the first are printed.
 *
 *   map_bench FILE MIB      FILE is made, and removed
 *
 * Both threads are real-time where that is allowed, each on a processor of its own: on a busy
 * machine the worst wait is otherwise the scheduler's. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20, HOT = 16 * MIB, READS = 64, PAUSE_US = 2000, WRITE = 64 << 10 };

struct waits {
    uint64_t read_ns, map_ns, fault_ns;
};

struct worker {
    const volatile uint8_t *hot;
    atomic_bool stop, measure;
    struct waits worst;
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void take_processor(size_t number)
{
    const struct sched_param param = {.sched_priority = 1};
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(number, &set);
    sched_setaffinity(0, sizeof set, &set);
    sched_setscheduler(0, SCHED_FIFO, &param);
}

static void keep_worst(uint64_t *worst, uint64_t from_ns, uint64_t to_ns)
{
    if (to_ns - from_ns > *worst)
        *worst = to_ns - from_ns;
}

static void work_once(struct worker *worker, uint64_t *random)
{
    struct waits *worst = &worker->worst;
    uint64_t times[5];
    uint8_t *fresh;

    times[0] = now_ns();
    for (int i = 0; i < READS; i++) {
        *random = *random * 6364136223846793005U + 1442695040888963407U;
        (void)worker->hot[(*random >> 20) % HOT];
    }
    times[1] = now_ns();
    fresh = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    times[2] = now_ns();
    if (fresh == MAP_FAILED)
        return;
    *(volatile uint8_t *)fresh = 1;
    times[3] = now_ns();
    munmap(fresh, MIB);
    times[4] = now_ns();
    if (!atomic_load(&worker->measure)) /* after the waits: one of them may be what is looked for */
        return;
    keep_worst(&worst->read_ns, times[0], times[1]);
    keep_worst(&worst->map_ns, times[1], times[2]);
    keep_worst(&worst->map_ns, times[3], times[4]);
    keep_worst(&worst->fault_ns, times[2], times[3]);
}

static void *work(void *context)
{
    struct worker *worker = context;
    uint64_t random = 1;

    take_processor(1);
    while (!atomic_load(&worker->stop))
        work_once(worker, &random);
    return NULL;
}

/* ---- the ways ---- */

static void populate(uint8_t *map, size_t length)
{
    madvise(map, length, MADV_POPULATE_READ);
}

static void populate_slices(uint8_t *map, size_t length)
{
    for (size_t at = 0; at < length; at += MIB)
        madvise(map + at, MIB, MADV_POPULATE_READ);
}

static void unmap(uint8_t *map, size_t length)
{
    munmap(map, length);
}

static void unmap_slices(uint8_t *map, size_t length)
{
    for (size_t at = 0; at < length; at += 2 * MIB) {
        munmap(map + at, 2 * MIB);
        usleep(PAUSE_US);
    }
}

static void empty_slices(uint8_t *map, size_t length)
{
    for (size_t at = 0; at < length; at += 2 * MIB) {
        madvise(map + at, 2 * MIB, MADV_DONTNEED);
        usleep(PAUSE_US);
    }
    munmap(map, length);
}

static const struct {
    const char *name;
    bool filled; /* before it begins */
    void (*run)(uint8_t *map, size_t length);
} ways[] = {
    {"populate, whole",                 false, populate       },
    {"populate, 1 MiB at a time",       false, populate_slices},
    {"munmap, whole",                   true,  unmap          },
    {"munmap, 2 MiB every 2 ms",        true,  unmap_slices   },
    {"MADV_DONTNEED, 2 MiB every 2 ms", true,  empty_slices   },
};

static int measure(size_t way, int fd, size_t length)
{
    uint8_t *hot = mmap(NULL, HOT, PROT_READ, MAP_SHARED, fd, 0);
    uint8_t *map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
    struct worker worker = {.hot = hot};
    uint64_t begun, ended;
    pthread_t thread;

    if (hot == MAP_FAILED || map == MAP_FAILED)
        return -1;
    populate(hot, HOT);
    if (ways[way].filled)
        populate(map, length);
    if (pthread_create(&thread, NULL, work, &worker) != 0)
        return -1;
    usleep(20000);
    atomic_store(&worker.measure, true);
    begun = now_ns();
    ways[way].run(map, length);
    ended = now_ns();
    usleep(1000); /* what began to wait is counted */
    atomic_store(&worker.stop, true);
    pthread_join(thread, NULL);
    munmap(hot, HOT);
    if (!ways[way].filled)
        munmap(map, length);
    printf("| %s | %.1f | %.2f | %.2f | %.2f |\n", ways[way].name, (double)(ended - begun) / 1e6,
           (double)worker.worst.read_ns / 1e6, (double)worker.worst.map_ns / 1e6,
           (double)worker.worst.fault_ns / 1e6);
    return 0;
}

int main(int argc, char **argv)
{
    size_t length = argc == 3 ? (size_t)atoi(argv[2]) / 2 * 2 * MIB : 0;
    static uint8_t octets[WRITE];
    int fd, result = 0;

    if (length < HOT) {
        fprintf(stderr, "usage: map_bench FILE MIB (16 or more)\n");
        return 2;
    }
    fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (size_t at = 0; fd >= 0 && at < length; at += WRITE)
        result |= write(fd, octets, WRITE) != WRITE;
    take_processor(0);
    printf("| | ms | worst 64 reads, ms | worst mmap or munmap, ms | worst fault, ms "
           "|\n|---|---|---|---|---|\n");
    for (size_t way = 0; result == 0 && way < sizeof ways / sizeof *ways; way++)
        result = measure(way, fd, length);
    unlink(argv[1]);
    return fd < 0 || result != 0;
}
