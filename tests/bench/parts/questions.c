#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/name.h"
#include "resolver/wire/dns.h"
#include "resolver/wire/question.h"
#include "tests/bench/parts/questions.h"

enum { DIGITS = 8 };

struct question_octets {
    uint16_t length;
    uint8_t octets[QUESTIONS_OCTETS_MAX];
};

struct questions {
    struct question_octets *all;
    size_t count, room, next;
    bool made_up;
    uint32_t number;
};

static int add(struct questions *questions, const char *text)
{
    const struct query_words words = {.type = DNS_A, .payload = 1232};
    struct question_octets *made;
    struct name_buf buf;
    struct name name;

    if (questions->count == questions->room) {
        questions->room = questions->room ? questions->room * 2 : 1;
        questions->all = realloc(questions->all, questions->room * sizeof *questions->all);
        must(questions->all != NULL);
    }
    if (name_from_text(&buf, text, strlen(text)) != NAME_OK)
        return -1;
    name = name_of(&buf);
    made = &questions->all[questions->count++];
    made->length = (uint16_t)question_write(made->octets, sizeof made->octets, &name, &words);
    must(made->length > 0);
    store_be16(made->octets + 2, DNS_RD); /* stub resolvers do not set AD */
    return 0;
}

struct questions *questions_read(const char *path)
{
    FILE *file = fopen(path, "re");
    struct questions *questions = calloc(1, sizeof *questions);
    char line[1100];

    must(questions != NULL);
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, " \t\r\n")] = 0;
        if (line[0] != 0 && add(questions, line) != 0)
            fprintf(stderr, "not a name, left out: '%s'\n", line);
    }
    if (file)
        fclose(file);
    return questions->count > 0 ? questions : NULL;
}

struct questions *questions_make(const char *tag)
{
    struct questions *questions = calloc(1, sizeof *questions);
    char text[256];

    must(questions != NULL);
    questions->made_up = true;
    snprintf(text, sizeof text, "%0*x.%s.example", DIGITS, 0U, tag);
    return add(questions, text) == 0 ? questions : NULL;
}

size_t questions_next(struct questions *questions, uint8_t *out, uint16_t id)
{
    const struct question_octets *question = &questions->all[questions->next];

    memcpy(out, question->octets, question->length);
    store_be16(out, id);
    if (++questions->next == questions->count)
        questions->next = 0;
    if (questions->made_up) {
        uint32_t number = questions->number++;

        for (int i = DIGITS; i > 0; i--, number >>= 4)
            out[DNS_HEADER_OCTETS + i] = (uint8_t) "0123456789abcdef"[number & 15];
    }
    return question->length;
}
