#include "blocklist/feed/due.h"
#include "blocklist/feed/sealed_place.h"
#include "blocklist/feed/sealed_run.h"
#include "blocklist/sealed/deadlines.h"

static void earliest(int64_t *least, int64_t time_s, bool first)
{
    if (first || time_s < *least)
        *least = time_s;
}

/* Takes LIST, of which KNOWN is known, into its class's line. One that never came is past its
 * deadline from the first run on. */
static void add(struct deadline *deadline, const struct config_list *list,
                const struct store_list *known, int64_t now_s)
{
    bool first = !deadline->known;
    int64_t due_s = known->fetched_s > 0 ? known->fetched_s + (int64_t)list->deadline_s : now_s;

    deadline->known = true;
    earliest(&deadline->version_s, known->signed_s, first);
    earliest(&deadline->checked_s, known->fetched_s, first);
    if (list->deadline_s > 0)
        earliest(&deadline->due_s, due_s, deadline->due_s == 0);
}

int sealed_deadlines(const struct run *run, struct err *err)
{
    struct deadline deadlines[DEADLINE_CLASSES] = {{.known = false}};
    char path[PLACE_PATH_MAX];

    for (size_t i = 0; i < run->config->list_count; i++) {
        const struct config_list *list = &run->config->lists[i];
        struct store_list known;

        if (!due_sealed(list))
            continue;
        if (store_get_list(run->store, list->id, &known, err) != 0)
            return -1;
        add(&deadlines[list->class_ == LIST_LEGAL ? DEADLINE_LEGAL : DEADLINE_HOTLINE], list,
            &known, run->request->now_s);
    }
    return deadlines_write(deadlines, sealed_place_file(run->dir, DEADLINES_FILE, path), err);
}
