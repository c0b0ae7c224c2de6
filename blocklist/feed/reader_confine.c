/* A reader parses what strangers wrote. Should one of them find a fault in a parser, the process
 * around it can reach nothing: no socket, no program to start, no descriptor of the store. The
 * filter refuses by number what a reader never needs; a list of all it does need would break with
 * each C library. Where the kernel or the machine has no filters the other bounds still hold. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "blocklist/feed/reader_child.h"
#include "config/config.h"

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define MACHINE AUDIT_ARCH_ARM
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { BOUND_MEMORY = 0 }; /* their shadow alone is terabytes */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
enum { BOUND_MEMORY = 0 };
#else
enum { BOUND_MEMORY = 1 };
#endif
#else
enum { BOUND_MEMORY = 1 };
#endif

/* 8 octets a name while it is sorted, as much again for names and terms, doubled for growth; and
 * what any list needs, a window of zstd or xz included. */
static const uint64_t memory_base = (uint64_t)256 << 20;
enum { MEMORY_PER_ENTRY = 48 };

/* Lowers a limit to MOST; one that is lower stays. */
static void limit(int what, uint64_t most)
{
    struct rlimit now;

    if (getrlimit((__rlimit_resource_t)what, &now) != 0)
        return;
    if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
        now.rlim_max = (rlim_t)most;
    if (now.rlim_cur == RLIM_INFINITY || now.rlim_cur > now.rlim_max)
        now.rlim_cur = now.rlim_max;
    setrlimit((__rlimit_resource_t)what, &now);
}

static void bound(const struct config *config)
{
    const struct config_feeds *feeds = &config->feeds;

    if (BOUND_MEMORY)
        limit(RLIMIT_DATA, memory_base + MEMORY_PER_ENTRY * feeds->entries_most);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, READER_SECONDS_MAX);
    limit(RLIMIT_FSIZE, memory_base + 2 * feeds->unpacked_most);
    signal(SIGXFSZ, SIG_IGN); /* EFBIG says it better */
    alarm(READER_SECONDS_MAX);
}

#ifdef MACHINE
static void refuse_calls(void)
{
#define REFUSE(call)                                                                               \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1),                                             \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(SYS_socket),
        REFUSE(SYS_socketpair),
        REFUSE(SYS_connect),
        REFUSE(SYS_bind),
        REFUSE(SYS_execve),
        REFUSE(SYS_execveat),
        REFUSE(SYS_ptrace),
        REFUSE(SYS_symlinkat),
        REFUSE(SYS_linkat),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
#else
static void refuse_calls(void)
{
}
#endif

void reader_confine(const struct config *config)
{
    bound(config);
    refuse_calls();
}
