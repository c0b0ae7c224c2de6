/* What a fetcher that was taken over can say: each message is none, more is needed, or it is one
 * that writes back to the same octets. After a first octet of 1, the rest are header lines of a
 * server: bounded fields, no line end in what is sent back. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "blocklist/feed/fetch_message.h"
#include "blocklist/feed/fetch_reply.h"
#include "blocklist/feed/fetch_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

static void messages(const uint8_t *octets, size_t length)
{
    uint8_t again[FETCH_MESSAGE_MAX];
    struct fetch_message message;
    ssize_t taken;

    while ((taken = fetch_message_read(octets, length, &message)) > 0) {
        must((size_t)taken <= length);
        must(fetch_message_write(&message, again) == (size_t)taken);
        must(memcmp(again, octets, (size_t)taken) == 0);
        octets += taken;
        length -= (size_t)taken;
    }
}

static void check_sent_back(const char *text, size_t room)
{
    must(strnlen(text, room) < room);
    must(strpbrk(text, "\r\n") == NULL);
}

static void headers(const char *text, size_t length)
{
    struct fetch_reply reply;
    struct fetch_url url;
    struct err err;

    fetch_reply_start(&reply);
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t line = end == NULL ? length : (size_t)(end + 1 - text);

        if (fetch_reply_line(&reply, text, line, 1700000000, &err) != 0)
            break;
        text += line;
        length -= line;
    }
    check_sent_back(reply.etag, sizeof reply.etag);
    check_sent_back(reply.modified, sizeof reply.modified);
    must(reply.retry_after_s >= 0 && reply.retry_after_s <= REPLY_RETRY_MAX_S);
    must(!reply.ranged || reply.range_first <= reply.range_last);
    fetch_reply_check_list(&reply, false, &err);
    if (fetch_url_parse(&url, NULL, reply.location, &err) == 0)
        must(strchr(url.host, '@') == NULL && strlen(url.host) < sizeof url.host);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    if (length == 0)
        return 0;
    if (octets[0] == 1)
        headers((const char *)octets + 1, length - 1);
    else
        messages(octets + 1, length - 1);
    return 0;
}
