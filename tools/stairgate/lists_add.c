/* stairgate lists add: a list of the catalogue, or any URL, tried out, told about, asked for, and
 * then written into the config.
 *
 * The entry is put into the text first and the whole loaded: what is tried out is exactly what will
 * be in force, and a config that would not load is known before anything is fetched. */
#include <ctype.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/config.h"
#include "config/edit.h"
#include "tools/stairgate/catalogue.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/manifest.h"
#include "tools/stairgate/trial.h"

enum { OPTIONS_MAX = 8, PARTS_MAX = 2 * CONFIG_WORD_MAX + 8 };

struct options {
    const char *config, *what, *category, *format, *id;
    bool yes, dry_run;
};

/* The entry to be. */
struct entry {
    char id[CONFIG_WORD_MAX], parts[PARTS_MAX];
    struct edit_option options[OPTIONS_MAX];
    size_t count;
    struct catalogue_row row;
    struct data_reader reader; /* where its texts live */
};

static const struct {
    char letter;
    size_t offset; /* of the text in struct options */
} texts[] = {
    {'f', offsetof(struct options, config)  },
    {'c', offsetof(struct options, category)},
    {'t', offsetof(struct options, format)  },
    {'i', offsetof(struct options, id)      },
};

static void take_text(struct options *options, int letter, const char *text)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].letter == letter)
            memcpy((char *)options + texts[i].offset, &text, sizeof text);
    }
}

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"config",   required_argument, NULL, 'f'},
        {"category", required_argument, NULL, 'c'},
        {"format",   required_argument, NULL, 't'},
        {"id",       required_argument, NULL, 'i'},
        {"yes",      no_argument,       NULL, 'y'},
        {"dry-run",  no_argument,       NULL, 'd'},
        {NULL,       0,                 NULL, 0  },
    };
    int option;

    memset(options, 0, sizeof *options);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == '?')
            return -1;
        options->yes |= option == 'y';
        options->dry_run |= option == 'd';
        take_text(options, option, optarg);
    }
    options->config = manifest_path(options->config);
    if (optind + 1 != argc)
        return -1;
    options->what = argv[optind];
    return 0;
}

static void put(struct entry *entry, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0' && entry->count < OPTIONS_MAX)
        entry->options[entry->count++] = (struct edit_option){name, value, false};
}

/* Makes a name of a URL's last part: what stands before its first dot, as far as a name may hold
 * it. */
static void name_of_url(const char *url, char id[CONFIG_WORD_MAX])
{
    size_t end = strcspn(url, "?#"), begin, used = 0;

    while (end > 0 && url[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && url[begin - 1] != '/'; begin--)
        continue;
    for (size_t i = begin; i < end && url[i] != '.' && used + 1 < CONFIG_WORD_MAX; i++) {
        char letter = (char)tolower((unsigned char)url[i]);
        bool fine = strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", letter) != NULL;

        if (used > 0 || isalnum((unsigned char)letter))
            id[used++] = fine ? letter : '-';
    }
    id[used] = '\0';
    if (used == 0)
        snprintf(id, CONFIG_WORD_MAX, "list");
}

/* A list by its address. */
static int fill_from_url(struct entry *entry, const struct options *options)
{
    if (options->category == NULL &&
        (options->format == NULL || strcmp(options->format, "ut1") != 0)) {
        fprintf(stderr, "stairgate: of which category is it? say --category KEY\n");
        return -1;
    }
    name_of_url(options->what, entry->id);
    put(entry, "url", options->what);
    put(entry, "format", options->format);
    put(entry, "category", options->category);
    return 0;
}

/* A UT1 archive of one category has it as its only folder. */
static void put_category(struct entry *entry, const char *category)
{
    static const char ut1[] = "ut1-";
    const struct catalogue_row *row = &entry->row;

    if (strcmp(row->category, "ut1") == 0) /* all folders, by the table */
        return;
    if (strcmp(row->format, "ut1") != 0 || strncmp(row->id, ut1, strlen(ut1)) != 0) {
        put(entry, "category", category);
        return;
    }
    snprintf(entry->parts, sizeof entry->parts, "{%.63s: %.63s}", row->id + strlen(ut1), category);
    put(entry, "categories", entry->parts);
    entry->options[entry->count - 1].yaml = true;
}

static int fill_from_catalogue(struct entry *entry, const struct options *options)
{
    struct catalogue_row *row = &entry->row;

    if (catalogue_find(&entry->reader, options->what, row) != 0) {
        catalogue_suggest(options->what);
        return -1;
    }
    snprintf(entry->id, sizeof entry->id, "%.63s", row->id);
    put(entry, "url", row->url);
    put(entry, "format", options->format != NULL ? options->format : row->format);
    put_category(entry, options->category != NULL ? options->category : row->category);
    put(entry, "licence", row->licence);
    put(entry, "attribution", row->attribution);
    put(entry, "contact", row->home);
    return 0;
}

static int fill(struct entry *entry, const struct options *options)
{
    int result;

    memset(entry, 0, sizeof *entry);
    result = strstr(options->what, "://") != NULL ? fill_from_url(entry, options)
                                                  : fill_from_catalogue(entry, options);
    if (options->id != NULL)
        snprintf(entry->id, sizeof entry->id, "%.63s", options->id);
    return result;
}

static void print_entry(const struct entry *entry)
{
    size_t length;
    char *text = edit_add_list("", 0, entry->id, entry->options, entry->count, &length, NULL);

    if (text != NULL)
        printf("\n%s", text);
    free(text);
}

/* Tries the list out, tells, asks, and writes. CONFIG is EDIT's new text. Returns 0, 1 where it was
 * not agreed to, -1 with ERR. */
static int decide(const struct options *options, const struct entry *entry,
                  const struct manifest_edit *edit, const struct config *config, struct err *err)
{
    struct trial trial;
    int result = trial_run(&trial, config, config_find_list(config, entry->id), err);
    char question[300];

    if (result == 0)
        trial_print(&trial);
    trial_end(&trial);
    if (result != 0)
        return -1;
    print_entry(entry);
    fflush(stdout);
    if (options->dry_run)
        return 0;
    snprintf(question, sizeof question, "Write this into %.200s?", options->config);
    if (!manifest_agreed(question, options->yes))
        return 1;
    if (manifest_write(edit, err) != 0)
        return -1;
    printf("\n%s: '%s' is in; `stairgate lists sync` fetches it now, the daemon soon\n",
           options->config, entry->id);
    return 0;
}

static int add(const struct options *options, const struct entry *entry, struct err *err)
{
    struct manifest_edit edit = {.path = NULL};
    struct config *config = NULL;
    int result = manifest_read(&edit, options->config, err);

    if (result == 0) {
        edit.after = edit_add_list(edit.before, edit.before_length, entry->id, entry->options,
                                   entry->count, &edit.after_length, err);
        result = edit.after == NULL ? -1 : 0;
    }
    if (result == 0) {
        config = manifest_check(&edit, entry->id);
        result = config != NULL ? decide(options, entry, &edit, config, err)
                                : err_set(err, ERR_CONFIG,
                                          "%s: nothing was changed: the config would not load",
                                          options->config);
    }
    config_free(config);
    manifest_free(&edit);
    return result;
}

int lists_add_run(int argc, char **argv)
{
    struct options options;
    struct entry entry;
    struct err err = {.code = ERR_NONE};
    int result;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(lists_add_run);
    if (fill(&entry, &options) != 0)
        return EXIT_USAGE;
    result = add(&options, &entry, &err);
    if (result < 0)
        fprintf(stderr, "stairgate: %s\n", err.text);
    return result == 0 ? EXIT_DONE : EXIT_FAILED;
}
