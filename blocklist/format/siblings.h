/* siblings.h - the files that stand beside a list: in the same folder of its archive, or of the
 * disk where the caller says that they belong to it. For formats whose lists include each other.
 *
 * A sibling is known by its name alone, never by a path, and no link is followed. */
#ifndef BLOCKLIST_FORMAT_SIBLINGS_H
#define BLOCKLIST_FORMAT_SIBLINGS_H

#include <stdbool.h>

#include "blocklist/format/source.h"

struct siblings {
    const char *path; /* of the file or archive; NULL: there are none */
    const struct source_options *options;
    const char *member; /* the list's path in the archive; NULL: it is in none */
};

struct siblings_visitor {
    void *context;
    bool (*wants)(void *context, const char *name);
    /* Returns 0, or -1 with ERR. OCTETS need not be read to their end. */
    int (*read)(void *context, const char *name, struct source *octets, struct err *err);
};

/* Walks the siblings, the list itself among them, once: WANTS is asked for each, READ gets those
 * wanted. Errors: -1 with ERR: broken, over a limit, ERR_SYSTEM, those of READ. */
int siblings_walk(const struct siblings *siblings, const struct siblings_visitor *visitor,
                  struct err *err);

#endif
