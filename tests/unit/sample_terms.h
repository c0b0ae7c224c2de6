/* Terms of a listing in a test, as words: each after a `;` (blocklist/set/terms.h).
 *
 *   nxdomain nodata refused drop tcp     an action
 *   A=192.0.2.1 AAAA=2001:db8::1 CNAME=x.example TXT=word     a record of a rewrite; several add up
 *   rewrite                              a rewrite without any
 *   type=A,HTTPS   but=A                 the types that it holds for, or does not
 *   important */
#ifndef TESTS_UNIT_SAMPLE_TERMS_H
#define TESTS_UNIT_SAMPLE_TERMS_H

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "blocklist/set/terms.h"
#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/name.h"

enum { SAMPLE_TYPE_CNAME = 5, SAMPLE_TYPE_TXT = 16 };

struct sample_terms {
    struct terms terms;
    uint8_t records[512];
};

static const struct {
    const char *word;
    uint16_t type;
} sample_types[] = {
    {"A",     1                },
    {"CNAME", SAMPLE_TYPE_CNAME},
    {"MX",    15               },
    {"TXT",   SAMPLE_TYPE_TXT  },
    {"AAAA",  28               },
    {"HTTPS", 65               },
};

static inline uint16_t sample_type(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof sample_types / sizeof *sample_types; i++) {
        if (strlen(sample_types[i].word) == length &&
            strncmp(sample_types[i].word, word, length) == 0)
            return sample_types[i].type;
    }
    return 0;
}

/* Adds a record of TYPE with the data that TEXT stands for. */
static inline void sample_record_add(struct sample_terms *terms, uint16_t type, const char *text)
{
    uint8_t *at = terms->records + terms->terms.records_length;
    size_t length = 0;
    struct name_buf name;

    if (type == 1 || type == 28) {
        must(inet_pton(type == 1 ? AF_INET : AF_INET6, text, at + 4) == 1);
        length = type == 1 ? 4 : 16;
    } else if (type == SAMPLE_TYPE_CNAME) {
        must(name_from_text(&name, text, strlen(text)) == NAME_OK);
        length = name.length;
        memcpy(at + 4, name.wire, length);
    } else {
        length = strlen(text) + 1;
        at[4] = (uint8_t)(length - 1);
        memcpy(at + 5, text, length - 1);
    }
    store_be16(at, type);
    store_be16(at + 2, (uint16_t)length);
    terms->terms.action = TERMS_REWRITE;
    terms->terms.records = terms->records;
    terms->terms.records_length += 4 + length;
}

static inline void sample_types_read(struct terms *terms, char *list)
{
    char *rest = NULL;

    for (char *word = strtok_r(list, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        must(terms->type_count < TERMS_TYPES_MAX && sample_type(word, strlen(word)) != 0);
        terms->types[terms->type_count++] = sample_type(word, strlen(word));
    }
}

static inline void sample_term(struct sample_terms *terms, char *word)
{
    static const struct {
        const char *word;
        uint8_t action;
    } actions[] = {
        {"nxdomain", TERMS_NXDOMAIN},
        {"nodata",   TERMS_NODATA  },
        {"refused",  TERMS_REFUSED },
        {"drop",     TERMS_DROP    },
        {"tcp",      TERMS_TCP     },
        {"rewrite",  TERMS_REWRITE },
    };
    char *value = strchr(word, '=');
    size_t length = strcspn(word, "=");

    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].word, word) == 0) {
            terms->terms.action = actions[i].action;
            return;
        }
    }
    if (strcmp(word, "important") == 0) {
        terms->terms.important = true;
        return;
    }
    must(value != NULL);
    if (length == 4 && strncmp(word, "type", length) == 0) {
        sample_types_read(&terms->terms, value + 1);
    } else if (length == 3 && strncmp(word, "but", length) == 0) {
        terms->terms.all_but = true;
        sample_types_read(&terms->terms, value + 1);
    } else {
        must(sample_type(word, length) != 0);
        sample_record_add(terms, sample_type(word, length), value + 1);
    }
}

/* Reads TEXT, "" or `;word;word...`. */
static inline void sample_terms_read(struct sample_terms *terms, const char *text)
{
    char copy[512], *rest = NULL;

    memset(terms, 0, sizeof *terms);
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, ";", &rest); word != NULL; word = strtok_r(NULL, ";", &rest))
        sample_term(terms, word);
}

#endif
