#include "blocklist/sealed/locked.h"

#include <string.h>
#include <sys/mman.h>

#include "config/base/err.h"

enum { RESERVE = 32 << 10 }; /* for keys: those of the sets before and after a reload */

static void *map(size_t octets)
{
    void *at = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

/* Not mlock, of which sanitizers make nothing: what is tested is what runs. */
static bool lock(void *at, size_t octets)
{
    return mlock2(at, octets, 0) == 0;
}

/* Locks OCTETS at AT if the limit has room for RESERVE beside them. */
static bool lock_modestly(void *at, size_t octets)
{
    void *reserve = map(RESERVE);
    bool locked = reserve != NULL && lock(reserve, RESERVE) && lock(at, octets);

    if (reserve != NULL)
        munmap(reserve, RESERVE);
    return locked;
}

static int open_with(struct locked *locked, size_t octets, bool (*how)(void *at, size_t octets),
                     struct err *err)
{
    void *at = map(octets);

    *locked = (struct locked){0};
    if (at == NULL)
        return err_set(err, ERR_MEMORY, "out of memory");
    /* Before anything is written. A kernel without it has RLIMIT_CORE and PR_SET_DUMPABLE still. */
    madvise(at, octets, MADV_DONTDUMP);
    *locked = (struct locked){at, octets, how(at, octets)};
    return 0;
}

int locked_open(struct locked *locked, size_t octets, struct err *err)
{
    return open_with(locked, octets, lock_modestly, err);
}

int locked_open_surely(struct locked *locked, size_t octets, struct err *err)
{
    if (open_with(locked, octets, lock, err) != 0)
        return -1;
    if (locked->locked)
        return 0;
    err_system(err, "cannot keep a key out of swap; raise the limit of locked memory "
                    "(LimitMEMLOCK= of the service, ulimit -l)");
    locked_close(locked);
    return -1;
}

void locked_close(struct locked *locked)
{
    struct locked copy = *locked;

    if (copy.at == NULL)
        return;
    *locked = (struct locked){0};
    explicit_bzero(copy.at, copy.octets);
    munmap(copy.at, copy.octets);
}
