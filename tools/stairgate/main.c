/* stairgate: what people run. Finds the row for the words given and calls it. */
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/base/text.h"
#include "tools/stairgate/command.h"
#include "tools/stairgate/help.h"

enum { WORDS_MAX = 128 };

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

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_help(argv[i]))
            return true;
    }
    return false;
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

/* `stairgate help ...`, and `stairgate set --help`. */
static int help(int argc, char **argv)
{
    if (argc < 2)
        help_overview(stdout);
    else if (help_commands(stdout, argc - 1, argv + 1) == 0)
        return unknown(argc, argv);
    return EXIT_DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
    char name[COMMAND_NAME_MAX], whole[sizeof "stairgate " + COMMAND_NAME_MAX];

    if (asks_for_help(argc, argv)) {
        char *words[] = {(char *)command->noun, (char *)command->verb};
        bool alone = command->noun[0] == '\0';

        help_commands(stdout, alone ? 1 : 2, alone ? words + 1 : words);
        return EXIT_DONE;
    }
    if (sodium_init() < 0) {
        fprintf(stderr, "stairgate: libsodium cannot start\n");
        return EXIT_FAILED;
    }
    /* getopt_long begins its errors with this word */
    snprintf(whole, sizeof whole, "stairgate %s", command_name(command, name));
    argv[0] = whole;
    return command->run(argc, argv);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        help_overview(stderr);
        return EXIT_USAGE;
    }
    if (is_help(argv[1]) || strcmp(argv[1], "help") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("stairgate " STAIRGATE_VERSION "\n");
        return EXIT_DONE;
    }
    for (const struct command *command = commands; command->verb != NULL; command++) {
        int words = matches(command, argc, argv);

        if (words > 0)
            return run(command, argc - words, argv + words);
    }
    if (argc == 3 && is_help(argv[2]))
        return help(2, argv);
    /* a noun alone: what can be done with it */
    if (argc == 2 && help_commands(stderr, 1, argv + 1) > 0)
        return EXIT_USAGE;
    return unknown(argc, argv);
}
