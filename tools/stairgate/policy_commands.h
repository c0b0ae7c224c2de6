/* policy_commands.h - the verbs about whom this protects, and how: countries, duties, what is kept,
 * ways around. */
#ifndef TOOLS_STAIRGATE_POLICY_COMMANDS_H
#define TOOLS_STAIRGATE_POLICY_COMMANDS_H

#include <stdbool.h>

/* Prints which country packs are built in; one of them; what is wrong with a file of one; what a
 * file may say. */
int country_list_run(int argc, char **argv);
int country_show_run(int argc, char **argv);
int country_check_run(int argc, char **argv);
int country_reference_run(int argc, char **argv);

/* Prints how the config answers what the ITU's guidelines ask; exit 1 where there are gaps. */
int command_checklist(int argc, char **argv);

/* Prints what is stored, about whom and until when. */
int command_privacy(int argc, char **argv);

/* Prints rules for a packet filter that close ports 53 and 853 of a network to other resolvers. */
int bypass_rules_run(int argc, char **argv);

/* What --config FILE and --json come to. Begin with all zero. */
struct policy_options {
    bool asks_server; /* set before: --socket PATH is one of them */
    const char *socket;
    const char *path;
    bool json;
    struct config *config;
};

/* Reads ARGV, which holds nothing but these, and loads the config. Owner: the caller frees
 * OPTIONS->config. Returns EXIT_DONE, or the code to end with (EXIT_USAGE without a word said). */
int policy_options_read(struct policy_options *options, int argc, char **argv);

#endif
