#include "policy/state/lift_text.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/base/date.h"
#include "config/base/err.h"
#include "config/base/text.h"

enum { DAY_S = 86400, TIME_OCTETS = 20, LABELS_LEAST = 2 };

/* Lines, in order; each is its word and what is behind it. */
static const char *const words[] = {
    "stairgate lift 1", "name: ", "until: ", "asked: ", "nonce: ", "reason: "};
enum { LINE_HEAD, LINE_NAME, LINE_UNTIL, LINE_ASKED, LINE_NONCE, LINE_REASON, LINES };

/* ---- what may stand in a request ---- */

int lift_text_name(const char *text, struct name_buf *name, struct err *err)
{
    uint8_t starts[NAME_LABELS_MAX];
    struct name whole;

    if (text == NULL || name_from_host(name, text, strlen(text)) != NAME_OK)
        return err_set(err, ERR_USAGE, "say which name is to be lifted, such as one.example");
    whole = name_of(name);
    if (name_label_starts(&whole, starts) < LABELS_LEAST)
        return err_set(err, ERR_USAGE,
                       "a lift covers what is below its name, too: not the root or a whole "
                       "top-level domain");
    return 0;
}

/* Tells whether TEXT holds NAME, or what it is below of. The name is nowhere to be kept, and a
 * reason is. */
static bool tells(const char *text, const struct name_buf *name)
{
    char spelled[NAME_TEXT_MAX];
    struct name whole = name_of(name);
    uint8_t starts[NAME_LABELS_MAX];
    size_t labels = name_label_starts(&whole, starts);

    for (size_t left = labels; left >= LABELS_LEAST; left--) {
        struct name suffix = name_suffix(&whole, left);

        if (strcasestr(text, name_to_text(&suffix, spelled)) != NULL)
            return true;
    }
    return false;
}

int lift_text_reason(const char *text, const struct name_buf *name, char *reason, struct err *err)
{
    if (text == NULL || text[0] == '\0')
        return err_set(err, ERR_USAGE, "say why: --reason TEXT");
    if (strlen(text) >= STATE_REASON_MAX || !text_is_plain(text))
        return err_set(err, ERR_USAGE, "a reason is plain text of one line, at most %d octets",
                       STATE_REASON_MAX - 1);
    if (tells(text, name))
        return err_set(err, ERR_USAGE,
                       "the reason is kept and the name is not: leave the name out of it");
    memcpy(reason, text, strlen(text) + 1);
    return 0;
}

/* ---- to text ---- */

size_t lift_text_write(const struct lift_text *request, char *out)
{
    char name[NAME_TEXT_MAX], until[32], asked[32], nonce[2 * LIFT_NONCE_OCTETS + 1];
    struct name whole = name_of(&request->name);

    sodium_bin2hex(nonce, sizeof nonce, request->nonce, sizeof request->nonce);
    return (size_t)snprintf(out, LIFT_TEXT_MAX, "%s\n%s%s\n%s%s\n%s%s\n%s%s\n%s%s\n",
                            words[LINE_HEAD], words[LINE_NAME], name_to_text(&whole, name),
                            words[LINE_UNTIL], text_from_time(request->until_s, until),
                            words[LINE_ASKED], text_from_time(request->asked_s, asked),
                            words[LINE_NONCE], nonce, words[LINE_REASON], request->reason);
}

/* ---- from text ---- */

/* Reads `2026-12-31T23:59:59Z`; that it is written like that is checked with the whole. */
static int read_time(const char *text, int64_t *unix_s)
{
    unsigned hour, minute, second;
    int32_t days;

    if (strlen(text) != TIME_OCTETS || date_read(&text, &days) != 0 ||
        sscanf(text, "T%2u:%2u:%2uZ", &hour, &minute, &second) != 3 || hour > 23 || minute > 59 ||
        second > 59)
        return -1;
    *unix_s = (int64_t)days * DAY_S + hour * 3600 + minute * 60 + second;
    return 0;
}

static int read_nonce(const char *text, uint8_t nonce[LIFT_NONCE_OCTETS])
{
    size_t got;

    return sodium_hex2bin(nonce, LIFT_NONCE_OCTETS, text, strlen(text), NULL, &got, NULL) == 0 &&
                   got == LIFT_NONCE_OCTETS
               ? 0
               : -1;
}

/* Cuts TEXT into its lines; returns whether it has the right ones. */
static bool cut(char *text, char *values[LINES])
{
    char *line;

    for (size_t i = 0; i < LINES; i++) {
        line = strsep(&text, "\n");
        if (line == NULL || text == NULL || strncmp(line, words[i], strlen(words[i])) != 0)
            return false;
        values[i] = line + strlen(words[i]);
    }
    return true;
}

static int read_lines(struct lift_text *request, char *text, struct err *err)
{
    char *values[LINES];

    if (!cut(text, values) || read_time(values[LINE_UNTIL], &request->until_s) != 0 ||
        read_time(values[LINE_ASKED], &request->asked_s) != 0 ||
        read_nonce(values[LINE_NONCE], request->nonce) != 0)
        return err_set(err, ERR_FORMAT,
                       "not a request as `stairgate lift NAME ... --print` writes it");
    if (lift_text_name(values[LINE_NAME], &request->name, err) != 0)
        return -1;
    return lift_text_reason(values[LINE_REASON], &request->name, request->reason, err);
}

int lift_text_read(struct lift_text *request, const char *text, size_t length, struct err *err)
{
    char copy[LIFT_TEXT_MAX], again[LIFT_TEXT_MAX];

    memset(request, 0, sizeof *request);
    if (length >= sizeof copy || memchr(text, '\0', length) != NULL)
        return err_set(err, ERR_FORMAT, "too long for a request, or binary");
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (read_lines(request, copy, err) != 0)
        return -1;
    if (lift_text_write(request, again) != length || memcmp(again, text, length) != 0)
        return err_set(err, ERR_FORMAT,
                       "the request is not written as `stairgate lift NAME ... --print` does it");
    return 0;
}
