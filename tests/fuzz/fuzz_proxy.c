/* Any octets are a PROXY header, the start of one, or none: within their bounds, and the more of
 * them there are the less is open. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "config/base/err.h"
#include "resolver/listen/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    struct proxy_header header, again;
    enum proxy_result result = proxy_read(octets, length, &header);

    if (result == PROXY_MORE)
        must(length < PROXY_OCTETS_MAX);
    for (size_t cut = 0; cut < length && cut < 64; cut++) {
        enum proxy_result part = proxy_read(octets, cut, &again);

        must(part == PROXY_MORE || part == result);
        must(part != PROXY_OK || again.length == header.length);
    }
    if (result != PROXY_OK)
        return 0;
    must(proxy_is_signed(octets, length));
    must(header.length <= length && header.length <= PROXY_OCTETS_MAX);
    must(header.client.addr.bits == 0 || header.client.addr.bits == 32 ||
         header.client.addr.bits == 128);
    must(proxy_read(octets, header.length, &again) == PROXY_OK);
    must(header.length == 0 || proxy_read(octets, header.length - 1, &again) != PROXY_OK);
    return 0;
}
