/* stairgated: reads its options, then is the keeper, the server that a keeper starts, or a check
 * of a configuration. */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "resolver/daemon/keeper.h"
#include "resolver/daemon/server.h"

static const struct option options[] = {
    {"config",    required_argument, NULL, 'c'},
    {"check",     no_argument,       NULL, 'C'},
    {"log-level", required_argument, NULL, 'l'},
    {"clock",     required_argument, NULL, 't'},
    {"version",   no_argument,       NULL, 'v'},
    {"help",      no_argument,       NULL, 'h'},
    {"serve",     no_argument,       NULL, 's'}, /* these three are the keeper's */
    {"keeper",    required_argument, NULL, 'k'},
    {"user",      required_argument, NULL, 'u'},
    {NULL,        0,                 NULL, 0  },
};

static int usage(FILE *out)
{
    fputs(
        "usage: stairgated [--config FILE] [--check] [--log-level error|warning|info|debug]\n"
        "                  [--clock FILE]\n"
        "Answers DNS as FILE says (default: $STAIRGATE_CONFIG, then "
        "/etc/stairgate/stairgate.yaml), in the foreground.\n"
        "--clock FILE, for tests: the time is what FILE holds, Unix time in 8 octets, least first\n"
        "signals: TERM, INT stop  HUP reload  USR1 one status line\n"
        "exit codes: 0 stopped, 78 wrong configuration, 71 no socket, 1 other\n",
        out);
    return out == stdout ? DAEMON_DONE : DAEMON_FAILED;
}

/* Each TCP client and each port of ours towards upstreams is a descriptor. The soft limit is mostly
 * 1024, for the sake of select(2), which nobody calls here; what the machine's owner allows is the
 * hard one. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

enum { LOCKED_MOST = 1 << 30 };

/* Legal and hotline lists are kept out of swap, by a server that is not root any more. Bounded, so
 * that no fault of it locks the whole memory. */
static void raise_locked(void)
{
    const struct rlimit wanted = {LOCKED_MOST, LOCKED_MOST};
    struct rlimit limit;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur >= LOCKED_MOST)
        return;
    if (geteuid() == 0 && setrlimit(RLIMIT_MEMLOCK, &wanted) == 0)
        return;
    limit.rlim_cur = limit.rlim_max; /* status warns where that is too little */
    setrlimit(RLIMIT_MEMLOCK, &limit);
}

int main(int argc, char **argv)
{
    const char *variable = getenv("STAIRGATE_CONFIG");
    struct server_options server = {variable != NULL ? variable : "/etc/stairgate/stairgate.yaml",
                                    "info", NULL, NULL, -1};
    int option, check = 0, serve = 0;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            server.config_path = optarg;
            break;
        case 'C':
            check = 1;
            break;
        case 'l':
            server.log_level = optarg;
            break;
        case 't':
            server.clock = optarg;
            break;
        case 'v':
            return puts("stairgated " STAIRGATE_VERSION) < 0;
        case 'h':
            return usage(stdout);
        case 's':
            serve = 1;
            break;
        case 'k':
            server.keeper = (int)strtol(optarg, NULL, 10);
            break;
        case 'u':
            server.user = optarg;
            break;
        default:
            return usage(stderr);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "stairgated: what is '%s'? the file is named by --config\n", argv[optind]);
        return usage(stderr);
    }
    if (sodium_init() < 0)
        return DAEMON_FAILED;
    if (check)
        return keeper_check(server.config_path);
    raise_descriptors();
    raise_locked();
    return serve ? server_run(&server) : keeper_run(&server);
}
