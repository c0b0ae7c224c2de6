/* fetch_fault.h - what curl says, in words that name the cure. */
#ifndef BLOCKLIST_FEED_FETCH_FAULT_H
#define BLOCKLIST_FEED_FETCH_FAULT_H

#include <curl/curl.h>

#include "config/config.h"

struct err;

/* Fills ERR for CODE of EASY, whose error text is TEXT, with the bounds of FEEDS; UNKNOWN: we
 * showed no certificate over TLS, and nothing was answered. Returns -1. */
int fetch_fault(CURL *easy, CURLcode code, const char *text, const struct config_feeds *feeds,
                bool unknown, struct err *err);

/* Tells whether what came before CODE is a good beginning, worth going on from. */
bool fetch_fault_keeps(CURLcode code);

#endif
