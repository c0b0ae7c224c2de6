#include "blocklist/set/build.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "blocklist/set/line.h"
#include "blocklist/set/set_find.h"
#include "blocklist/set/set_out.h"
#include "config/base/err.h"

int protect_collect(struct build *build, struct err *err)
{
    const struct builder_options *options = build->options;
    struct siphash_key key = siphash_key_from_seed(options->seed);
    uint64_t chain[NAME_LABELS_MAX];

    for (size_t i = 0; i < options->protected_count; i++) {
        size_t labels =
            siphash_suffixes(&key, &options->protected_names[i], chain, NAME_LABELS_MAX);

        for (size_t depth = 0; depth < labels; depth++) {
            if (hashes_push(&build->protected, chain[depth], err) != 0)
                return -1;
        }
    }
    hashes_sort_unique(&build->protected);
    build->listed = calloc(build->protected.count + 1, 1);
    return build->listed == NULL ? err_set(err, ERR_MEMORY, "out of memory for protected names")
                                 : 0;
}

void protect_see(struct build *build, size_t *at, uint64_t hash)
{
    const struct hashes *protected = &build->protected;

    while (*at < protected->count && protected->items[*at] < hash)
        ++*at;
    if (*at < protected->count && protected->items[*at] == hash)
        build->listed[*at] = 1;
}

int protect_prove(const struct build *build, struct err *err)
{
    /* From the file's beginning: a map's offset must be a multiple of the page, which is 16 or 64
     * KiB on some machines. */
    size_t octets = SET_HEADER_OCTETS + (size_t)build->stored * LINE_OCTETS;
    struct set_lines lines = {NULL, build->lines, build->stored, build->spill,
                              build->id_bits == 8 ? LINE_SLOTS_8 : LINE_SLOTS_16};
    void *map;
    int result = 0;

    if (build->protected.count == 0)
        return 0;
    map = mmap(NULL, octets, PROT_READ, MAP_SHARED, set_out_fd(build->out), 0);
    if (map == MAP_FAILED)
        return err_system(err, "%s: cannot map the new set", build->options->out);
    lines.octets = (const uint8_t *)map + SET_HEADER_OCTETS;
    for (size_t i = 0; i < build->protected.count && result == 0; i++) {
        if (!build->listed[i] && set_lines_find(&lines, build->protected.items[i]) != 0)
            result = err_set(err, ERR_GATE,
                             "a protected name collides with a listed one under seed %llu; take "
                             "another seed",
                             (unsigned long long)build->options->seed);
    }
    munmap(map, octets);
    return result;
}
