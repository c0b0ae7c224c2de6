#include "resolver/daemon/sandbox.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
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

int sandbox_enter(const char *name, struct err *err)
{
    struct sandbox_user user;

    if (name != NULL && sandbox_find_user(&user, name, err) < 0)
        return -1;
    if (name != NULL && become(&user, name, err) < 0)
        return -1;
    umask(0027);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_system(err, "cannot give up new privileges");
    /* After setuid, which clears it (prctl(2)). */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
        return err_system(err, "cannot tie the server to its keeper");
    return 0;
}
