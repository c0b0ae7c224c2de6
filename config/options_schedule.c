/* What can be written about times: calendars, and what holds at certain hours. */
#include "config/options_schedule.h"

#include "config/window.h"

#define FIELD(type, field) .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)
#define LIST(type, field, length) FIELD(type, field), .count_offset = offsetof(type, length)

static const char *const words_only[] = {"always", "terms", "holidays", NULL};

const struct option options_calendar[] = {
    {.name = "weekend",
     .type = OPTION_DAYS,
     FIELD(struct config_calendar, weekend),
     .default_text = "as the country, else [sat, sun]",
     .from = "country",
     .help = "the days that `weekend` means in hours; `weekdays` are the others.",
     .since = "0.2"},
    {.name = "holiday_as",
     .type = OPTION_WORD,
     FIELD(struct config_calendar, holiday_as),
     .words = window_days,
     .by_default = "sun",
     .help = "the day of the week that a holiday counts as.",
     .since = "0.2"},
    {.name = "holidays",
     .type = OPTION_DATES,
     LIST(struct config_calendar, holidays, holiday_count),
     .by_default = "[]",
     .help = "holidays, each a date or a range; `stairgate calendar import` prints those of an "
             "iCalendar file.", .since = "0.2"},
    {.name = "terms",
     .type = OPTION_DATES,
     LIST(struct config_calendar, terms, term_count),
     .default_text = "always",
     .help = "when school is held, written like holidays.",
     .since = "0.2"},
    {0                                                                           },
};

const struct option options_schedule[] = {
    {.name = "block",
     .type = OPTION_CATEGORIES,
     FIELD(struct option_schedule, block),
     .default_text = "none",
     .help = "categories that are blocked in these hours; [] where only names are.",
     .since = "0.2"},
    {.name = "allow",
     .type = OPTION_CATEGORIES,
     FIELD(struct option_schedule, allow),
     .default_text = "none",
     .help = "categories that are open in these hours, though the profile blocks them; [] where "
             "only names are.", .since = "0.2"},
    {.name = "offline",
     .type = OPTION_BOOL,
     FIELD(struct option_schedule, offline),
     .by_default = "no",
     .help = "whether nothing is answered in these hours but pins, the names of help.",
     .since = "0.2"},
    {.name = "services",
     .type = OPTION_SERVICE_TAGS,
     FIELD(struct option_schedule, schedule.targets),
     .by_default = "[]",
     .help = "services that this is about too, as `stairgate services list` names them.",
     .since = "0.2"},
    {.name = "lists",
     .type = OPTION_LIST_TAGS,
     FIELD(struct option_schedule, schedule.targets),
     .by_default = "[]",
     .help = "lists that this is about too, by their names in `lists`.",
     .since = "0.2"},
    {.name = "names",
     .type = OPTION_RULES,
     FIELD(struct option_schedule, schedule.names),
     .by_default = "[]",
     .help = "names that this is about too, written like a profile's allow.",
     .since = "0.2"},
    {.name = "everything",
     .type = OPTION_BOOL,
     FIELD(struct option_schedule, schedule.everything),
     .by_default = "no",
     .help = "whether this is about the whole of the internet.",
     .since = "0.2"},
    {.name = "when",
     .type = OPTION_WINDOWS,
     .required = true,
     LIST(struct option_schedule, schedule.windows, schedule.window_count),
     .help = "the hours, each with the days that they begin on: `mon-fri 15:00-17:00`. The end "
             "itself is outside; an end before the beginning is on the next day.", .since = "0.2"},
    {.name = "only",
     .type = OPTION_WORD,
     FIELD(struct option_schedule, only),
     .words = words_only,
     .by_default = "always",
     .help = "of the profile's calendar: `terms` are days in a term that are no holidays, "
             "`holidays` all others.", .since = "0.2"},
    {0},
};
