/* sync_timer.h - has lists fetched while the daemon runs: the keeper starts `stairgate lists sync`,
 * one at a time, and looks at nothing but its exit.
 *
 * Which lists are due is the run's own decision (feeds.db); here is only how often it is asked. The
 * config is read again when its file has changed, so that a list that was added, or `feeds.timer:
 * no`, needs no restart. */
#ifndef RESOLVER_DAEMON_SYNC_TIMER_H
#define RESOLVER_DAEMON_SYNC_TIMER_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

struct config;
struct log;
struct sync_timer;

/* Makes a timer on LOOP for the config at PATH; PATH and LOG are kept. Nothing is started yet.
 * Owner: the caller ends it with sync_timer_end. Errors: NULL without memory. */
struct sync_timer *sync_timer_create(uv_loop_t *loop, const char *path, const struct log *log);

/* The server answers: lists may be fetched from now on, at once where there is no set yet. Further
 * calls change nothing. */
void sync_timer_begin(struct sync_timer *timer);

/* The server has read its files again: where the config has changed, lists are looked after at
 * once. */
void sync_timer_reloaded(struct sync_timer *timer);

/* Tells TIMER that process CHILD ended with STATUS (waitpid); returns whether that was its run. */
bool sync_timer_reap(struct sync_timer *timer, pid_t child, int status);

/* Starts no more, and asks a run that goes on to end: what it has not put in force is as if it had
 * not begun. */
void sync_timer_stop(struct sync_timer *timer);

/* Ends a run that is still there and frees TIMER (NULL is fine), whose handle the loop's next turn
 * closes. */
void sync_timer_end(struct sync_timer *timer);

/* Returns how long to wait from one run to the next, in seconds: a sixth of the shortest `every` of
 * CONFIG's lists, between one minute and a quarter of an hour; 0 where the daemon is to start none.
 */
unsigned sync_timer_interval_s(const struct config *config);

#endif
