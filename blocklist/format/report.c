#include "blocklist/format/report.h"

#include <inttypes.h>

#include "blocklist/set/segment.h"
#include "config/base/err.h"

static const char *const keys[REASONS] = {
#define X(reason, key, text) [reason] = key,
    REASON_LIST(X)
#undef X
};

static const char *const texts[REASONS] = {
#define X(reason, key, text) [reason] = text,
    REASON_LIST(X)
#undef X
};

_Static_assert(REASONS <= sizeof((struct segment_about *)0)->refused / sizeof(uint64_t),
               "a set file has room for each reason");

enum { JUDGED_LINES_MIN = 100, MALFORMED_PER_CENT_MAX = 20 };

const char *reason_key(enum reason reason)
{
    return keys[reason];
}

const char *reason_text(enum reason reason)
{
    return texts[reason];
}

void report_refuse(struct report *report, enum reason reason, uint64_t line)
{
    if (report->refused[reason]++ == 0)
        report->first_line[reason] = line;
}

uint64_t report_taken(const struct report *report)
{
    return report->subtree + report->exact + report->exceptions + report->prefixes;
}

uint64_t report_refused(const struct report *report)
{
    uint64_t sum = 0;

    for (int i = 0; i < REASONS; i++)
        sum += report->refused[i];
    return sum;
}

int report_judge(const struct report *report, struct err *err)
{
    uint64_t malformed = report->refused[REASON_MALFORMED];

    if (report_taken(report) == 0)
        return err_set(err, ERR_GATE, "nothing was taken of %" PRIu64 " lines", report->lines);
    /* Only malformed lines count: a page-filter list is full of rules that say nothing to DNS. */
    if (report->lines >= JUDGED_LINES_MIN &&
        malformed > report->lines / 100 * MALFORMED_PER_CENT_MAX +
                        report->lines % 100 * MALFORMED_PER_CENT_MAX / 100)
        return err_set(err, ERR_GATE,
                       "%" PRIu64 " of %" PRIu64 " lines are malformed, the first is line %" PRIu64,
                       malformed, report->lines, report->first_line[REASON_MALFORMED]);
    return 0;
}

void report_to_about(const struct report *report, struct segment_about *about)
{
    about->lines = report->lines;
    for (int i = 0; i < REASONS; i++)
        about->refused[i] = report->refused[i];
}
