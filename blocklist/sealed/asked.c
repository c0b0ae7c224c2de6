/* The problem: processes that live for a second must share one count, and none may forget it. The
 * idea: a file of fixed size, a record a user, read and written in place under a lock. A record
 * torn by a crash counts wrong once; a file that is none of ours stops the asking.
 *
 * Dropped: sqlite (a journal beside it holds what was deleted), and keeping names by time (a ring
 * of the last is enough: of more names than that the oldest cost again). */
#include "blocklist/sealed/asked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "blocklist/sealed/sealed_key.h"
#include "config/base/bytes.h"
#include "config/base/err.h"
#include "config/base/name.h"
#include "config/config.h"

static const char magic[8] = "SGASKED1";

/* A record: user, state, hits, names so far, since when, which boot; then the names. */
enum {
    AT_WHO = 0,
    AT_STATE = 4,
    AT_HITS = 8,
    AT_NAMES = 12,
    AT_SINCE = 16,
    AT_BOOT = 24,
    AT_HASHES = AT_BOOT + ASKED_BOOT_OCTETS,
    RECORD_OCTETS = AT_HASHES + 8 * ASKED_NAMES_MOST,
    FILE_OCTETS = (int)sizeof magic + ASKED_PERSONS_MOST * RECORD_OCTETS,
    PATH_ROOM = 4096,
};

enum state { STATE_NOBODY, STATE_COUNTING, STATE_OUT };

struct person {
    uint32_t who, state, hits;
    uint32_t names; /* ever; the last of them are kept */
    uint64_t since_ms;
    uint8_t boot[ASKED_BOOT_OCTETS];
};

struct asked {
    int fd;
    struct sealed_key *key;
    uint32_t hits;
    uint64_t per_ms, drop_ms;
    char path[PATH_ROOM];
};

/* ---- the file ---- */

static int path_of(struct asked *asked, const struct config *config, struct err *err)
{
    const char *set = config->set_hotline, *slash = strrchr(set, '/');
    size_t folder = slash != NULL ? (size_t)(slash - set) + 1 : 0;
    int length = snprintf(asked->path, sizeof asked->path, "%.*sasked", (int)folder, set);

    if (length < 0 || (size_t)length >= sizeof asked->path)
        return err_set(err, ERR_LIMIT, "a path too long: '%.200s'", set);
    return 0;
}

/* What root makes in a folder of somebody else's is that one's: his runs must be able to write it.
 */
static void give_to_owner(const struct asked *asked)
{
    char folder[PATH_ROOM];
    struct stat info;
    char *slash;

    memcpy(folder, asked->path, sizeof folder);
    slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    if (geteuid() == 0 && stat(slash != NULL ? folder : ".", &info) == 0)
        (void)!fchown(asked->fd, info.st_uid, info.st_gid);
}

/* Under the lock: makes the file what it must be where it is new. */
static int begin(const struct asked *asked, struct err *err)
{
    char start[sizeof magic];
    struct stat info;

    if (fstat(asked->fd, &info) < 0)
        return err_system(err, "cannot read '%.200s'", asked->path);
    if (!S_ISREG(info.st_mode) || (info.st_mode & 077) != 0)
        return err_set(err, ERR_REFUSED, "others may read '%.200s'; chmod 600", asked->path);
    if (info.st_size == 0) {
        give_to_owner(asked);
        if (ftruncate(asked->fd, FILE_OCTETS) < 0 ||
            pwrite(asked->fd, magic, sizeof magic, 0) != sizeof magic)
            return err_system(err, "cannot write '%.200s'", asked->path);
        return 0;
    }
    if (info.st_size != FILE_OCTETS || pread(asked->fd, start, sizeof start, 0) != sizeof start ||
        memcmp(start, magic, sizeof magic) != 0)
        return err_set(err, ERR_FORMAT, "not an account of what was asked: '%.200s'", asked->path);
    return 0;
}

static int lock(const struct asked *asked, struct err *err)
{
    while (flock(asked->fd, LOCK_EX) < 0) {
        if (errno != EINTR)
            return err_system(err, "cannot lock '%.200s'", asked->path);
    }
    return 0;
}

static int open_file(struct asked *asked, struct err *err)
{
    int result;

    asked->fd = open(asked->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (asked->fd < 0)
        return err_system(err, "cannot write '%.200s'", asked->path);
    if (lock(asked, err) != 0)
        return -1;
    result = begin(asked, err);
    flock(asked->fd, LOCK_UN);
    return result;
}

struct asked *asked_open(const struct config *config, struct err *err)
{
    struct asked *asked = calloc(1, sizeof *asked);

    if (asked == NULL) {
        err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    asked->fd = -1;
    asked->hits = config->sealed.budget_hits;
    asked->per_ms = (uint64_t)config->sealed.budget_per_s * 1000;
    asked->drop_ms = (uint64_t)config->sealed.budget_drop_s * 1000;
    if (config->sealed.key == NULL)
        err_set(err, ERR_NOT_FOUND, "'sealed.key' names no key");
    else if (path_of(asked, config, err) == 0 &&
             (asked->key = sealed_key_read(config->sealed.key, err)) != NULL &&
             open_file(asked, err) == 0)
        return asked;
    asked_close(asked);
    return NULL;
}

void asked_close(struct asked *asked)
{
    if (asked == NULL)
        return;
    if (asked->fd >= 0)
        close(asked->fd);
    sealed_key_free(asked->key);
    free(asked);
}

void asked_now(struct asked_now *now)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    struct timespec time;

    clock_gettime(CLOCK_BOOTTIME, &time);
    *now =
        (struct asked_now){.ms = (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000};
    if (fd < 0)
        return; /* all starts look alike then, and time that goes back has not passed */
    (void)!read(fd, now->boot, sizeof now->boot); /* its first digits are random as well */
    close(fd);
}

/* ---- records ---- */

static off_t at_of(unsigned place)
{
    return (off_t)sizeof magic + (off_t)place * RECORD_OCTETS;
}

static int read_person(const struct asked *asked, unsigned place, struct person *person,
                       struct err *err)
{
    uint8_t octets[AT_HASHES];

    if (pread(asked->fd, octets, sizeof octets, at_of(place)) != (ssize_t)sizeof octets)
        return err_system(err, "cannot read '%.200s'", asked->path);
    person->who = load_le32(octets + AT_WHO);
    person->state = load_le32(octets + AT_STATE);
    person->hits = load_le32(octets + AT_HITS);
    person->names = load_le32(octets + AT_NAMES);
    person->since_ms = load_le64(octets + AT_SINCE);
    memcpy(person->boot, octets + AT_BOOT, sizeof person->boot);
    return 0;
}

static int write_person(const struct asked *asked, unsigned place, const struct person *person,
                        struct err *err)
{
    uint8_t octets[AT_HASHES];

    store_le32(octets + AT_WHO, person->who);
    store_le32(octets + AT_STATE, person->state);
    store_le32(octets + AT_HITS, person->hits);
    store_le32(octets + AT_NAMES, person->names);
    store_le64(octets + AT_SINCE, person->since_ms);
    memcpy(octets + AT_BOOT, person->boot, sizeof person->boot);
    if (pwrite(asked->fd, octets, sizeof octets, at_of(place)) != (ssize_t)sizeof octets)
        return err_system(err, "cannot write '%.200s'", asked->path);
    return 0;
}

static uint64_t passed(const struct person *person, const struct asked_now *now)
{
    return now->ms > person->since_ms ? now->ms - person->since_ms : 0;
}

static bool is_out(const struct asked *asked, const struct person *person,
                   const struct asked_now *now)
{
    return person->state == STATE_OUT && passed(person, now) < asked->drop_ms;
}

/* What was counted before the kernel's last start counts from now on. */
static void follow_boot(struct person *person, const struct asked_now *now)
{
    if (memcmp(person->boot, now->boot, sizeof person->boot) == 0)
        return;
    memcpy(person->boot, now->boot, sizeof person->boot);
    person->since_ms = now->ms;
}

/* Finds the record of WHO: his, a free one, or that of somebody who is not out; PLACE is
 * ASKED_PERSONS_MOST where all others are. */
static int find(const struct asked *asked, uint32_t who, const struct asked_now *now,
                unsigned *place, struct person *person, struct err *err)
{
    unsigned best = ASKED_PERSONS_MOST;
    bool vacant = false;

    for (*place = 0; *place < ASKED_PERSONS_MOST; ++*place) {
        if (read_person(asked, *place, person, err) != 0)
            return -1;
        if (person->state != STATE_NOBODY && person->who == who) {
            follow_boot(person, now);
            return 0;
        }
        follow_boot(person, now);
        if (!vacant && !is_out(asked, person, now))
            best = *place;
        vacant |= person->state == STATE_NOBODY;
    }
    *place = best;
    *person = (struct person){.who = who, .state = STATE_COUNTING, .since_ms = now->ms};
    memcpy(person->boot, now->boot, sizeof person->boot);
    return 0;
}

/* ---- paying ---- */

static uint64_t hash_of(const struct asked *asked, const struct name *met)
{
    uint8_t digest[32];

    sealed_key_digest(asked->key, SEALED_FOR_ASKED, met->wire, met->length, digest);
    return load_le64(digest);
}

static off_t at_name(unsigned place, uint32_t name)
{
    return at_of(place) + AT_HASHES + 8 * (off_t)(name % ASKED_NAMES_MOST);
}

/* Returns 1 where PERSON has paid for HASH before, 0 where not, -1 with ERR. */
static int is_known(const struct asked *asked, unsigned place, const struct person *person,
                    uint64_t hash, struct err *err)
{
    uint32_t count = person->names < ASKED_NAMES_MOST ? person->names : ASKED_NAMES_MOST;
    uint8_t octets[8 * ASKED_NAMES_MOST];
    size_t length = 8 * (size_t)count;

    if (pread(asked->fd, octets, length, at_name(place, 0)) != (ssize_t)length)
        return err_system(err, "cannot read '%.200s'", asked->path);
    for (size_t i = 0; i < count; i++) {
        if (load_le64(octets + 8 * i) == hash)
            return 1;
    }
    return 0;
}

/* Counts HASH for PERSON; returns 0, 1 where that was one too many. */
static int count(const struct asked *asked, unsigned place, struct person *person, uint64_t hash,
                 const struct asked_now *now, struct err *err)
{
    uint8_t octets[8];

    if (passed(person, now) >= asked->per_ms) {
        person->hits = 0;
        person->since_ms = now->ms;
    }
    if (person->hits >= asked->hits) {
        person->state = STATE_OUT;
        person->since_ms = now->ms;
        return write_person(asked, place, person, err) != 0 ? -1 : 1;
    }
    store_le64(octets, hash);
    if (pwrite(asked->fd, octets, sizeof octets, at_name(place, person->names)) !=
        (ssize_t)sizeof octets)
        return err_system(err, "cannot write '%.200s'", asked->path);
    person->hits++;
    person->names = person->names == UINT32_MAX ? ASKED_NAMES_MOST : person->names + 1;
    return write_person(asked, place, person, err);
}

/* Under the lock. */
static int pay(const struct asked *asked, uint32_t who, const struct name *met,
               const struct asked_now *now, uint64_t *left_ms, struct err *err)
{
    struct person person;
    unsigned place;
    uint64_t hash;
    int known;

    if (find(asked, who, now, &place, &person, err) != 0)
        return -1;
    *left_ms = asked->drop_ms;
    if (place == ASKED_PERSONS_MOST)
        return 1; /* there is no room to count him */
    if (is_out(asked, &person, now)) {
        *left_ms -= passed(&person, now);
        return write_person(asked, place, &person, err) != 0 ? -1 : 1;
    }
    if (person.state == STATE_OUT) {
        person.state = STATE_COUNTING;
        person.hits = 0;
        person.since_ms = now->ms;
    }
    if (met == NULL)
        return write_person(asked, place, &person, err);
    hash = hash_of(asked, met);
    known = is_known(asked, place, &person, hash, err);
    if (known != 0)
        return known < 0 ? -1 : 0;
    return count(asked, place, &person, hash, now, err);
}

int asked_pay(struct asked *asked, uint32_t who, const struct name *met,
              const struct asked_now *now, uint64_t *left_ms, struct err *err)
{
    int result;

    if (lock(asked, err) != 0)
        return -1;
    result = pay(asked, who, met, now, left_ms, err);
    flock(asked->fd, LOCK_UN);
    return result;
}
