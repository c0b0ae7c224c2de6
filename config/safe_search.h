/* safe_search.h - which search engines there are, by number.
 *
 * The built-in ones are config/data/safesearch.tsv; the option safe_search_maps adds others. An
 * engine's number is its bit in config_profile.safe_search; it holds within one config. */
#ifndef CONFIG_SAFE_SEARCH_H
#define CONFIG_SAFE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

enum { SAFE_ENGINES_MOST = 63, SAFE_ENGINE_MAX = 32 };

/* The engine that the option `youtube` is about. */
#define SAFE_ENGINE_YOUTUBE "youtube"

/* The columns of safesearch.tsv. */
enum { SAFE_ENGINE, SAFE_HOST, SAFE_STRICT, SAFE_MODERATE, SAFE_SIGNED, SAFE_SOURCE, SAFE_COLUMNS };

struct safe_engines {
    char words[SAFE_ENGINES_MOST][SAFE_ENGINE_MAX];
    bool safe[SAFE_ENGINES_MOST]; /* has a safe name at all */
    size_t count;
};

/* Fills ENGINES with the built-in ones and those of CONFIG's maps. Returns 0, -1 where there are
 * too many. */
int safe_engines_fill(struct safe_engines *engines, const struct config *config);

/* Returns the number of the engine called WORD, -1 where there is none. */
long safe_engines_find(const struct safe_engines *engines, const char *word);

#endif
