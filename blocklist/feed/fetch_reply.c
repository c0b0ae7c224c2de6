/* fetch_reply.c - headers that strangers write.
 *
 * The problem: validators come back to the server later, dates and lengths steer us, and all of it
 * may be long, broken or a lie. The idea: a table of the fields that count, each with a function
 * that takes a value only where it is well formed; what is not is as if it had not been sent. */
#include "blocklist/feed/fetch_reply.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/base/err.h"

void fetch_reply_start(struct fetch_reply *reply)
{
    memset(reply, 0, sizeof *reply);
    reply->length = -1;
}

/* Digits alone, below 10^18. */
static int read_number(const char *text, size_t length, uint64_t *value)
{
    *value = 0;
    if (length == 0 || length > 18)
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        *value = *value * 10 + (uint64_t)(text[i] - '0');
    }
    return 0;
}

/* RFC 9110 §8.8.3: etagc is any visible octet but the quote. Those beyond ASCII are not sent back.
 */
static void take_etag(struct fetch_reply *reply, const char *value)
{
    const char *text = strncmp(value, "W/", 2) == 0 ? value + 2 : value;
    size_t length = strlen(text);

    if (strlen(value) >= sizeof reply->etag || length < 2 || text[0] != '"' ||
        text[length - 1] != '"')
        return;
    for (size_t i = 1; i < length - 1; i++)
        if (text[i] <= 0x20 || text[i] >= 0x7f || text[i] == '"')
            return;
    memcpy(reply->etag, value, strlen(value) + 1);
}

static void take_modified(struct fetch_reply *reply, const char *value)
{
    size_t length = strlen(value);

    if (length >= sizeof reply->modified || curl_getdate(value, NULL) < 0)
        return;
    for (size_t i = 0; i < length; i++)
        if (value[i] < 0x20 || value[i] >= 0x7f)
            return;
    memcpy(reply->modified, value, length + 1);
}

static void take_word(char *out, size_t room, const char *value)
{
    size_t i = 0;

    for (; value[i] != '\0' && i + 1 < room; i++)
        out[i] = value[i] >= 0x20 && value[i] < 0x7f ? (char)tolower((unsigned char)value[i]) : '?';
    out[i] = '\0';
}

static void take_media_type(struct fetch_reply *reply, const char *value)
{
    take_word(reply->media_type, sizeof reply->media_type, value);
}

static void take_coding(struct fetch_reply *reply, const char *value)
{
    size_t used = strlen(reply->coding);

    if (used > 0 && used + 2 < sizeof reply->coding) { /* the field came twice: one list */
        memcpy(reply->coding + used, ", ", 3);
        used += 2;
    }
    take_word(reply->coding + used, sizeof reply->coding - used, value);
}

static void take_location(struct fetch_reply *reply, const char *value)
{
    if (strlen(value) < sizeof reply->location)
        memcpy(reply->location, value, strlen(value) + 1);
}

static void take_length(struct fetch_reply *reply, const char *value)
{
    uint64_t length;

    if (read_number(value, strlen(value), &length) == 0)
        reply->length = (int64_t)length;
}

/* RFC 9110 §14.4: `bytes 0-9/10`, or `*` where the whole is not known. */
static void take_range(struct fetch_reply *reply, const char *value)
{
    const char *first, *dash = strchr(value, '-'), *slash = strchr(value, '/');

    reply->ranged = false; /* the field came twice: the last one alone */
    reply->range_total = 0;
    if (strncasecmp(value, "bytes ", 6) != 0 || dash == NULL || slash == NULL || slash < dash)
        return;
    first = value + 6;
    if (dash < first)
        return;
    if (read_number(first, (size_t)(dash - first), &reply->range_first) != 0 ||
        read_number(dash + 1, (size_t)(slash - dash - 1), &reply->range_last) != 0 ||
        reply->range_last < reply->range_first)
        return;
    if (strcmp(slash, "/*") != 0 &&
        read_number(slash + 1, strlen(slash + 1), &reply->range_total) != 0)
        return;
    reply->ranged = true;
}

/* RFC 9110 §10.2.3: seconds or a date. */
static void take_retry_after(struct fetch_reply *reply, const char *value, int64_t now_s)
{
    uint64_t seconds;
    int64_t after;

    if (read_number(value, strlen(value), &seconds) == 0)
        after = (int64_t)seconds;
    else
        after = (int64_t)curl_getdate(value, NULL) - now_s;
    if (after > REPLY_RETRY_MAX_S)
        after = REPLY_RETRY_MAX_S;
    reply->retry_after_s = after > 0 ? after : 0;
}

static void take_date(struct fetch_reply *reply, const char *value)
{
    int64_t date = (int64_t)curl_getdate(value, NULL);

    reply->date_s = date > 0 ? date : 0;
}

static const struct {
    const char *name;
    void (*take)(struct fetch_reply *reply, const char *value);
} fields[] = {
    {"ETag",             take_etag      },
    {"Last-Modified",    take_modified  },
    {"Content-Type",     take_media_type},
    {"Content-Encoding", take_coding    },
    {"Location",         take_location  },
    {"Content-Length",   take_length    },
    {"Content-Range",    take_range     },
    {"Date",             take_date      },
};

static void take_field(struct fetch_reply *reply, const char *name, const char *value,
                       int64_t now_s)
{
    if (strcasecmp(name, "Retry-After") == 0)
        take_retry_after(reply, value, now_s);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcasecmp(name, fields[i].name) == 0)
            fields[i].take(reply, value);
}

/* `HTTP/1.1 200 OK`: a new answer, which puts an informational one (RFC 9110 §15.2) aside. */
static void take_status(struct fetch_reply *reply, const char *line)
{
    const char *space = strchr(line, ' ');
    size_t octets = reply->header_octets;

    fetch_reply_start(reply);
    reply->header_octets = octets;
    reply->status = space == NULL ? 0 : (int)strtol(space + 1, NULL, 10);
    if (reply->status < 100 || reply->status > 999)
        reply->status = 0;
}

static void take_line(struct fetch_reply *reply, char *line, int64_t now_s)
{
    char *colon = strchr(line, ':'), *value;

    if (colon == NULL)
        return;
    *colon = '\0';
    value = colon + 1 + strspn(colon + 1, " \t");
    take_field(reply, line, value, now_s);
}

int fetch_reply_line(struct fetch_reply *reply, const char *line, size_t length, int64_t now_s,
                     struct err *err)
{
    char copy[4096];

    reply->header_octets += length;
    if (reply->header_octets > REPLY_HEADER_OCTETS_MAX)
        return err_set(err, ERR_LIMIT, "the answer's header is over %d octets",
                       REPLY_HEADER_OCTETS_MAX);
    while (length > 0 && strchr("\r\n \t", line[length - 1]) != NULL)
        length--;
    if (length >= sizeof copy)
        return 0; /* no field that counts is that long */
    memcpy(copy, line, length);
    copy[length] = '\0';
    if (strncmp(copy, "HTTP/", 5) == 0 && (!reply->header_ended || reply->status < 200))
        take_status(reply, copy);
    else if (length == 0)
        reply->header_ended = true;
    else if (!reply->header_ended)
        take_line(reply, copy, now_s);
    return 0;
}

bool fetch_reply_redirects(const struct fetch_reply *reply)
{
    static const int codes[] = {301, 302, 303, 307, 308};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (reply->status == codes[i])
            return reply->location[0] != '\0';
    return false;
}

bool fetch_reply_has_list(const struct fetch_reply *reply)
{
    return reply->status == 200 || reply->status == 206;
}

/* The first row whose codes hold the status. */
static const struct {
    int first, last;
    enum err_code code;
    const char *meaning;
} meanings[] = {
    {200, 299, ERR_FORMAT,      "an answer without a list"                               },
    {300, 399, ERR_FORMAT,      "a redirect to nowhere"                                  },
    {401, 401, ERR_REFUSED,     "it wants a password; see `auth`"                        },
    {403, 403, ERR_REFUSED,     "it refuses us; check the address, or ask the publisher" },
    {404, 404, ERR_NOT_FOUND,   "nothing is there; check the address"                    },
    {407, 407, ERR_REFUSED,     "a proxy stands in the way"                              },
    {410, 410, ERR_NOT_FOUND,   "gone for good; look for another list"                   },
    {429, 429, ERR_BUSY,        "we come too often; raise `every`"                       },
    {451, 451, ERR_REFUSED,     "not available for legal reasons"                        },
    {400, 499, ERR_REFUSED,     "the server does not like the request; check the address"},
    {503, 503, ERR_BUSY,        "the server is busy; the next run tries again"           },
    {500, 599, ERR_UNREACHABLE, "the server has a fault; the next run tries again"       },
    {0,   999, ERR_FORMAT,      "no answer of HTTP that makes sense"                     },
};

int fetch_reply_refuse(const struct fetch_reply *reply, struct err *err)
{
    size_t i = 0;

    while (reply->status < meanings[i].first || reply->status > meanings[i].last)
        i++;
    if (reply->retry_after_s > 0)
        return err_set(err, meanings[i].code, "status %d: %s; not before %lld s from now",
                       reply->status, meanings[i].meaning, (long long)reply->retry_after_s);
    return err_set(err, meanings[i].code, "status %d: %s", reply->status, meanings[i].meaning);
}

/* What no list is, however it is read. HTML is not here: some publishers call a list so, and its
 * content decides. */
static const char *const wrong_types[] = {
    "image/",
    "video/",
    "audio/",
    "font/",
    "model/",
    "multipart/",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/pdf",
    "application/wasm",
    "application/msword",
    "application/vnd.ms-",
    "application/vnd.android",
    "application/x-shockwave",
    "application/x-msdownload",
    "application/x-executable",
    "message/",
};

static bool is_known_coding(const char *word, size_t length)
{
    static const char *const known[] = {"gzip", "x-gzip", "zstd", "identity"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == length && memcmp(known[i], word, length) == 0)
            return true;
    return false;
}

/* The reader finds out by the octets how often and how they are packed; these it knows. */
static int check_coding(const char *coding, bool plain, struct err *err)
{
    const char *at = coding + strspn(coding, ", \t");

    while (*at != '\0') {
        size_t length = strcspn(at, ", \t");

        if (!is_known_coding(at, length))
            return err_set(err, ERR_FORMAT, "packed as '%.40s', which nobody asked for", coding);
        if (plain && (length != 8 || memcmp(at, "identity", 8) != 0))
            return err_set(err, ERR_FORMAT,
                           "packed as '%.40s' on the way, so that its signature cannot be checked",
                           coding);
        at += length;
        at += strspn(at, ", \t");
    }
    return 0;
}

int fetch_reply_check_list(const struct fetch_reply *reply, bool plain, struct err *err)
{
    for (size_t i = 0; i < sizeof wrong_types / sizeof *wrong_types; i++)
        if (strncmp(reply->media_type, wrong_types[i], strlen(wrong_types[i])) == 0)
            return err_set(err, ERR_FORMAT,
                           "media type '%.80s' is no list; check the address in a browser",
                           reply->media_type);
    return check_coding(reply->coding, plain, err);
}

/* A date is strong only where it is well before the answer's own (RFC 9110 §8.8.2.2). */
const char *fetch_reply_strong(const struct fetch_reply *reply)
{
    if (reply->etag[0] == '"')
        return reply->etag;
    if (reply->etag[0] == '\0' && reply->modified[0] != '\0' && reply->date_s > 0 &&
        (int64_t)curl_getdate(reply->modified, NULL) <= reply->date_s - 60)
        return reply->modified;
    return NULL;
}

bool fetch_etag_same(const char *a, const char *b)
{
    a += strncmp(a, "W/", 2) == 0 ? 2 : 0;
    b += strncmp(b, "W/", 2) == 0 ? 2 : 0;
    return strcmp(a, b) == 0;
}
