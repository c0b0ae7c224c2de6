/* Any octets as a UT1 archive: the walk ends, every category has a sound name and one fate, and
 * only those with a key are read, each once. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sodium.h>

#include "blocklist/format/source.h"
#include "blocklist/format/ut1.h"
#include "config/base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

struct seen {
    char names[64][UT1_NAME_MAX];
    size_t count;
};

static int read_domains(void *context, struct ut1_category *category, struct source *source,
                        struct err *err)
{
    struct seen *seen = context;
    uint8_t room[4096];
    ssize_t got;

    must(category->key[0] != '\0' && category->files[UT1_DOMAINS]);
    for (size_t i = 0; i < seen->count; i++)
        must(strcmp(seen->names[i], category->name) != 0);
    if (seen->count < 64)
        memcpy(seen->names[seen->count++], category->name, UT1_NAME_MAX);
    while ((got = source_read(source, room, sizeof room, err)) > 0)
        ;
    return got < 0 ? -1 : 0;
}

static void check_tree(const struct ut1_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct ut1_category *category = &tree->categories[i];

        must(ut1_name_ok(category->name));
        must((category->key[0] == '\0') == (category->skipped[0] != '\0'));
        must(i == 0 || strcmp(tree->categories[i - 1].name, category->name) < 0);
    }
    must((tree->refused > 0) == (tree->first_refused != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    struct seen seen = {.count = 0};
    struct ut1_tree tree;
    struct err err;
    char path[64];
    int fd;

    if (length == 0 || sodium_init() < 0)
        return 0;
    fd = memfd_create("tree", MFD_CLOEXEC);
    must(fd >= 0 && write(fd, octets, length) == (ssize_t)length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (ut1_scan(&tree, path, NULL, &err) == 0) {
        check_tree(&tree);
        ut1_read(&tree, path, &seen, read_domains, &err);
    }
    ut1_free(&tree);
    close(fd);
    return 0;
}
