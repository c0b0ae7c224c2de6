/* test.h - `stairgate test`: do the rules and lists do what their operator expects? */
#ifndef TOOLS_STAIRGATE_TEST_H
#define TOOLS_STAIRGATE_TEST_H

/* Holds a file of expectations against the config and its set, or another one. Exit 0, 1 where
 * something does not hold, 2 where a file is wrong. */
int command_test(int argc, char **argv);

#endif
