/* stairgate calendar import: the dates of an iCalendar file, for `calendars` of a config. */
#include "tools/stairgate/calendar.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/base/date.h"
#include "config/base/err.h"
#include "config/problem.h"
#include "tools/stairgate/calendar_file.h"
#include "tools/stairgate/command.h"

enum { YEARS_DEFAULT = 3, YEARS_MOST = 20 };

struct options {
    const char *path, *kind;
    int32_t from;
    long years;
};

static int read_from(const char *text, int32_t *day)
{
    if (date_read(&text, day) == 0 && *text == '\0')
        return 0;
    fprintf(stderr, "stairgate: not a date: write --from 2026-09-01\n");
    return -1;
}

static int read_option(struct options *options, int option)
{
    char *end;

    if (option == 'k')
        options->kind = optarg;
    else if (option == 'f')
        return read_from(optarg, &options->from);
    else if (option == 'y')
        options->years = strtol(optarg, &end, 10);
    else
        return -1;
    if (option == 'y' && (*end != '\0' || options->years < 1 || options->years > YEARS_MOST)) {
        fprintf(stderr, "stairgate: --years is 1 to %d\n", YEARS_MOST);
        return -1;
    }
    return 0;
}

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"kind",  required_argument, NULL, 'k'},
        {"from",  required_argument, NULL, 'f'},
        {"years", required_argument, NULL, 'y'},
        {NULL,    0,                 NULL, 0  },
    };
    int option;

    *options = (struct options){
        .kind = "holidays", .from = date_day_of((int64_t)time(NULL)), .years = YEARS_DEFAULT};
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (read_option(options, option) != 0)
            return -1;
    }
    if (strcmp(options->kind, "holidays") != 0 && strcmp(options->kind, "terms") != 0) {
        fprintf(stderr, "stairgate: --kind is holidays or terms\n");
        return -1;
    }
    if (argc - optind != 1)
        return -1;
    options->path = argv[optind];
    return 0;
}

static void print(const struct options *options, const struct calendar_ranges *ranges)
{
    char first[DATE_TEXT_MAX], last[DATE_TEXT_MAX], quote[PROBLEM_QUOTE_MAX];

    printf("    %s:%s\n", options->kind, ranges->count == 0 ? " []" : "");
    for (size_t i = 0; i < ranges->count; i++) {
        const struct calendar_range *range = &ranges->items[i];

        printf("      - %s", date_to_text(range->first, first));
        if (range->last != range->first)
            printf("..%s", date_to_text(range->last, last));
        printf("  # %s\n", problem_quote(range->summary, quote));
    }
}

int calendar_import_run(int argc, char **argv)
{
    struct options options;
    struct calendar_ranges ranges;
    struct err err;
    int32_t until;

    if (read_options(&options, argc, argv) != 0)
        return command_usage(calendar_import_run);
    until = options.from + (int32_t)(options.years * 1461 / 4);
    if (calendar_file_read(options.path, options.from, until, &ranges, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        calendar_ranges_free(&ranges);
        return EXIT_FAILED;
    }
    print(&options, &ranges);
    if (ranges.passed > 0)
        fprintf(stderr, "%s: left out, as not for whole days: %zu\n", options.path, ranges.passed);
    calendar_ranges_free(&ranges);
    return EXIT_DONE;
}
