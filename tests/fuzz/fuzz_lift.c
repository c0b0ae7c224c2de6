/* Any octets are a request to lift a name, which is written back as it was and whose reason does
 * not hold the name, or none. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "policy/state/lift_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    struct lift_text request;
    char again[LIFT_TEXT_MAX], text[NAME_TEXT_MAX];
    struct name name;
    struct err err;

    if (lift_text_read(&request, (const char *)octets, length, &err) != 0)
        return 0;
    must(lift_text_write(&request, again) == length);
    must(memcmp(again, octets, length) == 0);
    must(text_is_plain(request.reason));
    must(name_is_whole(request.name.wire, request.name.length));
    name = name_of(&request.name);
    must(strcasestr(request.reason, name_to_text(&name, text)) == NULL);
    return 0;
}
