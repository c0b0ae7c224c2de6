/* store_files.c - what a segment's file says itself: the only thing that is believed of it. */
#include "blocklist/feed/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "blocklist/set/segment_file.h"
#include "config/base/err.h"

/* `LIST` or `LIST/PART`. */
static int split_feed(const struct segment *segment, struct store_segment *into, struct err *err)
{
    const char *feed = segment->about.feed, *slash = strchr(feed, '/');
    size_t length = slash != NULL ? (size_t)(slash - feed) : strlen(feed);

    if (length == 0 || length >= sizeof into->list)
        return err_set(err, ERR_FORMAT, "%s: belongs to no list", segment->path);
    memcpy(into->list, feed, length);
    snprintf(into->part, sizeof into->part, "%s", slash != NULL ? slash + 1 : "");
    return 0;
}

static int read_facts(const struct segment *segment, bool whole, struct store_segment *into,
                      struct err *err)
{
    if (split_feed(segment, into, err) != 0)
        return -1;
    for (size_t id = SEGMENT_SUBTREE; id <= SEGMENT_BELOW; id++) {
        if (!segment->parts[id].digested)
            return err_set(err, ERR_FORMAT, "%s: its names have no digest", segment->path);
    }
    into->entries = segment_entries(segment);
    into->seed = segment->seed;
    into->about = segment->about;
    memcpy(into->digest, segment->digest, sizeof into->digest);
    return whole ? segment_verify(segment, err) : 0;
}

int store_segment_read(const char *dir, const char *file, bool whole, struct store_segment *segment,
                       struct err *err)
{
    char path[PLACE_PATH_MAX];
    struct segment *opened;
    int result;

    memset(segment, 0, sizeof *segment);
    if (strlen(file) >= sizeof segment->file)
        return err_set(err, ERR_LIMIT, "%.80s: the name of a segment is too long", file);
    memcpy(segment->file, file, strlen(file) + 1);
    opened = segment_open(place_segment(dir, file, path), err);
    if (opened == NULL)
        return -1;
    result = read_facts(opened, whole, segment, err);
    segment_close(opened);
    return result;
}
