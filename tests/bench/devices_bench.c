/* devices_bench.c - what a million devices cost: memory, a look-up, a change, a start.
 *
 *   devices_bench MILLIONS [FOLDER]    # FOLDER: for a state.db of that many
 *
 * Keys are random MACs, and prefixes of lines (/56); the yardstick is one random line of a memory
 * as large as the table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "policy/state/device_book.h"
#include "policy/state/mark.h"
#include "policy/state/overlay.h"
#include "policy/who/devices.h"

enum { LOOKUPS = 4000000, CHANGES = 200000, PROFILES = 20, FSYNCED = 200 };

/* Processor time of this thread, so that others on the machine do not count; what waits for a disk
 * is taken by the clock of the wall. */
static uint64_t read_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t now_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t mixed(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}

static struct device_key mac_of(uint64_t number)
{
    uint8_t mac[6];
    struct device_key key;
    uint64_t random = mixed(number + 1);

    store_be16(mac, (uint16_t)(random & 0xfeff));
    store_be32(mac + 2, (uint32_t)(number * 2654435761u));
    device_key_of_mac(mac, &key);
    return key;
}

static struct addr line_of(uint64_t number)
{
    struct addr addr = {.bits = 128};

    memcpy(addr.octets, "\x20\x01\x0d\xb8", 4);
    store_be32(addr.octets + 3, (uint32_t)number);
    addr.octets[12] = (uint8_t)number;
    return addr;
}

static struct device_key prefix_of_line(uint64_t number)
{
    struct addr addr = line_of(number);
    struct prefix prefix;
    struct device_key key;

    prefix_of(&prefix, &addr, 56);
    device_key_of_prefix(&prefix, &key);
    return key;
}

static void fill(struct devices *devices, size_t count, struct device_key (*key_of)(uint64_t))
{
    for (size_t i = 0; i < count; i++) {
        struct device_key key = key_of(i);
        struct device device = {(uint32_t)i + 1, (uint32_t)(i % PROFILES) + 1, 0, DEVICE_CLAIMED};

        must(devices_put(devices, &key, &device, NULL) == 0);
    }
}

static double random_line(size_t octets)
{
    size_t lines = octets / 64;
    uint64_t *memory = malloc(lines * 64), at = 1, start, sum = 0;

    must(memory != NULL);
    memset(memory, 1, lines * 64);
    start = now_ns();
    for (size_t i = 0; i < LOOKUPS; i++) {
        at = mixed(at + memory[at % lines * 8]); /* the next waits for this one */
        sum += at;
    }
    at = now_ns() - start;
    fprintf(stderr, sum == 0 ? " " : "");
    free(memory);
    return (double)at / LOOKUPS;
}

static double find_macs(const struct devices *devices, size_t count, uint64_t offset)
{
    uint64_t start = now_ns(), found = 0;

    for (size_t i = 0; i < LOOKUPS; i++) {
        struct device_key key = mac_of(offset + mixed(i) % count);
        struct device device;

        found += devices_find(devices, &key, &device);
    }
    must(found == (offset == 0 ? LOOKUPS : found));
    return (double)(now_ns() - start) / LOOKUPS;
}

static double find_lines(const struct devices *devices, size_t count)
{
    uint64_t start = now_ns(), found = 0;

    for (size_t i = 0; i < LOOKUPS; i++) {
        struct addr addr = line_of(mixed(i) % count);
        struct device device;
        uint8_t length;

        found += devices_find_addr(devices, &addr, &device, &length);
    }
    must(found == LOOKUPS);
    return (double)(now_ns() - start) / LOOKUPS;
}

static void bench_table(size_t count)
{
    struct devices *devices = devices_create(count + CHANGES, 7, NULL);
    uint64_t start = now_ns(), worst = 0;
    size_t octets;

    fill(devices, count, mac_of);
    octets = devices_octets(devices);
    printf("table of MACs: put %.0f ns, %.1f octets each\n",
           (double)(now_ns() - start) / (double)count, (double)octets / (double)count);
    printf("one random line of as much memory: %.0f ns\n", random_line(octets));
    printf("look-up of a MAC: %.0f ns, of one that is not there: %.0f ns\n",
           find_macs(devices, count, 0), find_macs(devices, count, count * 4));
    start = now_ns();
    for (size_t i = 0; i < CHANGES; i++) {
        struct device_key key = mac_of(count + i);
        struct device device = {(uint32_t)i + 1, 1, 0, 0};
        uint64_t before = now_ns(), took;

        must(devices_put(devices, &key, &device, NULL) == 0);
        took = now_ns() - before;
        worst = took > worst ? took : worst;
    }
    printf("change in the table: %.0f ns, the slowest of %d %.0f us\n",
           (double)(now_ns() - start) / CHANGES, CHANGES, (double)worst / 1000);
    devices_free(devices);

    devices = devices_create(count, 7, NULL);
    fill(devices, count, prefix_of_line);
    printf("look-up of a line by an address in its /56: %.0f ns, %.1f octets each\n",
           find_lines(devices, count), (double)devices_octets(devices) / (double)count);
    devices_free(devices);
}

/* ---- the state file ---- */

static void write_state(const char *path, size_t count)
{
    struct err warning, err;
    struct device_book book = {state_db_open(path, &warning, &err), NULL};
    char name[32];

    must(book.db != NULL && state_db_begin(book.db, &err) == 0);
    for (size_t i = 0; i < count; i++) {
        struct device_row row = {
            mac_of(i), {name, "child", NULL}
        };

        snprintf(name, sizeof name, "device-%zu", i);
        must(device_book_add(&book, &row, &err) == 0);
    }
    must(state_db_commit(book.db, &err) == 0);
    state_db_close(book.db);
}

static int load(void *context, const struct state_device *row, const struct device_key *keys,
                size_t count)
{
    struct device device = {row->id, row->profile[0] != '\0' ? mark_of(row->profile) : 0, 0,
                            row->flags};

    for (size_t i = 0; i < count; i++)
        must(devices_put(context, &keys[i], &device, NULL) == 0);
    return 0;
}

static void bench_state(const char *folder, size_t count)
{
    char path[4096];
    struct err warning, err;
    struct device_book book;
    uint32_t keys;
    uint64_t start, worst = 0, sum = 0;

    snprintf(path, sizeof path, "%s/devices_bench.db", folder);
    start = now_ns();
    write_state(path, count);
    printf("import into the state file: %.1f us a row\n",
           (double)(now_ns() - start) / (double)count / 1000);
    book.overlay = overlay_create(7, &err);
    start = now_ns();
    book.db = state_db_open(path, &warning, &err);
    must(book.overlay != NULL && book.db != NULL && state_db_key_count(book.db, &keys, &err) == 0);
    devices_expect(book.overlay->devices, keys); /* as the server does */
    must(state_db_devices_each(book.db, load, book.overlay->devices, &err) == 0);
    printf("open and load: %.2f s\n", (double)(now_ns() - start) / 1e9);
    for (size_t i = 0; i < FSYNCED; i++) {
        struct state_device device;
        uint64_t before = read_ns(CLOCK_MONOTONIC), took;

        must(state_db_device_get(book.db, (uint32_t)(mixed(i) % count) + 1, &device, &err) == 1 &&
             device_book_change(&book, &device, &(struct device_words){NULL, "adult", NULL},
                                &err) == 0);
        took = read_ns(CLOCK_MONOTONIC) - before;
        sum += took;
        worst = took > worst ? took : worst;
    }
    printf("one change, durable and in force: %.2f ms, the slowest of %d %.2f ms\n",
           (double)sum / FSYNCED / 1e6, FSYNCED, (double)worst / 1e6);
    state_db_close(book.db);
    overlay_free(book.overlay);
}

int main(int argc, char **argv)
{
    double millions = argc > 1 ? strtod(argv[1], NULL) : 1;
    size_t count = (size_t)(millions * 1e6);

    if (count == 0) {
        fputs("usage: devices_bench MILLIONS [FOLDER]\n", stderr);
        return 2;
    }
    bench_table(count);
    if (argc > 2)
        bench_state(argv[2], count);
    return 0;
}
