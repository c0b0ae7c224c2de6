/* timing_operator: does a clock tell what a hotline blocks from what the operator blocks?
 *
 *     timing_operator [COUNT]         timings of each row; 1000000 unless told
 *
 * Problem: a difference of a nanosecond in a mean is nothing to a person and a question's answer to
 * whoever asks a million times. Idea: names of one shape, drawn at random for the two classes, are
 * decided on in random order, each timed by itself; Welch's t tells whether the classes differ
 * (parts/welch.h). Every 50,000 timings all is made anew, names, key and table: what one name costs
 * by its place in a cache is no property of its class.
 *
 * The last rows are a control: the same measurement of classes that do differ, by one look-up that
 * only one of them has, as a short cut or a second table would make it. Where that is not seen, the
 * program fails, too; so "no difference" is not what a blind measurement says. Exit codes: 0 alike
 * and the control seen, 1 not. */
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../unit/policy_sample.h"
#include "../unit/sample_sealed.h"
#include "config/base/random.h"
#include "tests/bench/parts/welch.h"
#include "policy/check.h"
#include "policy/decide.h"

enum { NAMES = 4096, PER_WORLD = 50000, LETTERS = 12 };
enum { OPERATOR, HOTLINE };

/* One snapshot, and names that both classes cover, mixed in memory. */
struct world {
    struct snapshot *snapshot;
    struct name_buf names[2 * NAMES]; /* as asked: a label below the listed ones */
    uint8_t classes[2 * NAMES];
};

static uint64_t ticks(void)
{
#ifdef __x86_64__
    unsigned low, high;

    __asm__ volatile("mfence\n\tlfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
#else
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
#endif
}

static void draw_name(struct random *random, char text[64])
{
    for (int i = 0; i < LETTERS; i++)
        text[i] = (char)('a' + random_u64(random) % 26);
    snprintf(text + LETTERS, 64 - LETTERS, ".example");
}

/* Puts half of the names, drawn at random, into SEAL and the others into RULES. */
static void deal(struct world *world, struct seal *seal, struct config_rules *rules)
{
    struct random random = {.left = 0};
    struct err err;

    for (size_t i = 0; i < 2 * NAMES; i++) {
        char text[64], below[80];

        draw_name(&random, text);
        snprintf(below, sizeof below, "www.%s", text);
        world->names[i] = sample_name(below);
        world->classes[i] = random_u64(&random) % 2 == 0 ? OPERATOR : HOTLINE;
        if (world->classes[i] == OPERATOR)
            sample_rule(rules, text, 1);
        else
            must(sample_seal_name(seal, text, &err) == 0);
    }
}

static struct sealed *open_sealed(struct seal *seal, const struct sealed_key *key)
{
    const char *folder = getenv("TMPDIR");
    struct sealed *sealed;
    struct err err;
    char path[300];
    int fd;

    snprintf(path, sizeof path, "%s/timing.XXXXXX", folder == NULL ? "/tmp" : folder);
    fd = mkstemp(path);
    must(fd >= 0 && close(fd) == 0);
    must(seal_write(seal, key, path, 1, 1, &err) == 0);
    sealed = sealed_open(path, key, &err);
    unlink(path);
    must(sealed != NULL);
    return sealed;
}

static void make_world(struct world *world)
{
    struct config *config = sample_config();
    uint8_t salt[SEALED_SALT_OCTETS];
    struct sealed_key *key;
    struct sealed *sealed;
    struct seal *seal;
    struct err err;

    seal_salt_new(salt);
    key = sealed_key_random(&err);
    must(key != NULL);
    seal = seal_start(key, salt, &err);
    must(seal != NULL);
    deal(world, seal, &config->operator_deny);
    sealed = open_sealed(seal, key);
    seal_end(seal);
    sealed_key_free(key);
    world->snapshot = snapshot_create(config, set_open_empty(&err), sealed, &err);
    must(world->snapshot != NULL);
}

/* --- what is timed --- */

/* What the question is; its name changes. */
struct course {
    const struct world *world;
    struct ask ask;
    struct verdict asked; /* on a name that is forwarded */
    struct verdict verdict;
};

static void run_question(struct course *course, const struct name *name)
{
    course->ask.name = *name;
    decide_look(course->world->snapshot, &course->ask);
    policy_decide(course->world->snapshot, &course->ask, &course->verdict, NULL);
}

static void run_chain(struct course *course, const struct name *name)
{
    const struct check_item item = {.name = *name};
    struct check_class class = {.ruled = false};

    check_classify(course->world->snapshot, &item, &class);
    if (!check_passes(course->world->snapshot, &course->asked, &class))
        check_decide(course->world->snapshot, &course->ask, &course->asked, &item,
                     &course->verdict);
}

struct row {
    const char *what;
    void (*run)(struct course *course, const struct name *name);
    bool control; /* one class takes a look-up more */
};

static const struct row rows[] = {
    {"question",                  run_question, false},
    {"name in a chain",           run_chain,    false},
    {"control: one look-up more", run_question, true },
    {"control, in a chain",       run_chain,    true },
};

static void start(struct course *course, const struct world *world, struct name_buf *asked)
{
    course->world = world;
    course->ask = sample_ask(asked, "www.forwarded.example", SAMPLE_A);
    course->ask.forced_profile = 1;
    decide_look(world->snapshot, &course->ask);
    policy_decide(world->snapshot, &course->ask, &course->asked, NULL);
    must(course->asked.action == VERDICT_FORWARD);
}

/* Times ROW once for a name drawn at random. */
static void measure(const struct row *row, struct course *course, struct random *random,
                    struct welch *welch)
{
    size_t at = random_u64(random) % (2 * NAMES);
    struct name name = name_of(&course->world->names[at]);
    unsigned class_ = course->world->classes[at];
    struct sealed_hit hit;
    uint64_t begin = ticks();

    row->run(course, &name);
    if (row->control && class_ == HOTLINE)
        sealed_lookup(snapshot_sealed(course->world->snapshot), &name, &hit);
    welch_add(welch, class_, ticks() - begin);
    must(course->verdict.rule == RULE_OPERATOR && course->verdict.action == VERDICT_BLOCK);
}

static void measure_world(struct welch *const *welch, size_t count)
{
    struct random random = {.left = 0};
    struct world *world = calloc(1, sizeof *world);
    struct name_buf asked;
    struct course course;

    must(world != NULL);
    make_world(world);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        start(&course, world, &asked);
        for (size_t i = 0; i < count; i++)
            measure(&rows[r], &course, &random, welch[r]);
    }
    snapshot_free(world->snapshot);
    free(world);
}

/* Prints what came of ROW; returns whether it is as it should be. */
static bool report(const struct row *row, const struct welch *welch)
{
    struct welch_result result;
    bool apart, good;

    welch_end(welch, &result);
    apart = fabs(result.t) >= WELCH_MOST;
    good = apart == row->control;
    printf("| %s | %zu | %.0f | %.0f | %.2f | %s |\n", row->what, result.count[0] + result.count[1],
           result.mean[OPERATOR], result.mean[HOTLINE], result.t,
           good ? (apart ? "told apart, as it must be" : "alike") : "WRONG");
    return good;
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    struct welch *welch[sizeof rows / sizeof *rows];
    bool good = true;

    if (sodium_init() < 0 || count < 1000)
        return 2;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        welch[r] = welch_create(count);
    for (size_t done = 0; done < count; done += PER_WORLD)
        measure_world(welch, count - done < PER_WORLD ? count - done : PER_WORLD);
    printf("| | timings | operator, ticks | hotline, ticks | t | |\n|---|---|---|---|---|---|\n");
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        good = report(&rows[r], welch[r]) && good;
        welch_free(welch[r]);
    }
    return good ? 0 : 1;
}
