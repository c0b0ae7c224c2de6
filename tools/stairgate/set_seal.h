/* set_seal.h - the verbs of `stairgate set` that make sealed sets, and what the others say of one.
 */
#ifndef TOOLS_STAIRGATE_SET_SEAL_H
#define TOOLS_STAIRGATE_SET_SEAL_H

struct err;

/* Makes a key; makes a sealed set of lists. */
int set_key_run(int argc, char **argv);
int set_seal_run(int argc, char **argv);

/* Refuses to look into the file at PATH where it is a sealed set. Errors: -1 with ERR_REFUSED. */
int set_seal_refuse(const char *path, struct err *err);

#endif
