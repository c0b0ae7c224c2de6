/* Any octets are leases or none; what is read is one of each MAC, with a name that can be shown. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "config/base/err.h"
#include "tools/stairgate/leases.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    struct leases leases;
    struct err err;

    leases_read(&leases, "leases", (const char *)octets, length, &err);
    for (size_t i = 0; i < leases.count; i++) {
        const struct lease *lease = &leases.items[i];

        must(memchr(lease->name, '\0', sizeof lease->name) != NULL);
        must(strspn(lease->name,
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
             strlen(lease->name));
        must(i == 0 || memcmp(lease[-1].mac, lease->mac, sizeof lease->mac) < 0);
        must((lease->mac[0] & 1) == 0);
    }
    leases_free(&leases);
    return 0;
}
