/* Looks names up while memcheck takes every octet of the table for unknown: a branch, or an address
 * that is read, which depends on what is listed or found would be reported. Built and run by
 * test_sealed_way.py. With an argument, as a control, a look-up that stops where it has found is
 * watched, too. */
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "blocklist/sealed/sealed.c" /* for what is static in it */
#include "config/base/addr.h"
#include "config/base/err.h"

enum { NAMES = 300 };

static struct name make(struct name_buf *buf, const char *kind, unsigned number)
{
    char text[NAME_TEXT_MAX];
    int length = snprintf(text, sizeof text, "www.%s%u.example", kind, number);

    must(name_from_text(buf, text, (size_t)length) == NAME_OK);
    return name_of(buf);
}

static void list(struct sealed *sealed)
{
    struct sealed_entry range = {.kinds = SEALED_KIND_RANGE4, .length = 24};
    struct prefix prefix;
    struct name_buf buf;
    struct err err;

    for (unsigned i = 0; i < NAMES; i++) {
        struct name name = make(&buf, "listed", i);

        must(sealed_add(sealed, &name, (enum cover)(i % 3), &err) == 0);
    }
    must(prefix_from_text(&prefix, "192.0.2.0/24") == 0);
    sealed_names_prefix(&sealed->names, &prefix, range.hash);
    must(add(sealed, &range, &err) == 0);
}

/* As nobody may write it. */
static unsigned stops_early(const struct sealed *sealed, const struct name *name)
{
    struct sealed_probe probe;

    sealed_hash(sealed, name, &probe);
    for (unsigned i = 0; i < probe.labels; i++)
        if (sealed_table_find(&sealed->table, probe.hashes[i]) != 0)
            return 1;
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const addrs[] = {"192.0.2.1", "192.0.3.1", "2001:db8::1"};
    struct err err;
    struct sealed *sealed = sealed_open_empty(&err);
    struct sealed_hit hit;
    struct name_buf buf;
    unsigned unknown = 0, found = 0;
    uint8_t bits;

    (void)argv;
    must(sealed != NULL);
    list(sealed);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(sealed->table.lines,
                                      sealed->table.line_count * sizeof *sealed->table.lines);
    for (unsigned i = 0; i < 2 * NAMES; i++) {
        struct name name = make(&buf, i % 2 ? "listed" : "clean", i / 2);

        sealed_lookup(sealed, &name, &hit);
        must(VALGRIND_GET_VBITS(&hit, &bits, 1) == 1);
        unknown += bits != 0;
        if (argc > 1)
            found += stops_early(sealed, &name);
    }
    for (size_t i = 0; i < sizeof addrs / sizeof *addrs; i++) {
        struct addr addr;

        must(addr_from_text(&addr, addrs[i]) == 0);
        sealed_lookup_addr(sealed, &addr, &hit);
    }
    printf("%u of %u answers depend on the table, found %s\n", unknown, 2 * NAMES,
           argc > 1 ? "early" : "whole");
    return found > 2 * NAMES;
}
