/* generation_tidy.c - files that nobody refers to any more. */
#include "blocklist/feed/generation.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist/feed/due.h"
#include "blocklist/feed/generation_links.h"
#include "blocklist/feed/place.h"
#include "config/base/err.h"
#include "config/config.h"

struct tidy {
    struct store *store;
    const struct config *config;
    struct generations generations;
    char (*files)[STORE_FILE_MAX]; /* segments that are referred to, in order */
    size_t file_count;
};

static int compare_file(const void *name, const void *file)
{
    return strcmp(name, file);
}

static bool keep_segment(const struct tidy *tidy, const char *name)
{
    return tidy->file_count > 0 &&
           bsearch(name, tidy->files, tidy->file_count, sizeof *tidy->files, compare_file) != NULL;
}

/* Sets are called N.set, and N.set.SOMETHING while they are made; the rest is somebody else's. */
static bool keep_set(const struct tidy *tidy, const char *name)
{
    size_t digits = strspn(name, "0123456789");
    uint64_t number = place_set_number(name);

    if (digits == 0 || strncmp(name + digits, ".set", 4) != 0)
        return true;
    return number != 0 && generations_find(&tidy->generations, number) != NULL;
}

/* ID.part, and what stands beside it, is gone on with by the next fetch; but not of a list that is
 * fetched into memory since. */
static bool keep_incoming(const struct tidy *tidy, const char *name)
{
    for (size_t i = 0; i < tidy->config->list_count; i++) {
        const char *id = tidy->config->lists[i].id;
        size_t length = strlen(id);

        if (strncmp(name, id, length) == 0 && strncmp(name + length, ".part", 5) == 0)
            return !due_sealed(&tidy->config->lists[i]);
    }
    return false;
}

static void tidy_folder(const struct tidy *tidy, const char *folder,
                        bool (*keep)(const struct tidy *tidy, const char *name))
{
    char path[PLACE_PATH_MAX + 300];
    struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof path, "%s/%s", store_dir(tidy->store), folder);
    dir = opendir(path);
    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            keep(tidy, entry->d_name))
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", store_dir(tidy->store), folder, entry->d_name);
        unlink(path); /* a folder that somebody made there stays */
    }
    closedir(dir);
}

void generation_tidy(struct store *store, const struct config *config)
{
    struct tidy tidy = {.store = store, .config = config};

    if (generations_load(store, &tidy.generations, NULL) != 0)
        return;
    /* When in doubt, all stay. */
    if (store_files(store, &tidy.files, &tidy.file_count, NULL) == 0)
        tidy_folder(&tidy, "segments", keep_segment);
    tidy_folder(&tidy, "sets", keep_set);
    tidy_folder(&tidy, "incoming", keep_incoming);
    free(tidy.files);
    free(tidy.generations.items);
}
