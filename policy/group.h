/* group.h - which servers a question goes to, as a number that outlives the config. */
#ifndef POLICY_GROUP_H
#define POLICY_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/name.h"
#include "config/config.h"

/* Returns the mark (verdict.upstream_mark) of SERVERS[0..COUNT), in whatever order, for ZONE; the
 * root for the usual ones. */
uint32_t group_mark(const struct name *zone, const struct config_upstream *servers, size_t count);

#endif
