/* Small sealed sets for tests, made and read as the real ones are. */
#ifndef TESTS_UNIT_SAMPLE_SEALED_H
#define TESTS_UNIT_SAMPLE_SEALED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/sealed/seal.h"
#include "blocklist/sealed/sealed.h"
#include "config/base/addr.h"
#include "config/base/err.h"
#include "config/base/name.h"

enum { SAMPLE_SEALED_NUMBER = 3, SAMPLE_SEALED_MADE_S = 1795000000 };

static inline int sample_seal_name(struct seal *seal, const char *text, struct err *err)
{
    size_t skip = strchr("=<~!", text[0]) != NULL;
    struct name_buf buf;
    struct name name;

    must(name_from_text(&buf, text + skip, strlen(text + skip)) == NAME_OK);
    name = name_of(&buf);
    if (text[0] == '~')
        return seal_divert(seal, &name, err);
    if (text[0] == '!')
        return seal_canary(seal, &name, err);
    return seal_name(seal, &name,
                     text[0] == '='   ? COVER_EXACT
                     : text[0] == '<' ? COVER_BELOW
                                      : COVER_SUBTREE,
                     err);
}

/* Puts ENTRIES, up to the first NULL, into SEAL: `x` with what is below it, `=x` alone, `<x` only
 * what is below it, `~x` pages of x to be diverted, `!x` the canary; an address with or without a
 * length is that range. */
static inline void sample_seal(struct seal *seal, const char *const *entries)
{
    struct prefix prefix;
    struct err err;

    for (; *entries != NULL; entries++) {
        if (prefix_from_text(&prefix, *entries) == 0)
            must(seal_prefix(seal, &prefix, &err) == 0);
        else
            must(sample_seal_name(seal, *entries, &err) == 0);
    }
}

/* Writes ENTRIES as a set at PATH under KEY, with a salt of its own. */
static inline void sample_sealed_file(const char *path, const struct sealed_key *key,
                                      const char *const *entries)
{
    uint8_t salt[SEALED_SALT_OCTETS];
    struct seal *seal;
    struct err err;

    seal_salt_new(salt);
    seal = seal_start(key, salt, &err);
    must(seal != NULL);
    sample_seal(seal, entries);
    must(seal_write(seal, key, path, SAMPLE_SEALED_NUMBER, SAMPLE_SEALED_MADE_S, &err) == 0);
    seal_end(seal);
}

/* Makes a set of ENTRIES, by way of a file that is gone afterwards. The caller closes it. */
static inline struct sealed *sample_sealed(const char *const *entries)
{
    const char *folder = getenv("TMPDIR");
    struct sealed_key *key;
    struct sealed *sealed;
    char path[300];
    struct err err;
    int fd;

    snprintf(path, sizeof path, "%s/sealed.XXXXXX", folder == NULL ? "/tmp" : folder);
    fd = mkstemp(path);
    must(fd >= 0);
    close(fd);
    key = sealed_key_random(&err);
    must(key != NULL);
    sample_sealed_file(path, key, entries);
    sealed = sealed_open(path, key, &err);
    must(sealed != NULL);
    sealed_key_free(key);
    unlink(path);
    return sealed;
}

#endif
