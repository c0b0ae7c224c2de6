/* options_schedule.h - the tables of options about times, and what they fill. Inside config/ only.
 */
#ifndef CONFIG_OPTIONS_SCHEDULE_H
#define CONFIG_OPTIONS_SCHEDULE_H

#include "config/options.h"

extern const struct option options_calendar[], options_schedule[];

enum schedule_only { ONLY_ALWAYS, ONLY_TERMS, ONLY_HOLIDAYS };

struct option_schedule {
    struct config_schedule schedule;
    struct mask block, allow;
    bool offline;
    uint32_t only;   /* enum schedule_only */
    uint8_t weekend; /* of the profile's calendar */
};

#endif
