/* suffixes.h - which names are public suffixes: names below which strangers register theirs.
 *
 * Blocking one blocks thousands of unrelated sites. The rules are those of publicsuffix.org, read
 * from its file; looked up by the hash that a name has anyway, since the library's own question
 * costs as much as all the rest of a name. As there, and as libpsl does it, a rule `*.x` makes x a
 * public suffix too. The default rule `*` is left out: names of one label are refused by a rule of
 * their own. */
#ifndef BLOCKLIST_FORMAT_SUFFIXES_H
#define BLOCKLIST_FORMAT_SUFFIXES_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/siphash.h"

struct err;
struct hostname;
struct suffixes;

#define SUFFIXES_FILE "/usr/share/publicsuffix/public_suffix_list.dat"

/* Which section of the list makes a name a public suffix. */
enum suffix_section { SUFFIX_NONE, SUFFIX_ICANN, SUFFIX_PRIVATE };

/* Reads the list at PATH, to be asked under KEY.
 * Owner:  the caller frees with suffixes_free.
 * Errors: NULL with ERR: ERR_NOT_FOUND, ERR_FORMAT (no rule in it), ERR_SYSTEM. */
struct suffixes *suffixes_load(const char *path, const struct siphash_key *key, struct err *err);

/* Like suffixes_load, for DATA[0..LENGTH), which is not kept. */
struct suffixes *suffixes_load_memory(const char *data, size_t length,
                                      const struct siphash_key *key, struct err *err);

/* Frees SUFFIXES; NULL is fine. */
void suffixes_free(struct suffixes *suffixes);

/* Makes PSL answer for hashes under KEY from now on. */
void suffixes_rekey(struct suffixes *suffixes, const struct siphash_key *key);

/* Tells whether HOST, whose hash under the list's key is HASH, is a public suffix.
 * Cost: one slot of a small table; for names as long as some `*.` rule two hashes more. */
enum suffix_section suffixes_section(const struct suffixes *suffixes, const struct hostname *host,
                                     uint64_t hash);

/* Returns how many rules there are. */
size_t suffixes_count(const struct suffixes *suffixes);

#endif
