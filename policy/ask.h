/* ask.h - who asks what, when: all that a decision may depend on. */
#ifndef POLICY_ASK_H
#define POLICY_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "blocklist/sealed/sealed.h"
#include "blocklist/set/set.h"
#include "config/base/addr.h"
#include "config/base/name.h"
#include "policy/who/device_key.h"

struct overlay;

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_DOT, TRANSPORT_DOH, TRANSPORTS };

enum { ASK_NO_PROFILE = -1 };

struct ask {
    /* what: the question, name in lower case */
    struct name name;
    uint16_t type, class;

    /* when: handed in, never asked of a clock */
    int64_t wall_s; /* Unix time */
    uint64_t mono_ms;

    /* who */
    struct addr client; /* with scope */
    uint32_t ifindex;   /* where the query came in; 0 unknown */
    struct endpoint local;
    enum transport transport;
    struct device_key told; /* what a trusted forwarder says of the device; length 0: nothing */
    struct device_key told_line;   /* and of the line that it is on */
    const struct overlay *overlay; /* how things stand beside the snapshot; NULL: nothing does */
    int forced_profile;            /* index, for `why --profile`; ASK_NO_PROFILE */
    bool is_target; /* nobody asked for the name: an answer of ours leads to it, so that a block
                       of it is answered in a style, and never denies that the asked name is
                       there */

    /* what the sets say of the name, by the set stage; both are always filled */
    struct set_hit listed;
    struct sealed_hit sealed;
};

#endif
