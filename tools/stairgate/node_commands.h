/* node_commands.h - the verbs by which a node shows others that it is in order: monitors, and a
 * regulator (rows in commands.c). */
#ifndef TOOLS_STAIRGATE_NODE_COMMANDS_H
#define TOOLS_STAIRGATE_NODE_COMMANDS_H

/* Exit 0: the last result is good; 1: it is not, or there is none. */
int command_canary(int argc, char **argv);

/* Exit 0: written; 3: no server answers, which is written too (stairgate_up 0). */
int command_metrics(int argc, char **argv);

/* Exit 0: written and signed; 1: not. */
int command_evidence(int argc, char **argv);

/* Exit 0: there is a new pair of keys. */
int command_evidence_key(int argc, char **argv);

#endif
