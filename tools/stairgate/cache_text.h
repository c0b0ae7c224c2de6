/* cache_text.h - the counts of a cache as sentences, for `status` and `cache stats`. */
#ifndef TOOLS_STAIRGATE_CACHE_TEXT_H
#define TOOLS_STAIRGATE_CACHE_TEXT_H

#include <jansson.h>

enum { CACHE_TEXT_MAX = 1200 };

/* Writes what of its memory the cache with COUNTS uses into OUT (CACHE_TEXT_MAX); returns OUT. */
char *cache_text_memory(const json_t *counts, char *out);

/* Writes how often it had the answer into OUT (CACHE_TEXT_MAX); returns OUT. */
char *cache_text_answers(const json_t *counts, char *out);

#endif
