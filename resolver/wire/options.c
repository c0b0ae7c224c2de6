#include "resolver/wire/options.h"

#include "config/base/bytes.h"

enum { OPTION_HEADER_OCTETS = 4 };

enum options_step options_next(struct options *options, struct option *option)
{
    if (options->left == 0)
        return OPTIONS_END;
    if (options->left < OPTION_HEADER_OCTETS)
        return OPTIONS_BROKEN;
    option->code = load_be16(options->at);
    option->length = load_be16(options->at + 2);
    if (option->length > options->left - OPTION_HEADER_OCTETS)
        return OPTIONS_BROKEN;
    option->data = options->at + OPTION_HEADER_OCTETS;
    options->at = option->data + option->length;
    options->left -= OPTION_HEADER_OCTETS + option->length;
    return OPTIONS_NEXT;
}
