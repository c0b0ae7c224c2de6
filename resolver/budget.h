/* budget.h - how often one client may meet what the operator, the law or a hotline blocks.
 *
 * Without a bound, whoever asks long enough turns the resolver into an index of those lists. A
 * client that meets more than config->sealed.budget_hits different names within budget_per_s gets
 * no answer to *anything* for budget_drop_s: so probing is slow, and the silence does not tell the
 * classes apart. The same name again within that time costs nothing (of the last BUDGET_NAMES),
 * since programs ask for A, AAAA and HTTPS, retry by themselves, and learn nothing by it.
 *
 * A client is its IPv4 address or its IPv6 /64 (a link-local one its address), as a trusted
 * forwarder or load balancer gives it. So everybody behind one address translation, or one
 * forwarder that does not say for whom it asks, shares one budget and one silence; and a source
 * that is forged over UDP is charged for what it did not ask. Networks that let neighbours'
 * addresses out are to be closed at their edge (BCP 38); an operator's own list for everyday names,
 * such as advertising, belongs into a list, not into operator.deny.
 *
 * One table of fixed size for all workers, in atomics, of keyed hashes. A client that is out keeps
 * its place until its time is over, however many others come; where all places a newcomer may have
 * are taken so, he is not counted: nobody is silenced for what others did. Of those that are not
 * out the one that has met least gives way. While nobody is out, a query pays two relaxed loads. */
#ifndef RESOLVER_BUDGET_H
#define RESOLVER_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct addr;
struct budget;
struct config;
struct err;
struct name;

/* Names of one client that are known again. A bound of more hits than that counts names that come
 * round in greater circles more than once. */
enum { BUDGET_NAMES = 32 };

/* Makes a table, keyed by SEED, with CONFIG's bounds, and of a size that fits its tier. Owner: the
 * caller frees. Errors: NULL with ERR. */
struct budget *budget_create(const struct config *config, uint64_t seed, struct err *err);

/* Frees BUDGET; NULL is fine. */
void budget_free(struct budget *budget);

/* Takes over other bounds, of a reload; they hold at once, for those who are out too. Threads: one,
 * beside any. */
void budget_set(struct budget *budget, const struct config *config);

/* Tells whether CLIENT gets no answers at MONO_MS. BUDGET may be NULL: nobody is out. Threads: any.
 */
bool budget_is_out(const struct budget *budget, const struct addr *client, uint64_t mono_ms);

/* Says that CLIENT met a block of rule 2 on NAME (any octets that stand for it); returns false
 * where his budget is used up, so that he gets no answer to this one either. BUDGET may be NULL.
 * Threads: any. */
bool budget_charge(struct budget *budget, const struct addr *client, const struct name *name,
                   uint64_t mono_ms);

/* The same for a person who asks `why` or tests a file, told by WHO (a user's number): nothing is
 * to be told to him when he is out, and nothing of NAME where the charge returns false. LEFT_MS is
 * filled where he is out. Such persons are held apart from clients, which cannot push them out. */
bool budget_charge_person(struct budget *budget, uint32_t who, const struct name *name,
                          uint64_t mono_ms);
bool budget_person_is_out(const struct budget *budget, uint32_t who, uint64_t mono_ms,
                          uint64_t *left_ms);

#endif
