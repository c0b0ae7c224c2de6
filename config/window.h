/* window.h - days of the week and windows of hours as people write them. Inside config/ only.
 *
 * `sun-thu 20:00-06:30`: days, then hours. Days are mon to sun, ranges of them (`sat-mon` runs on
 * into the next week), `weekdays`, `weekend`, `daily`, and several of these with commas or blanks;
 * none is daily. */
#ifndef CONFIG_WINDOW_H
#define CONFIG_WINDOW_H

#include <stdint.h>

#include "config/config.h"

enum {
    WINDOW_DAYS_ALL = 0x7f,
    WINDOW_WEEKEND = 0x60, /* Saturday and Sunday */
    WINDOW_TEXT_MAX = 64,
    WINDOW_FAULT_MAX = 200
};

/* The words mon to sun, ended by NULL. */
extern const char *const window_days[];

/* Reads TEXT[0..LENGTH), one word or range of days, into *DAYS. WEEKEND is what `weekend` means.
 * Returns 0, or -1 with what is wrong, and the cure, in FAULT (WINDOW_FAULT_MAX). */
int window_read_days(const char *text, size_t length, uint8_t weekend, uint8_t *days, char *fault);

/* Reads TEXT as a window. Returns 0, or -1 with what is wrong, and the cure, in FAULT
 * (WINDOW_FAULT_MAX). */
int window_read(const char *text, uint8_t weekend, struct config_window *window, char *fault);

/* Sets WINDOW's days to what was written, where the weekend is WEEKEND. */
void window_settle(struct config_window *window, uint8_t weekend);

/* Writes DAYS as `sun-thu`, `mon wed` or `daily` into OUT (WINDOW_TEXT_MAX); returns OUT. */
char *window_days_text(uint8_t days, char *out);

/* Writes WINDOW as window_read reads it into OUT (WINDOW_TEXT_MAX); returns OUT. */
char *window_to_text(const struct config_window *window, char *out);

#endif
