/* set_build.h - stairgate set build: lists in, set file out. */
#ifndef TOOLS_STAIRGATE_SET_BUILD_H
#define TOOLS_STAIRGATE_SET_BUILD_H

/* Runs the command with ARGC and ARGV as command.h has them; returns the exit code. */
int set_build_run(int argc, char **argv);

#endif
