/* text.c - durations and sizes with units, and the nearest of some words.
 *
 * The problem: `ttl: 60` is a minute to one person and an hour to another. The idea: a duration
 * needs a unit of the table, several add up (1h30m), every step is checked for overflow, and what
 * is written out reads back the same. The nearest word is that of the least Levenshtein distance,
 * with at most a third of its letters and one wrong: a suggestion that is far off is worse than
 * none. */
#include "config/base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct unit {
    const char *word;
    uint64_t factor;
};

/* Largest first: text_from_duration takes as many of each as fit. */
static const struct unit durations[] = {
    {"w",  604800000},
    {"d",  86400000 },
    {"h",  3600000  },
    {"m",  60000    },
    {"s",  1000     },
    {"ms", 1        },
};
static const struct unit sizes[] = {
    {"GiB", 1u << 30},
    {"MiB", 1u << 20},
    {"KiB", 1u << 10},
    {"B",   1       },
    {"",    1       },
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *read_digits(const char *text, uint64_t *value)
{
    const char *at = text;

    for (*value = 0; *at >= '0' && *at <= '9'; at++) {
        if (*value > UINT64_MAX / 1000)
            return NULL;
        *value = *value * 10 + (uint64_t)(*at - '0');
    }
    return at == text ? NULL : at;
}

static const struct unit *find_unit(const char *word, size_t length, const struct unit *units,
                                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(units[i].word) == length && memcmp(units[i].word, word, length) == 0)
            return &units[i];
    }
    return NULL;
}

static const char *read_part(const char *text, const struct unit *units, size_t count,
                             uint64_t *sum)
{
    uint64_t value, part;
    const char *word = read_digits(text, &value);
    const struct unit *unit;
    size_t length;

    if (word == NULL)
        return NULL;
    length = strcspn(word, "0123456789");
    unit = find_unit(word, length, units, count);
    if (unit == NULL || __builtin_mul_overflow(value, unit->factor, &part) ||
        __builtin_add_overflow(*sum, part, sum))
        return NULL;
    return word + length;
}

int text_duration_ms(const char *text, uint64_t *ms)
{
    uint64_t sum = 0;

    do {
        text = read_part(text, durations, COUNT(durations), &sum);
        if (text == NULL)
            return -1;
    } while (*text != '\0');
    *ms = sum;
    return 0;
}

int text_size_bytes(const char *text, uint64_t *bytes)
{
    uint64_t sum = 0;

    text = read_part(text, sizes, COUNT(sizes), &sum);
    if (text == NULL || *text != '\0')
        return -1;
    *bytes = sum;
    return 0;
}

char *text_from_duration(uint64_t ms, char *out)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < COUNT(durations); i++) {
        uint64_t whole = ms / durations[i].factor;

        ms %= durations[i].factor;
        if (whole > 0)
            used += (size_t)snprintf(out + used, 32 - used, "%llu%s", (unsigned long long)whole,
                                     durations[i].word);
        if (used >= 31)
            break;
    }
    if (used == 0)
        snprintf(out, 32, "0s");
    return out;
}

char *text_from_time(int64_t unix_s, char *out)
{
    time_t at = (time_t)unix_s;
    struct tm utc;

    if (gmtime_r(&at, &utc) == NULL || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        out[0] = '\0';
    return out;
}

enum { WORD_MAX = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row of the table at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1], n = strlen(b);

    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= strlen(a); i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = least(change, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[n];
}

const char *text_nearest(const char *word, const char *const *words, size_t count)
{
    size_t length = strlen(word), best = length / 3 + 1; /* a third of the letters may be wrong */
    const char *found = NULL;

    if (length > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t apart = strlen(words[i]) > WORD_MAX ? WORD_MAX : distance(word, words[i]);

        if (apart <= best && (found == NULL || apart < best)) {
            best = apart;
            found = words[i];
        }
    }
    return found;
}

/* Reads one character of UTF-8 at *AT (RFC 3629 §4: the shortest form alone, no surrogates).
 * Returns it, or 0 for what is none. */
static uint32_t next_character(const unsigned char **at)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {
        {0x80, 0x00, 1      },
        {0xe0, 0xc0, 0x80   },
        {0xf0, 0xe0, 0x800  },
        {0xf8, 0xf0, 0x10000},
    };

    for (size_t more = 0; more < sizeof forms / sizeof *forms; more++) {
        uint32_t value = **at & (uint32_t)(unsigned char)~forms[more].mask;

        if ((**at & forms[more].mask) != forms[more].lead)
            continue;
        for (size_t i = 1; i <= more; i++) {
            if (((*at)[i] & 0xc0) != 0x80)
                return 0;
            value = value << 6 | ((*at)[i] & 0x3fu);
        }
        *at += more + 1;
        return value < forms[more].least || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)
                   ? 0
                   : value;
    }
    return 0;
}

bool text_is_plain(const char *text)
{
    static const struct {
        uint32_t first, last;
    } refused[] = {
        {0x0000,  0x001f },
        {0x007f,  0x009f },
        {0x061c,  0x061c }, /* a mark of direction, as the next */
        {0x200b,  0x200b }, /* no width; joiners are part of scripts */
        {0x200e,  0x200f },
        {0x2028,  0x202e }, /* ends of lines; embeddings and overrides */
        {0x2060,  0x206f }, /* isolates, and what has no width */
        {0xfeff,  0xfeff },
        {0xfff9,  0xfffb },
        {0xe0000, 0xe0fff}, /* tags */
    };
    size_t length = strlen(text);
    const unsigned char *at = (const unsigned char *)text;

    if (length > 0 && (text[0] == ' ' || text[length - 1] == ' '))
        return false;
    while (*at != '\0') {
        uint32_t character = next_character(&at);

        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
            if (character >= refused[i].first && character <= refused[i].last)
                return false;
        }
    }
    return true;
}

int text_hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}
