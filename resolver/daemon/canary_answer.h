/* canary_answer.h - what the answer to a canary says of the sealed set.
 *
 * A canary is a name of the operator's own in each sealed set. The node asks itself for it over the
 * wire, as a client would; this is the judge of what comes back. No socket, no clock. */
#ifndef RESOLVER_DAEMON_CANARY_ANSWER_H
#define RESOLVER_DAEMON_CANARY_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"

struct addr;

/* Numbers stand in state.db and are not changed; a greater one is worse. The word is stable. */
#define CANARY_RESULTS_LIST(X)                                                                     \
    X(CANARY_OK, "ok", "blocked, as it is to be")                                                  \
    X(CANARY_LATE, "late", "blocked, but the lists are past their deadline")                       \
    X(CANARY_REFUSED, "refused",                                                                   \
      "the node refuses itself; add the listener's own address to clients.allow")                  \
    X(CANARY_NO_ANSWER, "no_answer", "the node does not answer itself")                            \
    X(CANARY_WRONG_ANSWER, "wrong_answer", "blocked, but not by the answer that is configured")    \
    X(CANARY_NOT_BLOCKED, "not_blocked", "the sealed set in force lacks the canary")               \
    X(CANARY_NO_SET, "no_set", "no sealed set is in force; `stairgate lists sync` makes one")

enum canary_result {
#define X(result, word, text) result,
    CANARY_RESULTS_LIST(X)
#undef X
        CANARY_RESULTS
};

/* Returns the stable word for RESULT, and what it means with its cure. */
const char *canary_word(enum canary_result result);
const char *canary_text(enum canary_result result);

/* What is asked, and what the operator's block is like. */
struct canary_question {
    struct name_buf name;
    uint16_t id;
    uint16_t ede;                 /* the code of the three classes */
    const struct addr *addresses; /* of the stop page; of both families */
    size_t address_count;         /* 0: NODATA */
};

/* Writes the query for QUESTION (A, EDNS) into OUT[0..ROOM); returns its length, 0 where it does
 * not fit. */
size_t canary_write(const struct canary_question *question, uint8_t *out, size_t room);

/* Tells whether OCTETS[0..LENGTH) answers QUESTION at all, and (TRUNCATED) whether it is to be
 * asked for over TCP. */
bool canary_matches(const struct canary_question *question, const uint8_t *octets, size_t length,
                    bool *truncated);

/* Judges OCTETS[0..LENGTH), which canary_matches. Without memory the answer is a wrong one. */
enum canary_result canary_judge(const struct canary_question *question, const uint8_t *octets,
                                size_t length);

#endif
