/* devices.h - known devices, by what they are known by: written by one thread, read by all.
 *
 * Millions of subscribers and one change at a time: a hash table in place, behind a seqlock, no
 * recompile. Names of devices are in the state file only. */
#ifndef POLICY_WHO_DEVICES_H
#define POLICY_WHO_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/who/device_key.h"

struct devices;
struct err;

enum device_flags {
    DEVICE_CLAIMED = 1 << 0, /* somebody gave it a name or a profile; else it was only seen */
};

struct device {
    uint32_t id;      /* of the state file; never 0, never used again */
    uint32_t profile; /* mark (policy/state/mark.h); 0: its group's */
    uint32_t group;   /* mark; 0: none */
    uint32_t flags;
};

enum { DEVICES_MOST = 4 << 20 }; /* keys that the server's own table grows to */

/* Makes an empty table that grows to MOST keys. SEED keys its hashes.
 * Errors: NULL with ERR.
 * Cost:   address space for MOST; memory as keys come, 40 octets each at most. */
struct devices *devices_create(size_t most, uint64_t seed, struct err *err);
void devices_free(struct devices *devices);

/* Makes room for COUNT keys at once in DEVICES, which are empty: growing to it key by key costs
 * more. Threads: the writer. */
void devices_expect(struct devices *devices, size_t count);

/* Puts DEVICE under KEY, in the place of what is there. A device may have any number of keys; one
 * that moves is put under each of them again.
 * Errors:  -1 with ERR_LIMIT: MOST keys, or 65536 pairs of profile and group.
 * Threads: the writer.
 * Cost:    below a microsecond, whatever the number of keys. */
int devices_put(struct devices *devices, const struct device_key *key, const struct device *device,
                struct err *err);

/* Takes KEY away; nothing happens where it is not there. Threads: the writer. */
void devices_remove(struct devices *devices, const struct device_key *key);

/* Return how many keys there are, and what they take. Threads: the writer. */
size_t devices_count(const struct devices *devices);
size_t devices_octets(const struct devices *devices);

/* Tells whether there is any key at all. Threads: any. */
bool devices_any(const struct devices *devices);

/* Finds the device under KEY. Threads: any. */
bool devices_find(const struct devices *devices, const struct device_key *key,
                  struct device *device);

/* Finds the device with the longest prefix around ADDR; fills LENGTH with its length. Cost: one
 * probe for each length in use. Threads: any. */
bool devices_find_addr(const struct devices *devices, const struct addr *addr,
                       struct device *device, uint8_t *length);

/* Counts a sign that device ID looks for a way around the filter; reads the count. Signs of more
 * than some thousand devices are not counted. Threads: any. */
void devices_count_bypass(struct devices *devices, uint32_t id);
uint32_t devices_bypass(const struct devices *devices, uint32_t id);

#endif
