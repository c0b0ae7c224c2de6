/* zone_rule.h - the rule in a TZif file's footer, for all times behind its last transition: when
 * clocks go forward and back in any year. For zone.c alone. */
#ifndef POLICY_WHEN_ZONE_RULE_H
#define POLICY_WHEN_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum zone_day_form {
    ZONE_DAY_JULIAN,  /* Jn: 1 to 365, 29 February never counted */
    ZONE_DAY_COUNTED, /* n: 0 to 365 */
    ZONE_DAY_WEEK,    /* Mm.w.d: weekday d of the week w of month m; 5 is the last */
};

struct zone_change {
    enum zone_day_form form;
    uint16_t day; /* n, or d from 0, Sunday */
    uint8_t month, week;
    int32_t time_s; /* from 00:00 of that day, by the clock that shows until then */
};

struct zone_rule {
    int32_t standard, summer; /* seconds ahead of UTC; summer only where it changes */
    bool changes;
    struct zone_change to_summer, to_standard;
};

/* Reads TEXT[0..LENGTH), such as `CET-1CEST,M3.5.0,M10.5.0/3`, into RULE. Errors: -1 with
 * ERR_FORMAT. RFC: 9636 §3.3. */
int zone_rule_read(const char *text, size_t length, struct zone_rule *rule, struct err *err);

/* Returns the offset in seconds that RULE gives at WALL_S. */
int32_t zone_rule_offset(const struct zone_rule *rule, int64_t wall_s);

/* Returns the first instant after WALL_S at which that offset changes; INT64_MAX for never. */
int64_t zone_rule_next(const struct zone_rule *rule, int64_t wall_s);

#endif
