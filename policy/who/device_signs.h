/* device_signs.h - how often each device looked for a way around the filter; for devices.c. */
#ifndef POLICY_WHO_DEVICE_SIGNS_H
#define POLICY_WHO_DEVICE_SIGNS_H

#include <stdint.h>

/* Few of millions do: a small table that is never emptied. What finds no place is not counted. */
enum { DEVICE_SIGNS_MOST = 1 << 13 };

struct device_signs {
    struct {
        uint32_t id, count;
    } slots[DEVICE_SIGNS_MOST];
};

/* Adds one to the count of ID; returns the count. Threads: any. */
void device_signs_add(struct device_signs *signs, uint32_t id);
uint32_t device_signs_count(const struct device_signs *signs, uint32_t id);

#endif
