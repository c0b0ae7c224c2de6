/* upstreams_system.h - the resolvers that this machine itself uses. */
#ifndef CONFIG_UPSTREAMS_SYSTEM_H
#define CONFIG_UPSTREAMS_SYSTEM_H

struct config;

#define UPSTREAMS_RESOLV_CONF "/etc/resolv.conf"
#define UPSTREAMS_SYSTEMD "/run/systemd/resolve/resolv.conf"

/* Fills CONFIG's upstreams from RESOLV_CONF, or from SYSTEMD where that one names
 * systemd-resolved's own address: it would pass our questions on to where it got them from. Our own
 * listeners are left out. Files that cannot be read leave the list empty, which is no error:
 * blocked and local names answer all the same. */
void upstreams_system(struct config *config, const char *resolv_conf, const char *systemd);

#endif
