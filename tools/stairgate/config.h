/* config.h - the verbs of `stairgate config`. */
#ifndef TOOLS_STAIRGATE_CONFIG_H
#define TOOLS_STAIRGATE_CONFIG_H

/* The config where no other is named. */
#define CONFIG_SYSTEM "/etc/stairgate/stairgate.yaml"

/* Prints every problem of a config; exit 0 when it can be used, 1 when not. */
int config_check_run(int argc, char **argv);

/* Prints what every option comes to and where that was said. */
int config_show_run(int argc, char **argv);

/* Prints docs/config.md. */
int config_reference_run(int argc, char **argv);

#endif
