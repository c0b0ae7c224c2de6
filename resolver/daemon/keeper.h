/* keeper.h - the process that outlives every server: it holds the listening sockets, starts the
 * server on them, and starts it again when it dies, so that queries wait in the kernel's queue
 * meanwhile.
 *
 * One thread, one uv loop; it reads no octet from the network, and of the configuration only what
 * it needs to open sockets and directories, and whether lists are to be fetched (sync_timer.h). */
#ifndef RESOLVER_DAEMON_KEEPER_H
#define RESOLVER_DAEMON_KEEPER_H

/* Exit codes of stairgated. */
enum daemon_exit {
    DAEMON_DONE = 0,
    DAEMON_FAILED = 1,
    DAEMON_NO_SOCKET = 71, /* EX_OSERR */
    DAEMON_CONFIG = 78,    /* EX_CONFIG: no restart helps */
};

struct server_options;

/* Runs, with servers by OPTIONS, until a signal ends it: TERM and INT stop, HUP reloads, USR1 logs
 * a status line (the last two are the server's to do). Returns the exit code. */
int keeper_run(const struct server_options *options);

/* Checks the configuration at CONFIG_PATH, prints everything that is wrong; returns the exit code.
 */
int keeper_check(const char *config_path);

#endif
