/* device_key.h - what a device is known by; it stands in config/base, since a config holds some. */
#ifndef POLICY_WHO_DEVICE_KEY_H
#define POLICY_WHO_DEVICE_KEY_H

#include "config/base/device_key.h"

#endif
