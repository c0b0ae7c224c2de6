/* service.h - services, and the tags of a config: words that stand for names beside the categories.
 *
 * A service is a row of config/data/services.tsv or of the option `services`. What a profile or a
 * schedule names, services and lists alike, has a bit of its own in masks, its tag: the first one
 * named TAG_FIRST, and so on. */
#ifndef CONFIG_SERVICE_H
#define CONFIG_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/base/data.h"
#include "config/base/mask.h"
#include "config/config.h"

enum { TAG_FIRST = 64, TAGS_MOST = MASK_BITS - TAG_FIRST };

/* The columns of services.tsv. A row with the id of the one before it goes on with its names. */
enum { SERVICE_ID, SERVICE_LABEL, SERVICE_CATEGORY, SERVICE_NAMES, SERVICE_COLUMNS };

/* Moves READER, opened on "services", to the next row that begins a service. */
bool service_next(struct data_reader *reader);

/* Reads the next name out of the column SERVICE_NAMES: *AT points at the rest of it. Returns its
 * first octet with *LENGTH, NULL at the end. */
const char *service_name_next(const char **at, size_t *length);

/* Tells whether the built-in table has ID. */
bool service_is_builtin(const char *id);

/* Copies the ids of all services, the built-in ones and CONFIG's own, to IDS[0..MOST); returns how
 * many. */
size_t service_ids(const struct config *config, char (*ids)[CONFIG_WORD_MAX], size_t most);

/* Returns the service of CONFIG's own called ID, or NULL. */
const struct config_service *service_own(const struct config *config, const char *id);

/* Returns the bit of the tag of the service, or of the list for IS_LIST, called ID; 0 where it has
 * none: then no profile and no schedule asks for it. */
unsigned tag_find(const struct config *config, const char *id, bool is_list);

/* Returns the tag of BIT, or NULL. */
const struct config_tag *tag_of_bit(const struct config *config, unsigned bit);

#endif
