/* questions.h - questions of type A as a stub resolver sends them (RD, an OPT of 1232 octets),
 * ready made so that asking one costs a copy: read from a file, or made up, each name once. */
#ifndef TESTS_BENCH_PARTS_QUESTIONS_H
#define TESTS_BENCH_PARTS_QUESTIONS_H

#include <stddef.h>
#include <stdint.h>

enum { QUESTIONS_OCTETS_MAX = 288 };

struct questions;

/* Reads the names of the file PATH, one a line; they are asked in that order, again and again.
 * Owner:   the process; there is no way to free them.
 * Errors:  NULL where the file cannot be read or holds no name. */
struct questions *questions_read(const char *path);

/* Makes up 00000000.TAG.example, 00000001.TAG.example and so on. NULL where TAG fits no name. */
struct questions *questions_make(const char *tag);

/* Writes the next question under ID into OUT (QUESTIONS_OCTETS_MAX); returns its length. */
size_t questions_next(struct questions *questions, uint8_t *out, uint16_t id);

#endif
