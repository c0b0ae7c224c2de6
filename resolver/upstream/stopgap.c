/* Stands in for resolver/wire until it lands. */
#include <string.h>

#include "config/base/bytes.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"
#include "resolver/wire/reply.h"

__attribute__((weak)) size_t question_write(uint8_t *out, size_t room, const struct name *name,
                                            const struct query_words *words)
{
    size_t length = DNS_HEADER_OCTETS + name->length + 4 + (words->payload ? 11 : 0), at;

    if (length > room)
        return 0;
    memset(out, 0, length);
    store_be16(out, words->id);
    store_be16(out + 2, (uint16_t)(DNS_RD | DNS_AD | (words->checking_disabled ? DNS_CD : 0)));
    out[5] = 1;
    memcpy(out + 12, name->wire, name->length);
    at = 12 + name->length;
    store_be16(out + at, words->type);
    store_be16(out + at + 2, 1);
    if (words->payload) {
        out[11] = 1;
        store_be16(out + at + 5, DNS_OPT);
        store_be16(out + at + 7, words->payload);
        out[at + 11] = words->dnssec_ok ? 0x80 : 0;
    }
    return length;
}

__attribute__((weak)) bool reply_matches(const uint8_t *octets, size_t length, uint16_t id,
                                         const struct name *name, uint16_t type)
{
    if (length < 12 + name->length + 4 || load_be16(octets) != id)
        return false;
    if ((octets[2] & 0xf8) != 0x80 || load_be16(octets + 4) != 1)
        return false;
    for (size_t i = 0; i < name->length; i++) {
        if (name_lower_octet(octets[12 + i]) != name->wire[i])
            return false;
    }
    return load_be16(octets + 12 + name->length) == type &&
           load_be16(octets + 14 + name->length) == 1;
}
