/* buffer.h - octets that wait, in blocks from one pool of fixed size: what a stream has received of
 * a message, and what its peer has not yet taken.
 *
 * Thousands of connections hold nothing at all, most others a block, a few many; a buffer of its
 * own for each would have to be sized for the few. */
#ifndef RESOLVER_LISTEN_BUFFER_H
#define RESOLVER_LISTEN_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct err;
struct buffer_pool;

enum { BUFFER_BLOCK_OCTETS = 508 };

/* A queue of octets; all zero is empty. */
struct buffer {
    uint32_t first, last; /* blocks, while length > 0 */
    uint32_t start;       /* octets of the first block that are gone */
    uint32_t length;
};

/* Makes a pool of BLOCKS. Errors: NULL with ERR. Cost: memory is touched as blocks are first used.
 */
struct buffer_pool *buffer_pool_create(uint32_t blocks, struct err *err);
void buffer_pool_destroy(struct buffer_pool *pool);

/* Appends LENGTH OCTETS to BUFFER. Returns 0; -1 where the pool has not room for all of them (then
 * nothing is appended). */
int buffer_append(struct buffer_pool *pool, struct buffer *buffer, const uint8_t *octets,
                  size_t length);

/* Copies all of BUFFER to OUT, which has room for it; returns its length. */
size_t buffer_copy(const struct buffer_pool *pool, const struct buffer *buffer, uint8_t *out);

/* Fills SPANS[0..MOST) with the front of BUFFER; returns how many. */
size_t buffer_spans(struct buffer_pool *pool, const struct buffer *buffer, struct iovec *spans,
                    size_t most);

/* Drops the first LENGTH octets of BUFFER, or all of it. */
void buffer_take(struct buffer_pool *pool, struct buffer *buffer, size_t length);
void buffer_clear(struct buffer_pool *pool, struct buffer *buffer);

/* Returns how many blocks are in use. */
uint32_t buffer_pool_used(const struct buffer_pool *pool);

#endif
