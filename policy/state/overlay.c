#include "policy/state/overlay.h"

#include <stdlib.h>
#include <sodium.h>

#include "config/base/err.h"
#include "policy/state/grants.h"
#include "policy/state/lifts.h"
#include "policy/who/devices.h"
#include "policy/who/neighbours.h"

enum { NEIGHBOURS_MOST = 4096 };

static struct lifts *create_lifts(struct err *err)
{
    uint8_t key[LIFTS_KEY_OCTETS];
    struct lifts *lifts;

    randombytes_buf(key, sizeof key);
    lifts = lifts_create(key, err);
    sodium_memzero(key, sizeof key);
    return lifts;
}

struct overlay *overlay_create(uint64_t seed, struct err *err)
{
    struct overlay *overlay = calloc(1, sizeof *overlay);

    if (overlay == NULL) {
        err_set(err, ERR_MEMORY, "no memory for what changes beside the configuration");
        return NULL;
    }
    overlay->version = 1;
    overlay->grants = grants_create(seed, err);
    overlay->neighbours = neighbours_create(NEIGHBOURS_MOST, seed, err);
    overlay->devices = devices_create(DEVICES_MOST, seed, err);
    overlay->lifts = create_lifts(err);
    if (overlay->devices == NULL || overlay->grants == NULL || overlay->neighbours == NULL ||
        overlay->lifts == NULL) {
        overlay_free(overlay);
        return NULL;
    }
    return overlay;
}

void overlay_free(struct overlay *overlay)
{
    if (overlay == NULL)
        return;
    devices_free(overlay->devices);
    neighbours_free(overlay->neighbours);
    grants_free(overlay->grants);
    lifts_free(overlay->lifts);
    free(overlay);
}

const struct grants *overlay_grants(const struct overlay *overlay)
{
    if (overlay == NULL || overlay->grants == NULL || grants_count(overlay->grants) == 0)
        return NULL;
    return overlay->grants;
}

void overlay_changed(struct overlay *overlay)
{
    __atomic_store_n(&overlay->version, overlay->version + 1, __ATOMIC_RELEASE);
}
