/* Any octets as a list however packed: reading ends, gives no more than the limits allow, counts
 * what it refuses, and what an archive holds is the same when it is walked. The first octet picks
 * the member that is asked for. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "blocklist/format/source.h"
#include "config/base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

enum { UNPACKED_MOST = 1 << 20 };

/* Reads SOURCE to its end; returns how many octets it gave. */
static uint64_t drain(struct source *source, struct err *err)
{
    uint8_t room[4096];
    uint64_t given = 0;
    ssize_t got;

    while ((got = source_read(source, room, sizeof room, err)) > 0)
        given += (uint64_t)got;
    must(source_read(source, room, sizeof room, err) == 0); /* the end stays the end */
    if (got < 0)
        must(err->code != ERR_NONE && err->text[0] != '\0');
    return given;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    static const char *const members[] = {NULL, "list", "a/domains", ""};
    struct source_options options = {.limits = {.unpacked_most = UNPACKED_MOST}};
    struct err err = {.code = ERR_NONE};
    struct source *source;
    const char *why;

    if (length < 1 || sodium_init() < 0)
        return 0;
    options.member = members[octets[0] % 4];
    source = source_open_memory_as(octets + 1, length - 1, &options, &err);
    if (source == NULL) {
        must(err.code != ERR_NONE && err.text[0] != '\0');
        return 0;
    }
    must(drain(source, &err) <= UNPACKED_MOST);
    must((source_refused(source, &why) > 0) == (why != NULL));
    source_close(source);
    return 0;
}
