/* store_segments.h - segments as a generation had them. Nothing outside store*.c includes this. */
#ifndef BLOCKLIST_FEED_STORE_SEGMENTS_H
#define BLOCKLIST_FEED_STORE_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct store;
struct store_segment;

/* Remembers that generation NUMBER, which has its row, was made from SEGMENTS[0..COUNT). Errors: -1
 * with ERR. */
int store_segments_keep(struct store *store, uint64_t number, const struct store_segment *segments,
                        size_t count, struct err *err);

#endif
