/* explain_moment.c - what the hours, the age and the clock have to do with a verdict, in words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/base/date.h"
#include "policy/compiled.h"
#include "policy/explain.h"
#include "policy/moment.h"
#include "policy/snapshot.h"
#include "policy/when/zone.h"

enum { UNTIL_TEXT_MAX = 112 };

static const struct compiled_profile *profile_of(const struct snapshot *snapshot,
                                                 const struct explanation *e)
{
    return &snapshot->profiles[e->verdict.profile];
}

__attribute__((format(printf, 2, 3))) static void add(struct explanation *e, const char *format,
                                                      ...)
{
    size_t used = strlen(e->sentence);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(e->sentence + used, sizeof e->sentence - used, format, arguments);
    va_end(arguments);
}

/* Writes ` until 2026-11-26 18:00 Europe/Berlin`, by the clocks of the profile's zone, or OTHERWISE
 * for no end. */
static const char *until_text(const struct snapshot *snapshot, const struct explanation *e,
                              int64_t until_s, const char *otherwise, char out[UNTIL_TEXT_MAX])
{
    const struct compiled_profile *profile = profile_of(snapshot, e);
    const struct zone *zone = profile->times != NULL ? profile->times->zone : NULL;
    const char *name =
        profile->config->zone != NULL ? profile->config->zone : snapshot_config(snapshot)->zone;
    char day[DATE_TEXT_MAX];
    int64_t local_s, minutes;

    snprintf(out, UNTIL_TEXT_MAX, "%s", otherwise);
    if (until_s == INT64_MAX)
        return out;
    local_s = until_s + zone_offset(zone, until_s);
    minutes = (local_s - (int64_t)date_day_of(local_s) * DATE_DAY_S) / 60;
    snprintf(out, UNTIL_TEXT_MAX, " until %s %02d:%02d %.64s",
             date_to_text(date_day_of(local_s), day), (int)(minutes / 60), (int)(minutes % 60),
             zone != NULL && name != NULL ? name : "UTC");
    return out;
}

void explain_grant(const struct snapshot *snapshot, struct explanation *e)
{
    static const char *const roles[] = {[GRANT_BY_USER] = "the device's user",
                                        [GRANT_BY_TEACHER] = "a teacher",
                                        [GRANT_BY_GUARDIAN] = "a guardian",
                                        [GRANT_BY_OPERATOR] = "the operator"};
    static const char *const whats[] = {[GRANT_NAME] = "this name",
                                        [GRANT_NAME_EXACT] = "this name",
                                        [GRANT_CATEGORY] = "its category",
                                        [GRANT_SERVICE] = "its service",
                                        [GRANT_ALL] = "everything"};
    const struct grant_hit *grant = &e->verdict.grant;
    char until[UNTIL_TEXT_MAX];

    until_text(snapshot, e, grant->until_s, " for ever", until);
    snprintf(e->sentence, sizeof e->sentence, "%s: %s has %s %s%s (grant %u)",
             e->blocked ? "blocked" : "passes", roles[grant->role],
             grant->effect == GRANT_DENY ? "denied" : "allowed", whats[grant->what], until,
             grant->id);
    snprintf(e->lift, sizeof e->lift, "stairgate grants revoke %u", grant->id);
}

void explain_offline(const struct snapshot *snapshot, struct explanation *e)
{
    const struct grant_hit *grant = &e->verdict.grant;
    const struct config_profile *profile = profile_of(snapshot, e)->config;
    char until[UNTIL_TEXT_MAX];

    if (grant->id != 0) {
        until_text(snapshot, e, grant->until_s, " for ever", until);
        snprintf(e->sentence, sizeof e->sentence,
                 "blocked: somebody has put this client offline%s (grant %u)", until, grant->id);
        snprintf(e->lift, sizeof e->lift, "stairgate grants revoke %u", grant->id);
        return;
    }
    until_text(snapshot, e, e->verdict.valid_until_s, " for ever", until);
    snprintf(e->sentence, sizeof e->sentence,
             "blocked: the hours of profile '%s' have it offline%s", e->profile, until);
    snprintf(e->lift, sizeof e->lift,
             "wait, or `stairgate pause --profile %s --for 30m`, or change the hours (%.300s:%u)",
             e->profile, snapshot_config(snapshot)->path, profile->place.line);
}

const char *explain_schedule_name(const struct snapshot *snapshot, const struct verdict *verdict)
{
    const struct config_profile *profile = snapshot->profiles[verdict->profile].config;

    if (verdict->schedule == 0)
        return NULL;
    if (verdict->schedule == VERDICT_HOURS || verdict->schedule > profile->schedule_count)
        return "hours of the preset";
    return profile->schedules[verdict->schedule - 1].name;
}

void explain_schedule(const struct snapshot *snapshot, struct explanation *e)
{
    const char *what = e->rule_suffix[0] != '\0' ? e->rule_suffix : e->name;
    char until[UNTIL_TEXT_MAX];

    until_text(snapshot, e, e->verdict.valid_until_s, "", until);
    snprintf(e->sentence, sizeof e->sentence, "%s%s: '%.256s' is %s by '%.64s' of profile '%s'",
             e->blocked ? "blocked" : "passes", until, what, e->blocked ? "closed" : "opened",
             explain_schedule_name(snapshot, &e->verdict), e->profile);
    if (strcmp(e->matched, "-") != 0)
        add(e, ", as %.300s", e->matched);
    if (e->blocked)
        snprintf(e->lift, sizeof e->lift,
                 "wait, or `stairgate allow %.256s --profile %s --for 30m`, or change the hours "
                 "(%.300s)",
                 e->name, e->profile, e->rule_at);
}

static void tell_state(const struct snapshot *snapshot, const struct ask *ask,
                       struct explanation *e)
{
    const struct compiled_profile *profile = profile_of(snapshot, e);
    const struct moment moment = {ask->wall_s, e->verdict.step_s};
    struct compiled_state room;
    const struct compiled_state *state;
    int64_t until_s;

    state = moment_state(profile, &moment, &room, &until_s);
    e->preset = state->preset != NULL ? state->preset : "";
    e->clock_unknown = state->clock_unknown;
    for (size_t i = 0; i < profile->config->schedule_count; i++) {
        size_t used = strlen(e->in_force);

        if ((state->active >> i & 1) != 0 && used + CONFIG_WORD_MAX + 1 < sizeof e->in_force)
            snprintf(e->in_force + used, sizeof e->in_force - used, "%s%s", used > 0 ? "," : "",
                     profile->config->schedules[i].name);
    }
    if (e->in_force[0] == '\0')
        snprintf(e->in_force, sizeof e->in_force, "-");
}

void explain_moment(const struct snapshot *snapshot, const struct ask *ask, struct explanation *e)
{
    const struct verdict *verdict = &e->verdict;
    char until[UNTIL_TEXT_MAX];

    tell_state(snapshot, ask, e);
    until_text(snapshot, e, verdict->valid_until_s, "", until);
    if (verdict->warned && e->blocked) {
        add(e, "; who uses the device may open it for a while");
        snprintf(e->lift, sizeof e->lift, "stairgate release %.256s --device D", e->name);
    }
    if (verdict->released)
        add(e, "; released by the user of the device%s", until);
    if (verdict->would_block)
        add(e, "; it would be blocked (%s), were profile '%s' not in observe mode",
            verdict_rule_word(verdict->observed_rule), e->profile);
    if (e->clock_unknown)
        add(e, "; the clock is wrong, so that what hours and ages close is closed");
}
