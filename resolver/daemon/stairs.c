/* stairs.c - a child's birthday changes what is blocked, and nobody should find out by surprise. */
#include "resolver/daemon/stairs.h"

#include <inttypes.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "policy/snapshot.h"
#include "policy/stairs.h"
#include "policy/state/overlay.h"
#include "resolver/daemon/message.h"
#include "resolver/daemon/publish.h"
#include "resolver/daemon/server.h"
#include "resolver/daemon/state.h"

enum { ANNOUNCED_S = 30 * 86400, TIME_TEXT_MAX = 32 };

static json_t *time_or_null(int64_t time_s)
{
    char text[TIME_TEXT_MAX];

    return time_s == INT64_MIN || time_s == INT64_MAX ? json_null()
                                                      : json_string(text_from_time(time_s, text));
}

/* Returns the day of the next step, as people there write it. */
static json_t *day_or_null(const struct stairs *stairs)
{
    char text[TIME_TEXT_MAX] = "";

    return stairs->next == NULL
               ? json_null()
               : json_stringn(text_from_time(stairs->next_local_s, text), sizeof "2026-12-31" - 1);
}

static bool find(const struct server *server, size_t profile, int64_t now_s, struct stairs *stairs)
{
    return stairs_find(publish_current(server->publish), state_overlay(server->state)->grants,
                       profile, now_s, stairs);
}

json_t *stairs_json(const struct server *server)
{
    const struct snapshot *snapshot = publish_current(server->publish);
    int64_t now_s = server_now(server).wall_s;
    json_t *list = json_array();
    struct stairs stairs;

    for (size_t i = 0; i < snapshot_config(snapshot)->profile_count; i++) {
        if (!find(server, i, now_s, &stairs))
            continue;
        json_array_append_new(
            list,
            json_pack("{s:s,s:s,s:b,s:o,s:s?,s:o,s:o,s:b}", "profile", stairs.profile, "preset",
                      stairs.preset, "held", stairs.held, "since", time_or_null(stairs.since_s),
                      "next", stairs.next, "next_at", time_or_null(stairs.next_s), "next_on",
                      day_or_null(&stairs), "soon", stairs.next_s - ANNOUNCED_S <= now_s));
    }
    return list;
}

void stairs_warn(const struct server *server, json_t *warnings)
{
    const struct snapshot *snapshot = publish_current(server->publish);
    int64_t now_s = server_now(server).wall_s;
    char text[TIME_TEXT_MAX];
    struct err err;

    if (!stairs_clock_unknown(snapshot, now_s))
        return;
    err_set(
        &err, ERR_SYSTEM,
        "the clock is wrong: it shows %s, which is before clock_earliest; until it is set, what "
        "hours and ages close is closed",
        text_from_time(now_s, text));
    message_add_error(warnings, &err, NULL);
}

void stairs_tell(struct server *server)
{
    const struct snapshot *snapshot = publish_current(server->publish);
    int64_t now_s = server_now(server).wall_s, told_s = server->stairs_told_s;
    char text[TIME_TEXT_MAX];
    struct stairs stairs;

    server->stairs_told_s = now_s;
    for (size_t i = 0; i < snapshot_config(snapshot)->profile_count; i++) {
        if (!find(server, i, now_s, &stairs))
            continue;
        if (told_s != 0 && stairs.since_s > told_s && stairs.since_s <= now_s)
            log_event(&server->log, LOG_LEVEL_INFO, "step_done", "profile=\"%s\" preset=%s",
                      stairs.profile, stairs.preset);
        if (stairs.next_s != INT64_MAX && stairs.next_s - ANNOUNCED_S <= now_s &&
            (told_s == 0 || stairs.next_s - ANNOUNCED_S > told_s))
            log_event(&server->log, LOG_LEVEL_INFO, "step_coming",
                      "profile=\"%s\" preset=%s next=%s at=%s", stairs.profile, stairs.preset,
                      stairs.next, text_from_time(stairs.next_s, text));
    }
}
