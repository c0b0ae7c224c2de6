#include "resolver/daemon/grant_time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "policy/state/grants.h"
#include "policy/when/zone.h"

enum { DAY_S = 86400, MOST_S = 366 * 10 * DAY_S };

struct zone *grant_time_zone(const char *name)
{
    struct err err;

    return name != NULL ? zone_load(name, &err) : NULL;
}

void grant_time_free(struct zone *zone)
{
    zone_free(zone);
}

static int64_t offset(const struct zone *zone, int64_t wall_s)
{
    return zone != NULL ? zone_offset(zone, wall_s) : 0;
}

/* Returns the instant at which ZONE's clocks show LOCAL_S; of a time that they pass over, the one
 * after it, and of one that they show twice, the first. */
static int64_t instant_of(const struct zone *zone, int64_t local_s)
{
    int64_t early = local_s - offset(zone, local_s - DAY_S),
            late = local_s - offset(zone, local_s + DAY_S);

    if (early + offset(zone, early) == local_s)
        return early;
    return late + offset(zone, late) == local_s ? late : early;
}

static int read_duration(const char *text, int64_t now_s, int64_t *until_s, struct err *err)
{
    uint64_t ms;

    *until_s = GRANT_FOREVER;
    if (strcmp(text, "ever") == 0)
        return 0;
    if (text_duration_ms(text, &ms) != 0 || ms < 1000 || ms / 1000 > MOST_S)
        return err_set(err, ERR_USAGE,
                       "not a duration: '%.40s'; such as 30m, 2h or 1d, up to ten years, or ever",
                       text);
    *until_s = now_s + (int64_t)(ms / 1000);
    return 0;
}

/* The next time at which clocks show the time of day of LOCAL, in seconds. */
static int64_t next_time(const struct zone *zone, int64_t now_s, int64_t of_day_s)
{
    int64_t local = now_s + offset(zone, now_s);
    int64_t at = instant_of(zone, local - local % DAY_S + of_day_s);

    return at > now_s ? at : instant_of(zone, local - local % DAY_S + DAY_S + of_day_s);
}

static int read_instant(const char *text, int64_t now_s, const struct zone *zone, int64_t *until_s,
                        struct err *err)
{
    static const struct {
        const char *form;
        bool of_day, utc;
    } forms[] = {
        {"%H:%M",              true,  false},
        {"%Y-%m-%dT%H:%M:%SZ", false, true },
        {"%Y-%m-%dT%H:%MZ",    false, true },
        {"%Y-%m-%dT%H:%M:%S",  false, false},
        {"%Y-%m-%dT%H:%M",     false, false},
        {"%Y-%m-%d",           false, false},
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {.tm_mday = 1, .tm_year = 70};
        const char *end = strptime(text, forms[i].form, &tm);
        int64_t local;

        if (end == NULL || *end != '\0')
            continue;
        local = (int64_t)timegm(&tm);
        if (forms[i].of_day)
            *until_s = next_time(zone, now_s, local);
        else
            *until_s = forms[i].utc ? local : instant_of(zone, local);
        if (*until_s <= now_s)
            return err_set(err, ERR_USAGE, "'%.40s' is over already", text);
        if (*until_s - now_s > MOST_S)
            return err_set(err, ERR_USAGE,
                           "'%.40s' is more than ten years off; for ever is "
                           "`--for ever`",
                           text);
        return 0;
    }
    return err_set(err, ERR_USAGE, "not a time: '%.40s'; such as 07:00 or 2026-12-01T07:00", text);
}

int grant_time_read(const char *for_text, const char *until_text, int64_t default_s, int64_t now_s,
                    const struct zone *zone, int64_t *until_s, struct err *err)
{
    if (for_text != NULL && until_text != NULL)
        return err_set(err, ERR_USAGE, "say for how long or until when, not both");
    if (for_text != NULL)
        return read_duration(for_text, now_s, until_s, err);
    if (until_text != NULL)
        return read_instant(until_text, now_s, zone, until_s, err);
    *until_s = default_s == GRANT_FOREVER ? GRANT_FOREVER : now_s + default_s;
    return 0;
}

char *grant_time_text(int64_t until_s, const struct zone *zone, const char *zone_name, char *out)
{
    time_t local = (time_t)(until_s + offset(zone, until_s));
    char text[32];
    struct tm tm;

    if (until_s == GRANT_FOREVER || gmtime_r(&local, &tm) == NULL) {
        snprintf(out, GRANT_TIME_TEXT_MAX, "for ever");
        return out;
    }
    strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
    snprintf(out, GRANT_TIME_TEXT_MAX, "until %s %.30s", text,
             zone != NULL && zone_name != NULL ? zone_name : "UTC");
    return out;
}
