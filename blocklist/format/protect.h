/* protect.h - names that no listed name may be mistaken for: the pins, and the operator's. */
#ifndef BLOCKLIST_FORMAT_PROTECT_H
#define BLOCKLIST_FORMAT_PROTECT_H

#include <stddef.h>
#include <stdint.h>

struct country;
struct err;
struct name;

struct protect {
    struct name *names; /* point into octets */
    size_t count, room;
    size_t pins; /* the first so many are pins, where they were added first */
    uint8_t *octets;
    size_t used, octet_room;
};

/* Fills PROTECT (zero-initialised at first) with the pins of config/data, and those of COUNTRY
 * (NULL: none). Owner:  the caller frees with protect_free. Errors: -1 with ERR. */
int protect_add_pins(struct protect *protect, const struct country *country, struct err *err);

/* Adds the names of the file at PATH, one a line; lines that are no names are passed over. Errors:
 * -1 with ERR. */
int protect_add_file(struct protect *protect, const char *path, struct err *err);

/* Frees what PROTECT holds. */
void protect_free(struct protect *protect);

#endif
