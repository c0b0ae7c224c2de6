/* stairs.h - where a profile that grows with a child stands, and when it steps up next. */
#ifndef POLICY_STAIRS_H
#define POLICY_STAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct grants;
struct snapshot;

struct stairs {
    const char *profile;       /* lives as long as the snapshot, as do the presets */
    const char *preset, *next; /* next: NULL where there is none, or it is held */
    int64_t since_s, next_s;   /* Unix time; INT64_MIN: always was, INT64_MAX: the last */
    int64_t next_local_s;      /* what the profile's clocks show then, as if they were UTC */
    bool held;                 /* at the step of some day, by a guardian */
};

/* Fills STAIRS with where the profile INDEX of SNAPSHOT stands at WALL_S, as GRANTS (may be NULL)
 * hold it; returns false where it says no month of birth. */
bool stairs_find(const struct snapshot *snapshot, const struct grants *grants, size_t index,
                 int64_t wall_s, struct stairs *stairs);

/* Tells whether WALL_S cannot be right, and that matters for a profile of SNAPSHOT. */
bool stairs_clock_unknown(const struct snapshot *snapshot, int64_t wall_s);

#endif
