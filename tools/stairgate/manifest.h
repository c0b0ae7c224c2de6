/* manifest.h - the verbs of `stairgate lists` that concern what is written in the config (rows in
 * commands.c), and what they share. */
#ifndef TOOLS_STAIRGATE_MANIFEST_H
#define TOOLS_STAIRGATE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct err;

/* Prints the public lists; exit 0, 1 where none fits. */
int lists_catalogue_run(int argc, char **argv);

/* Prints what is configured, of one list or in a table; exit 4 where there is no such list. */
int lists_show_run(int argc, char **argv);

/* Puts a list into the config once it was fetched, looked at and agreed to; exit 0, 1 where it is
 * refused or not agreed to. */
int lists_add_run(int argc, char **argv);

/* Takes a list out of the config; exit as lists_add_run, 4 where there is no such list. */
int lists_remove_run(int argc, char **argv);

/* Returns the config that is meant where GIVEN (NULL: nothing) was said. */
const char *manifest_path(const char *given);

/* Loads the config at PATH; what keeps it from loading goes to standard error. Returns NULL then.
 * Owner: the caller frees with config_free. */
struct config *manifest_load(const char *path);

/* Asks QUESTION at the terminal; YES says that it was agreed to before. Returns whether it is
 * agreed to; says on standard error what to do where there is nobody to ask. */
bool manifest_agreed(const char *question, bool yes);

/* The text of a config as it is, and what is to become of it. */
struct manifest_edit {
    char *path; /* where links lead to */
    char *before, *after;
    size_t before_length, after_length;
};

/* Reads the config at PATH into EDIT. Owner: the caller frees with manifest_free in any case.
 * Errors: -1 with ERR. */
int manifest_read(struct manifest_edit *edit, const char *path, struct err *err);

/* Loads what EDIT's file would be, as manifest_load does; warnings about list ID (NULL: none) go to
 * standard error as well. */
struct config *manifest_check(const struct manifest_edit *edit, const char *id);

/* Puts EDIT's new text in place of the old in one step, with mode and owner kept. Errors: -1 with
 * ERR; ERR_BUSY where somebody else changed the file meanwhile. */
int manifest_write(const struct manifest_edit *edit, struct err *err);

/* Frees what EDIT holds. */
void manifest_free(struct manifest_edit *edit);

#endif
