/* decide_bench - what one decision costs, the set lookup left out (set_bench has that).
 *
 * A config with a school's weight: eleven networks, two profiles, 400 own rules. Each row is one
 * kind of name; the processor's time, the best of some rounds, since other work only adds. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blocklist/sealed/sealed.h"
#include "blocklist/set/set.h"
#include "config/base/err.h"
#include "config/config.h"
#include "policy/decide.h"
#include "policy/snapshot.h"

enum { RULES = 400, DECISIONS = 200000, ROUNDS = 7, TYPE_A = 1, CLASS_IN = 1 };

static const struct {
    const char *what, *name;
} rows[] = {
    {"clean, two labels",       "shop.test"               },
    {"clean, three labels",     "www.shop.test"           },
    {"clean, beside pins",      "www.search.org"          },
    {"clean, six labels",       "a.b.c.cdn.shop.com"      },
    {"clean, beside own rules", "www.n7.class.example"    },
    {"own rule",                "www.n8.class.example"    },
    {"pinned",                  "www.childline.org.uk"    },
    {"private reverse",         "9.1.168.192.in-addr.arpa"},
};

static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static struct config *make_config(void)
{
    size_t room = 65536, used;
    char *text = malloc(room);
    struct config_problems problems;
    struct config *config;

    must(text != NULL);
    used = (size_t)snprintf(text, room,
                            "listen: [127.0.0.1@5300]\nupstreams: [192.0.2.53]\n"
                            "default_profile: pupil\nnetworks:\n");
    for (int i = 0; i < 11; i++)
        used += (size_t)snprintf(text + used, room - used,
                                 "  - {prefix: 10.%d.0.0/%d, profile: teacher}\n", i, 16 + i % 3);
    used += (size_t)snprintf(text + used, room - used,
                             "profiles:\n  teacher: {extends: legal_only}\n"
                             "  pupil:\n    extends: primary\n    deny:\n");
    for (int i = 0; i < RULES; i++)
        used += (size_t)snprintf(text + used, room - used, "      - n%d.class.example\n", i * 2);
    config = config_parse("bench.yaml", text, used, &problems);
    for (size_t i = 0; config == NULL && i < problems.count; i++)
        fprintf(stderr, "%s\n", problems.items[i].text);
    config_problems_free(&problems);
    free(text);
    return config;
}

static double measure(const struct snapshot *snapshot, struct ask *ask, struct verdict *verdict)
{
    double best = 1e18;

    for (int round = 0; round < ROUNDS; round++) {
        double begin = now_ns(), took;

        for (int i = 0; i < DECISIONS; i++) {
            ask->wall_s = i;
            policy_decide(snapshot, ask, verdict, NULL);
        }
        took = (now_ns() - begin) / DECISIONS;
        best = took < best ? took : best;
    }
    return best;
}

int main(void)
{
    struct err err = {.code = ERR_NONE};
    struct config *config = sodium_init() < 0 ? NULL : make_config();
    struct snapshot *snapshot = config == NULL ? NULL
                                               : snapshot_create(config, set_open_empty(&err),
                                                                 sealed_open_empty(&err), &err);

    if (snapshot == NULL) {
        fprintf(stderr, "decide_bench: %s\n", err.text);
        return 1;
    }
    printf("| a decision on a name that is | by | ns |\n|---|---|---|\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ask ask = {.type = TYPE_A, .class = CLASS_IN, .forced_profile = ASK_NO_PROFILE};
        struct verdict verdict;
        struct name_buf name;
        double ns;

        must(name_from_text(&name, rows[i].name, strlen(rows[i].name)) == NAME_OK);
        must(addr_from_text(&ask.client, "192.168.1.20") == 0);
        ask.name = name_of(&name);
        ns = measure(snapshot, &ask, &verdict);
        printf("| %s | %s | %.0f |\n", rows[i].what, verdict_rule_word(verdict.rule), ns);
    }
    snapshot_free(snapshot);
    return 0;
}
