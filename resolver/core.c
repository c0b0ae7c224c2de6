#include "resolver/core.h"
