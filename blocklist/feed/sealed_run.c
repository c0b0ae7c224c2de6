/* sealed_run.c - legal and hotline lists in a run: from the key to the deadlines.
 *
 * The key is in memory only while it is needed: it is wiped before each fetcher is forked and read
 * again when the list is there. Where it cannot be read, every list that is due fails, with the
 * reason; where it is another than that of the parts, every list is fetched anew, and the set in
 * force stays until each has come. */
#include "blocklist/feed/sealed_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <sodium.h>

#include "blocklist/feed/due.h"
#include "blocklist/feed/sealed_memory.h"
#include "blocklist/feed/sealed_place.h"
#include "blocklist/sealed/seal.h"

/* ---- the key ---- */

static int open_key(struct sealed_run *sealed, struct err *err)
{
    const char *path = sealed->run->config->sealed.key;

    if (sealed->key != NULL)
        return 0;
    if (path == NULL)
        return err_set(err, ERR_CONFIG,
                       "sealed.key is not set, and legal and hotline lists need it; `stairgate set "
                       "key FILE` makes one");
    sealed->key = sealed_key_read(path, err);
    sealed->set.key = sealed->key;
    return sealed->key == NULL ? -1 : 0;
}

static void close_key(struct sealed_run *sealed)
{
    sealed_key_free(sealed->key);
    sealed->key = NULL;
    sealed->set.key = NULL;
}

/* ---- what is due ---- */

static bool is_asked_for(const struct sealed_run *sealed, const char *id)
{
    const struct sync_request *request = sealed->run->request;

    if (sealed->accept != NULL)
        return strcmp(sealed->accept, id) == 0;
    for (size_t i = 0; i < request->id_count; i++) {
        if (strcmp(request->ids[i], id) == 0)
            return true;
    }
    return request->id_count == 0;
}

/* Takes over what the part itself says: feeds.db may be older, or new. */
static void see_part(const struct sealed_run *sealed, struct sealed_work *work)
{
    const struct store_list *known = &work->work.known;
    int64_t version_s = 0;

    work->version_s = known->signed_s;
    work->has_part = !sealed->readable;
    work->body_known = !sodium_is_zero(known->body, sizeof known->body);
    if (!sealed->readable)
        return;
    work->has_part = sealed_set_part(&sealed->set, work->work.list->id, NULL, &version_s);
    /* Without a part under the present key the digest may be under another one. */
    if (!work->has_part || version_s > work->version_s)
        work->body_known = false;
    if (version_s > work->version_s)
        work->version_s = version_s;
}

static bool is_due(const struct sealed_run *sealed, const struct sealed_work *work)
{
    const struct sync_request *request = sealed->run->request;
    const struct store_list *known = &work->work.known;

    return request->force || request->id_count > 0 || sealed->accept != NULL ||
           due_now(known, work->work.recipe, request->now_s) ||
           (!work->has_part && known->state == LIST_OK);
}

static int add_work(struct sealed_run *sealed, const struct config_list *list, struct err *err)
{
    struct sealed_work *work = &sealed->works[sealed->count];

    memset(work, 0, sizeof *work);
    work->work.list = list;
    if (store_get_list(sealed->run->store, list->id, &work->work.known, err) != 0)
        return -1;
    due_recipe(list, work->work.recipe);
    work->work.recipe_changed =
        memcmp(work->work.recipe, work->work.known.recipe, sizeof work->work.recipe) != 0;
    see_part(sealed, work);
    sealed->count += is_due(sealed, work);
    return 0;
}

static int plan(struct sealed_run *sealed, struct err *err)
{
    const struct config *config = sealed->run->config;
    size_t lists = 0;

    sealed->works = calloc(config->list_count + 1, sizeof *sealed->works);
    if (sealed->works == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < config->list_count; i++) {
        const struct config_list *list = &config->lists[i];

        lists += due_sealed(list);
        if (due_sealed(list) && is_asked_for(sealed, list->id) && add_work(sealed, list, err) != 0)
            return -1;
    }
    sealed->run->result->due += sealed->count;
    /* Where each list is read, each can have another salt, which no older set tells anything of. */
    sealed->renew = sealed->has_salt && sealed->count == lists;
    seal_salt_new(sealed->fresh);
    return 0;
}

/* ---- lists ---- */

static void run_work(struct sealed_run *sealed, struct sealed_work *work)
{
    struct sealed_memory memory = {.fd = -1};
    struct err err = {0};

    if (!sealed->readable) {
        open_key(sealed, &err);
        outcome_failed(sealed->run, &work->work, &err);
        return;
    }
    if (sealed_fetch(sealed, work, &memory)) {
        if (open_key(sealed, &err) == 0)
            sealed_outcome(sealed, work, &memory);
        else
            outcome_failed(sealed->run, &work->work, &err);
    }
    sealed_memory_close(&memory);
}

/* ---- the set ---- */

static void record(struct run *run, const struct store_event *event)
{
    struct err err = {0};

    run_show(run, event);
    if (store_event(run->store, event, &err) != 0)
        run_break(run, &err);
}

/* Has the server take the set, where it does not know of it yet. */
static int tell_server(struct sealed_run *sealed, struct err *err)
{
    struct run *run = sealed->run;
    const struct sync_hooks *hooks = &run->request->hooks;
    struct store_sealed_set row;
    struct err fault = {0};
    struct store_event event;

    if (store_sealed_set(run->store, &row, err) != 0)
        return -1;
    if (row.number == 0 || row.told)
        return 0;
    if (hooks->published == NULL || hooks->published(hooks->context, row.number, &fault) == 0) {
        row.told = true;
        return store_put_sealed_set(run->store, &row, err);
    }
    event = run_event(run, EVENT_FAILED, "", "the server was not told: %.350s", fault.text);
    record(run, &event);
    return 0;
}

/* Says that no set can be made yet, since list ID has nothing under the present key. */
static int say_incomplete(struct sealed_run *sealed, const char *id, struct err *err)
{
    struct run *run = sealed->run;
    struct store_event event = run_event(
        run, EVENT_REFUSED, "",
        "the sealed set in force stays: list %s has not come yet since the key changed or its part "
        "was damaged",
        id);

    run_show(run, &event);
    return err_set(err, ERR_GATE, "%s", event.text);
}

/* Notes in the account that all that was taken is in force. */
static int account(const struct sealed_run *sealed, struct err *err)
{
    const struct store_check check = {.at_s = sealed->set.now_s,
                                      .outcome = CHECK_PUBLISHED,
                                      .entries = sealed->set.entries,
                                      .generation = sealed->set.number};

    return store_check_add(sealed->run->store, &check, err);
}

/* Takes the fresh salt where each list was read under it. Returns the list that was not, or NULL.
 */
static const char *renew_salt(struct sealed_run *sealed)
{
    const char *lacks = NULL;

    if (!sealed->renew)
        return NULL;
    if (!sealed_set_complete(&sealed->set, sealed->fresh, &lacks))
        return lacks;
    memcpy(sealed->set.salt, sealed->fresh, sizeof sealed->fresh);
    return NULL;
}

/* Whoever asked for another salt, and has the old one, is told so, once all else is done. */
static int say_kept(struct sealed_run *sealed, struct err *err)
{
    struct store_event event;

    if (sealed->stayed == NULL || !sealed->run->request->sealed_only)
        return 0;
    event = run_event(sealed->run, EVENT_REFUSED, "",
                      "the sealed set keeps its salt: nothing came to be read anew of list %s",
                      sealed->stayed);
    run_show(sealed->run, &event);
    return err_set(err, ERR_GATE, "%s", event.text);
}

static int publish(struct sealed_run *sealed, struct err *err)
{
    struct run *run = sealed->run;
    const char *lacks = NULL;
    struct store_event event;
    int made;

    sealed->stayed = renew_salt(sealed);
    if (!sealed_set_complete(&sealed->set, sealed->set.salt, &lacks))
        return say_incomplete(sealed, lacks, err);
    run_stage(run, "", "publish");
    made = sealed_set_publish(&sealed->set, err);
    if (made < 0)
        return -1;
    if (made > 0) {
        event = run_event(run, EVENT_PUBLISHED, "", "sealed set %" PRIu64 ", %" PRIu64 " entries",
                          sealed->set.number, sealed->set.entries);
        run->result->sealed_number = sealed->set.number;
        record(run, &event);
        if (account(sealed, err) != 0)
            return -1;
    }
    sealed_set_tidy(&sealed->set);
    return tell_server(sealed, err);
}

/* ---- all of it ---- */

/* What this process holds for a while is nobody's to look at, and in no dump. */
static void hide(void)
{
    static const struct rlimit none = {0, 0};

    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &none);
}

static bool has_lists(const struct config *config)
{
    for (size_t i = 0; i < config->list_count; i++) {
        if (due_sealed(&config->lists[i]))
            return true;
    }
    return false;
}

static int go(struct sealed_run *sealed, struct err *err)
{
    struct run *run = sealed->run;
    struct err ignored;

    if (sealed_place_make(run->dir, err) != 0)
        return -1;
    sealed->readable = open_key(sealed, &ignored) == 0;
    if (sealed->readable)
        sealed->has_salt = sealed_set_salt(&sealed->set);
    if (plan(sealed, err) != 0)
        return -1;
    for (size_t i = 0; i < sealed->count && !run->broken; i++)
        run_work(sealed, &sealed->works[i]);
    if (run->broken) {
        *err = run->fault;
        return -1;
    }
    if (run->request->dry_run || !sealed->readable)
        return 0;
    if (open_key(sealed, err) != 0 || publish(sealed, err) != 0 || sealed_deadlines(run, err) != 0)
        return -1;
    close_key(sealed);
    sealed_inbox_clear(sealed);
    return sealed_public(run, err) != 0 ? -1 : say_kept(sealed, err);
}

static int start(struct run *run, const char *accept, struct err *err)
{
    struct sealed_run sealed = {
        .run = run,
        .set = {.config = run->config, .store = run->store, .now_s = run->request->now_s},
        .accept = accept
    };
    int result;

    hide();
    result = go(&sealed, err);
    close_key(&sealed);
    free(sealed.works);
    return result;
}

/* There are no such lists any more: what was made of them goes, from the server too. */
static int clear(struct run *run, struct err *err)
{
    const struct sync_hooks *hooks = &run->request->hooks;
    struct err fault = {0};
    struct store_event event;

    if (run->request->dry_run || !sealed_set_clear(run->dir))
        return 0;
    event = run_event(run, EVENT_DROPPED, "", "the sealed set: no legal or hotline list is left");
    record(run, &event);
    if (hooks->published != NULL && hooks->published(hooks->context, 0, &fault) != 0) {
        event = run_event(run, EVENT_FAILED, "", "the server was not told: %.350s", fault.text);
        record(run, &event);
    }
    if (run->broken)
        *err = run->fault;
    return run->broken ? -1 : 0;
}

int sealed_run(struct run *run, struct err *err)
{
    return has_lists(run->config) ? start(run, NULL, err) : clear(run, err);
}

int sealed_run_accept(struct run *run, const char *id, struct err *err)
{
    struct store_list known;

    if (store_get_list(run->store, id, &known, err) != 0)
        return -1;
    if (known.state != LIST_HELD)
        return err_set(err, ERR_NOT_FOUND, "%s: nothing is held; see stairgate lists status", id);
    if (start(run, id, err) != 0 || store_get_list(run->store, id, &known, err) != 0)
        return -1;
    return known.state == LIST_OK ? 0 : err_set(err, ERR_GATE, "%s", known.why);
}
