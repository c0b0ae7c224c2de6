/* A UT1 tree in a tar archive. Nothing is unpacked to disk: members stream into the parsers, so
 * that no path and no link of the archive can reach a file. Only tar and gzip are compiled into the
 * reader's choice. Sizes are bounded twice, by what a header claims and by what comes out. */
#include "blocklist/format/ut1_walk.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "blocklist/format/source.h"
#include "config/base/err.h"

enum { BLOCK_OCTETS = 64 * 1024, ENTRIES_MAX = 100000, PATH_ROOM = 1024, PARTS_MAX = 3 };

struct walk {
    struct archive *archive;
    const struct ut1_visitor *visitor;
    const char *path;
};

/* A member's path, cut at its slashes. */
struct parts {
    char room[PATH_ROOM];
    char *part[PARTS_MAX];
    size_t count;
};

/* Cuts TEXT. Returns false for a path that is absolute, leaves the tree or is deeper than it. */
static bool cut(struct parts *parts, const char *text)
{
    size_t length = strlen(text);
    char *at = parts->room;

    parts->count = 0;
    if (length >= sizeof parts->room)
        return false;
    memcpy(parts->room, text, length + 1);
    if (strncmp(at, "./", 2) == 0)
        at += 2;
    while (length > 0 && parts->room[length - 1] == '/')
        parts->room[--length] = '\0'; /* a folder's */
    for (char *part; (part = strsep(&at, "/")) != NULL;) {
        if (parts->count == PARTS_MAX || part[0] == '\0' || strcmp(part, ".") == 0 ||
            strcmp(part, "..") == 0)
            return false;
        parts->part[parts->count++] = part;
    }
    return true;
}

static ssize_t read_member(void *context, void *data, size_t room, struct err *err)
{
    struct walk *walk = context;
    la_ssize_t got = archive_read_data(walk->archive, data, room);

    if (got < 0)
        return err_set(err, ERR_FORMAT, "%s: broken archive: %s", walk->path,
                       archive_error_string(walk->archive));
    return (ssize_t)got;
}

static int read_file(struct walk *walk, const char *category, enum ut1_file file, struct err *err)
{
    const struct ut1_visitor *visitor = walk->visitor;
    struct source *source;
    int result;

    if (!visitor->wants(visitor->context, category, file))
        return 0;
    source = source_open_reader(read_member, walk, err);
    if (source == NULL)
        return -1;
    result = visitor->read(visitor->context, category, file, source, err);
    source_close(source);
    return result;
}

/* Tells the visitor of ENTRY's link, which is never followed. */
static void see_link(struct walk *walk, const struct parts *parts)
{
    const struct ut1_visitor *visitor = walk->visitor;
    const char *last = parts->part[parts->count - 1];

    if (parts->count < PARTS_MAX && ut1_name_ok(last) && ut1_file_find(last) == UT1_FILES)
        visitor->link(visitor->context, last);
    else
        visitor->refuse(visitor->context, "a link in place of a file");
}

static int see_entry(struct walk *walk, struct archive_entry *entry, struct err *err)
{
    const struct ut1_visitor *visitor = walk->visitor;
    const char *path = archive_entry_pathname(entry);
    mode_t type = archive_entry_filetype(entry);
    struct parts parts;

    if (archive_entry_size(entry) > (la_int64_t)SOURCE_OCTETS_MAX || archive_entry_size(entry) < 0)
        return err_set(err, ERR_LIMIT, "%s: a member is larger than any list", walk->path);
    if (type == AE_IFDIR)
        return 0;
    if (path == NULL || !cut(&parts, path)) {
        visitor->refuse(visitor->context, "a path that is not [ROOT/]CATEGORY/FILE");
        return 0;
    }
    if (type == AE_IFLNK || archive_entry_hardlink(entry) != NULL) {
        see_link(walk, &parts);
        return 0;
    }
    if (type != AE_IFREG) {
        visitor->refuse(visitor->context, "a device, pipe or socket");
        return 0;
    }
    if (parts.count < 2 || !ut1_name_ok(parts.part[parts.count - 2]) ||
        ut1_file_find(parts.part[parts.count - 1]) == UT1_FILES)
        return 0; /* README, global_usage and the like */
    return read_file(walk, parts.part[parts.count - 2], ut1_file_find(parts.part[parts.count - 1]),
                     err);
}

static int walk_entries(struct walk *walk, struct err *err)
{
    struct archive_entry *entry;
    int state, result = 0;

    for (unsigned count = 0; result == 0; count++) {
        state = archive_read_next_header(walk->archive, &entry);
        if (state == ARCHIVE_EOF)
            return 0;
        if (state < ARCHIVE_WARN)
            return err_set(err, ERR_FORMAT, "%s: no tar archive, or broken: %s", walk->path,
                           archive_error_string(walk->archive));
        if (count == ENTRIES_MAX ||
            (uint64_t)archive_filter_bytes(walk->archive, 0) > SOURCE_OCTETS_MAX)
            return err_set(err, ERR_LIMIT, "%s: larger than any list", walk->path);
        result = see_entry(walk, entry, err);
    }
    return result;
}

int ut1_walk_archive(const char *path, const struct ut1_visitor *visitor, struct err *err)
{
    struct walk walk = {archive_read_new(), visitor, path};
    int result;

    if (walk.archive == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    archive_read_support_format_tar(walk.archive);
    archive_read_support_filter_gzip(walk.archive);
    if (archive_read_open_filename(walk.archive, path, BLOCK_OCTETS) != ARCHIVE_OK)
        result = err_set(err, ERR_FORMAT, "%s: no tar archive: %s", path,
                         archive_error_string(walk.archive));
    else
        result = walk_entries(&walk, err);
    archive_read_free(walk.archive);
    return result;
}
