/* build_plan.h - what `set build` is to read: one source for each segment, and what was passed over
 * with the reason. Filled from the command line, then compiled (build_run.h), then shown
 * (build_summary.h). */
#ifndef TOOLS_STAIRGATE_BUILD_PLAN_H
#define TOOLS_STAIRGATE_BUILD_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "blocklist/format/compile.h"
#include "blocklist/format/ut1.h"
#include "config/base/err.h"

struct taxonomy;

struct plan_source {
    char *path;              /* the file, or the tree */
    char ut1[UT1_NAME_MAX];  /* the category in the tree; "" for a file */
    size_t tree;             /* number of the tree, when ut1 is not "" */
    const struct format *as; /* format as asked for, NULL to guess */
    struct compile compile;
    bool done, failed;
    struct err fault; /* when failed */
};

struct plan_tree {
    char *path;
    struct ut1_tree tree;
};

/* Something that was seen and not read, or that failed before it became a source. */
struct plan_note {
    char *name;
    bool failed;
    char why[400];
};

struct plan {
    struct plan_source *sources;
    size_t source_count, source_room;
    struct plan_tree *trees;
    size_t tree_count, tree_room;
    struct plan_note *notes;
    size_t note_count, note_room;
    const struct taxonomy *taxonomy;
};

/* How one source is wanted. */
struct plan_wish {
    const char *category, *feed; /* feed NULL: from the path */
    const struct format *format; /* NULL: guessed */
    struct intake_rules rules;
    bool observe; /* counted, not applied */
};

/* Adds the file at PATH as WISH has it. Errors: -1 with ERR_MEMORY. */
int plan_add_file(struct plan *plan, const char *path, const struct plan_wish *wish,
                  struct err *err);

/* Adds what SPEC says: KEY=PATH[:FORMAT][,OPTION=VALUE]... Errors: -1 with ERR_USAGE. */
int plan_add_spec(struct plan *plan, const char *spec, struct err *err);

/* Adds the UT1 tree at PATH, each category that the table maps; the others become notes, as does
 * the tree itself if it cannot be read. Errors: -1 with ERR_MEMORY. */
int plan_add_tree(struct plan *plan, const char *path, struct err *err);

/* Adds what config/data/lists.tsv knows in the directory at PATH, which may be a UT1 tree itself.
 * Errors: -1 with ERR. (build_lists.c) */
int plan_add_lists(struct plan *plan, const char *path, struct err *err);

/* Notes that NAME was passed over, or FAILED, because of WHY. Errors: -1 with ERR_MEMORY. */
int plan_note(struct plan *plan, const char *name, bool failed, const char *why, struct err *err);

/* Frees what PLAN holds. */
void plan_free(struct plan *plan);

#endif
