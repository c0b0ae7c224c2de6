#include "blocklist/feed/version.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "config/base/date.h"
#include "config/base/err.h"

enum { DIGEST_OCTETS = 32, TIME_TEXT_MAX = 40 };

enum version_word version_compare(const struct version *last, const struct version *came,
                                  int64_t now_s)
{
    if (came->signed_s > now_s && came->signed_s - now_s > VERSION_AHEAD_MOST_S)
        return VERSION_AHEAD;
    if (last->signed_s == 0 || came->signed_s > last->signed_s)
        return VERSION_NEW;
    if (came->signed_s < last->signed_s)
        return VERSION_REPLAYED;
    if (last->body == NULL ||
        came->body == NULL) /* of a last one that is known by its time alone */
        return VERSION_NEW;
    return sodium_memcmp(last->body, came->body, DIGEST_OCTETS) == 0 ? VERSION_SAME
                                                                     : VERSION_REPLAYED;
}

static const char *time_text(int64_t seconds, char out[TIME_TEXT_MAX])
{
    char day[DATE_TEXT_MAX];
    int64_t of_day = seconds % 86400;

    if (seconds <= 0)
        return "without a time";
    snprintf(out, TIME_TEXT_MAX, "%s %02d:%02d:%02d UTC", date_to_text(date_day_of(seconds), day),
             (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
    return out;
}

int version_refuse(enum version_word word, const struct version *last, const struct version *came,
                   struct err *err)
{
    char then[TIME_TEXT_MAX], before[TIME_TEXT_MAX];

    if (word == VERSION_AHEAD)
        return err_set(err, ERR_DIGEST,
                       "signed %s, which is yet to come; the last good list stays; is the clock "
                       "right, here and at the publisher's?",
                       time_text(came->signed_s, then));
    return err_set(err, ERR_DIGEST,
                   "replayed: signed %s, and the last good one %s%s; the last good list stays; "
                   "where the publisher went back on purpose, remove the list and add it again",
                   time_text(came->signed_s, then), time_text(last->signed_s, before),
                   came->signed_s == last->signed_s ? " with other octets" : "");
}
