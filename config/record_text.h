/* record_text.h - a local record as a line that people know from zone files. */
#ifndef CONFIG_RECORD_TEXT_H
#define CONFIG_RECORD_TEXT_H

#include <stddef.h>

struct config_record;

/* Writes RECORD as `NAME TTL TYPE DATA` into OUT[0..ROOM), cut where it is longer; returns OUT. */
char *record_to_text(const struct config_record *record, char *out, size_t room);

#endif
