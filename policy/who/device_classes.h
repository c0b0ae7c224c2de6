/* device_classes.h - the few ways in which devices are alike, so that each holds a short number of
 * its own way; for devices.c. */
#ifndef POLICY_WHO_DEVICE_CLASSES_H
#define POLICY_WHO_DEVICE_CLASSES_H

#include <stddef.h>
#include <stdint.h>

struct device;
struct device_classes;
struct err;

/* Makes an empty table. Owner: the caller frees it with device_classes_free. Errors: NULL with ERR.
 */
struct device_classes *device_classes_create(struct err *err);
/* Frees CLASSES; NULL is fine. */
void device_classes_free(struct device_classes *classes);

/* Returns the number of the class of DEVICE, which is made where there is none yet.
 * Errors: -1 with ERR_LIMIT. Threads: the writer. */
long device_classes_number(struct device_classes *classes, const struct device *device,
                           struct err *err);

/* Fills profile, group and flags of DEVICE from the class NUMBER. Threads: any, behind a read of
 * NUMBER. */
void device_classes_fill(const struct device_classes *classes, uint16_t number,
                         struct device *device);

/* Returns what CLASSES takes. Threads: the writer. */
size_t device_classes_octets(const struct device_classes *classes);

#endif
