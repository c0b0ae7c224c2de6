/* explain_words.c - the stable words in which a decision is told. */
#include "policy/explain.h"

const char *explain_outcome_word(int outcome)
{
    static const char *const words[] = {
        [STEP_NO_MATCH] = "no_match",
        [STEP_MATCH] = "match",
        [STEP_NOT_REACHED] = "not_reached",
    };

    return words[outcome];
}

const char *explain_by_word(enum identify_by by)
{
    static const char *const words[] = {
        [IDENTIFY_FORCED] = "given",
        [IDENTIFY_TOLD] = "told",
        [IDENTIFY_MAC] = "mac",
        [IDENTIFY_DEVICE_PREFIX] = "device_prefix",
        [IDENTIFY_INTERFACE] = "interface",
        [IDENTIFY_PREFIX] = "prefix",
        [IDENTIFY_LISTENER] = "listener",
        [IDENTIFY_DEFAULT] = "default",
    };

    return words[by];
}

const char *explain_action_word(enum verdict_action action)
{
    static const char *const words[] = {
        [VERDICT_FORWARD] = "forward",
        [VERDICT_BLOCK] = "block",
        [VERDICT_ANSWER] = "answer",
        [VERDICT_REFUSE] = "refuse",
    };

    return words[action];
}
