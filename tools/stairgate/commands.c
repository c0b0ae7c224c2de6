/* Adding a verb: its row here, its function in the file that its name says. */
#include "tools/stairgate/command.h"

#include <stddef.h>

#include "tools/stairgate/config.h"
#include "tools/stairgate/daemon_commands.h"
#include "tools/stairgate/lists_state.h"
#include "tools/stairgate/manifest.h"
#include "tools/stairgate/lists_sync.h"
#include "tools/stairgate/why.h"
#include "tools/stairgate/set.h"
#include "tools/stairgate/set_build.h"
#include "tools/stairgate/test.h"

/* clang-format off */
const struct command commands[] = {
    {"", "status", "[--json] [--socket PATH]",
     "is it answering, are the lists there, what can it not see?",
     "", command_status},
    {"", "reload", "[--json] [--socket PATH]",
     "check all files again, then put them in force at once",
     "", command_reload},
    {"", "stop", "[--json] [--socket PATH]",
     "answer what is in flight, then end",
     "", command_stop},
    {"cache", "stats", "[--json] [--socket PATH]",
     "how much of upstreams' answers is kept, and how often that helps",
     "", command_cache_stats},
    {"cache", "lookup", "NAME [--below] [--json] [--socket PATH]",
     "what is kept of NAME (and below it); exit 1: nothing",
     "www.school.example", command_cache_lookup},
    {"cache", "flush", "NAME [--below] | --all [--json] [--socket PATH]",
     "forget NAME (and what is below it), or everything",
     "school.example --below", command_cache_flush},
    {"config", "check", "[--json] [FILE]",
     "find all that is wrong with a config",
     "config/examples/family.yaml", config_check_run},
    {"config", "show", "[--json] [FILE]",
     "print what every option comes to, and who said so",
     "config/examples/family.yaml", config_show_run},
    {"config", "reference", "",
     "print the manual of all options (docs/config.md)",
     "", config_reference_run},
    {"", "why",
     "NAME [--client ADDR | --profile P] [--type T] [--at TIME] [--config FILE | --socket PATH] "
     "[--json] [-q]",
     "what becomes of NAME, and why; -q: exit 10 where it is blocked",
     "casino.example --client 192.168.1.20", command_why},
    {"", "test", "FILE [--config FILE] [--set FILE] [--at TIME] [--json [--all]]",
     "do the rules and lists do what FILE expects? exit 1: not all of it",
     "config/examples/expect.yaml --config config/examples/family.yaml", command_test},
    {"lists", "catalogue", "[--tier router|school|isp] [--category KEY] [--json]",
     "print public lists to choose from: who makes them, and under which licence",
     "--tier router --category gambling", lists_catalogue_run},
    {"lists", "show", "[ID] [--config FILE] [--json]",
     "print which lists are configured, or all that is of one",
     "", lists_show_run},
    {"lists", "add",
     "ID|URL [--category KEY] [--format F] [--id ID] [--dry-run] [--yes] [--config FILE]",
     "try a list out, tell what it would do, ask, and put it into the config",
     "hagezi-fake --dry-run", lists_add_run},
    {"lists", "remove", "ID [--config FILE] [--yes]",
     "take a list out of the config, and nothing else",
     "hagezi-fake", lists_remove_run},
    {"lists", "status", "[ID...] [--json] [--config FILE]",
     "how each list stands, and why one is held or failed; exit 1: not all of them are fresh",
     "", lists_status_run},
    {"lists", "history", "[ID] [--last N] [--json] [--config FILE]",
     "print the generations, and the record of what was done and why",
     "", lists_history_run},
    {"lists", "diff", "[A [B]] [--names] [--json] [--config FILE]",
     "what came and what went from generation A (previous) to B (current)",
     "previous current", lists_diff_run},
    {"lists", "sync", "[ID...] [--force] [--dry-run] [--json] [--config FILE] [--psl FILE]",
     "fetch the lists that are due and put what changed in force; exit 1: the last good ones stay",
     "", lists_sync_run},
    {"lists", "rollback", "[GENERATION] [--json] [--config FILE]",
     "put an older generation in force, and hold what is newer",
     "", lists_rollback_run},
    {"lists", "accept", "ID [--json] [--config FILE]",
     "put in force what a list has waiting",
     "hagezi-fake", lists_accept_run},
    {"set", "lookup", "[--json] FILE NAME...|-",
     "what a set says of names or addresses; - reads standard input",
     "lists.set casino.example", set_lookup_run},
    {"set", "info", "[--json] FILE",
     "print a set's counts, categories and feeds",
     "lists.set", set_info_run},
    {"set", "verify", "[--json] FILE",
     "check every octet of a set against its digests",
     "lists.set", set_verify_run},
    {"set", "build",
     "--out FILE [--category KEY=PATH[:FORMAT][,OPTION=VALUE]...]... [--ut1 DIR|TAR.GZ]... "
     "[--lists DIR]... [--protect NAMES]... [--psl FILE] [--seed N] [--skip-failed] [--json]",
     "compile lists into one set file (docs/lists.md)",
     "--out lists.set --category gambling=list.txt:hosts,match=exact", set_build_run},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
