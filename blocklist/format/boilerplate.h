/* boilerplate.h - the names that a hosts file gives the machine itself: set-up, not list content.
 */
#ifndef BLOCKLIST_FORMAT_BOILERPLATE_H
#define BLOCKLIST_FORMAT_BOILERPLATE_H

#include <stdbool.h>

struct hostname;

/* Tells whether HOST is such a name. */
bool boilerplate_name(const struct hostname *host);

#endif
