/* stairgate: what people run. Finds the row for the words given and calls it. */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "config/base/text.h"
#include "tools/stairgate/command.h"

enum { WORDS_MAX = 128 };

static void print_row(FILE *out, const struct command *command)
{
    fprintf(out, "  stairgate %s%s%s %s\n        %s\n", command->noun,
            command->noun[0] != '\0' ? " " : "", command->verb, command->arguments,
            command->summary);
}

static void print_help(FILE *out)
{
    fprintf(out, "stairgate " STAIRGATE_VERSION ": a child-safety filtering DNS resolver\n\n");
    for (const struct command *command = commands; command->verb != NULL; command++)
        print_row(out, command);
    fprintf(out, "\nexit codes: 0 done, 1 failed, 2 usage, 3 daemon not reachable, 4 not found, 5 "
                 "refused\n");
}

int command_usage(int (*run)(int argc, char **argv))
{
    for (const struct command *command = commands; command->verb != NULL; command++) {
        if (command->run == run) {
            fprintf(stderr, "usage:\n");
            print_row(stderr, command);
        }
    }
    return EXIT_USAGE;
}

/* Returns how many words of ARGV (from 1) COMMAND's name takes, 0 where it is another. */
static int matches(const struct command *command, int argc, char **argv)
{
    int words = command->noun[0] != '\0' ? 2 : 1;

    if (argc <= words)
        return 0;
    if (words == 2 && strcmp(argv[1], command->noun) != 0)
        return 0;
    return strcmp(argv[words], command->verb) == 0 ? words : 0;
}

static int unknown(int argc, char **argv)
{
    const char *known[WORDS_MAX], *near;
    size_t count = 0;
    const char *word = argv[1];

    for (const struct command *command = commands; command->verb != NULL; command++) {
        int noun_given = argc > 2 && strcmp(argv[1], command->noun) == 0;

        if (noun_given)
            word = argv[2];
        if (count < WORDS_MAX)
            known[count++] = noun_given || command->noun[0] == '\0' ? command->verb : command->noun;
    }
    near = text_nearest(word, known, count);
    fprintf(stderr, "stairgate: unknown command: '%s'%s%s%s\n", word,
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?" : "; see stairgate --help");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("stairgate " STAIRGATE_VERSION "\n");
        return EXIT_DONE;
    }
    if (sodium_init() < 0) {
        fprintf(stderr, "stairgate: libsodium cannot start\n");
        return EXIT_FAILED;
    }
    for (const struct command *command = commands; command->verb != NULL; command++) {
        int words = matches(command, argc, argv);

        if (words > 0)
            return command->run(argc - words, argv + words);
    }
    return unknown(argc, argv);
}
