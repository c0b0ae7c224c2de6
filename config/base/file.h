/* file.h - whole files: read one, replace one so that a crash leaves the old or the new. */
#ifndef CONFIG_BASE_FILE_H
#define CONFIG_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

struct err;

/* Reads PATH whole, with a NUL behind it that *LENGTH does not count.
 * Owner:  the caller frees the result.
 * Errors: NULL with ERR: ERR_NOT_FOUND, ERR_LIMIT (over MOST octets), ERR_SYSTEM. */
char *file_read(const char *path, size_t most, size_t *length, struct err *err);

/* A file under construction beside its final place. */
struct file_new {
    char temporary[4096];
    char path[4096];
    int fd;
};

/* Opens a new file beside PATH for writing (fd), under a name that file_discard_stale recognises.
 * It gets the mode and owner of the file that it will replace, or MODE where there is none. Errors:
 * -1 with ERR. */
int file_new_open(struct file_new *file, const char *path, mode_t mode, struct err *err);

/* Makes FILE durable and puts it in place of its path: fsync, rename, fsync of the directory. FILE
 * is closed in any case; on failure the temporary file is removed and the old one stays. Errors: -1
 * with ERR. */
int file_new_commit(struct file_new *file, struct err *err);

/* Removes FILE without touching its path. */
void file_new_abandon(struct file_new *file);

/* Removes what runs that were killed left beside PATH (files of file_new_open whose process is
 * gone). */
void file_discard_stale(const char *path);

/* Writes LENGTH octets of DATA to FD, through short writes and EINTR. Errors: -1 with ERR. */
int file_write(int fd, const void *data, size_t length, const char *path, struct err *err);

#endif
