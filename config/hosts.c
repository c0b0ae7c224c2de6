#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/base/file.h"
#include "config/walk.h"

enum { HOSTS_MAX = 16 << 20, TYPE_A = 1, TYPE_AAAA = 28 };

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Names by which a machine means itself or its links: set-up of every hosts file, no local record.
 */
static bool is_boilerplate(const char *name)
{
    static const char *const names[] = {
        "localhost",     "localhost.localdomain", "localhost4",   "localhost6",   "local",
        "broadcasthost", "ip6-localhost",         "ip6-loopback", "ip6-localnet", "ip6-mcastprefix",
        "ip6-allnodes",  "ip6-allrouters",        "ip6-allhosts", "0.0.0.0"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

struct line {
    char *start;
    unsigned number;
    struct addr addr;
    bool addressed; /* addr is one */
};

static void take_name(struct walk *walk, const struct line *line, char *word)
{
    struct config_place place = {line->number, (unsigned)(word - line->start) + 1};
    struct config_record *record;
    char quote[PROBLEM_QUOTE_MAX];
    struct name_buf name;
    enum name_fault fault = name_from_host(&name, word, strlen(word));

    if (fault != NAME_OK) {
        problem_add(walk->problems, place, "not a name: %s; %s", problem_quote(word, quote),
                    name_fault_text(fault));
        return;
    }
    record = record_add(walk, &name, line->addr.bits == 32 ? TYPE_A : TYPE_AAAA, line->addr.octets,
                        line->addr.bits / 8);
    if (record != NULL)
        record->place = (struct config_place){0, 0}; /* places are the config's own */
}

static void take_words(struct walk *walk, struct line *line, char *address, char *rest)
{
    struct config_place place = {line->number, (unsigned)(address - line->start) + 1};
    char quote[PROBLEM_QUOTE_MAX], *word;
    size_t names = 0, own = 0;

    line->addressed = addr_from_text(&line->addr, address) == 0 && line->addr.scope == 0;
    while ((word = strsep(&rest, " \t")) != NULL) {
        if (*word == '\0')
            continue;
        names++;
        own += is_boilerplate(word);
        if (line->addressed && !is_boilerplate(word))
            take_name(walk, line, word);
    }
    if (names == 0)
        problem_add(walk->problems, place, "an address without a name: %s",
                    problem_quote(address, quote));
    else if (!line->addressed && names > own)
        problem_add(walk->problems, place, "not an address: %s", problem_quote(address, quote));
}

static void take_line(struct walk *walk, char *text, unsigned number)
{
    struct line line = {.start = text, .number = number};
    char *rest = text, *address;

    text[strcspn(text, "#\r")] = '\0';
    rest += strspn(rest, " \t");
    if (*rest == '\0')
        return;
    address = strsep(&rest, " \t");
    take_words(walk, &line, address, rest);
}

void hosts_parse(struct walk *walk, const char *path, char *text, size_t length)
{
    const char *config_path = walk->problems->path;
    char *rest = text, *line;
    unsigned number = 0;

    walk->problems->path = path;
    if (strncmp(text, BYTE_ORDER_MARK, sizeof BYTE_ORDER_MARK - 1) == 0)
        rest += sizeof BYTE_ORDER_MARK - 1;
    if (memchr(text, '\0', length) != NULL) /* what stands behind it would be lost in silence */
        problem_add(walk->problems, (struct config_place){0, 0}, "not a text: it holds NUL");
    while ((line = strsep(&rest, "\n")) != NULL)
        take_line(walk, line, ++number);
    walk->problems->path = config_path;
}

void hosts_read(struct walk *walk)
{
    const char *path = walk->config->hosts_file;
    struct err err;
    size_t length;
    char *text = file_read(path, HOSTS_MAX, &length, &err);

    if (text == NULL)
        problem_add(walk->problems, (struct config_place){0, 0}, "records.file: %.300s", err.text);
    else
        hosts_parse(walk, path, text, length);
    free(text);
}
