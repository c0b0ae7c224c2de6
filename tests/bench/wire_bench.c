/* What the wire code costs a query: nanoseconds of CPU time, the median of several rounds.
 *
 * The buffers are warm, as they are in a receive batch. The aim for reading a blocked query and
 * writing its answer is below 150. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"
#include "resolver/wire/reply.h"

enum { ROUNDS = 9, CALLS = 400000 };

struct bench {
    uint8_t asked[512], replied[512], out[4096];
    size_t asked_length, replied_length, written;
    struct question question;
    struct reply reply;
};

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static void make_query(struct bench *bench)
{
    static const uint8_t wire[] = "\6static\3cdn\11playhouse\7example";
    struct name name = {wire, sizeof wire};
    struct query_words words = {.id = 1, .type = DNS_A, .payload = 1232};

    bench->asked_length = question_write(bench->asked, sizeof bench->asked, &name, &words);
    must(question_read(bench->asked, bench->asked_length, &bench->question) == QUESTION_OK);
}

/* A chain of three names with two addresses at its end. */
static void make_reply(struct bench *bench)
{
    static const uint8_t chain[][12] = {"\2c0\7example", "\2c1\7example", "\2c2\7example"};
    static const uint8_t addr[] = {192, 0, 2, 1};
    struct name owner = {bench->question.original, bench->question.name.length};
    struct answer answer;

    answer_start(&answer, bench->replied, sizeof bench->replied, &bench->question, 1232);
    for (size_t i = 0; i < 5; i++) {
        const void *rdata = i < 3 ? chain[i] : addr;
        struct answer_record record = {owner, i < 3 ? DNS_CNAME : DNS_A,          DNS_IN, 300,
                                       rdata, i < 3 ? sizeof *chain : sizeof addr};

        must(answer_add(&answer, SECTION_ANSWER, &record));
        if (i < 3)
            owner = (struct name){chain[i], sizeof *chain};
    }
    bench->replied_length = answer_finish(&answer);
}

static void read_question(struct bench *bench)
{
    question_read(bench->asked, bench->asked_length, &bench->question);
}

static void read_and_block(struct bench *bench)
{
    struct answer answer;

    question_read(bench->asked, bench->asked_length, &bench->question);
    struct name owner = {bench->question.original, bench->question.name.length};
    answer_start(&answer, bench->out, 1232, &bench->question, 1232);
    answer_ede(&answer, DNS_EDE_FILTERED, NULL);
    answer_add_soa(&answer, &owner, 10);
    bench->written = answer_finish(&answer);
}

static void read_reply(struct bench *bench)
{
    struct name name = name_of(&bench->question.name);

    must(reply_read(bench->replied, bench->replied_length, &name, DNS_A, false, &bench->reply) ==
         REPLY_OK);
}

static void answer_reply(struct bench *bench)
{
    struct answer answer;

    answer_start(&answer, bench->out, 1232, &bench->question, 1232);
    reply_answer(&bench->reply, &answer, 86400);
    bench->written = answer_finish(&answer);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(struct bench *bench, const char *title, void (*call)(struct bench *))
{
    double ns[ROUNDS];

    for (size_t round = 0; round < ROUNDS; round++) {
        uint64_t begun = now_ns();

        for (size_t i = 0; i < CALLS; i++)
            call(bench);
        ns[round] = (double)(now_ns() - begun) / CALLS;
    }
    qsort(ns, ROUNDS, sizeof *ns, by_size);
    printf("%-44s %7.1f ns\n", title, ns[ROUNDS / 2]);
}

int main(void)
{
    struct bench *bench = calloc(1, sizeof *bench);

    must(bench != NULL);
    make_query(bench);
    make_reply(bench);
    measure(bench, "read a question", read_question);
    measure(bench, "read a question, write a block answer", read_and_block);
    measure(bench, "read a reply of 3 CNAMEs and 2 addresses", read_reply);
    measure(bench, "write it anew for a client", answer_reply);
    free(bench);
    return 0;
}
