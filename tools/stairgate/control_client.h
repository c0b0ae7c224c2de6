/* control_client.h - one question to the running server over its control socket, for commands.
 *
 * What goes wrong is printed to standard error, and the exit code for it returned: a command only
 * prints results. */
#ifndef TOOLS_STAIRGATE_CONTROL_CLIENT_H
#define TOOLS_STAIRGATE_CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

struct err;

/* Options that every command with a server behind it has: --socket PATH, --json. */
struct control_options {
    const char *socket; /* NULL: $STAIRGATE_SOCKET, then /run/stairgate/control.sock */
    bool json;
};

/* Reads them from ARGV. Returns 0, or -1 where there is an option or word that is none of them. */
int control_options_read(struct control_options *options, int argc, char **argv);

/* Asks VERB with ARGUMENTS (given up, may be NULL). SOCKET as in struct control_options.
 * Owner:  on EXIT_DONE the caller decrefs *RESULT.
 * Errors: EXIT_UNREACHABLE, EXIT_REFUSED, EXIT_NOT_FOUND, EXIT_USAGE, EXIT_FAILED. */
int control_client_ask(const char *socket, const char *verb, json_t *arguments, json_t **result);

/* The same for whoever has something better to do than to print: what goes wrong is in ERR. Errors:
 * -1 with ERR: ERR_UNREACHABLE (no server), or what the server said first. */
int control_client_try(const char *socket, const char *verb, json_t *arguments, json_t **result,
                       struct err *err);

/* Prints VALUE as one JSON line to standard output. */
void control_client_print_json(const json_t *value);

/* Returns the number that OBJECT of a reply holds under KEY; 0 where there is none. */
long long control_client_number(const json_t *object, const char *key);

#endif
