/* trial.h - a list fetched and read beside everything that is in force, to see what it would do:
 * what `stairgate lists add` tells before it asks. */
#ifndef TOOLS_STAIRGATE_TRIAL_H
#define TOOLS_STAIRGATE_TRIAL_H

#include <stdint.h>

#include "blocklist/feed/fetcher.h"
#include "blocklist/feed/place.h"
#include "blocklist/feed/reader.h"
#include "blocklist/format/protect.h"

struct config;
struct config_list;
struct err;

struct trial {
    const struct config *config;
    const struct config_list *list;
    char dir[PLACE_PATH_MAX]; /* of its own; "" where there is none */
    uint64_t seed;
    struct protect protect; /* the pins, and feeds.protect */
    struct fetch_result fetched;
    struct reader_result read;
};

/* Fetches and reads LIST of CONFIG, both of which must live as long as TRIAL.
 * Owner:  the caller ends it with trial_end, whatever this returned.
 * Errors: -1 with ERR: what is wrong with the list, or with this machine. */
int trial_run(struct trial *trial, const struct config *config, const struct config_list *list,
              struct err *err);

/* Prints what TRIAL found: format, size, what was refused and why, how much of it other lists have
 * already, and which names it holds that nobody may list. */
void trial_print(const struct trial *trial);

/* Removes what TRIAL wrote, and frees what it holds. */
void trial_end(struct trial *trial);

#endif
