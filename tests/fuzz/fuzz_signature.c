/* Any octets are a signature of minisign with a comment that has an end, or none; a line of
 * sha256sum, or none; a signature of CMS, or none; and no made-up signature fits. */
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blocklist/feed/signature.h"
#include "blocklist/feed/signature_cms.h"
#include "config/base/err.h"
#include "tests/unit/cms_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

enum { NOW_S = CMS_SIGNED_S + 60 };

/* The seeds sign another body than this one. */
static void read_cms(const char *text, size_t length)
{
    int certificate, list;
    int64_t signed_s;
    char path[40];
    struct err err;

    if (length == 0 || strchr("0-", text[0]) == NULL) /* a sequence of DER, or PEM: else no use */
        return;
    signature_cms_time(text, length);
    certificate = memfd_create("certificate", MFD_CLOEXEC);
    list = memfd_create("list", MFD_CLOEXEC);
    must(write(certificate, CMS_OWN, sizeof CMS_OWN - 1) == sizeof CMS_OWN - 1);
    must(write(list, "x", 1) == 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", certificate);
    must(signature_cms_check(path, text, length, list, NOW_S, &signed_s, &err) != 0);
    close(certificate);
    close(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    const char *text = (const char *)octets;
    struct minisign signature;
    struct minisign_key key = {.id = {0}};
    uint8_t digest[32];
    struct err err;
    int fd;

    read_cms(text, length);
    signature_sha256_read(digest, text, length, "a.txt", &err);
    if (minisign_read(&signature, text, length, &err) != 0)
        return 0;
    must(memchr(signature.comment, '\0', sizeof signature.comment) != NULL);
    must(strchr(signature.comment, '\n') == NULL);
    must(minisign_time(&signature) >= 0);
    memcpy(key.id, signature.id, sizeof key.id);
    memset(key.key, 0x42, sizeof key.key); /* a key that nobody has the secret of */
    fd = memfd_create("list", MFD_CLOEXEC);
    must(signature_check(&signature, &key, fd, &err) != 0);
    close(fd);
    return 0;
}
