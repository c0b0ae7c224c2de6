/* neighbours.h - which MAC an address on a link of ours belongs to, as the kernel says (RFC 826,
 * RFC 4861 §7.3): written by one thread, read by all. Fixed size; the oldest goes. */
#ifndef POLICY_WHO_NEIGHBOURS_H
#define POLICY_WHO_NEIGHBOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/addr.h"

struct err;
struct neighbours;

struct neighbours *neighbours_create(size_t most, uint64_t seed, struct err *err);
void neighbours_free(struct neighbours *neighbours);

/* Threads: the writer. */
void neighbours_put(struct neighbours *neighbours, const struct addr *addr, uint32_t ifindex,
                    const uint8_t mac[6]);
void neighbours_remove(struct neighbours *neighbours, const struct addr *addr, uint32_t ifindex);

/* Threads: any. */
bool neighbours_find(const struct neighbours *neighbours, const struct addr *addr, uint32_t ifindex,
                     uint8_t mac[6]);

#endif
