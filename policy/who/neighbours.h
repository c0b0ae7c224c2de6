/* neighbours.h - which MAC an address on a link of ours belongs to, as the kernel says (RFC 826,
 * RFC 4861 §7.3): written by one thread, read by all. Fixed size; the oldest goes.
 *
 * resolver/daemon/neighbour_table.h writes it from the kernel's table. */
#ifndef POLICY_WHO_NEIGHBOURS_H
#define POLICY_WHO_NEIGHBOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/addr.h"

struct err;
struct neighbours;

/* Makes an empty table for MOST addresses. SEED keys its hashes. Errors: NULL with ERR_MEMORY.
 * Cost: about 100 octets for each. */
struct neighbours *neighbours_create(size_t most, uint64_t seed, struct err *err);
void neighbours_free(struct neighbours *neighbours);

/* Says that ADDR on the link IFINDEX (not 0) is MAC's; takes that away. Both tell whether that was
 * news. Threads: the writer. */
bool neighbours_put(struct neighbours *neighbours, const struct addr *addr, uint32_t ifindex,
                    const uint8_t mac[6]);
bool neighbours_remove(struct neighbours *neighbours, const struct addr *addr, uint32_t ifindex);

/* Returns a number that grows with each put; takes away whatever was not put again after the number
 * was TURN, and returns how many that were. Threads: the writer. */
uint64_t neighbours_turn(const struct neighbours *neighbours);
size_t neighbours_sweep(struct neighbours *neighbours, uint64_t turn);

/* Finds the MAC of ADDR on the link IFINDEX; 0: on that of its scope, else on any link, where only
 * one MAC has it. Threads: any. */
bool neighbours_find(const struct neighbours *neighbours, const struct addr *addr, uint32_t ifindex,
                     uint8_t mac[6]);

#endif
