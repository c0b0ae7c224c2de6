#include "blocklist/feed/sealed_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/err.h"

enum { DESCRIPTOR_LEAST = 10 };

static int fail_to_lock(size_t octets, struct err *err)
{
    return err_set(err, ERR_MEMORY,
                   "cannot lock %zu KiB of memory, which a list of this class needs: %s; the last "
                   "good list stays; " SEALED_MEMORY_CURE,
                   octets / 1024, strerror(errno));
}

/* The name shows in /proc: it says nothing of whose list it is. */
static int make_file(struct err *err)
{
    int low = memfd_create("list", MFD_CLOEXEC), fd;

    if (low < 0)
        return err_system(err, "cannot make memory for a list");
    fd = fcntl(low, F_DUPFD_CLOEXEC, DESCRIPTOR_LEAST);
    if (fd < 0)
        err_system(err, "cannot make memory for a list");
    close(low);
    return fd;
}

int sealed_memory_open(struct sealed_memory *memory, size_t most, struct err *err)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *map;

    *memory = (struct sealed_memory){.fd = -1};
    memory->fd = make_file(err);
    if (memory->fd < 0)
        return -1;
    most = (most + page - 1) / page * page;
    if (ftruncate(memory->fd, (off_t)most) != 0)
        return err_system(err, "cannot make %zu KiB of memory for a list", most / 1024);
    map = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
    if (map == MAP_FAILED)
        return err_system(err, "cannot map %zu KiB of memory for a list", most / 1024);
    memory->octets = map;
    memory->room = most;
    /* Both before an octet of a list is in it; locking fetches every page, so none comes later. */
    if (madvise(map, most, MADV_DONTDUMP) != 0)
        return err_system(err, "cannot keep a list's memory out of dumps");
    return mlock(map, most) == 0 ? 0 : fail_to_lock(most, err);
}

int sealed_memory_settle(struct sealed_memory *memory, struct err *err)
{
    struct stat status;

    if (fstat(memory->fd, &status) != 0)
        return err_system(err, "cannot look at what was fetched");
    if (status.st_size < 0 || (size_t)status.st_size > memory->room)
        return err_set(err, ERR_FORMAT, "not what was fetched");
    memory->length = (size_t)status.st_size;
    if (memory->length == 0)
        return 0;
    return mlock(memory->octets, memory->length) == 0 ? 0 : fail_to_lock(memory->length, err);
}

void sealed_memory_close(struct sealed_memory *memory)
{
    struct stat status;

    /* What is behind the file's end cannot be touched, and is no memory any more. */
    if (memory->octets != NULL && fstat(memory->fd, &status) == 0 && status.st_size > 0)
        sodium_memzero(memory->octets, (size_t)status.st_size < memory->room
                                           ? (size_t)status.st_size
                                           : memory->room);
    if (memory->octets != NULL)
        munmap(memory->octets, memory->room);
    if (memory->fd >= 0)
        close(memory->fd);
    *memory = (struct sealed_memory){.fd = -1};
}

int sealed_memory_process(struct err *err)
{
    static const struct rlimit none = {0, 0};

    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &none);
    /* ONFAULT: what is touched is locked; libraries that nobody touches need no memory. */
    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
        return 0;
    return err_set(err, ERR_MEMORY,
                   "cannot lock the memory of the process that reads a list of this class: %s; the "
                   "last good list stays; " SEALED_MEMORY_CURE,
                   strerror(errno));
}
