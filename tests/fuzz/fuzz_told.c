/* Any octets are options of a forwarder, or broken; what is taken is a key that a device can have.
 */
#include <stddef.h>
#include <stdint.h>

#include "config/base/err.h"
#include "resolver/wire/told.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    struct told told;

    if (length > UINT16_MAX || told_read(octets, length, &told) != 0)
        return 0;
    must(told.device.length <= DEVICE_CPE_MAX && told.line.length <= DEVICE_CPE_MAX);
    must(told.device.length == 0 || told.device.kind == DEVICE_CPE || told.device.length == 6);
    must(told.line.length == 0 || told.line.kind == DEVICE_CPE);
    must(told.client.bits == 0 || told.client.bits == 32 || told.client.bits == 128);
    return 0;
}
