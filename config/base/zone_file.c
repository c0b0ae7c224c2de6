#include "config/base/zone_file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "config/base/text.h"

enum { PATH_ROOM = 256, ZONES_KNOWN_MAX = 1024, TABLE_MAX = 1 << 20 };

/* Where systems keep them; the first that has the zone. */
static const char *const folders[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo",
                                      "/usr/share/lib/zoneinfo", "/etc/zoneinfo"};

bool zone_name_is_good(const char *name)
{
    size_t length = strlen(name);
    bool begins = true; /* a part */

    if (length == 0 || length >= ZONE_NAME_MAX)
        return false;
    for (; *name != '\0'; name++) {
        bool part = isalnum((unsigned char)*name) || (!begins && strchr("_+-", *name) != NULL);

        if (!part && (begins || *name != '/'))
            return false;
        begins = *name == '/';
    }
    return !begins;
}

bool zone_name_is_utc(const char *name)
{
    return strcmp(name, "UTC") == 0;
}

/* Zones that exist, read from the list that stands beside the files. */
struct known {
    char *text; /* cut into names */
    const char *names[ZONES_KNOWN_MAX];
    size_t count;
};

/* Lines are `country TAB place TAB name TAB remark`. */
static void cut_line(struct known *known, char *line)
{
    char *name = line;

    for (int field = 0; field < 2 && name != NULL; field++) {
        name = strchr(name, '\t');
        name = name == NULL ? NULL : name + 1;
    }
    if (line[0] == '#' || name == NULL || known->count == ZONES_KNOWN_MAX)
        return;
    name[strcspn(name, "\t")] = '\0';
    known->names[known->count++] = name;
}

static void read_known(struct known *known)
{
    char path[PATH_ROOM], *line, *rest;
    size_t length;

    known->text = NULL;
    known->count = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && known->text == NULL; i++) {
        snprintf(path, sizeof path, "%s/zone.tab", folders[i]);
        known->text = file_read(path, TABLE_MAX, &length, NULL);
    }
    for (rest = known->text; (line = strsep(&rest, "\n")) != NULL;)
        cut_line(known, line);
}

static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash == NULL ? name : slash + 1;
}

/* `berlin`, `europe/berlin` and `Germany/Berlin` are Europe/Berlin. */
static const char *find_meant(const struct known *known, const char *word)
{
    for (size_t i = 0; i < known->count; i++) {
        if (strcasecmp(last_part(known->names[i]), last_part(word)) == 0)
            return known->names[i];
    }
    return text_nearest(word, known->names, known->count);
}

static void say_unknown(const char *name, struct err *err)
{
    struct known known;
    const char *meant;

    read_known(&known);
    meant = find_meant(&known, name);
    if (meant != NULL)
        err_set(err, ERR_NOT_FOUND, "unknown time zone: '%s'; did you mean '%s'?", name, meant);
    else if (known.count > 0)
        err_set(err, ERR_NOT_FOUND, "unknown time zone: '%s'; write one such as Europe/Berlin",
                name);
    else
        err_set(err, ERR_NOT_FOUND,
                "unknown time zone: '%s'; this machine has no zones: install the package tzdata",
                name);
    free(known.text);
}

/* Returns the file of NAME in the first folder that has one; ERR is that of the last. */
static char *read_first(const char *name, size_t *length, struct err *err)
{
    char path[PATH_ROOM], *octets = NULL;

    for (size_t i = 0; i < sizeof folders / sizeof *folders && octets == NULL; i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], name);
        octets = file_read(path, ZONE_FILE_MAX, length, err);
        if (octets == NULL && err->code != ERR_NOT_FOUND)
            return NULL;
    }
    return octets;
}

uint8_t *zone_file_read(const char *name, size_t *length, struct err *err)
{
    struct err reason = {.code = ERR_NOT_FOUND};
    char *octets;

    if (!zone_name_is_good(name)) {
        err_set(err, ERR_NOT_FOUND, "not the name of a time zone; write one such as Europe/Berlin");
        return NULL;
    }
    octets = read_first(name, length, &reason);
    if (octets != NULL && (*length < 4 || memcmp(octets, "TZif", 4) != 0)) { /* RFC 9636 §3.1 */
        err_set(err, ERR_FORMAT, "not the file of a time zone: '%s'", name);
        free(octets);
        return NULL;
    }
    if (octets == NULL && (reason.code == ERR_NOT_FOUND || strchr(name, '/') == NULL))
        say_unknown(name, err);
    else if (octets == NULL)
        err_set(err, reason.code, "%s", reason.text);
    return (uint8_t *)octets;
}
