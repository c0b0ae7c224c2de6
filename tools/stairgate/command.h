/* command.h - the command line: one table row a verb, from which dispatch, help and completion are
 * made. */
#ifndef TOOLS_STAIRGATE_COMMAND_H
#define TOOLS_STAIRGATE_COMMAND_H

/* Exit codes of every command. Exception: `set lookup` answers as grep does. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_UNREACHABLE = 3, /* the daemon does not answer */
    EXIT_NOT_FOUND = 4,
    EXIT_REFUSED = 5,      /* no right to do that, or nobody may */
    EXIT_BUSY = 6,         /* somebody else is at it, or the server is stopping */
    EXIT_WOULD_BLOCK = 10, /* why -q */
};

struct command {
    const char *noun; /* "" where the verb stands alone */
    const char *verb;
    const char *arguments; /* as the usage line shows them */
    const char *summary;
    const char *example;               /* arguments that somebody may really type, or "" */
    int (*run)(int argc, char **argv); /* argv[0] is the whole name, for getopt_long's errors */
};

enum { COMMAND_NAME_MAX = 40 };

/* Every command, ended by a row without verb (commands.c). */
extern const struct command commands[];

/* Writes the words of COMMAND, as in `set build`, into OUT (COMMAND_NAME_MAX); returns OUT. */
char *command_name(const struct command *command, char *out);

/* Prints the usage line of COMMAND's row whose run is RUN to stderr; returns EXIT_USAGE. */
int command_usage(int (*run)(int argc, char **argv));

#endif
