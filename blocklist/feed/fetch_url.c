#include "blocklist/feed/fetch_url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/url_show.h"

static const char *const schemes[] = {"https", "http", "file"};

/* Copies PART of HANDLE into OUT[0..ROOM); "" where it has none. */
static int take(CURLU *handle, CURLUPart part, unsigned flags, char *out, size_t room)
{
    char *value = NULL;
    CURLUcode code = curl_url_get(handle, part, &value, flags);
    int length = 0;

    out[0] = '\0';
    if (code == CURLUE_OK)
        length = snprintf(out, room, "%s", value);
    curl_free(value);
    if (code != CURLUE_OK)
        return part == CURLUPART_URL || part == CURLUPART_PATH ? -1 : 0;
    return length >= 0 && (size_t)length < room ? 0 : -1;
}

static bool is_known_scheme(const char *scheme)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strcmp(scheme, schemes[i]) == 0)
            return true;
    return false;
}

/* Only what cannot mean another name to curl than to our own resolver. */
static int check_host(struct fetch_url *url, struct err *err)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    char bare[sizeof url->host], shown[80];
    size_t length = strlen(url->host);

    if (url->host[0] == '[' && length > 2) {
        snprintf(bare, sizeof bare, "%.*s", (int)(length - 2), url->host + 1);
        url->literal = addr_from_text(&url->addr, bare) == 0;
        return url->literal ? 0 : err_set(err, ERR_CONFIG, "no address: '%s'", url->host);
    }
    url->literal = addr_from_text(&url->addr, url->host) == 0;
    if (length == 0 || strspn(url->host, letters) != length || url->host[length - 1] == '.')
        return err_set(err, ERR_CONFIG,
                       "not a host name: '%s'; write it in ASCII (xn--...), without a last dot",
                       fetch_text_show(url->host, shown, sizeof shown));
    return 0;
}

static int check_file(struct fetch_url *url, struct err *err)
{
    if (url->host[0] != '\0' && strcmp(url->host, "localhost") != 0)
        return err_set(err, ERR_CONFIG, "file: with a host; write file:///path");
    return 0;
}

static int take_apart(struct fetch_url *url, CURLU *handle, struct err *err)
{
    char user[256], shown[80], number[16];

    if (take(handle, CURLUPART_SCHEME, 0, url->scheme, sizeof url->scheme) != 0 ||
        !is_known_scheme(url->scheme))
        return err_set(err, ERR_REFUSED, "scheme '%s' is refused; use https",
                       fetch_text_show(url->scheme, shown, sizeof shown));
    if (take(handle, CURLUPART_USER, 0, user, sizeof user) != 0 || user[0] != '\0')
        return err_set(
            err, ERR_REFUSED,
            "user or password in the address; put them into a file, see `auth.basic_file`");
    if (take(handle, CURLUPART_FRAGMENT, 0, user, sizeof user) != 0 ||
        curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK ||
        take(handle, CURLUPART_HOST, 0, url->host, sizeof url->host) != 0 ||
        take(handle, CURLUPART_PATH, CURLU_URLDECODE, url->path, sizeof url->path) != 0 ||
        take(handle, CURLUPART_URL, 0, url->text, sizeof url->text) != 0)
        return err_set(err, ERR_LIMIT, "the address is too long or not well formed");
    if (strcmp(url->scheme, "file") == 0)
        return check_file(url, err);
    if (take(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT, number, sizeof number) != 0)
        return err_set(err, ERR_CONFIG, "no port");
    url->port = (uint16_t)strtoul(number, NULL, 10);
    return check_host(url, err);
}

int fetch_url_parse(struct fetch_url *url, const struct fetch_url *base, const char *text,
                    struct err *err)
{
    CURLU *handle = curl_url();
    CURLUcode code = CURLUE_OK;
    struct fetch_url made;
    char shown[80];
    int result;

    if (handle == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    memset(&made, 0, sizeof made);
    if (base != NULL)
        code = curl_url_set(handle, CURLUPART_URL, base->text, 0);
    if (code == CURLUE_OK)
        code = curl_url_set(handle, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    if (code != CURLUE_OK)
        result = err_set(err, ERR_CONFIG, "no address: '%s' (%s)",
                         url_show(text, shown, sizeof shown), curl_url_strerror(code));
    else
        result = take_apart(&made, handle, err);
    curl_url_cleanup(handle);
    if (result == 0)
        *url = made;
    return result;
}

bool fetch_url_same_origin(const struct fetch_url *a, const struct fetch_url *b)
{
    return a->port == b->port && strcmp(a->scheme, b->scheme) == 0 &&
           strcasecmp(a->host, b->host) == 0;
}

char *fetch_text_show(const char *text, char *out, size_t room)
{
    size_t i = 0;

    for (; text[i] != '\0' && i + 1 < room; i++)
        out[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
    out[i] = '\0';
    return out;
}

char *fetch_url_show(const struct fetch_url *url, char *out, size_t room)
{
    size_t plain;

    fetch_text_show(url->text, out, room);
    plain = strcspn(out, "?");
    if (url->text[plain] == '?')
        snprintf(out + plain, room - plain, "?...");
    return out;
}
