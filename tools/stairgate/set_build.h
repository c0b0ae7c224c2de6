/* set_build.h - stairgate set build: lists in, set file out. */
#ifndef TOOLS_STAIRGATE_SET_BUILD_H
#define TOOLS_STAIRGATE_SET_BUILD_H

int set_build_run(int argc, char **argv);

#endif
