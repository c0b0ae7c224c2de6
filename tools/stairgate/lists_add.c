/* stairgate lists add: a list of the catalogue, or any URL, tried out, told about, asked for, and
 * then written into the config.
 *
 * The entry is put into the text first and the whole loaded: what is tried out is exactly what will
 * be in force, and a config that would not load is known before anything is fetched. A legal or
 * hotline list is not tried out, since nobody may look into it: instead its terms are asked for
 * (list_terms.h). */
#include <ctype.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/base/err.h"
#include "config/base/text.h"
#include "config/config.h"
#include "config/edit.h"
#include "tools/stairgate/catalogue.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/list_terms.h"
#include "tools/stairgate/manifest.h"
#include "tools/stairgate/trial.h"

enum { OPTIONS_MAX = 20, PARTS_MAX = 2 * CONFIG_WORD_MAX + 8, CLASSES = 4 };

static const char *const classes[CLASSES] = {"public", "partner", "legal", "hotline"};

struct options {
    const char *config, *what, *class_, *category, *format, *id;
    bool yes, dry_run, has_terms;
    struct list_terms terms;
};

/* The entry to be. */
struct entry {
    char id[CONFIG_WORD_MAX], parts[PARTS_MAX];
    struct edit_option options[OPTIONS_MAX];
    size_t count;
    struct catalogue_row row;
    struct data_reader reader; /* where its texts live */
    struct list_terms_yaml terms;
};

static const struct {
    char letter;
    size_t offset; /* of the text in struct options */
} texts[] = {
    {'f', offsetof(struct options, config)  },
    {'c', offsetof(struct options, category)},
    {'t', offsetof(struct options, format)  },
    {'i', offsetof(struct options, id)      },
    {'k', offsetof(struct options, class_)  },
};

static void take_text(struct options *options, int letter, const char *text)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].letter == letter)
            memcpy((char *)options + texts[i].offset, &text, sizeof text);
    }
}

static int take_option(struct options *options, int option)
{
    struct err err;

    if (option == '?')
        return -1;
    options->yes |= option == 'y';
    options->dry_run |= option == 'd';
    if (option < LIST_TERMS_FLAG) {
        take_text(options, option, optarg);
        return 0;
    }
    options->has_terms = true;
    if (list_terms_take(&options->terms, (enum list_term)(option - LIST_TERMS_FLAG), optarg,
                        &err) == 0)
        return 0;
    fprintf(stderr, "stairgate: %s\n", err.text);
    return -1;
}

static int read_class(struct options *options)
{
    const char *near;

    for (int i = 0; i < CLASSES; i++) {
        if (options->class_ == NULL || strcmp(options->class_, classes[i]) == 0) {
            options->terms.class_ = (enum list_class)i;
            return 0;
        }
    }
    near = text_nearest(options->class_, classes, CLASSES);
    fprintf(stderr, "stairgate: no such class: '%.40s'; %s%s%s public, partner, legal or hotline\n",
            options->class_, near != NULL ? "did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'? it is" : "it is");
    return -1;
}

static bool is_sealed(const struct options *options)
{
    return options->terms.class_ >= LIST_LEGAL;
}

static int read_options(struct options *options, int argc, char **argv)
{
    enum { OWN = 7 };
    struct option known[OWN + LIST_TERMS + 1] = {
        {"config",   required_argument, NULL, 'f'},
        {"category", required_argument, NULL, 'c'},
        {"format",   required_argument, NULL, 't'},
        {"id",       required_argument, NULL, 'i'},
        {"class",    required_argument, NULL, 'k'},
        {"yes",      no_argument,       NULL, 'y'},
        {"dry-run",  no_argument,       NULL, 'd'},
    };
    int option;

    memset(options, 0, sizeof *options);
    list_terms_flags(known + OWN);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (take_option(options, option) != 0)
            return -1;
    }
    options->config = manifest_path(options->config);
    if (optind + 1 != argc || read_class(options) != 0)
        return -1;
    options->what = argv[optind];
    if (!options->has_terms || is_sealed(options))
        return 0;
    fprintf(stderr, "stairgate: such terms are of lists of class legal and hotline: say --class\n");
    return -1;
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

static void put_term(struct entry *entry, const struct list_terms *terms, const char *name,
                     enum list_term term)
{
    put(entry, name, terms->texts[term]);
}

static void put_yaml(struct entry *entry, const char *name, const char *yaml)
{
    put(entry, name, yaml);
    if (yaml[0] != '\0')
        entry->options[entry->count - 1].yaml = true;
}

/* A list that nobody may look into: by its address or its inbox, with its terms. */
static int fill_sealed(struct entry *entry, const struct options *options)
{
    const struct list_terms *terms = &options->terms;

    if (options->category != NULL) {
        fprintf(stderr,
                "stairgate: a list of class %s has no category: it is blocked for every "
                "profile; leave --category out\n",
                classes[terms->class_]);
        return -1;
    }
    if (terms->fetched == (terms->texts[TERM_INBOX][0] != '\0')) {
        fprintf(stderr, terms->fetched ? "stairgate: a list has a URL or an --inbox, not both\n"
                                       : "stairgate: where does it come from? say its https:// "
                                         "URL, or its name and --inbox DIR\n");
        return -1;
    }
    list_terms_yaml(terms, &entry->terms);
    if (terms->fetched)
        name_of_url(options->what, entry->id);
    else
        snprintf(entry->id, sizeof entry->id, "%.63s", options->what);
    put(entry, "url", terms->fetched ? options->what : NULL);
    put_term(entry, terms, "inbox", TERM_INBOX);
    put(entry, "class", classes[terms->class_]);
    put(entry, "format", options->format);
    put_yaml(entry, "signature", entry->terms.signature);
    put_yaml(entry, "auth", entry->terms.auth);
    put_term(entry, terms, "licence", TERM_LICENCE);
    put_yaml(entry, "dns_use_permitted", terms->texts[TERM_DNS_USE]);
    put_term(entry, terms, "legal_basis", TERM_LEGAL_BASIS);
    put_term(entry, terms, "jurisdiction", TERM_JURISDICTION);
    put_term(entry, terms, "contact", TERM_CONTACT);
    put_term(entry, terms, "appeal_url", TERM_APPEAL_URL);
    put_term(entry, terms, "deadline", TERM_DEADLINE);
    put(entry, "every", entry->terms.every);
    return 0;
}

static int fill(struct entry *entry, const struct options *options)
{
    int result;

    memset(entry, 0, sizeof *entry);
    if (is_sealed(options))
        result = fill_sealed(entry, options);
    else
        result = strstr(options->what, "://") != NULL ? fill_from_url(entry, options)
                                                      : fill_from_catalogue(entry, options);
    if (!is_sealed(options))
        put(entry, "class", options->class_);
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

/* Says what nobody looked into, and what is asked for to be so. */
static void print_terms(const struct options *options, const struct entry *entry)
{
    const struct list_terms *terms = &options->terms;

    printf("list         %s, class %s: not fetched and not looked into\n", entry->id,
           classes[terms->class_]);
    if (terms->signature != NULL)
        printf("signed       %s, key %s\n", terms->signature, terms->fingerprint);
    print_entry(entry);
    if (entry->terms.sealed[0] != '\0')
        printf("\n%s", entry->terms.sealed);
}

static int show(const struct options *options, const struct entry *entry,
                const struct config *config, struct err *err)
{
    struct trial trial;
    int result;

    if (is_sealed(options)) {
        print_terms(options, entry);
        return 0;
    }
    result = trial_run(&trial, config, config_find_list(config, entry->id), err);
    if (result == 0)
        trial_print(&trial);
    trial_end(&trial);
    if (result == 0)
        print_entry(entry);
    return result;
}

/* Shows the list, asks, and writes. CONFIG is EDIT's new text. Returns 0, 1 where it was not agreed
 * to, -1 with ERR. */
static int decide(const struct options *options, const struct entry *entry,
                  const struct manifest_edit *edit, const struct config *config, struct err *err)
{
    char question[300];

    if (show(options, entry, config, err) != 0)
        return -1;
    fflush(stdout);
    if (options->dry_run)
        return 0;
    snprintf(question, sizeof question, "Write this into %.200s?", options->config);
    if (!manifest_agreed(question, options->yes))
        return 1;
    if ((is_sealed(options) && list_terms_make_key(&options->terms, err) != 0) ||
        manifest_write(edit, err) != 0)
        return -1;
    printf("\n%s: '%s' is in; `stairgate lists sync` fetches it now, the daemon soon\n",
           options->config, entry->id);
    if (is_sealed(options))
        printf("docs/hotlines.md says what comes next: two operators, evidence, the inbox\n");
    return 0;
}

/* Puts ENTRY into EDIT's text, and what the section `sealed` lacks. */
static int put_in(const struct options *options, const struct entry *entry,
                  struct manifest_edit *edit, struct err *err)
{
    edit->after = edit_add_list(edit->before, edit->before_length, entry->id, entry->options,
                                entry->count, &edit->after_length, err);
    if (edit->after == NULL)
        return -1;
    return is_sealed(options)
               ? list_terms_add_sealed(&options->terms, &edit->after, &edit->after_length, err)
               : 0;
}

static int add(const struct options *options, const struct entry *entry, struct err *err)
{
    struct manifest_edit edit = {.path = NULL};
    struct config *config = NULL;
    int result = manifest_read(&edit, options->config, err);

    if (result == 0)
        result = put_in(options, entry, &edit, err);
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

/* Loads the config as it is, and completes the terms by it. Returns an exit code. */
static int gather_terms(struct options *options, struct config **config)
{
    struct list_terms *terms = &options->terms;
    bool ask = !options->yes && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
    struct err err;

    *config = manifest_load(options->config);
    if (*config == NULL)
        return EXIT_FAILED;
    if ((*config)->tier == TIER_ROUTER && terms->class_ == LIST_HOTLINE) {
        fprintf(stderr,
                "stairgate: no list of class hotline goes to 'tier: router': whoever holds the box "
                "holds file and key. It belongs to the resolver of the school or the provider\n");
        return EXIT_REFUSED;
    }
    terms->config = *config;
    terms->fetched = strstr(options->what, "://") != NULL;
    if (list_terms_complete(terms, ask, &err) == 0)
        return EXIT_DONE;
    fprintf(stderr, "stairgate: %s\n", err.text);
    return err.code == ERR_REFUSED ? EXIT_FAILED : EXIT_USAGE;
}

int lists_add_run(int argc, char **argv)
{
    struct options options;
    struct entry entry;
    struct config *config = NULL;
    struct err err = {.code = ERR_NONE};
    int code, result;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(lists_add_run);
    code = is_sealed(&options) ? gather_terms(&options, &config) : EXIT_DONE;
    if (code == EXIT_DONE && fill(&entry, &options) != 0)
        code = EXIT_USAGE;
    if (code == EXIT_DONE) {
        result = add(&options, &entry, &err);
        code = result == 0 ? EXIT_DONE : EXIT_FAILED;
        if (result < 0)
            fprintf(stderr, "stairgate: %s\n", err.text);
    }
    config_free(config);
    return code;
}
