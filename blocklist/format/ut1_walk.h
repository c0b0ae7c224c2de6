/* ut1_walk.h - the files of a UT1 tree, from a directory or an archive, packed or not (members.h).
 *
 * The tree is [ROOT/]CATEGORY/FILE with FILE one of domains, urls, expressions, usage; whatever
 * else lies there is passed over. No link is followed and nothing but regular files is read, since
 * an archive from the network may hold anything: a link is only told of by the name of its
 * category. */
#ifndef BLOCKLIST_FORMAT_UT1_WALK_H
#define BLOCKLIST_FORMAT_UT1_WALK_H

#include <stdbool.h>

struct err;
struct source;
struct source_limits;

enum ut1_file { UT1_DOMAINS, UT1_URLS, UT1_EXPRESSIONS, UT1_USAGE, UT1_FILES };

enum { UT1_NAME_MAX = 64 }; /* of a category, the NUL included */

/* What a walk tells. FILE functions return 0, or -1 with ERR, which ends the walk. */
struct ut1_visitor {
    void *context;
    /* A file is there; returns whether its octets are wanted. */
    bool (*wants)(void *context, const char *category, enum ut1_file file);
    /* The octets of a wanted file; SOURCE is the walk's and need not be read to its end. */
    int (*read)(void *context, const char *category, enum ut1_file file, struct source *source,
                struct err *err);
    /* A link stands in place of a category. */
    void (*link)(void *context, const char *category);
    /* An entry was refused: a path that leaves the tree, a link in place of a file, a device. */
    void (*refuse)(void *context, const char *why);
};

/* Walks the tree at PATH; LIMITS bound an archive. Errors: -1 with ERR: ERR_NOT_FOUND, ERR_FORMAT
 * (no archive, broken), ERR_LIMIT (larger than any list), ERR_SYSTEM, those of the visitor. */
int ut1_walk(const char *path, const struct source_limits *limits,
             const struct ut1_visitor *visitor, struct err *err);

/* Tells whether the directory at PATH looks like such a tree: a folder in it has a domains or usage
 * file. */
bool ut1_is_tree(const char *path);

/* The two halves of ut1_walk. */
int ut1_walk_directory(const char *path, const struct ut1_visitor *visitor, struct err *err);
int ut1_walk_archive(const char *path, const struct source_limits *limits,
                     const struct ut1_visitor *visitor, struct err *err);

/* Returns which file NAME is, UT1_FILES for none of them; and whether NAME can be a category's. */
enum ut1_file ut1_file_find(const char *name);
bool ut1_name_ok(const char *name);

#endif
