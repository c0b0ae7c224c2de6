/* help.h - what `stairgate help` and a wrong command line print, made from the table of commands.
 */
#ifndef TOOLS_STAIRGATE_HELP_H
#define TOOLS_STAIRGATE_HELP_H

#include <stdio.h>

/* Prints all commands to OUT, a line each, and the exit codes. */
void help_overview(FILE *out);

/* Prints how to type each command that WORDS[0..COUNT) names (`set` names several); returns how
 * many that are. */
int help_commands(FILE *out, int count, char **words);

#endif
