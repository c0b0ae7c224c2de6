/* fetch_part.h - the beginnings of lists that were cut off: INTO.part, and INTO.part.tag, which
 * says whose it is and how it can be gone on with. Without the tag a part is worth nothing: after a
 * crash nobody knows what of it reached the disk. */
#ifndef BLOCKLIST_FEED_FETCH_PART_H
#define BLOCKLIST_FEED_FETCH_PART_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum { FETCH_VALIDATOR_MAX = 512 };

/* Tells whether INTO has a part of URL; fills VALIDATOR and *LENGTH. */
bool fetch_part_find(const char *into, const char *url, char validator[FETCH_VALIDATOR_MAX],
                     uint64_t *length);

/* Keeps the part FD of LENGTH octets for the next run; what fails leaves no tag. */
void fetch_part_keep(const char *into, const char *url, const char *validator, int fd,
                     uint64_t length);

/* Removes INTO's tag: its part is about to change. */
void fetch_part_open(const char *into);

/* Removes INTO's part and tag. */
void fetch_part_drop(const char *into);

/* Puts INTO's part in its place and fills BODY with the digest of it, read from FD. Errors: -1 with
 * ERR. */
int fetch_part_finish(const char *into, int fd, uint8_t body[32], struct err *err);

#endif
