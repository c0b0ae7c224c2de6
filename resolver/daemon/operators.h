/* operators.h - who may take part in lifting an entry, and when two of them are two people.
 *
 * An operator is a name of the configuration (sealed.operators) that stands for a user of this
 * machine, whose process is at the operator's control socket, or for a key of minisign. Root is
 * nobody in particular unless it is listed. */
#ifndef RESOLVER_DAEMON_OPERATORS_H
#define RESOLVER_DAEMON_OPERATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/base/minisign.h"
#include "config/config.h"

struct err;
struct log;
struct operators;

struct operators_person {
    char name[CONFIG_WORD_MAX];
    bool has_user, has_key;
    int64_t user; /* its number */
    struct minisign_key key;
};

/* Reads those of CONFIG: users by their names, keys. One that there is no user or key for is told
 * to LOG and stands for nobody by that.
 * Owner:  the caller frees. Errors: NULL with ERR_MEMORY. */
struct operators *operators_read(const struct config *config, const struct log *log,
                                 struct err *err);
void operators_free(struct operators *operators);

/* Returns how many there are. */
size_t operators_count(const struct operators *operators);

/* Writes who they are, as `alice (user 1001), carol (key)`, to OUT (ROOM); and fills DIGEST (32
 * octets) with what stands for all of them, users and keys too, so that a change shows. */
void operators_describe(const struct operators *operators, char *out, size_t room,
                        uint8_t digest[32]);

/* Returns the operator that USER, the peer of a control socket (-1: unknown), is: the one called
 * NAME where that is not NULL. Errors: NULL with ERR_REFUSED. */
const struct operators_person *operators_of_user(const struct operators *operators, int64_t user,
                                                 const char *name, struct err *err);

/* Returns the operator called NAME; NULL where there is none. */
const struct operators_person *operators_named(const struct operators *operators, const char *name);

/* Returns the operator whose key signed TEXT[0..LENGTH): SIGNATURE[0..SIGNATURE_LENGTH) is a
 * .minisig. Errors: NULL with ERR: ERR_FORMAT, ERR_DIGEST, ERR_REFUSED (nobody's key). */
const struct operators_person *operators_of_signature(const struct operators *operators,
                                                      const char *text, size_t length,
                                                      const char *signature, struct err *err);

/* Tells whether A and B are two people: neither one name, nor one user, nor one key. */
bool operators_are_two(const struct operators_person *a, const struct operators_person *b);

#endif
