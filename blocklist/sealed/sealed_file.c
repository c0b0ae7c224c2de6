/* A set file read. It is read once, whole, into locked memory, then proved, then taken apart: what
 * is parsed is what was proved, whatever becomes of the file meanwhile. Messages tell the file and
 * what is wrong with it, never where in it nor what stands there. */
#include "blocklist/sealed/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocklist/sealed/sealed.h"
#include "blocklist/sealed/sealed_names.h"
#include "blocklist/sealed/sealed_table.h"
#include "config/base/bytes.h"
#include "config/base/err.h"

enum { LENGTH_MOST = 128, OVERHEAD = SEALED_FILE_HEADER_OCTETS + SEALED_FILE_CODE_OCTETS };

/* Opens PATH if it is for nobody but its owner; *OCTETS becomes its size. */
static int open_own(const char *path, uint64_t *octets, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;

    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "%s: no such file", path);
    if (fd < 0 && errno == EACCES)
        return err_set(err, ERR_SYSTEM,
                       "%s: cannot open: permission denied; give it to the user that runs this, "
                       "with mode 0600 (chown)",
                       path);
    if (fd < 0)
        return err_system(err, "%s: cannot open", path);
    if (fstat(fd, &status) != 0)
        err_system(err, "%s: cannot look at it", path);
    else if (!S_ISREG(status.st_mode))
        err_set(err, ERR_FORMAT, "%s: not a regular file", path);
    else if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        err_set(err, ERR_REFUSED, "%s: others may read this sealed set; chmod 600 it", path);
    else {
        *octets = (uint64_t)status.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

bool sealed_file_is(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char magic[sizeof SEALED_FILE_MAGIC - 1];
    ssize_t got = fd < 0 ? -1 : read(fd, magic, sizeof magic);

    if (fd >= 0)
        close(fd);
    return got == (ssize_t)sizeof magic && memcmp(magic, SEALED_FILE_MAGIC, sizeof magic) == 0;
}

static int read_all(int fd, uint8_t *out, size_t octets, const char *path, struct err *err)
{
    for (size_t done = 0; done < octets;) {
        ssize_t got = read(fd, out + done, octets - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_system(err, "%s: cannot read", path);
        if (got == 0)
            return err_set(err, ERR_FORMAT, "%s: became shorter while it was read", path);
        done += (size_t)got;
    }
    return 0;
}

static int parse_head(const uint8_t *octets, struct sealed_file_head *head, const char *path,
                      struct err *err)
{
    if (memcmp(octets, SEALED_FILE_MAGIC, strlen(SEALED_FILE_MAGIC)) != 0)
        return err_set(err, ERR_FORMAT, "%s: no sealed set", path);
    if (load_le32(octets + SEALED_FILE_AT_VERSION) != SEALED_FILE_VERSION)
        return err_set(err, ERR_VERSION, "%s: a sealed set of version %u; this program reads %d",
                       path, load_le32(octets + SEALED_FILE_AT_VERSION), SEALED_FILE_VERSION);
    memcpy(head->salt, octets + SEALED_FILE_AT_SALT, sizeof head->salt);
    head->number = load_le64(octets + SEALED_FILE_AT_NUMBER);
    head->made_s = (int64_t)load_le64(octets + SEALED_FILE_AT_MADE);
    head->entries = load_le64(octets + SEALED_FILE_AT_ENTRIES);
    if (load_le32(octets + SEALED_FILE_AT_ENTRY_OCTETS) != SEALED_FILE_ENTRY_OCTETS ||
        load_le64(octets + SEALED_FILE_AT_ZERO) != 0)
        return err_set(err, ERR_FORMAT, "%s: the head of this sealed set is broken", path);
    if (head->entries > (head->octets - OVERHEAD) / SEALED_FILE_ENTRY_OCTETS ||
        head->octets != OVERHEAD + head->entries * SEALED_FILE_ENTRY_OCTETS)
        return err_set(err, ERR_FORMAT, "%s: not as long as its head says: cut off or damaged",
                       path);
    return 0;
}

static int read_head(int fd, struct sealed_file_head *head, const char *path, struct err *err)
{
    uint8_t octets[SEALED_FILE_HEADER_OCTETS];

    if (head->octets < OVERHEAD)
        return err_set(err, ERR_FORMAT, "%s: no sealed set", path);
    if (read_all(fd, octets, sizeof octets, path, err) != 0)
        return -1;
    return parse_head(octets, head, path, err);
}

int sealed_file_head(const char *path, struct sealed_file_head *head, struct err *err)
{
    int fd = open_own(path, &head->octets, err), result;

    if (fd < 0)
        return -1;
    result = read_head(fd, head, path, err);
    close(fd);
    return result;
}

static int prove(const struct sealed_file *file, const struct sealed_key *key, const char *path,
                 struct err *err)
{
    size_t covered = (size_t)file->head.octets - SEALED_FILE_CODE_OCTETS;
    const uint8_t *octets = file->memory.at;
    uint8_t code[SEALED_FILE_CODE_OCTETS];

    sealed_key_digest(key, SEALED_FOR_FILE, octets, covered, code);
    if (sodium_memcmp(code, octets + covered, sizeof code) != 0)
        return err_set(err, ERR_DIGEST, "%s: damaged, or sealed under another key", path);
    return 0;
}

static int read_whole(struct sealed_file *file, int fd, const char *path, struct err *err)
{
    if (file->head.octets < OVERHEAD)
        return err_set(err, ERR_FORMAT, "%s: no sealed set", path);
    if (file->head.octets > SIZE_MAX || locked_open(&file->memory, (size_t)file->head.octets, err))
        return err_set(err, ERR_MEMORY, "%s: out of memory", path);
    if (read_all(fd, file->memory.at, (size_t)file->head.octets, path, err) != 0)
        return -1;
    return parse_head(file->memory.at, &file->head, path, err);
}

int sealed_file_read(struct sealed_file *file, const char *path, const struct sealed_key *key,
                     struct err *err)
{
    int fd, result;

    *file = (struct sealed_file){0};
    fd = open_own(path, &file->head.octets, err);
    if (fd < 0)
        return -1;
    result = read_whole(file, fd, path, err);
    close(fd);
    if (result == 0)
        result = prove(file, key, path, err);
    if (result != 0)
        sealed_file_close(file);
    return result;
}

void sealed_file_close(struct sealed_file *file)
{
    locked_close(&file->memory);
}

/* Tells whether KINDS and LENGTH are what an entry can be. */
static bool is_entry(uint8_t kinds, uint8_t length)
{
    const uint8_t ranges = SEALED_KIND_RANGE4 | SEALED_KIND_RANGE6;

    if (kinds == SEALED_KIND_RANGE4)
        return length <= 32;
    if (kinds == SEALED_KIND_RANGE6)
        return length <= LENGTH_MOST;
    return kinds != 0 && (kinds & (ranges | ~SEALED_KINDS)) == 0 && length == 0;
}

int sealed_file_entry(const struct sealed_file *file, uint64_t index,
                      const struct sealed_names *names, struct sealed_entry *entry, struct err *err)
{
    const uint8_t *octets = (const uint8_t *)file->memory.at + SEALED_FILE_HEADER_OCTETS +
                            index * SEALED_FILE_ENTRY_OCTETS;
    uint64_t plain;

    /* Rising, so that nothing stands twice and one content has one file. */
    if (index > 0 && memcmp(octets - SEALED_FILE_ENTRY_OCTETS, octets, sizeof entry->hash) >= 0)
        return err_set(err, ERR_FORMAT, "the entries of this sealed set are not in order");
    entry->hash[0] = load_le64(octets);
    entry->hash[1] = load_le64(octets + 8);
    plain = load_le16(octets + 16) ^ sealed_names_mask(names, entry->hash);
    entry->kinds = (uint8_t)plain;
    entry->length = (uint8_t)(plain >> 8);
    if (!is_entry(entry->kinds, entry->length))
        return err_set(err, ERR_FORMAT, "an entry of this sealed set is of no kind");
    return 0;
}
