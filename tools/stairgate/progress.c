#include "tools/stairgate/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CELLS = 30, REDRAW_MS = 100 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void draw(struct progress *progress, const char *verb, uint64_t done, uint64_t total)
{
    static const char full[CELLS + 1] = "##############################";
    int64_t now;
    int cells;

    if (!progress->shown)
        return;
    now = now_ms();
    if (now < progress->next_ms)
        return;
    progress->next_ms = now + REDRAW_MS;
    if (total == 0 || done > total)
        done = total = 1;
    cells = (int)(done * CELLS / total);
    fprintf(stderr, "\r[%-*.*s] %3d %% %s %-*s", CELLS, cells, full, (int)(done * 100 / total),
            verb, (int)sizeof progress->name - 1, progress->name);
    fflush(stderr);
}

static uint64_t size_of(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
}

void progress_start(struct progress *progress)
{
    memset(progress, 0, sizeof *progress);
    progress->shown = isatty(STDERR_FILENO) == 1;
}

void progress_expect(struct progress *progress, const char *path)
{
    progress->total += size_of(path);
}

void progress_restart(struct progress *progress)
{
    progress->done = 0;
}

void progress_name(struct progress *progress, const char *name)
{
    snprintf(progress->name, sizeof progress->name, "%s", name);
    draw(progress, "reading", progress->done, progress->total);
}

void progress_add(void *context, uint64_t octets)
{
    struct progress *progress = context;

    progress->done += octets;
    draw(progress, "reading", progress->done, progress->total);
}

void progress_add_file(struct progress *progress, const char *path)
{
    progress_add(progress, size_of(path));
}

void progress_merge(void *context, uint64_t done, uint64_t total)
{
    struct progress *progress = context;

    progress->name[0] = '\0';
    draw(progress, "merging", done, total);
}

void progress_show(struct progress *progress, const char *verb, const char *name, uint64_t done,
                   uint64_t total)
{
    snprintf(progress->name, sizeof progress->name, "%s", name);
    draw(progress, verb, total == 0 ? 0 : done, total == 0 ? 1 : total);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r%*s\r", CELLS + 60, "");
}
