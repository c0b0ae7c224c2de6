/* What rule 2 stands on: the operator's own denials put beside the entries of legal and hotline
 * lists, and what all of them are answered with. */
#include <stdlib.h>
#include <string.h>

#include "blocklist/sealed/sealed.h"
#include "config/base/err.h"
#include "config/country.h"
#include "policy/compiled.h"
#include "policy/verdict.h"

static int add_denials(struct snapshot *s, struct err *err)
{
    const struct config_rules *rules = &s->config->operator_deny;

    for (size_t i = 0; i < rules->count; i++) {
        struct name name = name_of(&rules->items[i].name);

        if (sealed_add(s->sealed, &name, rules->items[i].cover, err) != 0)
            return -1;
    }
    return 0;
}

/* Copies those of ADDRESSES[0..COUNT) that have BITS. */
static void copy_family(struct compiled_addresses *compiled, const struct addr *addresses,
                        size_t count, unsigned bits)
{
    for (size_t i = 0; i < count; i++) {
        if (addresses[i].bits == bits)
            compiled->items[compiled->count++] = addresses[i];
    }
}

static int compile_addresses(struct compiled_addresses *compiled, const struct addr *addresses,
                             size_t count, struct err *err)
{
    if (count == 0)
        return 0;
    compiled->items = calloc(count, sizeof *compiled->items);
    if (compiled->items == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for %zu addresses", count);
    copy_family(compiled, addresses, count, 32);
    compiled->count_v4 = compiled->count;
    copy_family(compiled, addresses, count, 128);
    return 0;
}

int snapshot_compile_operator(struct snapshot *s, struct err *err)
{
    const struct config_sealed *sealed = &s->config->sealed;
    const struct country *country = s->config->country;

    s->operator_ede = country != NULL && country->legal_ede == COUNTRY_EDE_CENSORED
                          ? VERDICT_EDE_CENSORED
                          : VERDICT_EDE_BLOCKED;
    if (add_denials(s, err) != 0 ||
        compile_addresses(&s->proxies, sealed->divert, sealed->divert_count, err) != 0)
        return -1;
    return country == NULL ? 0
                           : compile_addresses(&s->stop_page, country->legal_addresses,
                                               country->legal_address_count, err);
}

void snapshot_free_operator(struct snapshot *s)
{
    free(s->stop_page.items);
    free(s->proxies.items);
    sealed_close(s->sealed);
}
