#include "resolver/daemon/sandbox.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/base/err.h"

int sandbox_find_user(struct sandbox_user *user, const char *name, struct err *err)
{
    struct passwd entry, *found = NULL;
    char room[4096];

    if (getpwnam_r(name, &entry, room, sizeof room, &found) != 0 || found == NULL)
        return err_set(err, ERR_NOT_FOUND, "no such user: '%s'; create it, or leave user out",
                       name);
    user->uid = entry.pw_uid;
    user->gid = entry.pw_gid;
    return 0;
}

static int become(const struct sandbox_user *user, const char *name, struct err *err)
{
    if (geteuid() == user->uid)
        return 0;
    if (initgroups(name, user->gid) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
        setresuid(user->uid, user->uid, user->uid) < 0)
        return err_system(err, "cannot become user '%s'", name);
    if (user->uid != 0 && setuid(0) == 0)
        return err_set(err, ERR_REFUSED, "user '%s' could become root again", name);
    return 0;
}

/* Gives up what a service manager may have granted the keeper for low ports. By hand: one call is
 * no reason for a library. */
static int drop_capabilities(struct err *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none) < 0)
        return err_system(err, "cannot give up capabilities");
    return 0;
}

/* What people ask right now, and what legal and hotline lists name, is in this memory: it goes into
 * no core file, not even to a program of core_pattern(5), and nobody but root looks into it. After
 * setuid, which sets the first anew. */
static int hide(struct err *err)
{
    const struct rlimit none = {0, 0};

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
        return err_system(err, "cannot keep memory out of core dumps");
    return 0;
}

int sandbox_enter(const char *name, struct err *err)
{
    struct sandbox_user user;

    if (name != NULL && sandbox_find_user(&user, name, err) < 0)
        return -1;
    if (name != NULL && become(&user, name, err) < 0)
        return -1;
    /* Root that is told to stay root (a test, a container) keeps the right to read its files. */
    if (geteuid() != 0 && drop_capabilities(err) < 0)
        return -1;
    umask(0027);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_system(err, "cannot give up new privileges");
    /* After setuid, which clears it (prctl(2)). */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
        return err_system(err, "cannot tie the server to its keeper");
    return hide(err);
}
