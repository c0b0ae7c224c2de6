/* webpage.h - tells a web page from a list: what a mirror answers instead of one (a log-in, a bot
 * challenge, an error) is no list in any format. */
#ifndef BLOCKLIST_FORMAT_WEBPAGE_H
#define BLOCKLIST_FORMAT_WEBPAGE_H

#include <stddef.h>
#include <stdint.h>

struct err;

/* What its message begins with. */
#define WEBPAGE_TEXT "a web page, not a list"

/* Refuses FIRST[0..LENGTH), the first octets of a source, where they begin a page. Errors: -1 with
 * ERR_FORMAT and at most 80 characters of it, escaped. */
int webpage_refuse(const uint8_t *first, size_t length, struct err *err);

#endif
