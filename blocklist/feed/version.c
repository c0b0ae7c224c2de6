#include "blocklist/feed/version.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "config/base/date.h"
#include "config/base/err.h"

enum { DIGEST_OCTETS = 32, DAY_S = 86400 };

static const int64_t YEAR_9999_S = 253402300799;

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

char *version_text(int64_t signed_s, char out[VERSION_TEXT_MAX])
{
    char day[DATE_TEXT_MAX];
    int64_t of_day = signed_s % DAY_S;

    if (signed_s <= 0 || signed_s > YEAR_9999_S)
        snprintf(out, VERSION_TEXT_MAX, "none signed");
    else
        snprintf(out, VERSION_TEXT_MAX, "%sT%02d:%02d:%02dZ",
                 date_to_text(date_day_of(signed_s), day), (int)(of_day / 3600),
                 (int)(of_day / 60 % 60), (int)(of_day % 60));
    return out;
}

int version_refuse(enum version_word word, const struct version *last, const struct version *came,
                   struct err *err)
{
    char then[VERSION_TEXT_MAX], before[VERSION_TEXT_MAX];

    if (word == VERSION_AHEAD)
        return err_set(err, ERR_DIGEST,
                       "signed: %s, which is yet to come; the last good list stays; is the clock "
                       "right, here and at the publisher's?",
                       version_text(came->signed_s, then));
    return err_set(
        err, ERR_DIGEST,
        "replayed: the version that came is %s, and that in force %s%s; the last good list stays; "
        "where the publisher went back on purpose, remove the list and add it again",
        version_text(came->signed_s, then), version_text(last->signed_s, before),
        came->signed_s == last->signed_s ? " with other octets" : "");
}
