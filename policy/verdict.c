#include "policy/verdict.h"

static const char *const words[VERDICT_RULE_COUNT] = {
#define X(rule, word) word,
    VERDICT_RULES(X)
#undef X
};

const char *verdict_rule_word(enum verdict_rule rule)
{
    return words[rule];
}
