/* snapshot_marks.c - which profile, group or service of this config a mark stands for. */
#include <stdlib.h>

#include "config/base/err.h"
#include "policy/compiled.h"
#include "policy/service.h"
#include "policy/snapshot.h"
#include "policy/state/mark.h"

static int compare(const void *x, const void *y)
{
    const struct compiled_mark *a = x, *b = y;

    return a->mark < b->mark ? -1 : a->mark > b->mark;
}

const struct compiled_mark *compiled_sort_marks(struct compiled_marks *marks)
{
    qsort(marks->items, marks->count, sizeof *marks->items, compare);
    for (size_t i = 1; i < marks->count; i++) {
        if (marks->items[i - 1].mark == marks->items[i].mark)
            return &marks->items[i - 1];
    }
    return NULL;
}

/* What the items of one list of the config are called. */
struct named {
    const char *what; /* they are */
    const char *first;
    size_t size, count; /* of an item */
};

static const char *name_at(const struct named *named, size_t i)
{
    return named->first + i * named->size;
}

static int compile(const struct named *named, struct compiled_marks *marks, struct err *err)
{
    const struct compiled_mark *twin;

    marks->items = calloc(named->count + 1, sizeof *marks->items);
    if (marks->items == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for the configuration");
    marks->count = named->count;
    for (size_t i = 0; i < named->count; i++)
        marks->items[i] = (struct compiled_mark){mark_of(name_at(named, i)), (uint32_t)i};
    twin = compiled_sort_marks(marks);
    if (twin == NULL)
        return 0;
    return err_set(err, ERR_DUPLICATE,
                   "%s '%.63s' and '%.63s' have one mark; give one another name", named->what,
                   name_at(named, twin[0].index), name_at(named, twin[1].index));
}

int snapshot_compile_marks(struct snapshot *s, struct err *err)
{
    const struct config *config = s->config;
    const struct named profiles = {"profiles",
                                   config->profile_count > 0 ? config->profiles[0].name : NULL,
                                   sizeof *config->profiles, config->profile_count};
    const struct named groups = {"groups", config->group_count > 0 ? config->groups[0].name : NULL,
                                 sizeof *config->groups, config->group_count};
    const struct named services = {"services", s->service_count > 0 ? s->services[0].id : NULL,
                                   sizeof *s->services, s->service_count};

    if (compile(&profiles, &s->profile_marks, err) != 0 ||
        compile(&groups, &s->group_names, err) != 0)
        return -1;
    return compile(&services, &s->service_marks, err);
}

void snapshot_free_marks(struct snapshot *s)
{
    free(s->service_marks.items);
    free(s->group_names.items);
    free(s->profile_marks.items);
}

long compiled_find_mark(const struct compiled_marks *marks, uint32_t mark)
{
    size_t low = 0, high = marks->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (marks->items[middle].mark < mark)
            low = middle + 1;
        else
            high = middle;
    }
    return low < marks->count && marks->items[low].mark == mark ? (long)marks->items[low].index
                                                                : -1;
}

long snapshot_group_of(const struct snapshot *s, uint32_t mark)
{
    return compiled_find_mark(&s->group_names, mark);
}
