#include "blocklist/format/guess.h"

#include <string.h>

#include "blocklist/format/shape.h"

static bool starts_with_one_of(struct field line, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (field_starts(line, *words))
            return true;
    }
    return false;
}

bool guess_plain(struct field line)
{
    struct field rest = line, word = field_next(&rest);

    if (rest.length > 0)
        return false;
    if (shape_range(word))
        return true;
    return shape_name(field_starts(word, "=") ? field_skip(word, 1) : word);
}

bool guess_hosts(struct field line)
{
    struct field rest = line, word = field_next(&rest);

    return rest.length > 0 && shape_hosts_address(word);
}

bool guess_adblock(struct field line)
{
    static const char *const starts[] = {"|", "@@", NULL};

    return starts_with_one_of(line, starts) || shape_page_rule(line);
}

bool guess_wildcard(struct field line)
{
    return field_starts(line, "*.") && shape_name(field_skip(line, 2));
}

bool guess_dnsmasq(struct field line)
{
    static const char *const starts[] = {"address=/", "server=/", "local=/", NULL};

    return starts_with_one_of(line, starts);
}

bool guess_unbound(struct field line)
{
    static const char *const starts[] = {"local-zone:", "local-data:", "server:", NULL};

    return starts_with_one_of(line, starts);
}

bool guess_rpz(struct field line)
{
    struct field rest = line;

    if (field_starts(line, "$TTL") || field_starts(line, "$ORIGIN"))
        return true;
    for (struct field word = field_next(&rest); word.length > 0; word = field_next(&rest)) {
        if (field_is(word, "CNAME") || field_is(word, "SOA"))
            return true;
    }
    return false;
}

bool guess_v2fly(struct field line)
{
    static const char *const starts[] = {
        "include:", "full:", "domain:", "regexp:", "keyword:", NULL};

    return starts_with_one_of(line, starts);
}

bool guess_surge(struct field line)
{
    static const char *const starts[] = {"DOMAIN", "HOST", "IP-CIDR", "IP6-CIDR", NULL};

    return starts_with_one_of(field_skip(line, field_starts(line, "- ") ? 2 : 0), starts) &&
           field_has(line, ',');
}

bool guess_csv(struct field line)
{
    return field_has(line, ',') && !field_has_any(line, "|^\\");
}

bool guess_regex(struct field line)
{
    return !field_starts(line, "||") && !field_starts(line, "@@") &&
           (field_starts(line, "^") || field_has_any(line, "\\()"));
}
