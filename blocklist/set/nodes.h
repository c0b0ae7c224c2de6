/* nodes.h - where feeds take something back: the builder's answer to exceptions.
 *
 * An exception of feed F at name E removes what F lists above E from E downwards. Which category
 * bits that clears depends on what the other feeds list at E's ancestors, so those entries are
 * collected during the first pass of the merge and the rows of all exception names are computed
 * after it. Exceptions are few; names are not kept. */
#ifndef BLOCKLIST_SET_NODES_H
#define BLOCKLIST_SET_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct merge_item;
struct nodes;
struct rows;
struct segment;
struct variants;

/* Collects the exceptions of SEGMENTS, which are those of VARIANTS; both must outlive the result.
 * Owner: the caller ends it with nodes_destroy. Errors: NULL with ERR_MEMORY. */
struct nodes *nodes_create(struct segment *const *segments, const struct variants *variants,
                           struct err *err);
void nodes_destroy(struct nodes *nodes);

/* Shows ITEM of the first pass, hashes rising. Returns 1 where a feed has an exception at that name
 * (its row comes from nodes_resolve), 0 elsewhere, -1 with ERR_MEMORY. */
int nodes_see(struct nodes *nodes, const struct merge_item *item, struct err *err);

/* Computes the rows of all exception names into ROWS; *NAMES is raised by those that get one.
 * Errors: -1 with ERR. */
int nodes_resolve(struct nodes *nodes, struct rows *rows, uint64_t *names, struct err *err);

/* Steps through the exception names, hashes rising: fills HASH and ROW of the next one that has a
 * row, or returns false at the end. nodes_rewind goes back to the first. */
bool nodes_next(struct nodes *nodes, uint64_t *hash, uint32_t *row);
void nodes_rewind(struct nodes *nodes);

#endif
