/* device_pages.h - all devices that the server knows, a page at a time. */
#ifndef TOOLS_STAIRGATE_DEVICE_PAGES_H
#define TOOLS_STAIRGATE_DEVICE_PAGES_H

#include <jansson.h>
#include <stdbool.h>

/* Calls SEE with each device (docs/control.md, `devices`), or with those that nobody has named
 * (UNKNOWN). SOCKET as in struct control_options. Returns an exit code; what goes wrong is printed.
 */
int device_pages(const char *socket, bool unknown, void (*see)(void *context, const json_t *device),
                 void *context);

#endif
