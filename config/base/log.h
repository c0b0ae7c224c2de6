/* log.h - one line an event, to standard error, for the journal or a person.
 *
 * Under the journal (JOURNAL_STREAM is set) a line begins with `<N>`, the syslog priority, and has
 * no time; elsewhere with the time in UTC. Lines are rate-limited a call site, so that a flood of
 * bad packets cannot fill a disk. Never log a client and a name together (docs/architecture.md). */
#ifndef CONFIG_BASE_LOG_H
#define CONFIG_BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log {
    enum log_level level; /* lines above it are not written */
    int fd;
    int journal;      /* priorities instead of times */
    const char *role; /* which process speaks: keeper, server, sync */
};

/* Lets one line through in INTERVAL_S seconds and counts the others; zero-initialise one per call
 * site. */
struct log_limit {
    int64_t next_s;
    unsigned dropped;
};

/* Fills LOG from the environment for ROLE (kept, not copied), level info, standard error. */
void log_open(struct log *log, const char *role);

/* Returns the level called WORD (error, warning, info, debug); info where it is none. */
enum log_level log_level_from_word(const char *word);

/* Writes one line of LEVEL: `event=EVENT` and the formatted `key=value` words. LOG may be NULL
 * (nothing is written). Threads: any; one write call a line. */
void log_event(const struct log *log, enum log_level level, const char *event, const char *format,
               ...) __attribute__((format(printf, 4, 5)));

/* Tells whether LIMIT lets a line through at NOW_S (monotonic seconds), at most one each
 * INTERVAL_S; *DROPPED tells how many it held back since the last one. Threads: one a limit. */
int log_allowed(struct log_limit *limit, int64_t now_s, int64_t interval_s, unsigned *dropped);

#endif
