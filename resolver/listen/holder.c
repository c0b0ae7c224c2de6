#include "resolver/listen/holder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/base/addr.h"

enum { TCP_LISTEN = 10 }; /* its state in /proc/net/tcp, proc(5) */

/* Returns the inode of a socket bound to PORT in one of the kernel's tables; 0 for none. */
static unsigned long inode_in(const char *table, unsigned port, bool stream)
{
    FILE *file = fopen(table, "re");
    unsigned long inode = 0;
    char line[512];

    if (file == NULL)
        return 0;
    while (inode == 0 && fgets(line, sizeof line, file) != NULL) {
        unsigned found_port, state;
        unsigned long found;

        if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu",
                   &found_port, &state, &found) == 3 &&
            found_port == port && (!stream || state == TCP_LISTEN))
            inode = found;
    }
    fclose(file);
    return inode;
}

static bool holds(const char *pid, unsigned long inode)
{
    char path[64], want[64], target[64], entry_path[384];
    struct dirent *entry;
    bool found = false;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    snprintf(want, sizeof want, "socket:[%lu]", inode);
    dir = opendir(path);
    if (dir == NULL)
        return false;
    while (!found && (entry = readdir(dir)) != NULL) {
        ssize_t length;

        snprintf(entry_path, sizeof entry_path, "%s/%s", path, entry->d_name);
        length = readlink(entry_path, target, sizeof target - 1);
        if (length <= 0)
            continue;
        target[length] = '\0';
        found = strcmp(target, want) == 0;
    }
    closedir(dir);
    return found;
}

static void describe(const char *pid, char *out)
{
    char path[64], name[32] = "a program";
    FILE *file;

    snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(name, sizeof name, file) != NULL)
            name[strcspn(name, "\n")] = '\0';
        fclose(file);
    }
    snprintf(out, HOLDER_TEXT_MAX, "%s (pid %.20s)", name, pid);
}

static void find_process(unsigned long inode, char *out)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !holds(entry->d_name, inode))
            continue;
        describe(entry->d_name, out);
        break;
    }
    closedir(dir);
}

const char *holder_find(const struct endpoint *endpoint, bool stream, char *out)
{
    static const char *const tables[] = {"/proc/net/udp", "/proc/net/udp6", "/proc/net/tcp",
                                         "/proc/net/tcp6"};
    unsigned long inode;

    snprintf(out, HOLDER_TEXT_MAX, "another program");
    inode = inode_in(tables[stream ? 2 : 0], endpoint->port, stream);
    if (inode == 0)
        inode = inode_in(tables[stream ? 3 : 1], endpoint->port, stream);
    if (inode != 0)
        find_process(inode, out);
    return out;
}
