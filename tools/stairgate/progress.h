/* progress.h - a bar on a terminal while a set is built or lists come; nothing where nobody
 * watches. */
#ifndef TOOLS_STAIRGATE_PROGRESS_H
#define TOOLS_STAIRGATE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;           /* standard error is a terminal */
    uint64_t total, done; /* octets of all files */
    char name[40];        /* what is being read */
    int64_t next_ms;      /* not drawn again before that (monotonic) */
};

/* Starts PROGRESS; hidden where standard error is no terminal. */
void progress_start(struct progress *progress);

/* Counts the size of the file at PATH into the total. */
void progress_expect(struct progress *progress, const char *path);

/* Begins again at 0. */
void progress_restart(struct progress *progress);

/* Names what is being read now. */
void progress_name(struct progress *progress, const char *name);

/* Adds OCTETS, or those of the file at PATH, to what is done. CONTEXT is a struct progress. */
void progress_add(void *context, uint64_t octets);
void progress_add_file(struct progress *progress, const char *path);

/* Shows DONE of TOTAL entries merged. CONTEXT is a struct progress. */
void progress_merge(void *context, uint64_t done, uint64_t total);

/* Shows DONE of TOTAL (0: not known) of what VERB says is done to NAME. */
void progress_show(struct progress *progress, const char *verb, const char *name, uint64_t done,
                   uint64_t total);

/* Wipes the bar. */
void progress_end(struct progress *progress);

#endif
