/* Hosts files as lists: a sinkhole address, then names that are to go nowhere. Every such file is
 * made from a real hosts file, so it begins with the machine's own set-up, which is counted and
 * never blocked; a line that maps a name to a real address is somebody's own host. */
#include "blocklist/format/parsers.h"

#include "blocklist/format/boilerplate.h"
#include "blocklist/format/hostname.h"
#include "blocklist/format/intake.h"
#include "blocklist/format/shape.h"

static const struct meaning exact = {ENTRY_EXACT, ENTRY_LIST, false, NULL};

static bool is_boilerplate(struct field name)
{
    struct hostname host;

    return hostname_read(&host, name.text, name.length) == NAME_OK && boilerplate_name(&host);
}

static void take_host(struct intake *intake, struct field name, bool sinkhole)
{
    if (is_boilerplate(name) || shape_sinkhole(name))
        intake_refuse(intake, REASON_BOILERPLATE);
    else if (shape_hosts_address(name))
        intake_refuse(intake, REASON_IP_ADDRESS);
    else if (!sinkhole)
        intake_refuse(intake, REASON_MAPPING);
    else if (field_has_any(name, "*^|$()\\?/"))
        intake_refuse(intake, REASON_PATTERN);
    else
        intake_name(intake, name.text, name.length, exact);
}

void hosts_entry(struct intake *intake, struct field entry)
{
    struct field rest = entry, address = field_next(&rest), name;
    bool sinkhole = shape_sinkhole(address);

    name = field_next(&rest);
    if (!shape_hosts_address(address) || name.length == 0) {
        intake_refuse(intake, REASON_MALFORMED);
        return;
    }
    for (; name.length > 0 && !intake->failed; name = field_next(&rest))
        take_host(intake, name, sinkhole);
}

/* Reads the usual line, one of two addresses, a blank and a name; false where it is another. */
static bool take_usual(struct intake *intake, struct field line)
{
    static const char *const usual[] = {"0.0.0.0 ", "127.0.0.1 "};
    static const size_t lengths[] = {8, 10};

    for (size_t i = 0; i < 2; i++) {
        if (field_starts(line, usual[i]))
            return intake_plain_name(intake, line.text + lengths[i], line.length - lengths[i],
                                     exact);
    }
    return false;
}

void hosts_line(struct intake *intake, struct field line)
{
    struct field entry;

    if (take_usual(intake, line))
        return;
    entry = field_trim(line);
    if (parser_skips(intake, entry))
        return;
    entry = field_without_remark(entry);
    if (shape_page_rule(entry))
        intake_refuse(intake, REASON_PAGE_RULE);
    else if (shape_foreign(entry) || field_starts(entry, "||") || field_starts(entry, "@@"))
        intake_refuse(intake, REASON_OTHER_SYNTAX);
    else
        hosts_entry(intake, entry);
}
