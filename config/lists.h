/* lists.h - what is left to do for lists once the walk has read them. Inside config/ only. */
#ifndef CONFIG_LISTS_H
#define CONFIG_LISTS_H

#include "config/config.h"

struct node;
struct walk;

/* Reports what is wrong with LIST, which stands at ITEM (check_lists.c). */
void check_list(struct walk *walk, const struct node *item, const struct config_list *list);

/* Warns of lists that nobody uses or that are not fetched yet (check_lists.c). USED are the
 * categories, and tags of lists, that profiles which somebody gets block or observe. */
void warn_of_lists(struct walk *walk, struct mask used);

/* Fills in what follows from there being lists: their directory, and the set made of them. */
void lists_finish(struct walk *walk);

/* Frees the lists of CONFIG and what its feeds section holds. */
void lists_free(struct config *config);

#endif
