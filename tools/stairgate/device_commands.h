/* device_commands.h - the verbs on devices (rows in commands.c). */
#ifndef TOOLS_STAIRGATE_DEVICE_COMMANDS_H
#define TOOLS_STAIRGATE_DEVICE_COMMANDS_H

/* Exit 0: done; 4: there is no such device, profile or group. */
int command_devices_list(int argc, char **argv);
int command_devices_show(int argc, char **argv);
int command_devices_name(int argc, char **argv);
int command_devices_move(int argc, char **argv);
int command_devices_forget(int argc, char **argv);
int command_devices_export(int argc, char **argv);

/* Exit 0: all rows are in force; 1: some row is wrong, and nothing was changed. */
int command_devices_import(int argc, char **argv);

#endif
