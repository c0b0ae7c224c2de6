#include "resolver/daemon/feed_deadlines.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "blocklist/sealed/deadlines.h"
#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "resolver/daemon/message.h"

enum { TEXT_MAX = 32 };

/* How the lists of one class stand. */
struct standing {
    bool configured;          /* there are lists of it */
    bool timed;               /* some list of it has a deadline */
    uint32_t deadline_s;      /* the shortest of them */
    struct deadline deadline; /* of the file */
    bool never, past;         /* one that has lists: never fetched; past its deadline */
};

static const enum list_class classes[DEADLINE_CLASSES] = {
    [DEADLINE_LEGAL] = LIST_LEGAL,
    [DEADLINE_HOTLINE] = LIST_HOTLINE,
};

static void look_at_lists(struct standing *standing, const struct config *config,
                          enum list_class class_)
{
    for (size_t i = 0; i < config->list_count; i++) {
        const struct config_list *list = &config->lists[i];

        if (list->class_ != class_)
            continue;
        standing->configured = true;
        if (list->deadline_s > 0 && (!standing->timed || list->deadline_s < standing->deadline_s))
            standing->deadline_s = list->deadline_s;
        standing->timed |= list->deadline_s > 0;
    }
}

/* Fills STANDINGS. Errors: -1 with ERR where there is a file that cannot be read. */
static int look(struct standing standings[DEADLINE_CLASSES], const struct config *config,
                int64_t now_s, struct err *err)
{
    struct deadline deadlines[DEADLINE_CLASSES] = {
        {false, 0, 0, 0}
    };
    char path[PATH_MAX];
    int result = 0;

    err->code = ERR_NONE;
    if (config->feeds.dir != NULL && snprintf(path, sizeof path, "%s/sealed/" DEADLINES_FILE,
                                              config->feeds.dir) < (int)sizeof path)
        result = deadlines_read(deadlines, path, err);
    for (size_t i = 0; i < DEADLINE_CLASSES; i++) {
        struct standing *one = &standings[i];

        *one = (struct standing){.deadline = deadlines[i]};
        look_at_lists(one, config, classes[i]);
        one->never = one->configured && one->deadline.checked_s == 0;
        one->past = one->configured && one->deadline.due_s != 0 && one->deadline.due_s < now_s;
    }
    return result != 0 && err->code != ERR_NOT_FOUND ? -1 : 0;
}

bool feed_deadlines_past(const struct config *config, int64_t now_s)
{
    struct standing standings[DEADLINE_CLASSES];
    struct err err;

    look(standings, config, now_s, &err);
    for (size_t i = 0; i < DEADLINE_CLASSES; i++) {
        if (standings[i].past || (standings[i].never && standings[i].timed))
            return true;
    }
    return false;
}

static json_t *time_or_null(int64_t time_s)
{
    return time_s == 0 ? json_null() : json_integer(time_s);
}

json_t *feed_deadlines_json(const struct config *config, int64_t now_s)
{
    struct standing standings[DEADLINE_CLASSES];
    json_t *all = json_object();
    struct err err;

    look(standings, config, now_s, &err);
    for (size_t i = 0; i < DEADLINE_CLASSES; i++) {
        const struct standing *one = &standings[i];
        const struct deadline *deadline = &one->deadline;

        json_object_set_new(
            all, deadline_word((enum deadline_class)i),
            json_pack("{s:b, s:b, s:I, s:o, s:o, s:o, s:o, s:b}", "configured", one->configured,
                      "fetched", one->configured && !one->never, "deadline_s",
                      (json_int_t)one->deadline_s, "due_s", time_or_null(deadline->due_s),
                      "remaining_s",
                      deadline->due_s == 0 ? json_null() : json_integer(deadline->due_s - now_s),
                      "version_s", time_or_null(deadline->version_s), "checked_s",
                      time_or_null(deadline->checked_s), "past", one->past));
    }
    return all;
}

static void warn(json_t *warnings, const char *event, const struct err *err)
{
    message_add_error(warnings, err, NULL);
    json_object_set_new(json_array_get(warnings, json_array_size(warnings) - 1), "event",
                        json_string(event));
}

void feed_deadlines_warn(const struct config *config, int64_t now_s, json_t *warnings)
{
    struct standing standings[DEADLINE_CLASSES];
    char by[TEXT_MAX], since[TEXT_MAX];
    struct err err;

    if (look(standings, config, now_s, &err) != 0)
        warn(warnings, "deadlines_unread", &err);
    for (size_t i = 0; i < DEADLINE_CLASSES; i++) {
        const struct standing *one = &standings[i];
        const char *word = deadline_word((enum deadline_class)i);

        if (one->past) {
            err_set(&err, ERR_GATE,
                    "lists of class %s are past their deadline since %s (%s); what is in force "
                    "stays: see `stairgate lists status`",
                    word, text_from_time(one->deadline.due_s, by),
                    text_from_duration((uint64_t)(now_s - one->deadline.due_s) * 1000, since));
            warn(warnings, "feed_late", &err);
        } else if (one->never) {
            err_set(&err, ERR_NOT_FOUND,
                    "lists of class %s are configured and not all of them were ever fetched: see "
                    "`stairgate lists status`",
                    word);
            warn(warnings, "feed_never", &err);
        }
    }
}
