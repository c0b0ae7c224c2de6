/* bundle.h - the members of an archive, one after the other, as its octets go by: tar and zip.
 *
 * Nothing is unpacked to disk and no path or link of the archive is followed or used for anything
 * but to tell members apart. Archives come from the network and may hold anything: what is no
 * regular file or folder, leaves the archive or is sparse is handed out as refused, without octets.
 * Memory does not grow with what a header asks for. */
#ifndef BLOCKLIST_FORMAT_BUNDLE_H
#define BLOCKLIST_FORMAT_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "blocklist/format/source.h"

struct bundle;

enum bundle_kind { BUNDLE_NONE, BUNDLE_TAR, BUNDLE_ZIP };

enum { BUNDLE_HEADER_OCTETS = 512 }; /* that bundle_find wants to see, if there are so many */

enum member_kind { MEMBER_FILE, MEMBER_FOLDER, MEMBER_LINK, MEMBER_REFUSED };

struct member {
    const char *path; /* without `./` at its start; until the next call. Of a refused one it may be
                         anything, or NULL */
    enum member_kind kind;
    const char *why; /* of links and refused ones: a constant */
};

/* Tells what kind of archive begins with FIRST[0..LENGTH). */
enum bundle_kind bundle_find(const uint8_t *first, size_t length);

/* Opens an archive of KIND, whose octets READ gives for CONTEXT; LIMITS, without zeros, bound
 * what its files unpack to together, and must outlive the bundle. Owner: the caller closes. Errors:
 * NULL with ERR: ERR_MEMORY. */
struct bundle *bundle_open(enum bundle_kind kind, source_read_fn *read, void *context,
                           const struct source_limits *limits, struct err *err);
void bundle_close(struct bundle *bundle);

/* Fills MEMBER with the next one. Returns 1; 0 at the end, which was then looked for to the last
 * octet; -1 with ERR: ERR_FORMAT (broken, ends too early), ERR_LIMIT (too many, too large), those
 * of READ. */
int bundle_next(struct bundle *bundle, struct member *member, struct err *err);

/* Fills DATA[0..ROOM) with octets of the present member, a file, and returns how many, 0 at its
 * end; BUNDLE is a struct bundle. Errors: -1 with ERR as bundle_next. */
ssize_t bundle_read(void *bundle, void *data, size_t room, struct err *err);

/* Returns how many members were links or refused so far, and why the first was. */
uint64_t bundle_refused(const struct bundle *bundle, const char **why);

#endif
