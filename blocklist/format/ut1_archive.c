/* A UT1 tree in an archive. Members stream into the parsers, so that no path and no link of the
 * archive can reach a file. */
#include "blocklist/format/ut1_walk.h"

#include <stdio.h>
#include <string.h>

#include "blocklist/format/members.h"
#include "config/base/err.h"

enum { PATH_ROOM = 1024, PARTS_MAX = 3 };

/* A member's path, cut at its slashes. */
struct parts {
    char room[PATH_ROOM];
    char *part[PARTS_MAX];
    size_t count;
};

/* Cuts TEXT. Returns false for a path that is deeper than the tree or has empty parts. */
static bool cut(struct parts *parts, const char *text)
{
    size_t length = strlen(text);
    char *at = parts->room;

    parts->count = 0;
    if (length >= sizeof parts->room)
        return false;
    memcpy(parts->room, text, length + 1);
    while (length > 0 && parts->room[length - 1] == '/')
        parts->room[--length] = '\0'; /* a folder's */
    for (char *part; (part = strsep(&at, "/")) != NULL;) {
        if (parts->count == PARTS_MAX || part[0] == '\0' || strcmp(part, ".") == 0)
            return false;
        parts->part[parts->count++] = part;
    }
    return true;
}

static int read_file(const struct ut1_visitor *visitor, const struct parts *parts,
                     struct source *source, struct err *err)
{
    const char *category = parts->count < 2 ? "" : parts->part[parts->count - 2];
    enum ut1_file file = ut1_file_find(parts->part[parts->count - 1]);

    /* README, global_usage and the like are passed over. */
    if (!ut1_name_ok(category) || file == UT1_FILES ||
        !visitor->wants(visitor->context, category, file))
        return 0;
    return visitor->read(visitor->context, category, file, source, err);
}

/* Tells the visitor of a link, which is never followed. */
static void see_link(const struct ut1_visitor *visitor, const struct parts *parts)
{
    const char *last = parts->part[parts->count - 1];

    if (parts->count < PARTS_MAX && ut1_name_ok(last) && ut1_file_find(last) == UT1_FILES)
        visitor->link(visitor->context, last);
    else
        visitor->refuse(visitor->context, "a link in place of a file");
}

static int see_member(void *context, const struct member *member, struct source *source,
                      struct err *err)
{
    const struct ut1_visitor *visitor = context;
    struct parts parts;

    if (member->kind == MEMBER_FOLDER)
        return 0;
    if (member->kind == MEMBER_REFUSED)
        visitor->refuse(visitor->context, member->why);
    else if (!cut(&parts, member->path))
        visitor->refuse(visitor->context, "a path that is not [ROOT/]CATEGORY/FILE");
    else if (member->kind == MEMBER_LINK)
        see_link(visitor, &parts);
    else
        return read_file(visitor, &parts, source, err);
    return 0;
}

int ut1_walk_archive(const char *path, const struct source_limits *limits,
                     const struct ut1_visitor *visitor, struct err *err)
{
    /* members_walk gives the context back as it is; nothing writes to it. */
    int result = members_walk(path, limits, (void *)(uintptr_t)visitor, see_member, err);

    return result == 0 ? 0 : err_before(err, path);
}
