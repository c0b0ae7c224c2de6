/* policy_commands.h - the verbs about whom this protects, and how: countries, duties, what is kept,
 * ways around. */
#ifndef TOOLS_STAIRGATE_POLICY_COMMANDS_H
#define TOOLS_STAIRGATE_POLICY_COMMANDS_H

/* Prints which country packs are built in; one of them; what is wrong with a file of one; what a
 * file may say. */
int country_list_run(int argc, char **argv);
int country_show_run(int argc, char **argv);
int country_check_run(int argc, char **argv);
int country_reference_run(int argc, char **argv);

#endif
