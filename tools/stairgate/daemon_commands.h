/* daemon_commands.h - the verbs that speak to the running server (rows in commands.c). */
#ifndef TOOLS_STAIRGATE_DAEMON_COMMANDS_H
#define TOOLS_STAIRGATE_DAEMON_COMMANDS_H

/* Exit 0: answering and well; 1: answering, with warnings; 3: not answering. */
int command_status(int argc, char **argv);

/* Exit 0: in force; 1: something is wrong with the files, all of it printed, and nothing changed.
 */
int command_reload(int argc, char **argv);

/* Exit 0: it is ending. */
int command_stop(int argc, char **argv);

/* Exit 0: counts, or names, printed; 5: names are for the operator. */
int command_observed(int argc, char **argv);

/* Exit 0: counts printed, also of a cache that is off. */
int command_cache_stats(int argc, char **argv);

/* Exit 0: something is kept; 1: nothing is. */
int command_cache_lookup(int argc, char **argv);

/* Exit 0: nothing of it is kept now. */
int command_cache_flush(int argc, char **argv);

/* Exit 0: durable and in force. */
int command_allow(int argc, char **argv);
int command_deny(int argc, char **argv);
int command_pause(int argc, char **argv);
int command_offline(int argc, char **argv);
int command_release(int argc, char **argv);
int command_hold(int argc, char **argv);

/* Exit 0: taken back; 1: there was nothing. */
int command_resume(int argc, char **argv);
int command_unhold(int argc, char **argv);
int command_grants_revoke(int argc, char **argv);

/* Exit 0. */
int command_grants_list(int argc, char **argv);

#endif
