/* signature_cms.h - detached signatures of CMS (RFC 5652) by a certificate that the operator has
 * pinned: no chain is followed and no authority is asked, since the publisher's certificate came by
 * the contract. */
#ifndef BLOCKLIST_FEED_SIGNATURE_CMS_H
#define BLOCKLIST_FEED_SIGNATURE_CMS_H

#include <stddef.h>
#include <stdint.h>

struct err;

/* Checks that PATH holds a certificate in PEM that may sign, at NOW_S.
 * Errors: -1 with ERR: ERR_CONFIG (none, or one of no use), ERR_REFUSED (expired, not yet valid).
 */
int signature_cms_certificate(const char *path, int64_t now_s, struct err *err);

/* Checks that TEXT[0..LENGTH), a signature in PEM or DER, is of the whole file FD and by the
 * certificate at PATH, and fills SIGNED_S with the time that was signed with it, 0 where none was.
 * Errors: -1 with ERR: as above; ERR_FORMAT (no such signature, or one of a kind that is not
 * taken), ERR_DIGEST (another certificate's, or of something else). RFC:    5652 §5.4 (what is
 * signed), §11.3 (signingTime). */
int signature_cms_check(const char *path, const char *text, size_t length, int fd, int64_t now_s,
                        int64_t *signed_s, struct err *err);

/* Returns the time that TEXT[0..LENGTH) states, unchecked, to sort by; 0 where it states none. */
int64_t signature_cms_time(const char *text, size_t length);

#endif
