/* buffer.c - queues of octets made of blocks from one pool.
 *
 * The problem: what thousands of streams have half received, or their peers not yet taken, must
 * cost neither an allocation nor room for the worst case of each. The idea: blocks in one array
 * with a list of free ones; a buffer is a chain of them. Blocks that were never used come from the
 * end of the array, whose memory is not touched before. An append that the pool cannot hold whole
 * does nothing: half a message helps nobody. */
#include "resolver/listen/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"

enum { NONE = UINT32_MAX };

struct block {
    uint32_t next;
    uint8_t octets[BUFFER_BLOCK_OCTETS];
};

struct buffer_pool {
    struct block *blocks;
    uint32_t most, fresh; /* blocks from `fresh` on were never used */
    uint32_t free, used;
};

struct buffer_pool *buffer_pool_create(uint32_t blocks, struct err *err)
{
    struct buffer_pool *pool = calloc(1, sizeof *pool);

    if (pool != NULL)
        pool->blocks = calloc(blocks, sizeof *pool->blocks);
    if (pool == NULL || pool->blocks == NULL) {
        err_set(err, ERR_MEMORY, "no memory for %u stream buffers", blocks);
        free(pool);
        return NULL;
    }
    pool->most = blocks;
    pool->free = NONE;
    return pool;
}

void buffer_pool_destroy(struct buffer_pool *pool)
{
    if (pool == NULL)
        return;
    free(pool->blocks);
    free(pool);
}

static uint32_t block_take(struct buffer_pool *pool)
{
    uint32_t at = pool->free;

    if (at != NONE)
        pool->free = pool->blocks[at].next;
    else
        at = pool->fresh++;
    pool->blocks[at].next = NONE;
    pool->used++;
    return at;
}

static void block_give(struct buffer_pool *pool, uint32_t at)
{
    pool->blocks[at].next = pool->free;
    pool->free = at;
    pool->used--;
}

/* Returns how many octets the last block of BUFFER still takes. */
static size_t room_at_end(const struct buffer *buffer)
{
    size_t in_last = (buffer->start + buffer->length) % BUFFER_BLOCK_OCTETS;

    return buffer->length == 0 || in_last == 0 ? 0 : BUFFER_BLOCK_OCTETS - in_last;
}

static void add_block(struct buffer_pool *pool, struct buffer *buffer)
{
    uint32_t at = block_take(pool);

    if (buffer->length == 0)
        *buffer = (struct buffer){.first = at};
    else
        pool->blocks[buffer->last].next = at;
    buffer->last = at;
}

int buffer_append(struct buffer_pool *pool, struct buffer *buffer, const uint8_t *octets,
                  size_t length)
{
    size_t room = room_at_end(buffer);
    size_t beyond = length > room ? length - room : 0;

    if ((beyond + BUFFER_BLOCK_OCTETS - 1) / BUFFER_BLOCK_OCTETS > pool->most - pool->used)
        return -1;
    while (length > 0) {
        size_t piece;

        if (room == 0) {
            add_block(pool, buffer);
            room = BUFFER_BLOCK_OCTETS;
        }
        piece = length < room ? length : room;
        memcpy(pool->blocks[buffer->last].octets + BUFFER_BLOCK_OCTETS - room, octets, piece);
        buffer->length += (uint32_t)piece;
        octets += piece;
        length -= piece;
        room -= piece;
    }
    return 0;
}

size_t buffer_spans(struct buffer_pool *pool, const struct buffer *buffer, struct iovec *spans,
                    size_t most)
{
    uint32_t at = buffer->first, start = buffer->start;
    size_t count = 0, left = buffer->length;

    for (; left > 0 && count < most; at = pool->blocks[at].next, start = 0) {
        size_t piece = BUFFER_BLOCK_OCTETS - start;

        if (piece > left)
            piece = left;
        spans[count++] = (struct iovec){pool->blocks[at].octets + start, piece};
        left -= piece;
    }
    return count;
}

size_t buffer_copy(const struct buffer_pool *pool, const struct buffer *buffer, uint8_t *out)
{
    uint32_t at = buffer->first, start = buffer->start;
    size_t left = buffer->length;

    for (; left > 0; at = pool->blocks[at].next, start = 0) {
        size_t piece = BUFFER_BLOCK_OCTETS - start;

        if (piece > left)
            piece = left;
        memcpy(out, pool->blocks[at].octets + start, piece);
        out += piece;
        left -= piece;
    }
    return buffer->length;
}

/* What is taken is overwritten: queries and answers say who looks at what. */
void buffer_take(struct buffer_pool *pool, struct buffer *buffer, size_t length)
{
    while (length > 0 && buffer->length > 0) {
        uint32_t first = buffer->first;
        size_t piece = BUFFER_BLOCK_OCTETS - buffer->start;

        if (piece > buffer->length)
            piece = buffer->length;
        memset(pool->blocks[first].octets + buffer->start, 0, length < piece ? length : piece);
        if (length < piece) {
            buffer->start += (uint32_t)length;
            buffer->length -= (uint32_t)length;
            return;
        }
        buffer->first = pool->blocks[first].next;
        buffer->start = 0;
        buffer->length -= (uint32_t)piece;
        length -= piece;
        block_give(pool, first);
    }
    if (buffer->length == 0)
        *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer_pool *pool, struct buffer *buffer)
{
    buffer_take(pool, buffer, buffer->length);
}

uint32_t buffer_pool_used(const struct buffer_pool *pool)
{
    return pool->used;
}
