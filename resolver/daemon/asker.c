#include "resolver/daemon/asker.h"

#include "config/base/err.h"

enum { MINUTE_MS = 60000 };

int asker_pay(const struct asker *asker, const struct name *met, struct err *err)
{
    return asker == NULL ? 0 : asker->pay(asker, met, err);
}

int asker_refuse(uint64_t left_ms, struct err *err)
{
    return err_set(err, ERR_BUSY, "asked too often; wait %u min",
                   (unsigned)((left_ms + MINUTE_MS - 1) / MINUTE_MS));
}
