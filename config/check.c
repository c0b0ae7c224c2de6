/* Rules that look at more than one option. */
#include <stdlib.h>
#include <string.h>

#include "config/listener.h"
#include "config/walk.h"

void check_config(struct walk *walk)
{
    (void)walk;
}
