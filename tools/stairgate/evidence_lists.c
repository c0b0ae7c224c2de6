/* evidence_lists.c - rows of an account to a report that a regulator can follow.
 *
 * The problem: a regulator asks whether what the list's owner added, or took out, was in force in
 * time; a row says only what one run did. The idea: for each list there is one clock, its last
 * success. A deadline is kept when the next success comes before it, and missed from then on until
 * a success comes; a version is late when it came into force later than its deadline after it could
 * have been known: when it was signed, but not before the success before it, since a list that is
 * first taken, or was published before, was late for somebody else.
 *
 * Lists are numbered in the order in which they appear, so that the report names none. */
#include "tools/stairgate/evidence_lists.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"

enum { TEXT_MAX = 32, CLASSES = LIST_HOTLINE + 1 };

struct one {
    char id[CONFIG_WORD_MAX];
    enum list_class class_;
    size_t number;           /* among those of its class, from 1 */
    int64_t first_s, good_s; /* of the first row; of the last success, 0: none */
    uint32_t deadline_s;
    json_t *pending;     /* a version that is not in force yet; borrowed from versions */
    int64_t available_s; /* since when that could be known; 0: since it was taken */
    int64_t taken_s;
};

struct evidence_lists {
    int64_t since_s, until_s;
    struct one *items;
    size_t count, room;
    size_t numbers[CLASSES];
    json_t *versions[CLASSES], *failures[CLASSES], *missed[CLASSES];
    uint64_t checks[CLASSES], kept[CLASSES], held[CLASSES];
};

struct evidence_lists *evidence_lists_create(int64_t since_s, int64_t until_s)
{
    struct evidence_lists *lists = calloc(1, sizeof *lists);

    if (lists == NULL)
        return NULL;
    lists->since_s = since_s;
    lists->until_s = until_s;
    for (size_t i = 0; i < CLASSES; i++) {
        lists->versions[i] = json_array();
        lists->failures[i] = json_object();
        lists->missed[i] = json_array();
    }
    return lists;
}

void evidence_lists_free(struct evidence_lists *lists)
{
    if (lists == NULL)
        return;
    for (size_t i = 0; i < CLASSES; i++) {
        json_decref(lists->versions[i]);
        json_decref(lists->failures[i]);
        json_decref(lists->missed[i]);
    }
    free(lists->items);
    free(lists);
}

static json_t *time_or_null(int64_t time_s)
{
    char text[TEXT_MAX];

    return time_s == 0 ? json_null() : json_string(text_from_time(time_s, text));
}

static bool is_within(const struct evidence_lists *lists, int64_t at_s)
{
    return at_s >= lists->since_s && at_s < lists->until_s;
}

static struct one *find(struct evidence_lists *lists, const struct store_check *check)
{
    struct one *more;

    for (size_t i = 0; i < lists->count; i++) {
        if (strcmp(lists->items[i].id, check->list) == 0 && lists->items[i].class_ == check->class_)
            return &lists->items[i];
    }
    if (lists->count == lists->room) {
        more = realloc(lists->items, (lists->room + 16) * sizeof *more);
        if (more == NULL)
            return NULL;
        lists->items = more;
        lists->room += 16;
    }
    more = &lists->items[lists->count++];
    memset(more, 0, sizeof *more);
    memcpy(more->id, check->list, sizeof more->id);
    more->class_ = check->class_;
    more->number = ++lists->numbers[check->class_];
    more->first_s = check->at_s;
    return more;
}

/* ---- deadlines ---- */

/* Notes that ONE's deadline was missed from FROM_S until UNTIL_S (0: it still is), as far as that
 * is in the period. */
static void miss(struct evidence_lists *lists, const struct one *one, int64_t from_s,
                 int64_t until_s)
{
    int64_t end_s = until_s == 0 || until_s > lists->until_s ? lists->until_s : until_s;

    if (end_s <= lists->since_s || from_s >= lists->until_s)
        return;
    json_array_append_new(
        lists->missed[one->class_],
        json_pack("{s:I, s:o, s:o, s:I}", "list", (json_int_t)one->number, "due",
                  time_or_null(from_s), "met",
                  until_s == 0 || until_s >= lists->until_s ? json_null() : time_or_null(until_s),
                  "late_s", (json_int_t)(end_s - from_s)));
}

/* A success at AT_S: was it in time? */
static void meet(struct evidence_lists *lists, struct one *one, const struct store_check *check)
{
    int64_t due_s = one->good_s + one->deadline_s;

    if (one->good_s == 0 || one->deadline_s == 0)
        ;
    else if (check->at_s > due_s)
        miss(lists, one, due_s, check->at_s);
    else
        lists->kept[one->class_] += is_within(lists, check->at_s);
    one->good_s = check->at_s;
    one->deadline_s = check->deadline_s;
}

/* ---- versions ---- */

static void take(struct evidence_lists *lists, struct one *one, const struct store_check *check)
{
    one->available_s =
        one->good_s != 0 && check->signed_s > one->good_s ? check->signed_s : one->good_s;
    one->taken_s = check->at_s;
    one->pending = json_pack("{s:I, s:o, s:o, s:n, s:n, s:I, s:n, s:n}", "list",
                             (json_int_t)one->number, "signed", time_or_null(check->signed_s),
                             "fetched", time_or_null(check->at_s), "in_force", "set", "entries",
                             (json_int_t)check->entries, "within_deadline", "late_s");
    if (is_within(lists, check->at_s))
        json_array_append_new(lists->versions[one->class_], one->pending);
    else
        json_decref(one->pending);
    if (!is_within(lists, check->at_s))
        one->pending = NULL;
}

/* What was taken is in the set of CHECK now. */
static void put_in_force(struct one *one, const struct store_check *check)
{
    int64_t from_s = one->available_s != 0 ? one->available_s : one->taken_s;
    int64_t late_s = check->at_s - from_s - one->deadline_s;

    if (one->pending == NULL)
        return;
    json_object_set_new(one->pending, "in_force", time_or_null(check->at_s));
    json_object_set_new(one->pending, "set", json_integer((json_int_t)check->generation));
    if (one->deadline_s > 0) {
        json_object_set_new(one->pending, "within_deadline", json_boolean(late_s <= 0));
        json_object_set_new(one->pending, "late_s", json_integer(late_s > 0 ? late_s : 0));
    }
    one->pending = NULL;
}

static void count_failure(struct evidence_lists *lists, const struct store_check *check)
{
    json_t *failures = lists->failures[check->class_];
    const char *kind = check->kind[0] != '\0' ? check->kind : "unknown";
    json_t *count = json_object_get(failures, kind);

    json_object_set_new(failures, kind, json_integer(json_integer_value(count) + 1));
}

static void see_list(struct evidence_lists *lists, struct one *one, const struct store_check *check)
{
    bool within = is_within(lists, check->at_s);

    lists->checks[check->class_] += within;
    if (check->outcome == CHECK_TAKEN)
        take(lists, one, check);
    if (check->outcome == CHECK_TAKEN || check->outcome == CHECK_SAME)
        meet(lists, one, check);
    if (check->outcome == CHECK_FAILED && within)
        count_failure(lists, check);
    lists->held[check->class_] += check->outcome == CHECK_HELD && within;
}

int evidence_lists_see(void *context, const struct store_check *check)
{
    struct evidence_lists *lists = context;
    struct one *one;

    if (check->at_s >= lists->until_s || check->outcome >= STORE_CHECK_OUTCOMES)
        return 0;
    if (check->outcome == CHECK_PUBLISHED) {
        for (size_t i = 0; i < lists->count; i++)
            put_in_force(&lists->items[i], check);
        return 0;
    }
    if (check->class_ != LIST_LEGAL && check->class_ != LIST_HOTLINE)
        return 0;
    one = find(lists, check);
    if (one == NULL)
        return -1;
    see_list(lists, one, check);
    return 0;
}

/* ---- the end ---- */

static const struct one *find_seen(const struct evidence_lists *lists, const char *id,
                                   enum list_class class_)
{
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->items[i].class_ == class_ && strcmp(lists->items[i].id, id) == 0)
            return &lists->items[i];
    }
    return NULL;
}

/* How the lists of a class that are configured stand at the period's end. */
struct ending {
    json_int_t configured, never;
    int64_t good_s; /* the oldest last success; 0: some list never had one, or there is none */
};

/* Whose deadline is over, and no success came, is late still. */
static void end_one(struct evidence_lists *lists, const struct one *one, struct ending *ending)
{
    int64_t good_s = one != NULL ? one->good_s : 0;

    if (good_s == 0)
        ending->never++;
    else if (one->deadline_s > 0 && good_s + one->deadline_s < lists->until_s)
        miss(lists, one, good_s + one->deadline_s, 0);
    if (ending->configured++ == 0 || good_s < ending->good_s)
        ending->good_s = good_s;
}

json_t *evidence_lists_json(struct evidence_lists *lists, enum list_class class_,
                            const struct config *config)
{
    struct ending ending = {0};

    for (size_t i = 0; i < config->list_count; i++) {
        if (config->lists[i].class_ == class_)
            end_one(lists, find_seen(lists, config->lists[i].id, class_), &ending);
    }
    return json_pack(
        "{s:I, s:I, s:I, s:O, s:O, s:I, s:I, s:O, s:o, s:o}", "lists_configured", ending.configured,
        "lists_never_fetched", ending.never, "checks", (json_int_t)lists->checks[class_],
        "versions", lists->versions[class_], "failures", lists->failures[class_], "held",
        (json_int_t)lists->held[class_], "deadlines_kept", (json_int_t)lists->kept[class_],
        "deadlines_missed", lists->missed[class_], "last_success", time_or_null(ending.good_s),
        "stale_s", ending.good_s == 0 ? json_null() : json_integer(lists->until_s - ending.good_s));
}
