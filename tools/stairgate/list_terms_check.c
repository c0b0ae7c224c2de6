/* list_terms_check.c - whether what was said of a term can be meant. The config's own checks come
 * after these; here is what they cannot see: the files, and the fingerprint of the key. */
#include "tools/stairgate/list_terms.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/base/minisign.h"
#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/name.h"
#include "config/base/text.h"

enum { CERTIFICATE_MOST = 64 << 10, DIGEST_OCTETS = crypto_hash_sha256_BYTES };

static const char pem_begin[] = "-----BEGIN CERTIFICATE-----";
static const char pem_end[] = "-----END CERTIFICATE-----";

/* What a config names by a path is found from the config's folder: here from where we are. */
static int make_absolute(char text[LIST_TERM_MAX], struct err *err)
{
    char *path = realpath(text, NULL);
    int result = 0;

    if (path == NULL)
        return err_system(err, "%.200s: cannot be read", text);
    if (strlen(path) < LIST_TERM_MAX)
        snprintf(text, LIST_TERM_MAX, "%s", path);
    else
        result = err_set(err, ERR_USAGE, "%.200s: the path is too long", text);
    free(path);
    return result;
}

static int check_file(struct list_terms *terms, char *text, struct err *err)
{
    struct stat status;

    (void)terms;
    if (make_absolute(text, err) != 0)
        return -1;
    if (stat(text, &status) != 0 || !S_ISREG(status.st_mode))
        return err_set(err, ERR_USAGE, "%.200s: not a file", text);
    return 0;
}

/* What proves who we are is read by nobody else. */
static int check_secret(struct list_terms *terms, char *text, struct err *err)
{
    struct stat status;

    if (check_file(terms, text, err) != 0)
        return -1;
    if (stat(text, &status) == 0 && (status.st_mode & (S_IRWXO | S_IWGRP)) != 0)
        return err_set(err, ERR_USAGE, "%.200s: others may read it: chmod 0600 it first", text);
    return 0;
}

static int check_inbox(struct list_terms *terms, char *text, struct err *err)
{
    struct stat status;

    (void)terms;
    if (make_absolute(text, err) != 0)
        return -1;
    if (stat(text, &status) != 0 || !S_ISDIR(status.st_mode))
        return err_set(err, ERR_USAGE, "%.200s: not a folder", text);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return err_set(err, ERR_USAGE,
                       "%.200s: others may look into it: chmod 0700 it, before anything is put "
                       "there",
                       text);
    return 0;
}

static int check_text(struct list_terms *terms, char *text, struct err *err)
{
    (void)terms;
    return text_is_plain(text) ? 0
                               : err_set(err, ERR_USAGE,
                                         "it is to be plain text on one line, without control "
                                         "characters or blanks around");
}

static int check_url(struct list_terms *terms, char *text, struct err *err)
{
    (void)terms;
    return strstr(text, "://") != NULL ? 0 : err_set(err, ERR_USAGE, "it begins with https://");
}

static int check_duration(struct list_terms *terms, char *text, struct err *err)
{
    uint64_t ms;

    (void)terms;
    return text_duration_ms(text, &ms) == 0 && ms > 0
               ? 0
               : err_set(err, ERR_USAGE, "not a time such as 6h or 24h: '%.40s'", text);
}

/* Nothing but the word: whoever answers this answers for it. */
static int check_permitted(struct list_terms *terms, char *text, struct err *err)
{
    (void)terms;
    if (strcmp(text, "yes") == 0)
        return 0;
    return err_set(err, ERR_REFUSED,
                   "a list that DNS may not use is not taken; ask the publisher, and have it in "
                   "writing (docs/hotlines.md)");
}

static int check_sealed_key(struct list_terms *terms, char *text, struct err *err)
{
    char folder[LIST_TERM_MAX], name[LIST_TERM_MAX];
    const char *slash = strrchr(text, '/');
    int length;

    (void)terms;
    if (strncmp(text, "credential:", strlen("credential:")) == 0)
        return 0;
    snprintf(name, sizeof name, "%s", slash != NULL ? slash + 1 : text);
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - text) + 1 : 1,
             slash != NULL ? text : ".");
    if (name[0] == '\0')
        return err_set(err, ERR_USAGE, "%.200s: a folder; name the file in it", text);
    if (make_absolute(folder, err) != 0)
        return -1;
    length = snprintf(text, LIST_TERM_MAX, "%.1000s/%.255s", strcmp(folder, "/") == 0 ? "" : folder,
                      name);
    return length > 0 ? 0 : err_set(err, ERR_USAGE, "the path is too long");
}

static int check_name(struct list_terms *terms, char *text, struct err *err)
{
    struct name_buf name;
    enum name_fault fault = name_from_host(&name, text, strlen(text));

    (void)terms;
    return fault == NAME_OK
               ? 0
               : err_set(err, ERR_USAGE, "not a name: '%.100s': %s", text, name_fault_text(fault));
}

/* ---- the publisher's key ---- */

/* Octets in pairs, as people read them to each other. */
static void write_digest(const unsigned char digest[DIGEST_OCTETS], char *out, size_t room)
{
    size_t used = 0;

    for (size_t i = 0; i < DIGEST_OCTETS && used + 6 < room; i++)
        used += (size_t)snprintf(out + used, room - used, "%s%02X", i > 0 && i % 2 == 0 ? " " : "",
                                 digest[i]);
}

/* As `openssl x509 -fingerprint -sha256` has it: of the certificate's octets, not of its text. */
static int print_certificate(struct list_terms *terms, const char *text, const char *path,
                             struct err *err)
{
    const char *begin = strstr(text, pem_begin) + strlen(pem_begin);
    const char *end = strstr(begin, pem_end);
    unsigned char *octets = NULL, digest[DIGEST_OCTETS];
    size_t length = 0;
    int result = -1;

    if (end != NULL)
        octets = malloc((size_t)(end - begin) + 1);
    if (octets != NULL &&
        sodium_base642bin(octets, (size_t)(end - begin), begin, (size_t)(end - begin), "\r\n \t",
                          &length, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
        length > 0)
        result = 0;
    if (result == 0) {
        crypto_hash_sha256(digest, octets, length);
        write_digest(digest, terms->fingerprint, sizeof terms->fingerprint);
        terms->signature = "cms";
    } else {
        err_set(err, ERR_FORMAT, "%.200s: not a certificate in PEM", path);
    }
    free(octets);
    return result;
}

static int print_minisign(struct list_terms *terms, const char *text, struct err *err)
{
    unsigned char digest[DIGEST_OCTETS];
    struct minisign_key key;
    char *out = terms->fingerprint;
    size_t used = 0;

    if (minisign_key_read(&key, text, err) != 0)
        return -1;
    crypto_hash_sha256(digest, key.key, sizeof key.key);
    for (size_t i = sizeof key.id; i > 0; i--) /* as its tool prints them: the last octet first */
        used +=
            (size_t)snprintf(out + used, sizeof terms->fingerprint - used, "%02X", key.id[i - 1]);
    used += (size_t)snprintf(out + used, sizeof terms->fingerprint - used, " / ");
    write_digest(digest, out + used, sizeof terms->fingerprint - used);
    terms->signature = "minisign";
    return 0;
}

/* TEXT is minisign's key itself, or the path of one, or of a certificate. */
static int check_signature_key(struct list_terms *terms, char *text, struct err *err)
{
    struct stat status;
    size_t length;
    char *content;
    int result;

    if (stat(text, &status) != 0)
        return print_minisign(terms, text, err);
    if (check_file(terms, text, err) != 0)
        return -1;
    content = file_read(text, CERTIFICATE_MOST, &length, err);
    if (content == NULL)
        return -1;
    result = strstr(content, pem_begin) != NULL ? print_certificate(terms, content, text, err)
                                                : print_minisign(terms, text, err);
    free(content);
    return result;
}

/* clang-format off */
static int (*const checks[LIST_TERMS])(struct list_terms *, char *, struct err *) = {
    [TERM_INBOX] = check_inbox,
    [TERM_SIGNATURE_KEY] = check_signature_key,
    [TERM_LICENCE] = check_text,
    [TERM_DNS_USE] = check_permitted,
    [TERM_LEGAL_BASIS] = check_text,
    [TERM_JURISDICTION] = check_text,
    [TERM_CONTACT] = check_text,
    [TERM_APPEAL_URL] = check_url,
    [TERM_DEADLINE] = check_duration,
    [TERM_BEARER_FILE] = check_secret,
    [TERM_CERTIFICATE] = check_file,
    [TERM_KEY] = check_secret,
    [TERM_SEALED_KEY] = check_sealed_key,
    [TERM_CANARY] = check_name,
};
/* clang-format on */

int list_terms_check(struct list_terms *terms, enum list_term term, struct err *err)
{
    return checks[term](terms, terms->texts[term], err);
}
