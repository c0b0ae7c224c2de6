/* list_signature.h - whether octets are what a list's publisher signed, as the list says how: by
 * minisign, CMS or a sha256. */
#ifndef BLOCKLIST_FEED_LIST_SIGNATURE_H
#define BLOCKLIST_FEED_LIST_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct err;

/* Returns what is put behind the name of a file for that of its signature; "" of an unsigned list.
 */
const char *list_signature_suffix(const struct config_list *list);

/* Writes to OUT where the signature of LIST, which has an address, is; and what its publisher calls
 * the file at URL, as a line of sha256sum names it. */
void list_signature_url(const struct config_list *list, char *out, size_t room);
void list_signature_name(const char *url, char out[256]);

/* Checks that LIST's key can be read and may be used at NOW_S, before anything is fetched that
 * could not be checked. Errors: -1 with ERR. */
int list_signature_ready(const struct config_list *list, int64_t now_s, struct err *err);

/* Checks that TEXT[0..LENGTH) signs the whole file FD, called NAME by the publisher, and fills
 * SIGNED_S with the time that is signed with it: 0 where none is, which is an error for a list that
 * must have one (of class hotline, or with an inbox).
 * Errors: -1 with ERR: ERR_DIGEST where it does not fit, which a later try may heal. */
int list_signature_check(const struct config_list *list, const char *name, const char *text,
                         size_t length, int fd, int64_t now_s, int64_t *signed_s, struct err *err);

/* Returns the time that TEXT[0..LENGTH) states, unchecked, to sort by; 0 where it states none. */
int64_t list_signature_time(const struct config_list *list, const char *text, size_t length);

#endif
