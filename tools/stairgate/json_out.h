/* json_out.h - what commands that can print JSON share. */
#ifndef TOOLS_STAIRGATE_JSON_OUT_H
#define TOOLS_STAIRGATE_JSON_OUT_H

#include <jansson.h>
#include <stdbool.h>

/* Reads the options of a command that has only `--json`, into JSON. Returns where the other words
 * of ARGV begin; -1 where an option is unknown, which getopt_long has said. */
int json_out_option(int argc, char **argv, bool *json);

/* Returns TEXT as a value; "" where it is no UTF-8, which JSON cannot hold. */
json_t *json_out_text(const char *text);

/* Returns the text that OBJECT holds under KEY; "" where there is none. */
const char *json_out_get(const json_t *object, const char *key);

/* Prints OBJECT for people and programs to read, and frees it. */
void json_out_print(json_t *object);

#endif
