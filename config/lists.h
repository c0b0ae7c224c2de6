/* lists.h - what is left to do for lists once the walk has read them. Inside config/ only. */
#ifndef CONFIG_LISTS_H
#define CONFIG_LISTS_H

#include "config/config.h"

struct node;
struct walk;

/* Reports what is wrong with LIST, which stands at ITEM (check_lists.c). */
void check_list(struct walk *walk, const struct node *item, const struct config_list *list);

/* Returns where OPTION (NULL: any) in SECTION (NULL for none) of the list at ITEM stands; the
 * section or the list itself where it is not written (check_lists.c). */
struct config_place list_place(const struct node *item, const char *section, const char *option);

/* Reports what is wrong with LIST, which stands at ITEM, by its class: what hotline and legal lists
 * need, and what has no meaning there or elsewhere (check_sealed_lists.c); and warns of it. */
void check_list_class(struct walk *walk, const struct node *item, const struct config_list *list);
void warn_of_sealed_list(struct walk *walk, const struct node *item,
                         const struct config_list *list);

/* Warns of lists that nobody uses (check_lists.c). USED are the
 * categories, and tags of lists, that profiles which somebody gets block or observe. */
void warn_of_lists(struct walk *walk, struct mask used);

/* Fills in what follows from there being lists: their directory, and the set made of them. */
void lists_finish(struct walk *walk);

/* Frees the lists of CONFIG and what its feeds section holds. */
void lists_free(struct config *config);

#endif
