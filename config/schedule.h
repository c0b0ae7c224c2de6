/* schedule.h - what the readers of times share with the rest of config/. Inside config/ only. */
#ifndef CONFIG_SCHEDULE_H
#define CONFIG_SCHEDULE_H

#include <stdint.h>

struct config;
struct config_profile;
struct walk;

/* What a profile's `bedtime` becomes: a schedule of this name. */
#define SCHEDULE_BEDTIME "bedtime"

/* Returns the weekend of CALENDAR (an index), or, for -1, the one where no calendar says: that of
 * the country, else Saturday and Sunday. */
uint8_t calendar_weekend(const struct config *config, long calendar);

/* Rules over several options (schedule.c). */
void check_schedules(struct walk *walk);

/* Free what PROFILE's schedules hold, and CONFIG's calendars. */
void schedules_free(struct config_profile *profile);
void calendars_free(struct config *config);

#endif
