/* device.h - what is left to do for groups and devices once the walk has read them. Inside config/
 * only. */
#ifndef CONFIG_DEVICE_H
#define CONFIG_DEVICE_H

struct config;
struct walk;

/* Reports groups that are above themselves, and keys that two devices have (check_devices.c). */
void check_groups(struct walk *walk);
void check_devices(struct walk *walk);

/* Frees the groups and devices of CONFIG. */
void devices_of_config_free(struct config *config);

#endif
