/* segment_names.h - the names of a source in their order, packed with zstd, on their way into a
 * segment: a file of its own, without a name, until the segment is written. Reading them:
 * segment_kept.h. */
#ifndef BLOCKLIST_SET_SEGMENT_NAMES_H
#define BLOCKLIST_SET_SEGMENT_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "blocklist/set/segment.h"

struct names_out;

/* A record: u8 kind + 4 x operation + 8 where there are terms, then u32 their number; u8 octets of
 * the name, and it in wire format. */
enum { NAMES_TERMS = 8, NAMES_RECORD_MAX = 1 + 4 + 1 + 255 };

/* Starts a file in the folder of PATH. Owner: the caller ends it with names_out_end. Errors: NULL
 * with ERR. */
struct names_out *names_out_start(const char *path, struct err *err);

/* Appends NAME; TERMS is -1 for none. Errors: -1 with ERR. */
int names_out_add(struct names_out *names, const struct name *name, enum entry_kind kind,
                  enum entry_operation operation, int64_t terms, struct err *err);

/* Reads what was packed into DATA, from the beginning on; nothing can be added any more. Returns
 * the octets, 0 at the end, -1 with ERR. */
ssize_t names_out_read(struct names_out *names, uint8_t *data, size_t length, struct err *err);

/* Returns how many names were added. */
uint64_t names_out_count(const struct names_out *names);

/* Frees NAMES and its file; NULL is fine. */
void names_out_end(struct names_out *names);

#endif
