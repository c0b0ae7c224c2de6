/* grants.h - what people have allowed, denied, paused or put offline for a while: written by one
 * thread, read by all. Fixed size.
 *
 * Names are kept as keyed hashes; the state file (store.h) knows them. */
#ifndef POLICY_STATE_GRANTS_H
#define POLICY_STATE_GRANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/mask.h"
#include "config/base/name.h"

struct err;
struct grants;

enum grant_effect {
    GRANT_ALLOW,
    GRANT_DENY,
    GRANT_OFFLINE, /* pins answer, nothing else */
    GRANT_RELEASE, /* lifts W cells, and nothing else; by the device's own user */
    GRANT_HOLD,    /* of a profile with a month of birth: it stays at the step of from_s */
};

enum grant_scope { GRANT_EVERYBODY, GRANT_GROUP, GRANT_PROFILE, GRANT_DEVICE };

/* GRANT_ALL is what an offline stands on, too. */
enum grant_what { GRANT_NAME, GRANT_NAME_EXACT, GRANT_CATEGORY, GRANT_SERVICE, GRANT_ALL };

/* Who gave it: an allow lifts only what its giver may lift (taxonomy: S3 owner or guardian, S4
 * nobody). */
enum grant_role { GRANT_BY_USER, GRANT_BY_TEACHER, GRANT_BY_GUARDIAN, GRANT_BY_OPERATOR };

enum { GRANTS_MOST = 16384, GRANT_FOREVER = -1 };

struct grant {
    uint32_t id; /* of the state file; never 0 */
    uint8_t effect, scope, what, role;
    uint32_t subject;     /* GROUP, PROFILE: mark; DEVICE: its id; EVERYBODY: 0 */
    struct name_buf name; /* of GRANT_NAME*: lower-cased; GRANT_SERVICE: one of its names */
    uint32_t target;      /* GRANT_CATEGORY: its bit */
    int64_t from_s;       /* Unix time; an allow or release does not hold before, so that a clock
                             that was ahead when it was given does not make it long */
    int64_t until_s;      /* Unix time, or GRANT_FOREVER */
};

/* Whom grants are looked up for. */
struct grant_subject {
    uint32_t device, profile; /* id, mark */
    const uint32_t *groups;   /* marks: its own, then those above */
    size_t group_count;
};

/* What a look-up found: the most particular grant in force (device before profile before group
 * before everybody; at one subject a longer name before a shorter before service before category
 * before all; at one place deny before allow). */
struct grant_hit {
    uint32_t id;
    uint8_t effect, what, role;
    uint8_t labels;          /* of the suffix that it stands on; 0: on no name */
    int64_t from_s, until_s; /* until: INT64_MAX for ever */
};

/* Makes an empty table, whose hashes are keyed by SEED; frees one.
 * Errors: NULL with ERR. */
struct grants *grants_create(uint64_t seed, struct err *err);
void grants_free(struct grants *grants);

/* Puts GRANT in force, in the place of one with its id; or takes the one called ID out. Errors: -1
 * with ERR_LIMIT. Threads: the writer. */
int grants_put(struct grants *grants, const struct grant *grant, struct err *err);
/* Puts one more name under the id of GRANT, a service, whose first name grants_put has. */
int grants_add(struct grants *grants, const struct grant *grant, struct err *err);
void grants_remove(struct grants *grants, uint32_t id);
/* Takes out all that stand on the subject NUMBER of SCOPE, which is no more. Threads: the writer.
 * Cost: a walk over all places. */
void grants_remove_subject(struct grants *grants, unsigned scope, uint32_t number);

/* Return how many there are (0 costs a decision nothing), and how many of them deny. Threads: any.
 */
size_t grants_count(const struct grants *grants);
size_t grants_count_denials(const struct grants *grants);

/* What of a question grants may stand on. */
struct grant_question {
    const struct name *name; /* lower-cased; NULL: none */
    struct mask categories;  /* that it is listed in */
    /* Not 0: the name is listed in S3, by a suffix of so many labels. Then only a guardian or the
     * operator allows it, by a name that is not shorter, and until a time. */
    uint8_t grave_labels;
    int64_t wall_s;
    bool clock_unknown; /* wall_s cannot be right: allows until a time do not hold, nothing that
                           takes away ends */
};

/* Finds the allow or deny that holds for SUBJECT and QUESTION. NEXT_S (may be NULL) becomes the
 * first instant at which that may change by itself, where that is earlier. Threads: any.
 * Cost: two or three probes for each suffix and one for each category, for a subject that has a
 * grant at all. */
bool grants_find(const struct grants *grants, const struct grant_subject *subject,
                 const struct grant_question *question, struct grant_hit *hit, int64_t *next_s);

/* Likewise the GRANT_RELEASE, or GRANT_OFFLINE, that holds (of the last, no name is looked at). */
bool grants_released(const struct grants *grants, const struct grant_subject *subject,
                     const struct grant_question *question, struct grant_hit *hit, int64_t *next_s);
bool grants_offline(const struct grants *grants, const struct grant_subject *subject,
                    const struct grant_question *question, struct grant_hit *hit, int64_t *next_s);

/* Tells whether the profile of SUBJECT is held at the step of HIT's from_s. */
bool grants_held(const struct grants *grants, const struct grant_subject *subject,
                 const struct grant_question *question, struct grant_hit *hit, int64_t *next_s);

#endif
