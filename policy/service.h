/* service.h - the services of a snapshot, and which of them a name belongs to.
 *
 * All of them stand in the tree of names, those that nobody blocks too: a grant may name any. A
 * name belongs to every service on its way: what is below a video site is the video site's. */
#ifndef POLICY_SERVICE_H
#define POLICY_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "config/base/mask.h"
#include "config/base/name.h"
#include "config/config.h"

struct err;
struct snapshot;
struct tree_builder;
struct tree_path;

enum { SERVICES_ON_PATH_MOST = 16 }; /* more are left out */

struct service {
    char id[CONFIG_WORD_MAX];
    uint32_t mark; /* policy/state/mark.h */
    unsigned bit;  /* of its tag (config/service.h); 0: nobody asks for it */
};

/* Reads the built-in services and those of SNAPSHOT's config into it. Errors: -1 with ERR. */
int service_load(struct snapshot *snapshot, struct err *err);
void service_free(struct snapshot *snapshot);

/* Adds the names of SNAPSHOT's services to BUILDER. Errors: -1 with ERR. */
int service_add_names(const struct snapshot *snapshot, struct tree_builder *builder,
                      struct err *err);

/* Fills SERVICES with those that the name of PATH belongs to, the longest name first; returns how
 * many. */
size_t service_find(const struct snapshot *snapshot, const struct tree_path *path,
                    const struct service *services[SERVICES_ON_PATH_MOST]);

/* Returns the tags of those services. */
struct mask service_tags(const struct snapshot *snapshot, const struct tree_path *path);

#endif
