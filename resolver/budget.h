/* budget.h - how often one client may meet what the operator, the law or a hotline blocks.
 *
 * Without a bound, whoever asks long enough turns the resolver into an index of those lists. A
 * client that meets more than config->sealed.budget_hits different names within budget_per_s gets
 * no answer to *anything* for budget_drop_s: so probing is slow, and the silence does not tell the
 * classes apart. The same name again within that time costs nothing, since programs retry by
 * themselves and learn nothing by it.
 *
 * One table of fixed size for all workers, in atomics. A client is its IPv4 address or its IPv6
 * /64. While nobody is out, a query pays one relaxed load. */
#ifndef RESOLVER_BUDGET_H
#define RESOLVER_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct addr;
struct budget;
struct config;
struct err;
struct name;

/* Makes a table, keyed by SEED, with CONFIG's bounds. Owner: the caller frees. Errors: NULL with
 * ERR. */
struct budget *budget_create(const struct config *config, uint64_t seed, struct err *err);
void budget_free(struct budget *budget);

/* Takes over other bounds, of a reload. Threads: one, beside any. */
void budget_set(struct budget *budget, const struct config *config);

/* Tells whether CLIENT gets no answers at MONO_MS. BUDGET may be NULL: nobody is out. Threads: any.
 */
bool budget_is_out(const struct budget *budget, const struct addr *client, uint64_t mono_ms);

/* Says that CLIENT met a block of rule 2 on NAME. Threads: any. */
void budget_charge(struct budget *budget, const struct addr *client, const struct name *name,
                   uint64_t mono_ms);

/* The same for a person who asks `why` or tests a file, told by WHO (a user's number): returns
 * false where his budget is used up, and nothing is to be told to him but when it is not. */
bool budget_charge_person(struct budget *budget, uint32_t who, const struct name *name,
                          uint64_t mono_ms);
bool budget_person_is_out(const struct budget *budget, uint32_t who, uint64_t mono_ms,
                          uint64_t *left_ms);

#endif
