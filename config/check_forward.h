/* check_forward.h - rules over several options of what is forwarded and kept: zones, the cache, the
 * rebinding guard. check.c runs them. */
#ifndef CONFIG_CHECK_FORWARD_H
#define CONFIG_CHECK_FORWARD_H

#include "config/config.h"

struct walk;

/* Returns where OPTION of SECTION was written (the section itself for NULL); 0:0 where it was not
 * (check.c). */
struct config_place check_place(const struct config *config, const char *section,
                                const char *option);

/* Errors. */
void check_zones(struct walk *walk);
void check_cache(struct walk *walk);

/* Warnings. */
void warn_of_zones(struct walk *walk);
void warn_of_cache(struct walk *walk);
void warn_of_guard(struct walk *walk);
void warn_of_room(struct walk *walk);

#endif
