/* options_rows.h - what rows of options are written with. Inside the tables of config/ only. */
#ifndef CONFIG_OPTIONS_ROWS_H
#define CONFIG_OPTIONS_ROWS_H

#include "config/options.h"

/* The FIELD of the struct TYPE that a row fills; and a list, whose length stands in LENGTH. */
#define FIELD(type, field) .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)
#define LIST(type, field, length) FIELD(type, field), .count_offset = offsetof(type, length)

enum { MINUTE_MS = 60000, MINUTE_S = 60, HOUR_S = 60 * MINUTE_S, DAY_S = 24 * HOUR_S };

#endif
