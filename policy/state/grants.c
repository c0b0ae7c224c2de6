/* grants.c - a hash table in place, behind a seqlock.
 *
 * The problem: each question asks "is there a grant for this device, its profile, its groups, or
 * everybody, on this name or one above it, on one of its categories or services, or on all?", and
 * mostly there is none. The idea: what a grant stands on (subject and target) is one keyed 64-bit
 * hash, so that each of those places is one probe; counts of what is in use (subjects, depths,
 * categories, services) leave out the probes that cannot hit. All memory is taken at the start, and
 * a reader that has met a write looks again.
 *
 * Names are not kept: two that share a 64-bit keyed hash would be taken for one, which nobody can
 * bring about without the key. Dropped: a copy for each change, published like a snapshot (a second
 * thing to reclaim, for kilobytes); a lock for each bucket (a write takes microseconds). */
#include "policy/state/grants.h"

#include <stdlib.h>

#include "config/base/err.h"
#include "config/base/siphash.h"
#include "policy/state/seqlock.h"

enum {
    BUCKETS = 2 * GRANTS_MOST,
    SUBJECTS = 4096, /* counts by hash: two may share one, which costs a probe */
    NONE = 0,        /* no entry: numbers are from 1 */
};

#define ALWAYS INT64_MAX

struct entry {
    uint64_t key; /* of subject and target */
    int64_t from_s, until_s;
    uint32_t next;    /* of its bucket, or of the free ones */
    uint32_t next_id; /* of those with an id like it; the writer's */
    uint32_t id;
    uint32_t kind; /* effect, what, role, labels: an octet each */
    /* the writer's, to count it out again */
    uint32_t target;
    uint64_t subject; /* its hash; 0: the entry is free */
};

struct grants {
    struct seqlock lock;
    struct siphash_key key;
    uint32_t count, denials;
    uint32_t depths[NAME_LABELS_MAX + 1]; /* grants on names of so many labels */
    uint32_t categories[MASK_BITS];
    uint32_t services; /* names of services, of the depths */
    uint32_t subjects[SUBJECTS];
    uint32_t free;
    uint32_t buckets[BUCKETS], ids[GRANTS_MOST];
    struct entry entries[GRANTS_MOST + 1];
};

#define ADD(field, by) SEQLOCK_STORE(field, (field) + (uint32_t)(by))

static uint32_t pack(const struct grant *grant, unsigned labels)
{
    return grant->effect | (uint32_t)grant->what << 8 | (uint32_t)grant->role << 16 | labels << 24;
}

static uint8_t effect_of(uint32_t kind)
{
    return (uint8_t)kind;
}

static uint8_t what_of(uint32_t kind)
{
    return (uint8_t)(kind >> 8);
}

static uint8_t role_of(uint32_t kind)
{
    return (uint8_t)(kind >> 16);
}

/* ---- hashes ---- */

static uint64_t hash_pair(const struct grants *grants, uint32_t kind, uint32_t number)
{
    const uint32_t words[] = {kind, number};

    return siphash_whole(&grants->key, (const uint8_t *)words, sizeof words);
}

/* Both are keyed hashes already: what is left is that their order counts. */
static uint64_t key_of(uint64_t subject, uint64_t target, unsigned what)
{
    uint64_t mixed = (subject ^ (target << 23 | target >> 41)) + what;

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

static size_t labels_of(const struct name *name)
{
    size_t labels = 0;

    for (size_t at = 0; at < name->length && name->wire[at] != 0; at += name->wire[at] + 1u)
        labels++;
    return labels;
}

static bool stands_on_name(unsigned what)
{
    return what == GRANT_NAME || what == GRANT_NAME_EXACT || what == GRANT_SERVICE;
}

/* The whole name's, as siphash_suffixes has it; of the root 0. */
static uint64_t hash_name(const struct grants *grants, const struct name_buf *buf)
{
    uint64_t hashes[NAME_LABELS_MAX];
    struct name name = name_of(buf);
    size_t count = siphash_suffixes(&grants->key, &name, hashes, NAME_LABELS_MAX);

    return count == 0 ? 0 : hashes[count - 1];
}

static uint64_t hash_target(const struct grants *grants, const struct grant *grant)
{
    return stands_on_name(grant->what) ? hash_name(grants, &grant->name)
                                       : hash_pair(grants, 0x100u + grant->what,
                                                   grant->what == GRANT_ALL ? 0 : grant->target);
}

/* ---- the writer ---- */

struct grants *grants_create(uint64_t seed, struct err *err)
{
    struct grants *grants = calloc(1, sizeof *grants);

    if (grants == NULL) {
        err_set(err, ERR_MEMORY, "no memory for grants");
        return NULL;
    }
    grants->key = siphash_key_from_seed(seed);
    for (uint32_t i = GRANTS_MOST; i >= 1; i--) {
        grants->entries[i].next = grants->free;
        grants->free = i;
    }
    return grants;
}

void grants_free(struct grants *grants)
{
    free(grants);
}

/* Counts ENTRY in (BY 1) or out (BY -1). */
static void count(struct grants *grants, const struct entry *entry, int by)
{
    unsigned effect = effect_of(entry->kind), what = what_of(entry->kind);

    ADD(grants->count, by);
    if (effect == GRANT_DENY || effect == GRANT_OFFLINE)
        ADD(grants->denials, by);
    ADD(grants->subjects[entry->subject % SUBJECTS], by);
    if (what == GRANT_SERVICE)
        ADD(grants->services, by);
    if (stands_on_name(what))
        ADD(grants->depths[entry->kind >> 24], by);
    else if (what == GRANT_CATEGORY)
        ADD(grants->categories[entry->target % MASK_BITS], by);
}

static void take_out(struct grants *grants, uint32_t number)
{
    struct entry *entry = &grants->entries[number];
    uint32_t *link = &grants->buckets[entry->key % BUCKETS];

    while (*link != number)
        link = &grants->entries[*link].next;
    SEQLOCK_STORE(*link, entry->next);
    for (link = &grants->ids[entry->id % GRANTS_MOST]; *link != number;)
        link = &grants->entries[*link].next_id;
    *link = entry->next_id;
    count(grants, entry, -1);
    entry->subject = 0;
    SEQLOCK_STORE(entry->next, grants->free);
    grants->free = number;
}

static void put_in(struct grants *grants, const struct grant *grant)
{
    struct name name = name_of(&grant->name);
    uint64_t subject = hash_pair(grants, grant->scope, grant->subject);
    uint32_t number = grants->free, *bucket, *id = &grants->ids[grant->id % GRANTS_MOST];
    struct entry *entry = &grants->entries[number];

    grants->free = entry->next;
    SEQLOCK_STORE(entry->key, key_of(subject, hash_target(grants, grant), grant->what));
    SEQLOCK_STORE(entry->from_s, grant->from_s);
    SEQLOCK_STORE(entry->until_s, grant->until_s == GRANT_FOREVER ? ALWAYS : grant->until_s);
    SEQLOCK_STORE(entry->id, grant->id);
    SEQLOCK_STORE(entry->kind,
                  pack(grant, stands_on_name(grant->what) ? (unsigned)labels_of(&name) : 0));
    entry->subject = subject;
    entry->target = grant->target;
    entry->next_id = *id;
    *id = number;
    bucket = &grants->buckets[entry->key % BUCKETS];
    SEQLOCK_STORE(entry->next, *bucket);
    SEQLOCK_STORE(*bucket, number);
    count(grants, entry, 1);
}

static uint32_t find_id(const struct grants *grants, uint32_t id)
{
    uint32_t number = grants->ids[id % GRANTS_MOST];

    while (number != NONE && grants->entries[number].id != id)
        number = grants->entries[number].next_id;
    return number;
}

static void take_all_out(struct grants *grants, uint32_t id)
{
    uint32_t there;

    while ((there = find_id(grants, id)) != NONE)
        take_out(grants, there);
}

static int say_full(struct err *err)
{
    return err_set(err, ERR_LIMIT, "%d grants are there already; revoke some", GRANTS_MOST);
}

int grants_put(struct grants *grants, const struct grant *grant, struct err *err)
{
    if (grants->free == NONE && find_id(grants, grant->id) == NONE)
        return say_full(err);
    seqlock_write_begin(&grants->lock);
    take_all_out(grants, grant->id);
    put_in(grants, grant);
    seqlock_write_end(&grants->lock);
    return 0;
}

int grants_add(struct grants *grants, const struct grant *grant, struct err *err)
{
    if (grants->free == NONE)
        return say_full(err);
    seqlock_write_begin(&grants->lock);
    put_in(grants, grant);
    seqlock_write_end(&grants->lock);
    return 0;
}

void grants_remove(struct grants *grants, uint32_t id)
{
    seqlock_write_begin(&grants->lock);
    take_all_out(grants, id);
    seqlock_write_end(&grants->lock);
}

void grants_remove_subject(struct grants *grants, unsigned scope, uint32_t number)
{
    uint64_t subject = hash_pair(grants, scope, number);

    seqlock_write_begin(&grants->lock);
    for (uint32_t i = 1; i <= GRANTS_MOST; i++) {
        if (grants->entries[i].subject == subject)
            take_out(grants, i);
    }
    seqlock_write_end(&grants->lock);
}

size_t grants_count(const struct grants *grants)
{
    return SEQLOCK_LOAD(grants->count);
}

size_t grants_count_denials(const struct grants *grants)
{
    return SEQLOCK_LOAD(grants->denials);
}

/* ---- readers ---- */

/* One look-up. */
struct search {
    const struct grants *grants;
    const struct grant_question *question;
    unsigned effects; /* bits of enum grant_effect */
    unsigned labels;  /* of the name */
    unsigned hashed;  /* of its suffixes, from the shortest */
    struct grant_hit *hit;
    int64_t next_s;
    uint64_t hashes[NAME_LABELS_MAX];
};

/* Whether a grant holds now, as far as the clock goes. */
static bool holds(struct search *s, uint32_t kind, int64_t from_s, int64_t until_s)
{
    const struct grant_question *q = s->question;
    bool gives = effect_of(kind) == GRANT_ALLOW || effect_of(kind) == GRANT_RELEASE;

    if (q->clock_unknown)
        return !gives || until_s == ALWAYS;
    if (q->wall_s >= until_s)
        return false;
    if (!gives || q->wall_s >= from_s)
        return true;
    if (from_s < s->next_s)
        s->next_s = from_s;
    return false;
}

/* Taxonomy, S3: owner or guardian only, per domain, with an expiry. */
static bool may_lift(const struct search *s, uint32_t kind, int64_t until_s)
{
    if (effect_of(kind) != GRANT_ALLOW || s->question->grave_labels == 0)
        return true;
    return role_of(kind) >= GRANT_BY_GUARDIAN && until_s != ALWAYS &&
           what_of(kind) != GRANT_SERVICE && kind >> 24 >= s->question->grave_labels;
}

/* At one place a deny comes before an allow, then what lasts longer. */
static bool is_better(bool denies, int64_t until_s, const struct grant_hit *than)
{
    if (denies != (than->effect == GRANT_DENY))
        return denies;
    return until_s > than->until_s;
}

static bool probe(struct search *s, uint64_t subject, uint64_t target, unsigned what)
{
    const struct grants *grants = s->grants;
    uint64_t key = key_of(subject, target, what);
    uint32_t number = SEQLOCK_LOAD(grants->buckets[key % BUCKETS]);
    bool found = false;

    /* A chain that is written meanwhile may lead anywhere, but never outside, nor for ever. */
    for (uint32_t steps = 0; number != NONE && number <= GRANTS_MOST && steps <= GRANTS_MOST;
         steps++) {
        const struct entry *entry = &grants->entries[number];
        uint32_t kind = SEQLOCK_LOAD(entry->kind);
        int64_t from_s = SEQLOCK_LOAD(entry->from_s), until_s = SEQLOCK_LOAD(entry->until_s);

        number = SEQLOCK_LOAD(entry->next);
        if (SEQLOCK_LOAD(entry->key) != key || what_of(kind) != what ||
            (s->effects >> effect_of(kind) & 1) == 0 || !holds(s, kind, from_s, until_s) ||
            !may_lift(s, kind, until_s) ||
            (found && !is_better(effect_of(kind) == GRANT_DENY, until_s, s->hit)))
            continue;
        found = true;
        *s->hit = (struct grant_hit){.id = SEQLOCK_LOAD(entry->id),
                                     .effect = effect_of(kind),
                                     .what = (uint8_t)what,
                                     .role = role_of(kind),
                                     .labels = (uint8_t)(kind >> 24),
                                     .from_s = from_s,
                                     .until_s = until_s};
    }
    return found;
}

/* Hashes as much of the name as grants stand on; once a look-up. */
static void hash_question(struct search *s)
{
    unsigned deepest = NAME_LABELS_MAX;

    s->hashed = 0;
    if (s->question->name == NULL)
        return;
    s->labels = (unsigned)labels_of(s->question->name);
    while (deepest > 0 && SEQLOCK_LOAD(s->grants->depths[deepest]) == 0)
        deepest--;
    if (deepest > 0)
        s->hashed =
            (unsigned)siphash_suffixes(&s->grants->key, s->question->name, s->hashes, deepest);
}

static bool find_name(struct search *s, uint64_t subject)
{
    for (unsigned labels = s->hashed; labels >= 1; labels--) {
        if (SEQLOCK_LOAD(s->grants->depths[labels]) == 0)
            continue;
        if (labels == s->labels && probe(s, subject, s->hashes[labels - 1], GRANT_NAME_EXACT))
            return true;
        if (probe(s, subject, s->hashes[labels - 1], GRANT_NAME))
            return true;
    }
    return false;
}

/* Looks at one place among others of its kind: a deny of any comes before the allow of another. */
static bool probe_beside(struct search *s, bool found, uint64_t subject, unsigned what,
                         uint32_t number)
{
    struct grant_hit before = *s->hit;

    if (!probe(s, subject, hash_pair(s->grants, 0x100u + what, number), what))
        return found;
    if (found && !is_better(s->hit->effect == GRANT_DENY, s->hit->until_s, &before))
        *s->hit = before;
    return true;
}

static bool find_service(struct search *s, uint64_t subject)
{
    if (SEQLOCK_LOAD(s->grants->services) == 0)
        return false;
    for (unsigned labels = s->hashed; labels >= 1; labels--) {
        if (probe(s, subject, s->hashes[labels - 1], GRANT_SERVICE))
            return true;
    }
    return false;
}

static bool find_category(struct search *s, uint64_t subject)
{
    bool found = false;

    for (unsigned word = 0; word < MASK_WORDS; word++) {
        for (uint64_t left = s->question->categories.words[word]; left != 0; left &= left - 1) {
            unsigned bit = 64 * word + (unsigned)__builtin_ctzll(left);

            if (SEQLOCK_LOAD(s->grants->categories[bit]) > 0)
                found = probe_beside(s, found, subject, GRANT_CATEGORY, bit);
        }
    }
    return found;
}

static bool find_for(struct search *s, unsigned scope, uint32_t number)
{
    uint64_t subject = hash_pair(s->grants, scope, number);

    if (SEQLOCK_LOAD(s->grants->subjects[subject % SUBJECTS]) == 0)
        return false;
    return find_name(s, subject) || find_service(s, subject) || find_category(s, subject) ||
           probe(s, subject, hash_pair(s->grants, 0x100u + GRANT_ALL, 0), GRANT_ALL);
}

static bool find(struct search *s, const struct grant_subject *subject)
{
    if (subject->device != 0 && find_for(s, GRANT_DEVICE, subject->device))
        return true;
    if (subject->profile != 0 && find_for(s, GRANT_PROFILE, subject->profile))
        return true;
    for (size_t i = 0; i < subject->group_count; i++) {
        if (find_for(s, GRANT_GROUP, subject->groups[i]))
            return true;
    }
    return find_for(s, GRANT_EVERYBODY, 0);
}

static bool find_effects(const struct grants *grants, unsigned effects,
                         const struct grant_subject *subject, const struct grant_question *question,
                         struct grant_hit *hit, int64_t *next_s)
{
    struct search s;
    uint64_t begin;
    bool found;

    if (grants == NULL || grants_count(grants) == 0)
        return false;
    s.grants = grants;
    s.question = question;
    s.effects = effects;
    s.hit = hit;
    do {
        begin = seqlock_read_begin(&grants->lock);
        s.next_s = ALWAYS;
        *hit = (struct grant_hit){0};
        hash_question(&s);
        found = find(&s, subject);
    } while (seqlock_read_again(&grants->lock, begin));
    if (found && !question->clock_unknown && hit->until_s < s.next_s)
        s.next_s = hit->until_s;
    if (next_s != NULL && s.next_s < *next_s)
        *next_s = s.next_s;
    return found;
}

bool grants_find(const struct grants *grants, const struct grant_subject *subject,
                 const struct grant_question *question, struct grant_hit *hit, int64_t *next_s)
{
    return find_effects(grants, 1u << GRANT_ALLOW | 1u << GRANT_DENY, subject, question, hit,
                        next_s);
}

bool grants_released(const struct grants *grants, const struct grant_subject *subject,
                     const struct grant_question *question, struct grant_hit *hit, int64_t *next_s)
{
    return find_effects(grants, 1u << GRANT_RELEASE, subject, question, hit, next_s);
}

bool grants_offline(const struct grants *grants, const struct grant_subject *subject,
                    const struct grant_question *question, struct grant_hit *hit, int64_t *next_s)
{
    return find_effects(grants, 1u << GRANT_OFFLINE, subject, question, hit, next_s);
}

bool grants_held(const struct grants *grants, const struct grant_subject *subject,
                 const struct grant_question *question, struct grant_hit *hit, int64_t *next_s)
{
    return find_effects(grants, 1u << GRANT_HOLD, subject, question, hit, next_s);
}
