#include "policy/verdict.h"

#include <string.h>

#include "config/base/err.h"

enum { TYPE_A = 1, TYPE_AAAA = 28 }; /* IANA numbers */

static const char *const words[VERDICT_RULE_COUNT] = {
#define X(rule, word) word,
    VERDICT_RULES(X)
#undef X
};

void verdict_start(struct verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    for (unsigned i = 0; i < VERDICT_EDE_MAX; i++)
        verdict->ede[i] = VERDICT_NO_EDE;
    verdict->valid_until_s = INT64_MAX;
}

void verdict_give_ede(struct verdict *verdict, uint16_t code)
{
    unsigned i = 0;

    while (i < VERDICT_EDE_MAX && verdict->ede[i] != VERDICT_NO_EDE)
        i++;
    must(i < VERDICT_EDE_MAX);
    verdict->ede[i] = code;
}

void verdict_block(struct verdict *verdict, enum block_style style, uint32_t ttl_s, uint16_t type,
                   uint16_t ede)
{
    verdict->action = VERDICT_BLOCK;
    verdict->style = style;
    verdict->ttl_s = ttl_s;
    verdict_give_ede(verdict, ede);
    /* Other types get NODATA in this style: nothing is forged then. */
    if (style == BLOCK_NULL && (type == TYPE_A || type == TYPE_AAAA))
        verdict_give_ede(verdict, VERDICT_EDE_FORGED);
}

void verdict_limit(struct verdict *verdict, int64_t wall_s)
{
    int64_t left_s = verdict->valid_until_s - wall_s;
    uint32_t most_s = left_s < 1 ? 1 : (uint32_t)left_s;

    if (verdict->valid_until_s == INT64_MAX || left_s > INT32_MAX)
        return;
    if (verdict->ttl_s > most_s)
        verdict->ttl_s = most_s;
    if (verdict->max_ttl_s == 0 || verdict->max_ttl_s > most_s)
        verdict->max_ttl_s = most_s;
}

void verdict_set_group(struct verdict *verdict, const struct verdict *other)
{
    verdict->upstream_group = other->upstream_group;
    verdict->upstream_mark = other->upstream_mark;
}

const char *verdict_rule_word(enum verdict_rule rule)
{
    return words[rule];
}
