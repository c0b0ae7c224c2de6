#include "blocklist/sealed/deadlines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/file.h"

enum { FILE_MOST = 4096, LINE_ROOM = 128 };

static const char *const words[DEADLINE_CLASSES] = {
    [DEADLINE_LEGAL] = "legal",
    [DEADLINE_HOTLINE] = "hotline",
};

const char *deadline_word(enum deadline_class class_)
{
    return words[class_];
}

/* Takes ` NUMBER` off *AT, which ends at END. Returns false for anything else, and for numbers that
 * no clock shows. */
static bool take_number(const char **at, const char *end, int64_t *number)
{
    const char *p = *at;

    if (p == end || *p++ != ' ' || p == end)
        return false;
    for (*number = 0; p < end && *p >= '0' && *p <= '9'; p++) {
        if (*number > INT64_MAX / 16)
            return false;
        *number = *number * 10 + (*p - '0');
    }
    if (p == *at + 1)
        return false;
    *at = p;
    return true;
}

/* Returns the deadline of DEADLINES that the line [*AT..END) is of, behind whose word *AT is put
 * then; NULL where its class is none of ours. */
static struct deadline *find(struct deadline *deadlines, const char **at, const char *end)
{
    const char *space = memchr(*at, ' ', (size_t)(end - *at));
    size_t length = space != NULL ? (size_t)(space - *at) : 0;

    for (size_t i = 0; i < DEADLINE_CLASSES; i++) {
        if (length == strlen(words[i]) && memcmp(*at, words[i], length) == 0) {
            *at += length;
            return &deadlines[i];
        }
    }
    return NULL;
}

static bool take_line(struct deadline *deadlines, const char *line, const char *end)
{
    const char *at = line;
    struct deadline *deadline = find(deadlines, &at, end);

    if (deadline == NULL)
        return line != end && *line != ' ';
    if (deadline->known)
        return false; /* twice: which of them is it? */
    deadline->known = true;
    return take_number(&at, end, &deadline->due_s) && take_number(&at, end, &deadline->version_s) &&
           take_number(&at, end, &deadline->checked_s) && at == end;
}

int deadlines_parse(struct deadline *deadlines, const char *text, size_t length, struct err *err)
{
    const char *end = text + length;
    unsigned line = 0;

    memset(deadlines, 0, DEADLINE_CLASSES * sizeof *deadlines);
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));

        line++;
        if (stop == NULL || !take_line(deadlines, text, stop)) {
            memset(deadlines, 0, DEADLINE_CLASSES * sizeof *deadlines);
            return err_set(err, ERR_FORMAT, "line %u is no deadline of a class", line);
        }
        text = stop + 1;
    }
    return 0;
}

int deadlines_read(struct deadline *deadlines, const char *path, struct err *err)
{
    size_t length;
    char *text = file_read(path, FILE_MOST, &length, err);
    int result;

    memset(deadlines, 0, DEADLINE_CLASSES * sizeof *deadlines);
    if (text == NULL)
        return -1;
    result = deadlines_parse(deadlines, text, length, err);
    if (result != 0)
        err_before(err, path);
    free(text);
    return result;
}

int deadlines_write(const struct deadline *deadlines, const char *path, struct err *err)
{
    char text[DEADLINE_CLASSES * LINE_ROOM];
    struct file_new file;
    size_t used = 0;

    for (size_t i = 0; i < DEADLINE_CLASSES; i++) {
        const struct deadline *one = &deadlines[i];

        if (one->known)
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "%s %" PRId64 " %" PRId64 " %" PRId64 "\n", words[i],
                                     one->due_s, one->version_s, one->checked_s);
    }
    if (file_new_open(&file, path, 0644, err) != 0)
        return -1;
    if (file_write(file.fd, text, used, path, err) != 0) {
        file_new_abandon(&file);
        return -1;
    }
    return file_new_commit(&file, err);
}
