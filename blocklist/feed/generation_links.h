/* generation_links.h - which generation the links put in force. Used by generation*.c alone. */
#ifndef BLOCKLIST_FEED_GENERATION_LINKS_H
#define BLOCKLIST_FEED_GENERATION_LINKS_H

#include <stddef.h>
#include <stdint.h>

struct config;
struct err;
struct store;
struct store_generation;

/* All generations, newest first, and which is which. Owner: the caller frees items. */
struct generations {
    struct store_generation *items;
    size_t count;
    struct store_generation *current; /* NULL: none is */
};

/* Fills GENERATIONS. Errors: -1 with ERR; items is NULL then. */
int generations_load(struct store *store, struct generations *generations, struct err *err);

/* Returns the generation called NUMBER, or NULL. */
struct store_generation *generations_find(const struct generations *generations, uint64_t number);

/* Returns the number of the generation before NUMBER: the one that it took the place of, else the
 * next older one, else the newest other one; 0 where there is no other. */
uint64_t generations_before(const struct generations *generations, uint64_t number);

/* Checks every octet of the set of generation NUMBER in DIR. Errors: -1 with ERR. */
int generation_check_set(const char *dir, uint64_t number, struct err *err);

/* Checks that CONFIG's sets.public can be a link of ours. Errors: -1 with ERR_CONFIG. */
int generation_check_public(const struct config *config, const char *dir, struct err *err);

/* Puts NUMBER in force, BEFORE (0: none) being the one to fall back to. One rename of current.set
 * does it; the others lead to it, or stand beside it. Errors: -1 with ERR. */
int generation_link(const struct config *config, const char *dir, uint64_t number, uint64_t before,
                    struct err *err);

#endif
