#include "tools/stairgate/help.h"

#include <string.h>

#include "tools/stairgate/command.h"

enum { INDENT = 6, COLUMNS = 80, NAME_COLUMNS = 18 };

char *command_name(const struct command *command, char *out)
{
    snprintf(out, COMMAND_NAME_MAX, "%s%s%s", command->noun, command->noun[0] != '\0' ? " " : "",
             command->verb);
    return out;
}

void help_overview(FILE *out)
{
    fprintf(out, "stairgate " STAIRGATE_VERSION ": a child-safety filtering DNS resolver\n\n");
    for (const struct command *command = commands; command->verb != NULL; command++) {
        char name[COMMAND_NAME_MAX];

        fprintf(out, "  stairgate %-*s %s\n", NAME_COLUMNS, command_name(command, name),
                command->summary);
    }
    fprintf(out,
            "\n`stairgate help COMMAND` says what it takes, as in `stairgate help set build`.\n"
            "exit codes: 0 done, 1 failed, 2 usage, 3 daemon not reachable, 4 not found, "
            "5 refused,\n6 busy, 10 blocked (why -q)\n");
}

/* How much of TEXT stays together: an option with its value, or all that stands in brackets. */
static size_t piece_length(const char *text)
{
    size_t length = 0;
    int depth = 0;

    for (; text[length] != '\0'; length++) {
        char next = text[length + 1];

        depth += strchr("[(", text[length]) != NULL;
        depth -= strchr("])", text[length]) != NULL;
        if (text[length] == ' ' && depth == 0 && strchr("[(-", next) != NULL)
            break;
    }
    return length;
}

static void print_arguments(FILE *out, const char *text, size_t column)
{
    while (*text != '\0') {
        size_t length = piece_length(text);

        if (column + 1 + length > COLUMNS && column > INDENT) {
            fprintf(out, "\n%*s", INDENT - 1, "");
            column = INDENT - 1;
        }
        fprintf(out, " %.*s", (int)length, text);
        column += 1 + length;
        text += length + (text[length] == ' ');
    }
    fprintf(out, "\n");
}

static void print_command(FILE *out, const struct command *command)
{
    char name[COMMAND_NAME_MAX];
    int column = fprintf(out, "  stairgate %s", command_name(command, name));

    print_arguments(out, command->arguments, column > 0 ? (size_t)column : 0);
    fprintf(out, "%*s%s\n", INDENT, "", command->summary);
    if (command->example[0] != '\0')
        fprintf(out, "%*sexample: stairgate %s %s\n", INDENT, "", name, command->example);
}

static int is_named(const struct command *command, int count, char **words)
{
    if (command->noun[0] == '\0')
        return count < 2 && strcmp(words[0], command->verb) == 0;
    return strcmp(words[0], command->noun) == 0 &&
           (count < 2 || strcmp(words[1], command->verb) == 0);
}

int help_commands(FILE *out, int count, char **words)
{
    int printed = 0;

    for (const struct command *command = commands; command->verb != NULL && count > 0; command++) {
        if (!is_named(command, count, words))
            continue;
        print_command(out, command);
        printed++;
    }
    return printed;
}

int command_usage(int (*run)(int argc, char **argv))
{
    for (const struct command *command = commands; command->verb != NULL; command++) {
        if (command->run != run)
            continue;
        fprintf(stderr, "usage:\n");
        if (command->noun[0] != '\0')
            print_command(stderr, command);
        else /* it may be the noun of others, too */
            help_commands(stderr, 1, (char *[]){(char *)command->verb});
    }
    return EXIT_USAGE;
}
