/* snapshot_tags.c - the tags of lists that profiles and schedules name (config/service.h). */
#include <string.h>

#include "blocklist/set/set.h"
#include "config/service.h"
#include "policy/compiled.h"

/* Returns the bit of the list that FEED is, or is a part of: `list/part`. */
static unsigned bit_of(const void *context, const char *feed)
{
    const struct config *config = context;
    size_t length = strcspn(feed, "/");
    char id[CONFIG_WORD_MAX];

    if (length >= sizeof id)
        return 0;
    memcpy(id, feed, length);
    id[length] = '\0';
    return tag_find(config, id, true);
}

int snapshot_tag_lists(struct snapshot *s, struct err *err)
{
    bool any = false;

    for (size_t i = 0; i < s->config->tag_count; i++)
        any = any || s->config->tags[i].is_list;
    return any ? set_tag_feeds(s->listed, bit_of, s->config, err) : 0;
}
