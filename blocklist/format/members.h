/* members.h - walks the files of an archive, each as a source, wherever the archive is and however
 * packed. For sources of which one file is the list, source_open_as is enough. */
#ifndef BLOCKLIST_FORMAT_MEMBERS_H
#define BLOCKLIST_FORMAT_MEMBERS_H

#include "blocklist/format/bundle.h"
#include "blocklist/format/source.h"

/* Calls SEE with each member of the archive at PATH, in its order; OCTETS is NULL for what is no
 * file, and else need not be read to its end. SEE returns 0 to go on, 1 to end the walk well, -1
 * with ERR. Errors: -1 with ERR: ERR_FORMAT (no archive, broken), ERR_LIMIT, ERR_NOT_FOUND,
 * ERR_SYSTEM, those of SEE. */
int members_walk(const char *path, const struct source_limits *limits, void *context,
                 int (*see)(void *context, const struct member *member, struct source *octets,
                            struct err *err),
                 struct err *err);

#endif
