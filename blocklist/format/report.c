#include "blocklist/format/report.h"
