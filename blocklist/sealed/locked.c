#include "blocklist/sealed/locked.h"

#include <string.h>
#include <sys/mman.h>

#include "config/base/err.h"

int locked_open(struct locked *locked, size_t octets, struct err *err)
{
    void *at = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    *locked = (struct locked){0};
    if (at == MAP_FAILED)
        return err_set(err, ERR_MEMORY, "out of memory");
    /* Before anything is written. A kernel without it has RLIMIT_CORE and PR_SET_DUMPABLE still. */
    madvise(at, octets, MADV_DONTDUMP);
    /* Not mlock, of which sanitizers make nothing: what is tested is what runs. */
    *locked = (struct locked){at, octets, mlock2(at, octets, 0) == 0};
    return 0;
}

int locked_open_surely(struct locked *locked, size_t octets, struct err *err)
{
    if (locked_open(locked, octets, err) != 0)
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
