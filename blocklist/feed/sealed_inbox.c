/* Lists that are delivered, in a run: an inbox with nothing new in it is as good as a publisher who
 * has nothing new, but only where something of his is in force. */
#include "blocklist/feed/inbox.h"
#include "blocklist/feed/sealed_run.h"

void sealed_inbox_empty(struct sealed_run *sealed, struct sealed_work *work)
{
    struct err err;

    if (work->has_part && !work->work.recipe_changed) {
        outcome_unchanged(sealed->run, &work->work, "nothing new was delivered");
        return;
    }
    err_set(&err, ERR_NOT_FOUND, "inbox: %s",
            work->has_part
                ? "its options are not those that it was read by, and what was delivered is wiped; "
                  "have it delivered once more, or take the change back"
                : "nothing has been delivered yet that is kept under the present key");
    outcome_failed(sealed->run, &work->work, &err);
}

/* What is left is for the operator, who is told in each run. */
static void tell(struct run *run, const char *id, const struct inbox_count *left)
{
    char text[160];
    struct store_event event;

    if (inbox_text(left, text, sizeof text)[0] == '\0')
        return;
    event = run_event(run, EVENT_REFUSED, id, "inbox: files are left that are not read: %s", text);
    run_show(run, &event);
}

static void clear(struct run *run, const struct config_list *list, int64_t version_s)
{
    struct inbox_count left;
    struct store_event event;
    struct err err;

    if (inbox_clear(list, version_s, run->request->now_s, &left, &err) == 0) {
        tell(run, list->id, &left);
        return;
    }
    event = run_event(run, EVENT_FAILED, list->id, "inbox: %s", err.text);
    run_show(run, &event);
    run_notice(run, &event);
}

void sealed_inbox_clear(struct sealed_run *sealed)
{
    struct run *run = sealed->run;

    for (size_t i = 0; i < sealed->count; i++) {
        const struct config_list *list = sealed->works[i].work.list;
        struct store_list known;
        struct err err;

        if (list->inbox != NULL && store_get_list(run->store, list->id, &known, &err) == 0 &&
            known.state == LIST_OK)
            clear(run, list, known.signed_s);
    }
}
