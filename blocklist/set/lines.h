/* lines.h - writes the names section: sorted hashes in, lines out, one forward stream. */
#ifndef BLOCKLIST_SET_LINES_H
#define BLOCKLIST_SET_LINES_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct set_out;

enum { LINES_WINDOW = 8192 };

struct lines {
    struct set_out *out;
    uint64_t lines;   /* buckets */
    unsigned slots;   /* of a line */
    uint64_t base;    /* number of the first line in the window */
    uint64_t current; /* the line being filled */
    unsigned used;    /* its slots */
    uint32_t spill;   /* the longest way so far */
    uint8_t *window;  /* LINES_WINDOW lines */
};

/* Returns how many lines NAMES names take with SLOTS slots at a load of 0.90. */
uint64_t lines_wanted(uint64_t names, unsigned slots);

/* Starts LINES over OUT. Owner: the caller ends it with lines_end. Errors: -1 with ERR_MEMORY. */
int lines_start(struct lines *lines, struct set_out *out, uint64_t count, unsigned slots,
                struct err *err);

/* Stores ID (1 to what fits) for HASH, which is not smaller than the last one. Errors: -1 with ERR:
 * ERR_GATE (two hashes cannot be told apart under this seed), ERR_SYSTEM. */
int lines_add(struct lines *lines, uint64_t hash, unsigned id, struct err *err);

/* Writes what is left; *STORED is the number of lines in the section. */
int lines_finish(struct lines *lines, uint64_t *stored, struct err *err);

/* Frees the window of LINES. */
void lines_end(struct lines *lines);

#endif
