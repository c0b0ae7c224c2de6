/* build_parts.h - the folder of segments while a set is built. */
#ifndef TOOLS_STAIRGATE_BUILD_PARTS_H
#define TOOLS_STAIRGATE_BUILD_PARTS_H

#include <stddef.h>

struct err;

enum { PARTS_PATH_MAX = 4096, PARTS_FOLDER_MAX = 4000 };

struct parts {
    char folder[PARTS_FOLDER_MAX];
};

/* Makes a folder in TMPDIR, or without that beside OUT, where it first removes what runs that were
 * killed left. Errors: -1 with ERR. */
int parts_open(struct parts *parts, const char *out, struct err *err);

/* Writes the path of segment NUMBER into PATH. */
void parts_path(const struct parts *parts, size_t number, char path[PARTS_PATH_MAX]);

/* Removes the folder and all files in it. */
void parts_remove(const struct parts *parts);

#endif
