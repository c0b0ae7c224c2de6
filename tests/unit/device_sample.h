/* device_sample.h - keys of devices for tests. */
#ifndef TESTS_UNIT_DEVICE_SAMPLE_H
#define TESTS_UNIT_DEVICE_SAMPLE_H

#include "config/base/device_key.h"
#include "config/base/err.h"

/* The key that TEXT is, which has to be one. */
static inline struct device_key key_of(const char *text)
{
    struct device_key key;

    must(device_key_parse(text, &key) == 0);
    return key;
}

#endif
