/* device_rows.h - files of devices to rows: `key,name,group,profile`, or the leases of a DHCP
 * server. */
#ifndef TOOLS_STAIRGATE_DEVICE_ROWS_H
#define TOOLS_STAIRGATE_DEVICE_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum { DEVICE_FILE_MAX = 512 << 20 };

/* One device; texts live in the file's, "" for what is not said. */
struct device_line {
    const char *key, *name, *group, *profile;
    unsigned line;
};

struct device_rows {
    struct device_line *items;
    size_t count, room;
};

/* Cuts TEXT (a NUL behind LENGTH octets) of the file PATH into ROWS. A first row that begins with
 * `key` is a head.
 * Owner:  ROWS is freed by device_rows_free in any case; TEXT must outlive it.
 * Errors: how many rows are wrong, each printed to standard error with its line. */
size_t device_rows_read(struct device_rows *rows, const char *path, char *text, size_t length);
void device_rows_free(struct device_rows *rows);

#endif
