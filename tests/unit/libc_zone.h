/* libc_zone.h - the libc as the judge of zones, for tests. */
#ifndef TESTS_UNIT_LIBC_ZONE_H
#define TESTS_UNIT_LIBC_ZONE_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Lets localtime_r and its like mean the zone of NAME. */
static inline void libc_zone_set(const char *name)
{
    char text[80];

    snprintf(text, sizeof text, ":%s", name);
    setenv("TZ", text, 1);
    tzset();
}

#endif
