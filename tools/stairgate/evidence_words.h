/* evidence_words.h - a report of `stairgate evidence` in sentences. */
#ifndef TOOLS_STAIRGATE_EVIDENCE_WORDS_H
#define TOOLS_STAIRGATE_EVIDENCE_WORDS_H

#include <jansson.h>

/* Returns an array of sentences on REPORT, which has all but these. */
json_t *evidence_words(const json_t *report);

#endif
