#include "policy/granted.h"

#include "policy/ask.h"
#include "policy/compiled.h"
#include "policy/verdict.h"
#include "policy/who/identify.h"

/* Fills SUBJECT; ROOM is for who asks, where the case does not say. */
static void find_subject(const struct granted_case *c, struct identity *room,
                         struct grant_subject *subject)
{
    if (c->who == NULL)
        identify(c->snapshot, c->ask, room);
    identify_subject(c->who != NULL ? c->who : room, subject);
}

static struct grant_question question_of(const struct granted_case *c)
{
    struct mask grave = mask_and(mask_and(c->listed, c->applied), c->snapshot->grave_bits);
    struct grant_question question = {.name = c->name,
                                      .categories = c->listed,
                                      .wall_s = c->ask->wall_s,
                                      .clock_unknown = c->verdict->clock_unknown};

    /* An address is nobody's word's to lift. */
    if (mask_any(grave))
        question.grave_labels = c->name == NULL ? UINT8_MAX : c->labels > 0 ? c->labels : 1;
    return question;
}

/* Tells whether allows of categories, or of everything, leave nothing of what the profile blocks.
 */
static bool all_open(const struct grants *grants, const struct grant_subject *subject,
                     const struct grant_question *like, struct mask blocked, int64_t *until_s)
{
    struct grant_question question = *like;
    struct grant_hit hit;

    question.name = NULL;
    for (unsigned word = 0; word < MASK_WORDS; word++) {
        for (uint64_t left = blocked.words[word]; left != 0; left &= left - 1) {
            question.categories = mask_bit(64 * word + (unsigned)__builtin_ctzll(left));
            if (!grants_find(grants, subject, &question, &hit, until_s) ||
                hit.effect != GRANT_ALLOW)
                return false;
        }
    }
    return true;
}

/* All that is asked of the grants about a case. */
struct asking {
    struct grant_question question;
    struct grant_subject subject;
    struct identity room;
};

/* Fills ASKING for C and empties HIT; false where nothing is granted to anybody. */
static bool begin(struct asking *asking, const struct granted_case *c, struct grant_hit *hit)
{
    *hit = (struct grant_hit){0};
    if (c->grants == NULL)
        return false;
    find_subject(c, &asking->room, &asking->subject);
    asking->question = question_of(c);
    return true;
}

bool granted_find(const struct granted_case *c, struct grant_hit *hit, int64_t *until_s)
{
    struct asking a;

    if (!begin(&a, c, hit) || !grants_find(c->grants, &a.subject, &a.question, hit, until_s))
        return false;
    if (hit->effect != GRANT_ALLOW || hit->what != GRANT_CATEGORY ||
        all_open(c->grants, &a.subject, &a.question, mask_and(c->listed, c->applied), until_s))
        return true;
    *hit = (struct grant_hit){0};
    return false;
}

bool granted_released(const struct granted_case *c, struct grant_hit *hit, int64_t *until_s)
{
    struct asking a;

    return begin(&a, c, hit) && grants_released(c->grants, &a.subject, &a.question, hit, until_s);
}

bool granted_offline(const struct granted_case *c, struct grant_hit *hit, int64_t *until_s)
{
    struct asking a;

    *hit = (struct grant_hit){0};
    if (c->grants == NULL || grants_count_denials(c->grants) == 0 || !begin(&a, c, hit))
        return false;
    a.question.name = NULL;
    return grants_offline(c->grants, &a.subject, &a.question, hit, until_s);
}

bool granted_held(const struct granted_case *c, struct grant_hit *hit, int64_t *until_s)
{
    struct asking a;

    return begin(&a, c, hit) && grants_held(c->grants, &a.subject, &a.question, hit, until_s);
}
