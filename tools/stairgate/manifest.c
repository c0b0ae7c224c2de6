/* What `stairgate lists add` and `remove` share. A config is replaced only by one that loads whole,
 * and only where it is still the one that was looked at: an editor may have been at it too. */
#include "tools/stairgate/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "config/config.h"
#include "tools/stairgate/config.h"

enum { CONFIG_MOST = 16 << 20, CONFIG_MODE = 0640 };

const char *manifest_path(const char *given)
{
    if (given == NULL)
        given = getenv("STAIRGATE_CONFIG");
    return given != NULL ? given : CONFIG_SYSTEM;
}

/* Warnings are for `config check`, but for those about list ID (NULL: none); what keeps the config
 * from loading is said here. */
static struct config *report(struct config *config, struct config_problems *problems,
                             const char *id)
{
    char quoted[CONFIG_WORD_MAX + 3];

    snprintf(quoted, sizeof quoted, "'%.63s'", id != NULL ? id : "");
    for (size_t i = 0; i < problems->count; i++) {
        if (config == NULL || (id != NULL && strstr(problems->items[i].text, quoted) != NULL))
            fprintf(stderr, "%s\n", problems->items[i].text);
    }
    config_problems_free(problems);
    return config;
}

struct config *manifest_load(const char *path)
{
    struct config_problems problems;

    return report(config_load(path, &problems), &problems, NULL);
}

bool manifest_agreed(const char *question, bool yes)
{
    char answer[16];

    if (yes)
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        fprintf(stderr, "stairgate: nothing was changed: there is nobody to ask; say --yes\n");
        return false;
    }
    fprintf(stderr, "%s [y/N] ", question);
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

int manifest_read(struct manifest_edit *edit, const char *path, struct err *err)
{
    memset(edit, 0, sizeof *edit);
    edit->path = realpath(path, NULL);
    if (edit->path == NULL)
        return err_system(err, "%s: cannot read it", path);
    edit->before = file_read(edit->path, CONFIG_MOST, &edit->before_length, err);
    return edit->before == NULL ? -1 : 0;
}

struct config *manifest_check(const struct manifest_edit *edit, const char *id)
{
    struct config_problems problems;

    return report(config_load_text(edit->path, edit->after, edit->after_length, &problems),
                  &problems, id);
}

static int still_same(const struct manifest_edit *edit, struct err *err)
{
    size_t length;
    char *now = file_read(edit->path, CONFIG_MOST, &length, err);
    bool same;

    if (now == NULL)
        return -1;
    same = length == edit->before_length && memcmp(now, edit->before, length) == 0;
    free(now);
    return same ? 0 : err_set(err, ERR_BUSY, "%s: it was changed meanwhile; try again", edit->path);
}

int manifest_write(const struct manifest_edit *edit, struct err *err)
{
    struct file_new file;

    file_discard_stale(edit->path);
    if (file_new_open(&file, edit->path, CONFIG_MODE, err) != 0)
        return -1;
    if (file_write(file.fd, edit->after, edit->after_length, edit->path, err) != 0 ||
        still_same(edit, err) != 0) {
        file_new_abandon(&file);
        return -1;
    }
    return file_new_commit(&file, err);
}

void manifest_free(struct manifest_edit *edit)
{
    free(edit->path);
    free(edit->before);
    free(edit->after);
}
