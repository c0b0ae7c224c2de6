/* fetch_secret.h - what a list's server is shown of us: tokens and headers, from files that are
 * read at each fetch, so that they can be changed. */
#ifndef BLOCKLIST_FEED_FETCH_SECRET_H
#define BLOCKLIST_FEED_FETCH_SECRET_H

#include <curl/curl.h>

#include "config/base/log.h"
#include "config/config.h"

struct err;

/* Adds LIST's own header lines to *LINES. A file that everybody may read is reported to LOG.
 * Owner:  the caller frees *LINES, on failure too.
 * Errors: -1 with ERR that names the file: missing, empty, or with a line end in its middle (which
 *         would be a header of its own, RFC 9110 §5.5). */
int fetch_secret_headers(const struct config_list *list, const struct log *log,
                         struct curl_slist **lines, struct err *err);

/* Tells whether LIST has anything that only its own server may see. */
bool fetch_secret_any(const struct config_list *list);

#endif
