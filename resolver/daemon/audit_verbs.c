#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "resolver/daemon/lift_request.h"
#include "resolver/daemon/lift_verbs.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"

enum { TIME_MAX = 32, PAGE_MOST = 2000 };

struct page {
    json_t *rows;
    int64_t last;
};

static int add_row(void *context, const struct state_audit *row)
{
    struct page *page = context;
    char at[TIME_MAX], digest[2 * AUDIT_DIGEST_OCTETS + 1];

    page->last = row->number;
    json_array_append_new(page->rows,
                          json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "number",
                                    (json_int_t)row->number, "at_s", (json_int_t)row->at_s, "at",
                                    text_from_time(row->at_s, at), "actor", row->actor, "action",
                                    row->action, "subject", row->subject, "reason", row->reason,
                                    "digest", state_audit_hex(row->digest, digest)));
    return 0;
}

json_t *run_audit(void *context, const json_t *body, json_t *errors)
{
    const struct server *server = context;
    const json_t *after = json_object_get(body, "after");
    struct page page = {.rows = json_array()};
    struct err err = {.code = ERR_NONE};
    struct state_db *db = state_database(server->state, &err);

    if (db == NULL ||
        state_audit_each(db, json_integer_value(after), PAGE_MOST, add_row, &page, &err) != 0) {
        json_decref(page.rows);
        return message_fail(errors, &err);
    }
    return json_pack("{s:o, s:o}", "next",
                     json_array_size(page.rows) == PAGE_MOST ? json_integer(page.last)
                                                             : json_null(),
                     "rows", page.rows);
}

json_t *run_audit_verify(void *context, const json_t *body, json_t *errors)
{
    const struct server *server = context;
    struct err err = {.code = ERR_NONE};
    struct state_db *db = state_database(server->state, &err);
    struct audit_head head;
    char digest[2 * AUDIT_DIGEST_OCTETS + 1];

    (void)body;
    if (db == NULL || state_audit_verify(db, &head, &err) != 0)
        return message_fail(errors, &err);
    return json_pack("{s:I, s:s}", "number", (json_int_t)head.number, "digest",
                     state_audit_hex(head.digest, digest));
}

json_t *run_audit_named(void *context, const json_t *body, json_t *errors)
{
    struct err err = {.code = ERR_NONE};

    return lift_request_operator(context, body, &err) != NULL ? run_audit(context, body, errors)
                                                              : message_fail(errors, &err);
}

json_t *run_audit_verify_named(void *context, const json_t *body, json_t *errors)
{
    struct err err = {.code = ERR_NONE};

    return lift_request_operator(context, body, &err) != NULL
               ? run_audit_verify(context, body, errors)
               : message_fail(errors, &err);
}
