/* What the commands on the state of lists share: their options, the store, times and tables. */
#include "tools/stairgate/lists_state.h"

#include <getopt.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/base/err.h"
#include "config/config.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/manifest.h"

enum { LAST_DEFAULT = 50, LAST_MOST = 1000000 };

static int read_last(const char *text, size_t *last)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*end != '\0' || end == text || value == 0 || value > LAST_MOST) {
        fprintf(stderr, "stairgate: --last wants a number from 1 to %d, not '%s'\n", LAST_MOST,
                text);
        return -1;
    }
    *last = value;
    return 0;
}

static int read_words(struct lists_options *options, int argc, char **argv, const char *named)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'f'},
        {"json",   no_argument,       NULL, 'j'},
        {"names",  no_argument,       NULL, 'n'},
        {"last",   required_argument, NULL, 'l'},
        {NULL,     0,                 NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == '?' || (strchr("nl", option) != NULL && strchr(named, option) == NULL))
            return -1;
        if (option == 'f')
            options->config_path = optarg;
        options->json |= option == 'j';
        options->names |= option == 'n';
        if (option == 'l' && read_last(optarg, &options->last) != 0)
            return -1;
    }
    options->words = argv + optind;
    options->word_count = (size_t)(argc - optind);
    return 0;
}

int lists_options_read(struct lists_options *options, int argc, char **argv, const char *named,
                       size_t most)
{
    memset(options, 0, sizeof *options);
    options->last = LAST_DEFAULT;
    if (read_words(options, argc, argv, named) != 0 || options->word_count > most)
        return EXIT_USAGE;
    options->config_path = manifest_path(options->config_path);
    options->config = manifest_load(options->config_path);
    if (options->config == NULL)
        return EXIT_FAILED;
    if (options->config->feeds.dir == NULL) {
        fprintf(stderr, "stairgate: %s: it has no lists; `stairgate lists catalogue` shows some\n",
                options->config_path);
        return EXIT_NOT_FOUND;
    }
    return EXIT_DONE;
}

void lists_options_end(struct lists_options *options)
{
    config_free(options->config);
}

int lists_complain(const char *verb, const struct err *err)
{
    static const struct {
        enum err_code code;
        int exit;
    } exits[] = {
        {ERR_NOT_FOUND, EXIT_NOT_FOUND},
        {ERR_USAGE,     EXIT_USAGE    },
        {ERR_BUSY,      EXIT_BUSY     },
    };

    fprintf(stderr, "stairgate: lists %s: %s\n", verb, err->text);
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++) {
        if (exits[i].code == err->code)
            return exits[i].exit;
    }
    return EXIT_FAILED;
}

struct store *lists_open(const struct lists_options *options, struct err *err)
{
    return store_open(options->config->feeds.dir, STORE_READ, (int64_t)time(NULL), err);
}

/* ---- words ---- */

char *lists_age_text(int64_t at_s, int64_t now_s, char out[LISTS_TEXT_MAX])
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {
        {86400, "d"},
        {3600,  "h"},
        {60,    "m"},
        {1,     "s"},
    };
    int64_t left = now_s > at_s ? now_s - at_s : 0;
    size_t unit = 0, used;

    if (at_s == 0) {
        snprintf(out, LISTS_TEXT_MAX, "-");
        return out;
    }
    while (unit < 3 && left < units[unit].seconds)
        unit++;
    used = (size_t)snprintf(out, LISTS_TEXT_MAX, "%" PRId64 "%s", left / units[unit].seconds,
                            units[unit].name);
    left %= units[unit].seconds;
    if (unit < 2 && left >= units[unit + 1].seconds)
        snprintf(out + used, LISTS_TEXT_MAX - used, "%" PRId64 "%s", left / units[unit + 1].seconds,
                 units[unit + 1].name);
    return out;
}

char *lists_time_text(int64_t at_s, char out[LISTS_TEXT_MAX])
{
    time_t at = (time_t)at_s;
    struct tm parts;

    if (at_s == 0 || gmtime_r(&at, &parts) == NULL ||
        strftime(out, LISTS_TEXT_MAX, "%Y-%m-%d %H:%M:%SZ", &parts) == 0)
        snprintf(out, LISTS_TEXT_MAX, "-");
    return out;
}

char *lists_octets_text(uint64_t octets, char out[LISTS_TEXT_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)octets;
    size_t unit = 0;

    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    snprintf(out, LISTS_TEXT_MAX, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return out;
}

struct libscols_table *lists_table(const char *const *heads, size_t count, unsigned right)
{
    struct libscols_table *table;

    scols_init_debug(0);
    table = scols_new_table();
    for (size_t i = 0; table != NULL && i < count; i++)
        scols_table_new_column(table, heads[i], 0, right >> i & 1 ? SCOLS_FL_RIGHT : 0);
    return table;
}

void lists_row(struct libscols_table *table, const char *const *cells, size_t count)
{
    struct libscols_line *line = table != NULL ? scols_table_new_line(table, NULL) : NULL;

    for (size_t i = 0; line != NULL && i < count; i++)
        scols_line_set_data(line, i, cells[i]);
}
