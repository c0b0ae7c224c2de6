/* text.h - what people write: durations, sizes, times, and words that were nearly right. */
#ifndef CONFIG_BASE_TEXT_H
#define CONFIG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads TEXT as a duration into *MS: a number with one of the units ms, s, m, h, d, w, or several
 * (`1h30m`). A bare number is refused, since nobody can tell what it counts. Returns 0 or -1. */
int text_duration_ms(const char *text, uint64_t *ms);

/* Reads TEXT as a size into *BYTES: a number, with one of B, KiB, MiB, GiB or none. Returns 0 or
 * -1. */
int text_size_bytes(const char *text, uint64_t *bytes);

/* Writes MS as the shortest text that text_duration_ms reads back (`90s` is `1m30s`) into OUT (32
 * octets); returns OUT. */
char *text_from_duration(uint64_t ms, char *out);

/* Writes UNIX_S as `2026-12-31T23:59:59Z` into OUT (32 octets), "" where no calendar has it;
 * returns OUT. */
char *text_from_time(int64_t unix_s, char *out);

/* Returns the one of WORDS[0..COUNT) that WORD most likely means (few letters differ), or NULL. */
const char *text_nearest(const char *word, const char *const *words, size_t count);

/* Tells whether TEXT can stand in a table, a log or a terminal and be what it looks like: UTF-8
 * without controls (C0, DEL, C1), ends of lines, and the marks that turn the direction of writing;
 * the first and the last of it can be seen. */
bool text_is_plain(const char *text);

/* Returns what the hexadecimal digit C stands for, -1 where it is none. */
int text_hex_digit(char c);

#endif
