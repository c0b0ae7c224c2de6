/* rpz.h - response policy zones (draft-vixie-dnsop-dns-rpz): what their triggers and actions mean
 * in a list. Grammar: docs/formats.md. */
#ifndef BLOCKLIST_FORMAT_RPZ_H
#define BLOCKLIST_FORMAT_RPZ_H

struct err;
struct intake;
struct source;

/* Reads SOURCE to its end. Errors: -1 with ERR. */
int rpz_read(struct intake *intake, struct source *source, struct err *err);

#endif
