/* Any octets through the formats of names, one a line, and through the guess of a format. The first
 * octet picks the format, the second is the operator's options. */
#include "tests/fuzz/list_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

static const struct format *pick(uint8_t octet, const uint8_t *list, size_t length)
{
    static const char *const keys[] = {"plain", "hosts", "adblock", "wildcard", "ut1"};
    struct source *source;
    const struct format *format;
    struct err err;

    if (octet % 6 < 5)
        return format_find(keys[octet % 6]);
    source = source_open_memory(list, length, &err);
    if (source == NULL)
        return NULL;
    format = format_guess(source, &err);
    must(format == NULL || format->line != NULL || format->read != NULL);
    source_close(source);
    return format;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    const struct format *format;

    if (length < 2 || sodium_init() < 0)
        return 0;
    format = pick(octets[0], octets + 2, length - 2);
    if (format != NULL)
        list_fuzz(format, octets[1], octets + 2, length - 2);
    return 0;
}
