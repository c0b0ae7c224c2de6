/* Any octets are a signature of minisign with a comment that has an end, or none; a line of
 * sha256sum, or none; and no made-up signature fits. */
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blocklist/feed/signature.h"
#include "config/base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    const char *text = (const char *)octets;
    struct minisign signature;
    struct minisign_key key = {.id = {0}};
    uint8_t digest[32];
    struct err err;
    int fd;

    signature_sha256_read(digest, text, length, "a.txt", &err);
    if (minisign_read(&signature, text, length, &err) != 0)
        return 0;
    must(memchr(signature.comment, '\0', sizeof signature.comment) != NULL);
    must(strchr(signature.comment, '\n') == NULL);
    memcpy(key.id, signature.id, sizeof key.id);
    memset(key.key, 0x42, sizeof key.key); /* a key that nobody has the secret of */
    fd = memfd_create("list", MFD_CLOEXEC);
    must(signature_check(&signature, &key, fd, &err) != 0);
    close(fd);
    return 0;
}
