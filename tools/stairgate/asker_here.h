/* asker_here.h - a question decided on here, without the server: what it costs who asks. */
#ifndef TOOLS_STAIRGATE_ASKER_HERE_H
#define TOOLS_STAIRGATE_ASKER_HERE_H

#include "resolver/daemon/asker.h"

struct asked;
struct config;

struct asker_here {
    struct asker asker;
    struct asked *asked; /* NULL: there is nothing that would cost */
};

/* Opens the account of what was asked, where CONFIG has a sealed set, before that is loaded. Where
 * it cannot be written the set is taken out of CONFIG, and the user is told that it is not looked
 * into. Owner: the caller closes it; it is not moved meanwhile. */
void asker_here_open(struct asker_here *here, struct config *config);
void asker_here_close(struct asker_here *here);

#endif
