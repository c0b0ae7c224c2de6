#include "blocklist/feed/fetch_part.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/feed/place.h"
#include "config/base/err.h"
#include "config/base/file.h"

enum { TAG_OCTETS_MAX = 2048, STEP = 64 << 10, URL_DIGEST_TEXT = 33 };

static const char first_line[] = "part 1";

static char *path_of(const char *into, const char *end, char path[PLACE_PATH_MAX])
{
    snprintf(path, PLACE_PATH_MAX, "%s%s", into, end);
    return path;
}

/* An address may hold a password in its query: only its digest is kept. */
static void digest_url(const char *url, char text[URL_DIGEST_TEXT])
{
    uint8_t digest[16];

    crypto_generichash(digest, sizeof digest, (const uint8_t *)url, strlen(url), NULL, 0);
    sodium_bin2hex(text, URL_DIGEST_TEXT, digest, sizeof digest);
}

bool fetch_part_find(const char *into, const char *url, char validator[FETCH_VALIDATOR_MAX],
                     uint64_t *length)
{
    char path[PLACE_PATH_MAX], wanted[URL_DIGEST_TEXT], kind[16], of[URL_DIGEST_TEXT];
    struct stat status;
    size_t octets;
    char *text = file_read(path_of(into, ".part.tag", path), TAG_OCTETS_MAX, &octets, NULL);
    int fields;

    if (text == NULL)
        return false;
    digest_url(url, wanted);
    fields = sscanf(text, "%15[^\n]\n%32s\n%" SCNu64 "\n%511[^\n]", kind, of, length, validator);
    free(text);
    return fields == 4 && strcmp(kind, first_line) == 0 && strcmp(of, wanted) == 0 &&
           stat(path_of(into, ".part", path), &status) == 0 && S_ISREG(status.st_mode) &&
           (uint64_t)status.st_size == *length && *length > 0;
}

void fetch_part_keep(const char *into, const char *url, const char *validator, int fd,
                     uint64_t length)
{
    char path[PLACE_PATH_MAX], of[URL_DIGEST_TEXT], text[TAG_OCTETS_MAX];
    struct file_new file;
    int octets;

    digest_url(url, of);
    octets =
        snprintf(text, sizeof text, "%s\n%s\n%" PRIu64 "\n%s\n", first_line, of, length, validator);
    if (fdatasync(fd) != 0 ||
        file_new_open(&file, path_of(into, ".part.tag", path), 0600, NULL) != 0)
        return;
    if (file_write(file.fd, text, (size_t)octets, path, NULL) != 0)
        file_new_abandon(&file);
    else
        file_new_commit(&file, NULL);
}

void fetch_part_open(const char *into)
{
    char path[PLACE_PATH_MAX];

    unlink(path_of(into, ".part.tag", path));
}

void fetch_part_drop(const char *into)
{
    char path[PLACE_PATH_MAX];

    fetch_part_open(into);
    unlink(path_of(into, ".part", path));
}

int fetch_part_finish(const char *into, int fd, uint8_t body[32], struct err *err)
{
    char path[PLACE_PATH_MAX];
    crypto_generichash_state state;
    uint8_t data[STEP];
    off_t at = 0;
    ssize_t got;

    crypto_generichash_init(&state, NULL, 0, 32);
    while ((got = pread(fd, data, sizeof data, at)) > 0 || (got < 0 && errno == EINTR)) {
        crypto_generichash_update(&state, data, got > 0 ? (size_t)got : 0);
        at += got > 0 ? got : 0;
    }
    crypto_generichash_final(&state, body, 32);
    if (got < 0)
        return err_system(err, "%s: cannot read it", path_of(into, ".part", path));
    if (rename(path_of(into, ".part", path), into) != 0)
        return err_system(err, "%s: cannot put it in place", path);
    return 0;
}
