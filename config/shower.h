/* shower.h - what a shower of options (show.c, show_lists.c) has to work with. Inside config/ only.
 */
#ifndef CONFIG_SHOWER_H
#define CONFIG_SHOWER_H

#include <stddef.h>

struct config;
struct node;
struct option;
struct show;

/* Returns the config that is shown. */
const struct config *show_config(const struct show *show);

/* Adds TEXT (copied) to the items of the row that is being made. */
void show_add(struct show *show, const char *text);

/* Gives OPTION's row, which NODE may have set (NULL: it did not), with the items added. */
void show_emit(struct show *show, const struct option *option, const struct node *node);

/* Shows OPTION's inner options of the item called NAME, which fill BASE and may stand at NODE. */
void show_item(struct show *show, const struct option *option, const char *name,
               const struct node *node, const void *base);

/* Return the field of BASE that OPTION fills, and its length where it is a list. */
const void *show_field(const struct option *option, const void *base);
size_t show_length(const struct option *option, const void *base);

#endif
