/* show.h - what every option comes to, and where it was said. */
#ifndef CONFIG_SHOW_H
#define CONFIG_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config/config.h"

enum config_row_kind { CONFIG_ROW_TEXT, CONFIG_ROW_NUMBER, CONFIG_ROW_BOOL, CONFIG_ROW_LIST };

/* One option with its effective value. */
struct config_row {
    const char *name; /* with its sections: `profiles.child.block` */
    enum config_row_kind kind;
    const char *const *items;  /* one, or any number for a list; as a person would write them */
    size_t count;              /* 0 and no list: not set */
    struct config_place place; /* of the value in the file; 0:0 where it is not from there */
    const char *from; /* `default`, `preset primary`, `block.ttl`, a file; NULL with a place */
};

/* Calls TAKE with USER for every option of CONFIG, in the order of docs/config.md. */
void config_show(const struct config *config,
                 void (*take)(const struct config_row *row, void *user), void *user);

/* Writes docs/config.md, the manual of all options, to OUT. */
void config_reference(FILE *out);

/* Writes docs/countries.md, the manual of country packs, to OUT. */
void config_reference_country(FILE *out);

#endif
