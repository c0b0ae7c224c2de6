/* zones.h - the time zones that a config's profiles are in, each read once. */
#ifndef POLICY_WHEN_ZONES_H
#define POLICY_WHEN_ZONES_H

struct config;
struct config_profile;
struct err;
struct zone;
struct zones;

/* Makes an empty table. Errors: NULL with ERR. */
struct zones *zones_create(struct err *err);

/* Frees ZONES with every zone in it; NULL is fine. */
void zones_free(struct zones *zones);

/* Sets *ZONE, read when it is asked for first, to that of PROFILE: its own, else CONFIG's, else
 * NULL: nobody has said where this is, and clocks show UTC. Owner: ZONES. Errors: -1 with ERR. */
int zones_of_profile(struct zones *zones, const struct config *config,
                     const struct config_profile *profile, const struct zone **zone,
                     struct err *err);

#endif
