/* A folder of its own for each test of sealed sets, and files in it to be looked at and damaged. */
#ifndef TESTS_UNIT_SEALED_RIG_H
#define TESTS_UNIT_SEALED_RIG_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/sealed/sealed_key.h"
#include "config/base/err.h"
#include "config/base/file.h"

enum { RIG_PATH = 400, RIG_FILE_MAX = 1 << 20 };

struct sealed_rig {
    char folder[RIG_PATH / 2], set[RIG_PATH], key_path[RIG_PATH];
    struct sealed_key *key;
};

static inline struct sealed_rig *rig_start(void)
{
    const char *place = getenv("TMPDIR");
    struct sealed_rig *rig = calloc(1, sizeof *rig);
    struct err err;

    must(rig != NULL);
    snprintf(rig->folder, sizeof rig->folder, "%s/sealed.XXXXXX", place == NULL ? "/tmp" : place);
    must(mkdtemp(rig->folder) != NULL);
    snprintf(rig->set, sizeof rig->set, "%s/a.set", rig->folder);
    snprintf(rig->key_path, sizeof rig->key_path, "%s/a.key", rig->folder);
    must(sealed_key_make(rig->key_path, &err) == 0);
    rig->key = sealed_key_read(rig->key_path, &err);
    must(rig->key != NULL);
    return rig;
}

static inline int rig_remove(const char *path, const struct stat *status, int kind,
                             struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void rig_end(struct sealed_rig *rig)
{
    sealed_key_free(rig->key);
    nftw(rig->folder, rig_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(rig);
}

/* Returns the octets of PATH; the caller frees. */
static inline char *rig_octets(const char *path, size_t *length)
{
    struct err err;
    char *octets = file_read(path, RIG_FILE_MAX, length, &err);

    must(octets != NULL);
    return octets;
}

/* Makes PATH hold OCTETS[0..LENGTH), with MODE. */
static inline void rig_put(const char *path, const void *octets, size_t length, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    struct err err;

    must(fd >= 0 && fchmod(fd, mode) == 0 && file_write(fd, octets, length, path, &err) == 0);
    close(fd);
}

#endif
