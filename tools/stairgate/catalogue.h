/* catalogue.h - the public lists that `stairgate lists add ID` knows (config/data/feeds.tsv). */
#ifndef TOOLS_STAIRGATE_CATALOGUE_H
#define TOOLS_STAIRGATE_CATALOGUE_H

#include "config/base/data.h"

/* A row; its texts live until the next one is read. */
struct catalogue_row {
    const char *id, *tier, *category, *format, *url, *licence, *attribution, *home, *remark;
};

/* Starts READER at the first row. Returns 0, or -1 where the table is missing. */
int catalogue_open(struct data_reader *reader);

/* Moves READER to the next row and fills ROW; returns 0 at the end. */
int catalogue_next(struct data_reader *reader, struct catalogue_row *row);

/* Fills ROW, with READER as its room, with the list called ID. Returns 0, or -1 where there is
 * none. */
int catalogue_find(struct data_reader *reader, const char *id, struct catalogue_row *row);

/* Writes what may have been meant by ID to standard error. */
void catalogue_suggest(const char *id);

#endif
