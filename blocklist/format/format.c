#include "blocklist/format/format.h"

#include <string.h>

#include "blocklist/format/intake.h"
#include "blocklist/format/textlines.h"
#include "blocklist/format/source.h"
#include "config/base/err.h"

enum { GUESSED_LINES_MAX = 1000, FORMATS_MAX = 32 };

const struct format *format_find(const char *key)
{
    for (const struct format *format = formats; format->key != NULL; format++) {
        if (strcmp(format->key, key) == 0)
            return format;
    }
    return NULL;
}

/* JSON is no lines, so that it is known by where it begins. */
static bool is_json(struct textline line)
{
    return field_starts(field_trim((struct field){line.text, line.length}), "{");
}

/* Lets LINE speak; returns whether it was one that could. */
static bool vote(struct textline line, unsigned votes[FORMATS_MAX])
{
    struct field entry = field_trim((struct field){line.text, line.length});

    if (entry.length == 0 || (field_starts(entry, "#") && !field_starts(entry, "##")))
        return false;
    entry = field_without_remark(entry);
    for (size_t i = 0; formats[i].key != NULL; i++) {
        if (formats[i].guess != NULL && formats[i].guess(entry))
            votes[i]++;
    }
    return true;
}

static const struct format *count(const unsigned votes[FORMATS_MAX], struct err *err)
{
    size_t best = 0;

    for (size_t i = 0; formats[i].key != NULL; i++) {
        if (votes[i] > votes[best])
            best = i;
    }
    if (votes[best] == 0)
        err_set(err, ERR_FORMAT, FORMAT_NONE_FITS);
    else if (formats[best].line == NULL && formats[best].read == NULL)
        err_set(err, ERR_FORMAT, "looks like %s (%s), which is not read yet", formats[best].key,
                formats[best].text);
    else
        return &formats[best];
    return NULL;
}

const struct format *format_guess(struct source *source, struct err *err)
{
    unsigned votes[FORMATS_MAX] = {0}, heard = 0;
    struct textlines lines;
    struct textline line;
    bool json = false;
    int more = textlines_start(&lines, source, err) == 0 ? 1 : -1;

    while (more > 0 && heard < GUESSED_LINES_MAX && !json) {
        more = textlines_next(&lines, &line, err);
        json = more > 0 && heard == 0 && is_json(line);
        if (more > 0)
            heard += vote(line, votes);
    }
    textlines_end(&lines);
    if (json)
        return format_find("singbox");
    return more < 0 ? NULL : count(votes, err);
}

static int read_lines(const struct format *format, struct source *source, struct intake *intake,
                      struct err *err)
{
    struct textlines lines;
    struct textline line;
    int more = textlines_start(&lines, source, err) == 0 ? 1 : -1;

    while (more > 0 && (more = textlines_next(&lines, &line, err)) > 0) {
        intake->report.lines++;
        if (line.too_long)
            intake_refuse(intake, REASON_MALFORMED);
        else
            format->line(intake, (struct field){line.text, line.length});
        if (intake->failed)
            more = -1;
    }
    textlines_end(&lines);
    if (more == 0 && format->finish != NULL)
        format->finish(intake);
    return intake->failed ? -1 : more;
}

int format_read(const struct format *format, struct source *source, struct intake *intake,
                struct err *err)
{
    memset(&intake->report, 0, sizeof intake->report);
    intake->err = err;
    intake->again = false;
    intake->readings++;
    if (format->start != NULL && format->start(intake, err) != 0)
        return -1;
    if (format->read != NULL)
        return format->read(intake, source, err);
    return read_lines(format, source, intake, err);
}

void format_end(const struct format *format, struct intake *intake)
{
    if (format->free_state != NULL)
        format->free_state(intake->state);
    intake->state = NULL;
}
