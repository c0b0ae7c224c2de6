/* parts.h - one source to several segments, each of a part of it with a category of its own: the
 * folders of a UT1 tree, the files of an archive, what a column of a CSV says.
 *
 * What a part is follows from the source: a UT1 tree (directory or tar) has its categories as
 * parts, aliases by config/data/ut1.tsv; another archive has its files, named as
 * source_options.member; one file has what its format calls a part (intake_rules.part). */
#ifndef BLOCKLIST_FORMAT_PARTS_H
#define BLOCKLIST_FORMAT_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "blocklist/format/compile.h"

struct err;
struct ut1_tree;

struct compile_part {
    const char *name;       /* config_list_part.name */
    const char *segment;    /* path that its segment will stand at */
    struct compile compile; /* as for compile_file; the format is the same for all */
};

/* Compiles the file or tree at PATH into PARTS[0..COUNT), a UT1 tree in one pass. TREE is what
 * ut1_scan made of PATH with the limits of PARTS, which this changes; NULL: it scans, where there
 * may be a tree. All or nothing: when one part is missing, or broken, no segment is left. Errors:
 * -1 with ERR, which names the part: `category X missing`, a category that is an allow list by its
 * `usage` but is not to go to edu_positive, and those of compile_file. */
int compile_parts(struct compile_part *parts, size_t count, const char *path, struct ut1_tree *tree,
                  struct err *err);

#endif
