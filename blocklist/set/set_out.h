/* set_out.h - a set file while it is written: sections one after the other, each octet once, with
 * the digests of its chunks taken on the way; the header goes in last. */
#ifndef BLOCKLIST_SET_SET_OUT_H
#define BLOCKLIST_SET_SET_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocklist/set/layout.h"

struct err;
struct set_out;

/* Starts a file that will stand at PATH. Owner: the caller ends it with set_out_close. Errors: NULL
 * with ERR. */
struct set_out *set_out_create(const char *path, struct err *err);

/* Begins section ID; the one before must have ended. */
int set_out_begin(struct set_out *out, enum set_section id, bool required, struct err *err);

/* Appends DATA to the present section. Errors: -1 with ERR. */
int set_out_write(struct set_out *out, const void *data, size_t length, struct err *err);

/* Ends the present section, which holds COUNT elements. */
void set_out_end(struct set_out *out, uint64_t count);

/* The header, for the fields that the caller knows. */
uint8_t *set_out_header(struct set_out *out);

/* Writes the chunk digests and the header; all sections have ended. Errors: -1 with ERR. */
int set_out_finish(struct set_out *out, uint64_t *octets, struct err *err);

/* Returns the name and descriptor of the unfinished file, to read it before it goes live. */
int set_out_fd(const struct set_out *out);

/* Makes the file durable and puts it in place. Errors: -1 with ERR; the old one stands then. */
int set_out_commit(struct set_out *out, struct err *err);

/* Frees OUT; without a commit the unfinished file is removed. */
void set_out_close(struct set_out *out);

#endif
