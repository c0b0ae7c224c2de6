/* locked.h - memory of its own pages for what nobody else may see: not swapped, left out of core
 * dumps, wiped at its end. */
#ifndef BLOCKLIST_SEALED_LOCKED_H
#define BLOCKLIST_SEALED_LOCKED_H

#include <stdbool.h>
#include <stddef.h>

struct err;

struct locked {
    void *at; /* zeros at first; NULL: none */
    size_t octets;
    bool locked; /* the system keeps it out of swap; false where RLIMIT_MEMLOCK is too low */
};

/* Fills LOCKED with OCTETS of memory, locked where the limit lets that be and leaves room for keys.
 * Owner: the caller ends it with
 * locked_close. Errors: -1 with ERR_MEMORY. */
int locked_open(struct locked *locked, size_t octets, struct err *err);

/* The same, but not without the lock. Errors: -1 with ERR: ERR_SYSTEM with the cure. */
int locked_open_surely(struct locked *locked, size_t octets, struct err *err);

/* Wipes LOCKED and gives it back; where it is empty that is fine. LOCKED itself may lie in it. */
void locked_close(struct locked *locked);

#endif
