/* calendar.h - the verb `calendar import` (row in commands.c). */
#ifndef TOOLS_STAIRGATE_CALENDAR_H
#define TOOLS_STAIRGATE_CALENDAR_H

/* Exit 0: printed; 1: the file is no good. */
int calendar_import_run(int argc, char **argv);

#endif
