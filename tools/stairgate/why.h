/* why.h - `stairgate why`: what becomes of a name for a client, and why. */
#ifndef TOOLS_STAIRGATE_WHY_H
#define TOOLS_STAIRGATE_WHY_H

#include <jansson.h>

/* Asks the running server, or with --config decides from the same files alone. Exit 0; with -q
 * prints nothing, and exits 10 where the name would be blocked. */
int command_why(int argc, char **argv);

/* Prints what why_json returned, for a person, to standard output. */
void why_text_print(const json_t *why);

#endif
