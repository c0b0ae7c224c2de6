#include "blocklist/set/set.h"
