#include "blocklist/format/protect.h"

#include <stdlib.h>
#include <string.h>

#include "blocklist/format/field.h"
#include "blocklist/format/hostname.h"
#include "blocklist/format/idn.h"
#include "blocklist/format/source.h"
#include "blocklist/format/textlines.h"
#include "config/base/data.h"
#include "config/base/err.h"
#include "config/country.h"

static int make_room(struct protect *protect, size_t octets, struct err *err)
{
    if (protect->count == protect->room) {
        size_t room = protect->room == 0 ? 1024 : protect->room * 2;
        struct name *more = realloc(protect->names, room * sizeof *more);

        if (more == NULL)
            return err_set(err, ERR_MEMORY, "out of memory");
        protect->names = more;
        protect->room = room;
    }
    if (protect->octet_room - protect->used < octets) {
        size_t room = protect->octet_room * 2 + 65536;
        uint8_t *old = protect->octets, *more = realloc(old, room);

        if (more == NULL)
            return err_set(err, ERR_MEMORY, "out of memory");
        protect->octets = more;
        protect->octet_room = room;
        /* The octets may have moved: point the names at them again. */
        for (size_t i = 0, at = 0; i < protect->count; at += protect->names[i++].length)
            protect->names[i].wire = more + at;
    }
    return 0;
}

static int add_name(struct protect *protect, const struct name *name, struct err *err)
{
    if (make_room(protect, name->length, err) != 0)
        return -1;
    memcpy(protect->octets + protect->used, name->wire, name->length);
    protect->names[protect->count++] = (struct name){protect->octets + protect->used, name->length};
    protect->used += name->length;
    return 0;
}

/* Adds TEXT, unless it is no name. */
static int add(struct protect *protect, const char *text, size_t length, struct err *err)
{
    char ascii[IDN_TEXT_MAX];
    struct hostname host;
    struct name name;

    if (idn_to_ascii(text, length, ascii) != 0 ||
        hostname_read(&host, ascii, strlen(ascii)) != NAME_OK)
        return 0;
    name = name_of(&host.name);
    return add_name(protect, &name, err);
}

int protect_add_pins(struct protect *protect, const struct country *country, struct err *err)
{
    struct data_reader reader;

    if (data_open(&reader, "pins") != 0)
        return err_set(err, ERR_NOT_FOUND, "no table of pins is compiled in");
    while (data_next(&reader)) {
        if (add(protect, reader.fields[0], strlen(reader.fields[0]), err) != 0)
            return -1;
    }
    for (size_t i = 0; country != NULL && i < country->pin_count; i++) {
        struct name name = name_of(&country->pins[i].name);

        if (add_name(protect, &name, err) != 0)
            return -1;
    }
    protect->pins = protect->count;
    return 0;
}

int protect_add_file(struct protect *protect, const char *path, struct err *err)
{
    struct source *source = source_open(path, err);
    struct textlines lines;
    struct textline line;
    int more;

    if (source == NULL)
        return err_before(err, path);
    more = textlines_start(&lines, source, err) == 0 ? 1 : -1;
    while (more > 0 && (more = textlines_next(&lines, &line, err)) > 0) {
        struct field name = field_trim((struct field){line.text, line.length});

        if (add(protect, name.text, name.length, err) != 0)
            more = -1;
    }
    textlines_end(&lines);
    source_close(source);
    return more;
}

void protect_free(struct protect *protect)
{
    free(protect->names);
    free(protect->octets);
    memset(protect, 0, sizeof *protect);
}
