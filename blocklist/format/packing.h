/* packing.h - packed octets to the octets they stand for: gzip, xz, zstd.
 *
 * One decoder at a time, of bounded memory whatever a header asks for: what needs more is refused.
 * An end that comes too early is an error, and so is what follows the end, unless it is another
 * packed piece of the same kind: several in a row are one (RFC 1952 §2.2, RFC 8878 §3). */
#ifndef BLOCKLIST_FORMAT_PACKING_H
#define BLOCKLIST_FORMAT_PACKING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "blocklist/format/source.h"

struct packing;
struct unpacker;

/* The largest window of zstd (2^23: RFC 8878 §3.1.1.1.2 asks no more of a decoder), and the memory
 * of the xz decoder, which the dictionary of its highest preset fits in. */
enum { PACKING_ZSTD_WINDOW_LOG = 23, PACKING_XZ_OCTETS = 72 << 20 };

/* Finds the packing that begins with FIRST[0..LENGTH). Returns 0 with *FOUND (NULL: it is not
 * packed), -1 with ERR_FORMAT where it is packed by other means. */
int packing_find(const uint8_t *first, size_t length, const struct packing **found,
                 struct err *err);

/* Starts to unpack what READ gives for CONTEXT. Owner: the caller ends with unpacker_end. Errors:
 * NULL with ERR_MEMORY. */
struct unpacker *unpacker_start(const struct packing *packing, source_read_fn *read, void *context,
                                struct err *err);
void unpacker_end(struct unpacker *unpacker);

/* Fills DATA[0..ROOM) and returns how many octets, 0 at the end; UNPACKER is a struct unpacker.
 * Errors: -1 with ERR: ERR_FORMAT (broken, ends too early), ERR_LIMIT (its decoder would need too
 * much memory), those of READ. */
ssize_t unpacker_read(void *unpacker, void *data, size_t room, struct err *err);

#endif
