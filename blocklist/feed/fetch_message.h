/* fetch_message.h - what the fetcher's process tells its parent, as octets on a pipe: a length (4),
 * a kind (1), fields. The fetcher speaks with strangers, so the parent believes nothing of it. */
#ifndef BLOCKLIST_FEED_FETCH_MESSAGE_H
#define BLOCKLIST_FEED_FETCH_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "blocklist/feed/fetcher.h"

enum { FETCH_MESSAGE_MAX = 2048 };

enum fetch_message_kind { FETCH_MESSAGE_PROGRESS = 1, FETCH_MESSAGE_RESULT };

struct fetch_message {
    enum fetch_message_kind kind;
    uint64_t got, of;           /* of progress */
    struct fetch_result result; /* whole, or its request alone */
};

/* Writes MESSAGE into OUT; returns its length. Strings that have no end are cut. */
size_t fetch_message_write(const struct fetch_message *message, uint8_t out[FETCH_MESSAGE_MAX]);

/* Reads the first message of DATA[0..LENGTH) into MESSAGE; returns how long it was, 0 where more is
 * needed, -1 where it is none. A request's number is not checked. */
ssize_t fetch_message_read(const uint8_t *data, size_t length, struct fetch_message *message);

#endif
