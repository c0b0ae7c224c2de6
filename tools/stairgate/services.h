/* services.h - the verbs of `stairgate services`. */
#ifndef TOOLS_STAIRGATE_SERVICES_H
#define TOOLS_STAIRGATE_SERVICES_H

/* Prints which services a profile, a schedule or a grant may name: the built-in ones, and those of
 * the config that --config names. */
int services_list_run(int argc, char **argv);

/* Prints the names of one; exit 4 where there is none of that id. */
int services_show_run(int argc, char **argv);

#endif
