#include "blocklist/feed/list_signature.h"

#include <stdio.h>
#include <string.h>

#include "blocklist/feed/signature.h"
#include "blocklist/feed/signature_cms.h"
#include "config/base/err.h"

const char *list_signature_suffix(const struct config_list *list)
{
    static const char *const suffixes[] = {
        [LIST_UNSIGNED] = "",
        [LIST_MINISIGN] = ".minisig",
        [LIST_SHA256] = ".sha256",
        [LIST_CMS] = ".p7s",
    };

    return suffixes[list->signature];
}

void list_signature_url(const struct config_list *list, char *out, size_t room)
{
    size_t plain = strcspn(list->url, "?#");

    if (list->signature_url != NULL)
        snprintf(out, room, "%s", list->signature_url);
    else
        snprintf(out, room, "%.*s%s%s", (int)plain, list->url, list_signature_suffix(list),
                 list->url + plain);
}

void list_signature_name(const char *url, char out[256])
{
    size_t end = strcspn(url, "?#"), start = end;

    while (start > 0 && url[start - 1] != '/')
        start--;
    snprintf(out, 256, "%.*s", (int)(end - start), url + start);
}

int list_signature_ready(const struct config_list *list, int64_t now_s, struct err *err)
{
    struct minisign_key key;

    if (list->signature == LIST_MINISIGN)
        return minisign_key_read(&key, list->public_key, err);
    if (list->signature == LIST_CMS)
        return signature_cms_certificate(list->public_key, now_s, err);
    return 0;
}

static int check_sha256(const char *name, const char *text, size_t length, int fd, struct err *err)
{
    uint8_t digest[32];

    return signature_sha256_read(digest, text, length, name, err) != 0
               ? -1
               : signature_sha256_check(digest, fd, err);
}

static int check_minisign(const struct config_list *list, const char *text, size_t length, int fd,
                          int64_t *signed_s, struct err *err)
{
    struct minisign_key key;
    struct minisign signature;

    if (minisign_key_read(&key, list->public_key, err) != 0 ||
        minisign_read(&signature, text, length, err) != 0 ||
        signature_check(&signature, &key, fd, err) != 0)
        return -1;
    *signed_s = minisign_time(&signature);
    return 0;
}

/* Without one, any older version could be sent again, and of two deliveries none is the newer. */
static int check_time(const struct config_list *list, int64_t signed_s, struct err *err)
{
    if (signed_s != 0 || (list->class_ != LIST_HOTLINE && list->inbox == NULL))
        return 0;
    return err_set(err, ERR_FORMAT,
                   "signed without a time, so that an older version could be sent for the newest; "
                   "ask the publisher for signatures with %s",
                   list->signature == LIST_CMS ? "the attribute signingTime"
                                               : "minisign's own trusted comment (timestamp:...)");
}

int list_signature_check(const struct config_list *list, const char *name, const char *text,
                         size_t length, int fd, int64_t now_s, int64_t *signed_s, struct err *err)
{
    int result;

    *signed_s = 0;
    if (list->signature == LIST_SHA256)
        return check_sha256(name, text, length, fd, err);
    result = list->signature == LIST_CMS
                 ? signature_cms_check(list->public_key, text, length, fd, now_s, signed_s, err)
                 : check_minisign(list, text, length, fd, signed_s, err);
    return result == 0 ? check_time(list, *signed_s, err) : -1;
}

int64_t list_signature_time(const struct config_list *list, const char *text, size_t length)
{
    struct minisign signature;
    struct err err;

    if (list->signature == LIST_CMS)
        return signature_cms_time(text, length);
    if (list->signature != LIST_MINISIGN || minisign_read(&signature, text, length, &err) != 0)
        return 0;
    return minisign_time(&signature);
}
