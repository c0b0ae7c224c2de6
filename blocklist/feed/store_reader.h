/* store_reader.h - feeds.db opened by somebody who must not write it, or cannot. Nothing outside
 * store*.c includes this. */
#ifndef BLOCKLIST_FEED_STORE_READER_H
#define BLOCKLIST_FEED_STORE_READER_H

struct err;
struct store;

/* Opens the database of STORE->dir to read it. Errors: -1 with ERR: ERR_NOT_FOUND (there is none
 * yet), ERR_FORMAT (damaged), ERR_VERSION, ERR_SYSTEM. */
int store_reader_open(struct store *store, struct err *err);

/* Removes the copy that STORE was read from, if it was. */
void store_reader_forget(struct store *store);

#endif
