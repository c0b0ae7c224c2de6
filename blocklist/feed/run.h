/* run.h - what the parts of one run share: run_fetch.c gets and reads, run_outcome.c decides and
 * records what becomes of a list, run_publish.c makes the generation. sync.c leads. */
#ifndef BLOCKLIST_FEED_RUN_H
#define BLOCKLIST_FEED_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "blocklist/feed/fetcher.h"
#include "blocklist/feed/reader.h"
#include "blocklist/feed/sync.h"
#include "blocklist/format/protect.h"
#include "config/base/err.h"
#include "config/base/random.h"

enum { RUN_NOTICES_MAX = 32, RUN_NOTICES_SECONDS = 60 };

/* One list that is due. */
struct work {
    const struct config_list *list;
    struct store_list known;
    uint8_t recipe[32];
    bool recipe_changed;
    char *into;                  /* the file in incoming/ */
    struct fetch_result fetched; /* when it came */
    struct reader_request reading;
    bool replaced; /* dry run: the segments below would be in force */
    struct store_segment *segments;
    size_t segment_count;
};

struct run {
    const struct sync_request *request;
    struct sync_result *result;
    const struct config *config;
    const char *dir;
    struct store *store;
    struct random random;
    struct protect protect;
    uint64_t seed;

    struct work *works;
    size_t count;

    uv_loop_t loop;
    struct fetcher *fetcher;
    struct fetch_request *fetches;
    struct reader *reader;
    size_t *queue; /* works that came and are to be read, in that order */
    size_t queued, taken;

    struct err fault; /* of this machine: the run cannot go on */
    bool opened;
    bool broken;

    struct store_event notices[RUN_NOTICES_MAX]; /* somebody is to be told of */
    size_t notice_count;
};

/* What becomes of a list, all of it or nothing. */
struct outcome {
    struct store_list list;
    bool set_in_force, set_held; /* replace those segments by these */
    const struct store_segment *in_force, *held;
    size_t in_force_count, held_count;
    struct store_event events[2];
    size_t event_count;
    enum err_code code; /* of what failed or is held, for the account of sealed lists */
    bool notify;        /* of the last event */
    bool routine;       /* the events are shown and not recorded */
};

/* Ends the run because of ERR, which is this machine's. */
void run_break(struct run *run, const struct err *err);

/* Shows EVENT to the hooks. */
void run_show(const struct run *run, const struct store_event *event);

/* Says which part of the run LIST is at. */
void run_stage(const struct run *run, const char *list, const char *stage);

/* Notes that somebody is to be told of EVENT, when the run is over. */
void run_notice(struct run *run, const struct store_event *event);

/* Makes an event of KIND at the time of RUN, with the formatted text. */
struct store_event run_event(const struct run *run, enum store_event_kind kind, const char *list,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Records OUTCOME in one transaction and shows its events; a dry run only shows them. What goes
 * wrong breaks the run. Errors: -1. */
int outcome_commit(struct run *run, const struct outcome *outcome);

/* What settling a list is made of: OUTCOME starts from what is known of WORK's list; LIST's fetch
 * went well, and it is by schedule until the next; LIST is as its publisher has it. */
void outcome_begin(const struct run *run, const struct work *work, struct outcome *outcome);
void outcome_success(struct run *run, const struct work *work, struct store_list *list);
void outcome_good(struct run *run, const struct work *work, struct store_list *list);

/* Settle WORK, of which the fetch failed or the reading; which is as it was, TEXT saying why; which
 * came as the held result; which was read. What goes wrong breaks the run. (run_outcome.c) */
void outcome_failed(struct run *run, struct work *work, const struct err *why);
void outcome_unchanged(struct run *run, struct work *work, const char *text);
void outcome_still_held(struct run *run, struct work *work);
void outcome_read(struct run *run, struct work *work, struct reader_result *result);

/* Reports or drops every list of the config that is too old. (run_stale.c) */
void run_stale(struct run *run);

/* Forgets the lists that are known and no longer in the config. (run_stale.c) */
void run_forget(struct run *run);

/* Fetches and reads all works of RUN, each list settled as it comes. (run_fetch.c) */
void run_fetch(struct run *run);

/* Builds, checks and puts in force a generation where the segments in force are others than those
 * of the present one; a dry run throws it away. Errors: -1 with ERR: ERR_GATE where the set is
 * refused, whose changed lists are held then. (run_publish.c) */
int run_publish(struct run *run, struct err *err);

#endif
