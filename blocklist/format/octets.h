/* octets.h - the lowest of what a source stands on: a file or memory, as it is, from the start as
 * often as it is asked for. */
#ifndef BLOCKLIST_FORMAT_OCTETS_H
#define BLOCKLIST_FORMAT_OCTETS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

struct octets {
    int fd;              /* -1: memory */
    const uint8_t *data; /* of memory */
    size_t length;
    uint64_t at; /* where the next read begins */
};

/* Opens the regular file at PATH, or takes FD, which is closed with OCTETS. Errors: -1 with ERR:
 * ERR_NOT_FOUND, ERR_FORMAT (not a regular file), ERR_SYSTEM. Owner: the caller closes with
 * octets_close, whatever this returned. */
int octets_open(struct octets *octets, const char *path, struct err *err);
int octets_open_fd(struct octets *octets, int fd, struct err *err);
void octets_open_memory(struct octets *octets, const void *data, size_t length);
void octets_close(struct octets *octets);

/* Reads from a struct octets, as source_read_fn. */
ssize_t octets_read(void *octets, void *data, size_t room, struct err *err);

#endif
