/* set.h - the verbs of `stairgate set` that read a set file. */
#ifndef TOOLS_STAIRGATE_SET_H
#define TOOLS_STAIRGATE_SET_H

/* Prints what a set says of names and addresses; exit 0 all listed, 1 some not, 2 error. */
int set_lookup_run(int argc, char **argv);

/* Prints a set's counts, categories and feeds. */
int set_info_run(int argc, char **argv);

/* Checks every octet of a set against its digests. */
int set_verify_run(int argc, char **argv);

#endif
