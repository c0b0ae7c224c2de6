/* country_table.h - the options of a country pack and the rules on it. Inside config/ only. */
#ifndef CONFIG_COUNTRY_TABLE_H
#define CONFIG_COUNTRY_TABLE_H

#include "config/country.h"
#include "config/options.h"

struct node;
struct problems;

/* What a pack may say (options_country.c). */
extern const struct option options_country[];

/* Checks COUNTRY, read from ROOT, and warns of what is empty. */
void country_check(struct country *country, const struct node *root, struct problems *problems);

#endif
