#include "blocklist/format/members.h"

#include "blocklist/format/levels.h"
#include "blocklist/format/octets.h"
#include "config/base/err.h"

struct walk {
    struct octets octets;
    struct levels levels;
    struct bundle *bundle;
    void *context;
    int (*see)(void *context, const struct member *member, struct source *octets, struct err *err);
};

static int see(struct walk *walk, const struct member *member, struct err *err)
{
    struct source *source;
    int result;

    if (member->kind != MEMBER_FILE)
        return walk->see(walk->context, member, NULL, err);
    source = source_open_reader(bundle_read, walk->bundle, err);
    if (source == NULL)
        return -1;
    result = walk->see(walk->context, member, source, err);
    source_close(source);
    return result;
}

static int walk_all(struct walk *walk, struct err *err)
{
    struct member member;
    int more, result = 0;

    while (result == 0 && (more = bundle_next(walk->bundle, &member, err)) != 0)
        result = more < 0 ? -1 : see(walk, &member, err);
    return result < 0 ? -1 : 0;
}

int members_walk(const char *path, const struct source_limits *limits, void *context,
                 int (*see_member)(void *context, const struct member *member,
                                   struct source *octets, struct err *err),
                 struct err *err)
{
    struct walk walk = {.context = context, .see = see_member};
    int result = -1;

    if (octets_open(&walk.octets, path, err) == 0 &&
        levels_start(&walk.levels, limits, octets_read, &walk.octets, err) == 0) {
        if (walk.levels.archive == BUNDLE_NONE)
            err_set(err, ERR_FORMAT, "no tar or zip archive");
        else
            walk.bundle = bundle_open(walk.levels.archive, level_read, levels_top(&walk.levels),
                                      &walk.levels.limits, err);
    }
    if (walk.bundle != NULL)
        result = walk_all(&walk, err);
    bundle_close(walk.bundle);
    levels_end(&walk.levels);
    octets_close(&walk.octets);
    return result;
}
