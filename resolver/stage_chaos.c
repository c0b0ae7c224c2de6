/* stage_chaos: class CH, in which servers tell their version and name (RFC 4892), as far as the
 * operator wants that told. */
#include <string.h>

#include "config/config.h"
#include "policy/who/identify.h"
#include "resolver/core.h"
#include "resolver/respond.h"
#include "resolver/wire/dns.h"

enum { TXT_STRING_MAX = 255 }; /* RFC 1035 §3.3 */

static const struct {
    const char *wire; /* the name, lower-cased */
    size_t length;
    size_t text; /* where the config keeps the answer */
} words[] = {
    {"\7version\4bind",   14, offsetof(struct config, server_version)},
    {"\7version\6server", 16, offsetof(struct config, server_version)},
    {"\2id\6server",      11, offsetof(struct config, server_id)     },
    {"\10hostname\4bind", 15, offsetof(struct config, server_id)     },
};

static const char *find_text(const struct config *config, const struct name_buf *name)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (name->length == words[i].length &&
            memcmp(name->wire, words[i].wire, words[i].length) == 0)
            return *(char *const *)(const void *)((const char *)config + words[i].text);
    }
    return NULL;
}

static enum next respond_text(const struct query_context *context, struct query *query,
                              const char *text)
{
    uint8_t rdata[1 + TXT_STRING_MAX];
    size_t length = strlen(text);
    struct answer answer;

    if (length > TXT_STRING_MAX)
        length = TXT_STRING_MAX;
    rdata[0] = (uint8_t)length;
    memcpy(rdata + 1, text, length);
    query->verdict.ttl_s = 0; /* RFC 4892 §3.1: not to be cached */
    respond_start(context, query, &answer);
    respond_add(query, &answer, DNS_TXT, rdata, (uint16_t)(length + 1));
    return respond_end(context, query, &answer);
}

enum next stage_chaos(const struct query_context *context, struct query *query)
{
    const struct question *question = &query->question;
    const char *text = NULL;

    if (question->class != DNS_CH)
        return NEXT_STAGE;
    if (!identify_allowed(context->snapshot, &query->client.addr)) {
        core_count(&context->counters->refused);
        return respond_error(context, query, DNS_REFUSED, DNS_EDE_PROHIBITED);
    }
    if (question->type == DNS_TXT || question->type == DNS_ANY)
        text = find_text(context->config, &question->name);
    core_count(&context->counters->local);
    return text == NULL ? respond_error(context, query, DNS_REFUSED, 0)
                        : respond_text(context, query, text);
}
