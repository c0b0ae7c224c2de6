#include "blocklist/feed/fetch_secret.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/base/err.h"
#include "config/base/file.h"

enum { SECRET_OCTETS_MAX = 8 << 10, LINE_MAX_OCTETS = SECRET_OCTETS_MAX + 256 };

static void warn_mode(const char *path, const struct log *log)
{
    struct stat status;

    if (stat(path, &status) == 0 && (status.st_mode & S_IROTH) != 0)
        log_event(log, LOG_LEVEL_WARN, "secret_readable",
                  "file=%s everybody on this machine may read it: chmod o-r", path);
}

static int check_value(const char *value, size_t length, const char *where, struct err *err)
{
    if (length == 0)
        return err_set(err, ERR_CONFIG, "%s: empty", where);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)value[i] < 0x20 && value[i] != '\t')
            return err_set(err, ERR_CONFIG,
                           "%s: holds a line end or control character; one line is wanted", where);
    return 0;
}

/* The one line of the file at PATH. Owner: the caller wipes and frees. */
static char *read_secret(const char *path, const struct log *log, struct err *err)
{
    size_t length;
    char *text = file_read(path, SECRET_OCTETS_MAX, &length, err);

    if (text == NULL)
        return NULL;
    warn_mode(path, log);
    while (length > 0 && strchr("\r\n \t", text[length - 1]) != NULL)
        text[--length] = '\0';
    if (check_value(text, length, path, err) == 0)
        return text;
    sodium_memzero(text, length);
    free(text);
    return NULL;
}

static int append(struct curl_slist **lines, const char *line, struct err *err)
{
    struct curl_slist *longer = curl_slist_append(*lines, line);

    if (longer == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    *lines = longer;
    return 0;
}

static int add_line(struct curl_slist **lines, const char *name, const char *value, struct err *err)
{
    char line[LINE_MAX_OCTETS];
    int length = snprintf(line, sizeof line, "%s%s", name, value), result;

    if (length < 0 || (size_t)length >= sizeof line)
        return err_set(err, ERR_LIMIT, "a header is too long");
    result = append(lines, line, err);
    sodium_memzero(line, sizeof line);
    return result;
}

static int add_from_file(struct curl_slist **lines, const char *name, const char *path,
                         const struct log *log, struct err *err)
{
    char *secret = read_secret(path, log, err);
    int result;

    if (secret == NULL)
        return -1;
    result = add_line(lines, name, secret, err);
    sodium_memzero(secret, strlen(secret));
    free(secret);
    return result;
}

/* `user:password`, as RFC 7617 §2 packs it. */
static int add_basic(struct curl_slist **lines, const char *path, const struct log *log,
                     struct err *err)
{
    char *secret = read_secret(path, log, err);
    char packed[sodium_base64_ENCODED_LEN(SECRET_OCTETS_MAX, sodium_base64_VARIANT_ORIGINAL)];
    int result;

    if (secret == NULL)
        return -1;
    if (strchr(secret, ':') == NULL) {
        result = err_set(err, ERR_CONFIG, "%s: no `user:password`", path);
    } else {
        sodium_bin2base64(packed, sizeof packed, (const unsigned char *)secret, strlen(secret),
                          sodium_base64_VARIANT_ORIGINAL);
        result = add_line(lines, "Authorization: Basic ", packed, err);
        sodium_memzero(packed, sizeof packed);
    }
    sodium_memzero(secret, strlen(secret));
    free(secret);
    return result;
}

/* TEXT is `Name: value` or `Name: @FILE`. */
static int add_header(struct curl_slist **lines, const char *text, const struct log *log,
                      struct err *err)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t name = strspn(text, token); /* RFC 9110 §5.6.2 */
    char start[256];
    const char *value;

    if (name == 0 || text[name] != ':' || name + 3 > sizeof start)
        return err_set(err, ERR_CONFIG, "no header: '%.60s'; write `Name: value`", text);
    snprintf(start, sizeof start, "%.*s: ", (int)name, text);
    value = text + name + 1 + strspn(text + name + 1, " \t");
    if (value[0] == '@')
        return add_from_file(lines, start, value + 1, log, err);
    if (check_value(value, strlen(value), start, err) != 0)
        return -1;
    return add_line(lines, start, value, err);
}

int fetch_secret_headers(const struct config_list *list, const struct log *log,
                         struct curl_slist **lines, struct err *err)
{
    if (list->bearer_file != NULL &&
        add_from_file(lines, "Authorization: Bearer ", list->bearer_file, log, err) != 0)
        return -1;
    if (list->basic_file != NULL && add_basic(lines, list->basic_file, log, err) != 0)
        return -1;
    for (size_t i = 0; i < list->header_count; i++)
        if (add_header(lines, list->headers[i], log, err) != 0)
            return -1;
    return 0;
}

bool fetch_secret_any(const struct config_list *list)
{
    return list->bearer_file != NULL || list->basic_file != NULL || list->header_count > 0 ||
           list->certificate != NULL;
}
