/* listener.h - which addresses are our own, so that we never ask ourselves. */
#ifndef CONFIG_LISTENER_H
#define CONFIG_LISTENER_H

#include <stdbool.h>

#include "config/config.h"

/* Returns the listener of CONFIG that a query to ENDPOINT would come back to, or NULL. A listener
 * on 0.0.0.0 or :: has every loopback address and, where SYSTEM allows to look, every address of
 * this machine. */
const struct config_listener *listener_is_own(const struct config *config,
                                              const struct endpoint *endpoint, bool system);

#endif
