/* minisign.c - four lines of known shape or nothing.
 *
 * The problem: whoever signs a list, or an operator's request, may be far away, and a signature is
 * text that a stranger wrote. The idea: the key's id is compared first, so that a wrong key is told
 * from changed octets; the trusted comment's own signature is checked too, since only both together
 * are what the tool calls good.
 *
 * Format (minisign's manual): comment, base64 of kind (2) id (8) signature (64), `trusted comment:
 * ` and text, base64 of a signature (64) over signature and comment. */
#include "config/base/minisign.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/file.h"

enum { KEY_OCTETS = 42, SIGNED_OCTETS = 74, FILE_MOST = 64 << 10 };

static const char trusted[] = "trusted comment: ", untrusted[] = "untrusted comment:";

ssize_t minisign_line(const char **text, size_t *length, const char **line)
{
    const char *end = memchr(*text, '\n', *length);
    size_t taken = end == NULL ? *length : (size_t)(end - *text);
    size_t whole = end == NULL ? taken : taken + 1;

    if (*length == 0)
        return -1;
    *line = *text;
    *text += whole;
    *length -= whole;
    if (taken > 0 && (*line)[taken - 1] == '\r')
        taken--;
    return (ssize_t)taken;
}

static int decode(uint8_t *out, size_t octets, const char *text, size_t length)
{
    size_t got;

    return sodium_base642bin(out, octets, text, length, NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
                   got == octets
               ? 0
               : -1;
}

static int key_from_base64(struct minisign_key *key, const char *text, size_t length)
{
    uint8_t octets[KEY_OCTETS];

    if (decode(octets, sizeof octets, text, length) != 0 || memcmp(octets, "Ed", 2) != 0)
        return -1;
    memcpy(key->id, octets + 2, sizeof key->id);
    memcpy(key->key, octets + 10, sizeof key->key);
    return 0;
}

/* The last line of a .pub file that is not blank; the comment before it may be missing. */
static int key_from_text(struct minisign_key *key, const char *text, size_t length)
{
    const char *line;
    ssize_t taken;

    while ((taken = minisign_line(&text, &length, &line)) >= 0)
        if (taken > 0 && strncmp(line, untrusted, sizeof untrusted - 1) != 0)
            return key_from_base64(key, line, (size_t)taken);
    return -1;
}

int minisign_key_read(struct minisign_key *key, const char *text, struct err *err)
{
    size_t length;
    char *data;
    int result;

    if (text == NULL || text[0] == '\0')
        return err_set(err, ERR_CONFIG, "no public key to check the signature with");
    if (key_from_base64(key, text, strlen(text)) == 0)
        return 0;
    data = file_read(text, FILE_MOST, &length, err);
    if (data == NULL)
        return err_set(err, ERR_CONFIG,
                       "neither a public key of minisign nor a file with one: '%.80s'", text);
    result = key_from_text(key, data, length);
    free(data);
    return result == 0 ? 0
                       : err_set(err, ERR_CONFIG, "%.200s: holds no public key of minisign", text);
}

static int take_signed(struct minisign *signature, const char *line, size_t length, struct err *err)
{
    uint8_t octets[SIGNED_OCTETS];

    if (decode(octets, sizeof octets, line, length) != 0)
        return err_set(err, ERR_FORMAT, "the signature's second line is no signature of minisign");
    if (memcmp(octets, "Ed", 2) != 0 && memcmp(octets, "ED", 2) != 0)
        return err_set(err, ERR_FORMAT, "a signature of a kind that minisign does not make");
    signature->prehashed = octets[1] == 'D';
    memcpy(signature->id, octets + 2, sizeof signature->id);
    memcpy(signature->signature, octets + 10, sizeof signature->signature);
    return 0;
}

static int take_comment(struct minisign *signature, const char *line, size_t length,
                        struct err *err)
{
    size_t prefix = sizeof trusted - 1;

    if (length < prefix || memcmp(line, trusted, prefix) != 0)
        return err_set(err, ERR_FORMAT, "the signature has no trusted comment");
    length -= prefix;
    if (length >= sizeof signature->comment || memchr(line + prefix, '\0', length) != NULL)
        return err_set(err, ERR_FORMAT, "the signature's trusted comment is too long or binary");
    memcpy(signature->comment, line + prefix, length);
    signature->comment[length] = '\0';
    return 0;
}

int minisign_read(struct minisign *signature, const char *text, size_t length, struct err *err)
{
    const char *line = text;
    ssize_t taken = minisign_line(&text, &length, &line);

    memset(signature, 0, sizeof *signature);
    if (taken < (ssize_t)sizeof untrusted - 1 || memcmp(line, untrusted, sizeof untrusted - 1) != 0)
        return err_set(err, ERR_FORMAT, "not a signature of minisign");
    taken = minisign_line(&text, &length, &line);
    if (take_signed(signature, line, taken < 0 ? 0 : (size_t)taken, err) != 0)
        return -1;
    taken = minisign_line(&text, &length, &line);
    if (take_comment(signature, line, taken < 0 ? 0 : (size_t)taken, err) != 0)
        return -1;
    taken = minisign_line(&text, &length, &line);
    if (taken < 0 || decode(signature->global, sizeof signature->global, line, (size_t)taken) != 0)
        return err_set(err, ERR_FORMAT, "the signature's last line is none");
    while ((taken = minisign_line(&text, &length, &line)) >= 0)
        if (taken > 0)
            return err_set(err, ERR_FORMAT, "there is something behind the signature");
    return 0;
}

static bool comment_fits(const struct minisign *signature, const struct minisign_key *key)
{
    uint8_t message[sizeof signature->signature + sizeof signature->comment];
    size_t length = strlen(signature->comment);

    memcpy(message, signature->signature, sizeof signature->signature);
    memcpy(message + sizeof signature->signature, signature->comment, length);
    return crypto_sign_verify_detached(signature->global, message,
                                       sizeof signature->signature + length, key->key) == 0;
}

int minisign_check_signed(const struct minisign *signature, const struct minisign_key *key,
                          const uint8_t *octets, size_t length, const char *what, struct err *err)
{
    if (memcmp(signature->id, key->id, sizeof key->id) != 0)
        return err_set(err, ERR_DIGEST,
                       "signed with another key; ask the publisher whether it was changed");
    if (crypto_sign_verify_detached(signature->signature, octets, length, key->key) != 0)
        return err_set(err, ERR_DIGEST, "the signature does not fit the %s", what);
    if (!comment_fits(signature, key))
        return err_set(err, ERR_DIGEST, "the signature's trusted comment was changed");
    return 0;
}

int minisign_check(const struct minisign *signature, const struct minisign_key *key,
                   const uint8_t *octets, size_t length, const char *what, struct err *err)
{
    uint8_t digest[64];

    if (!signature->prehashed)
        return minisign_check_signed(signature, key, octets, length, what, err);
    crypto_generichash(digest, sizeof digest, octets, length, NULL, 0);
    return minisign_check_signed(signature, key, digest, sizeof digest, what, err);
}

/* A field of its own: what a publisher writes in words may hold `timestamp:` too. */
int64_t minisign_time(const struct minisign *signature)
{
    static const char mark[] = "timestamp:", blanks[] = " \t";
    const char *at = signature->comment;
    int64_t found = 0;

    while (*(at += strspn(at, blanks)) != '\0') {
        size_t length = strcspn(at, blanks);
        const char *digits = at + sizeof mark - 1;
        int64_t value = 0;
        size_t count = 0;

        if (length >= sizeof mark - 1 && memcmp(at, mark, sizeof mark - 1) == 0)
            count = length - (sizeof mark - 1);
        if (count > 0) {
            if (count > 15 || strspn(digits, "0123456789") < count || found != 0)
                return 0;
            for (size_t i = 0; i < count; i++)
                value = 10 * value + (digits[i] - '0');
            found = value;
        }
        at += length;
    }
    return found;
}
