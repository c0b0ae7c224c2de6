/* lift.h - lifting entries, and the account of it (rows in commands.c; docs/lifts.md). */
#ifndef TOOLS_STAIRGATE_LIFT_H
#define TOOLS_STAIRGATE_LIFT_H

/* Exit 0: asked for, in force, ended or printed; 5: not for this user, or it takes another. */
int command_lift(int argc, char **argv);
int command_lift_confirm(int argc, char **argv);
int command_lift_apply(int argc, char **argv);
int command_lift_list(int argc, char **argv);
int command_lift_end(int argc, char **argv);

/* Exit 0: printed, and the chain is whole; 1: it was changed. */
int command_audit(int argc, char **argv);
int command_audit_verify(int argc, char **argv);

#endif
