/* deadlines.h - by when legal and hotline lists are to be checked again: written by `lists sync`
 * after each run, read by the server for status, metrics and the canary.
 *
 * A file of one line a class, `hotline DUE VERSION CHECKED`, each in Unix seconds: by when the next
 * check is to have succeeded (the earliest of the class's lists: its last success and its
 * deadline), the oldest of the versions in force as their publishers signed them, and the oldest of
 * the last successes. 0 stands for never, and where a list has no deadline. No list is named. */
#ifndef BLOCKLIST_SEALED_DEADLINES_H
#define BLOCKLIST_SEALED_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* The name of the file in feeds.dir/sealed. */
#define DEADLINES_FILE "deadlines"

enum deadline_class { DEADLINE_LEGAL, DEADLINE_HOTLINE, DEADLINE_CLASSES };

struct deadline {
    bool known; /* the file has a line of the class */
    int64_t due_s, version_s, checked_s;
};

/* Returns the word for CLASS, as the file and metrics have it. */
const char *deadline_word(enum deadline_class class_);

/* Reads TEXT[0..LENGTH) into DEADLINES (DEADLINE_CLASSES). Lines of classes that nobody knows are
 * skipped. Errors: -1 with ERR_FORMAT; DEADLINES are then unknown, all of them. */
int deadlines_parse(struct deadline *deadlines, const char *text, size_t length, struct err *err);

/* Reads the file at PATH likewise. Errors: -1 with ERR also ERR_NOT_FOUND, ERR_LIMIT, ERR_SYSTEM.
 */
int deadlines_read(struct deadline *deadlines, const char *path, struct err *err);

/* Writes the known ones of DEADLINES to PATH, mode 0644, in one step. Errors: -1 with ERR. */
int deadlines_write(const struct deadline *deadlines, const char *path, struct err *err);

#endif
