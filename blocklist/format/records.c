/* Answers that lists bring: the few types that any of them has. Each is read by hand from its zone
 * file form into wire format; a library would read all types, and with them much that no list says
 * and nobody could check. */
#include "blocklist/format/records.h"

#include <ldns/ldns.h>
#include <string.h>

#include "blocklist/format/hostname.h"
#include "config/base/addr.h"
#include "config/base/bytes.h"

enum { HEAD_OCTETS = 4, TEXT_OCTETS_MAX = 255, WORD_MAX = 16, PREFERENCE_MAX = 65535 };
enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_PTR = 12, TYPE_MX = 15, TYPE_TXT = 16, TYPE_AAAA = 28 };

bool records_add(struct records *records, uint16_t type, const void *rdata, size_t length)
{
    uint8_t *at = records->octets + records->length;

    if (length > TERMS_RECORDS_MAX - HEAD_OCTETS ||
        records->length > TERMS_RECORDS_MAX - HEAD_OCTETS - length)
        return false;
    store_be16(at, type);
    store_be16(at + 2, (uint16_t)length);
    memcpy(at + HEAD_OCTETS, rdata, length);
    records->length += HEAD_OCTETS + length;
    return true;
}

static bool read_address(struct field value, struct addr *addr)
{
    char copy[ADDR_TEXT_MAX];

    return !field_has_any(value, "%/") && field_to_text(value, copy, sizeof copy) &&
           addr_from_text(addr, copy) == 0;
}

static bool add_address(struct records *records, uint16_t type, struct field value)
{
    struct addr addr;

    return read_address(value, &addr) && addr.bits == (type == TYPE_A ? 32 : 128) &&
           records_add(records, type, addr.octets, addr.bits / 8);
}

/* A name of one label is refused: lists hold cut-off values. */
static bool read_name(struct field value, struct hostname *host)
{
    return hostname_read(host, value.text, value.length) == NAME_OK && !host->numeric &&
           host->labels > 1;
}

static bool add_name(struct records *records, uint16_t type, struct field value)
{
    struct hostname host;

    return read_name(value, &host) && records_add(records, type, host.name.wire, host.name.length);
}

static bool add_mx(struct records *records, uint16_t type, struct field value)
{
    struct field rest = value, number = field_next(&rest);
    uint8_t rdata[2 + NAME_OCTETS_MAX];
    struct hostname host;
    uint32_t preference = 0;

    for (size_t i = 0; i < number.length; i++) {
        if (number.text[i] < '0' || number.text[i] > '9')
            return false;
        preference = preference * 10 + (uint32_t)(number.text[i] - '0');
        if (preference > PREFERENCE_MAX)
            return false;
    }
    if (number.length == 0 || !read_name(field_trim(rest), &host))
        return false;
    store_be16(rdata, (uint16_t)preference);
    memcpy(rdata + 2, host.name.wire, host.name.length);
    return records_add(records, type, rdata, 2 + (size_t)host.name.length);
}

/* One string, in quotes or not; escapes are not read, so a value that has any is refused. */
static bool add_txt(struct records *records, uint16_t type, struct field value)
{
    uint8_t rdata[1 + TEXT_OCTETS_MAX];

    if (value.length >= 2 && field_starts(value, "\"") && field_ends(value, "\""))
        value = (struct field){value.text + 1, value.length - 2};
    if (value.length == 0 || value.length > TEXT_OCTETS_MAX || field_has_any(value, "\"\\"))
        return false;
    rdata[0] = (uint8_t)value.length;
    memcpy(rdata + 1, value.text, value.length);
    return records_add(records, type, rdata, 1 + value.length);
}

static const struct {
    const char *word;
    uint16_t type;
    bool (*add)(struct records *records, uint16_t type, struct field value);
} readers[] = {
    {"A",     TYPE_A,     add_address},
    {"AAAA",  TYPE_AAAA,  add_address},
    {"CNAME", TYPE_CNAME, add_name   },
    {"PTR",   TYPE_PTR,   add_name   },
    {"MX",    TYPE_MX,    add_mx     },
    {"TXT",   TYPE_TXT,   add_txt    },
};

bool records_add_text(struct records *records, struct field word, struct field value)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (field_is_any_case(word, readers[i].word))
            return readers[i].add(records, readers[i].type, value);
    }
    return false;
}

bool records_address_word(struct field value, struct field *word)
{
    struct addr addr;

    if (!read_address(value, &addr))
        return false;
    *word = addr.bits == 32 ? (struct field){"A", 1} : (struct field){"AAAA", 4};
    return true;
}

void records_to_terms(const struct records *records, struct terms *terms)
{
    terms->action = TERMS_REWRITE;
    terms->records = records->octets;
    terms->records_length = records->length;
}

bool records_type(struct field word, uint16_t *type)
{
    char copy[WORD_MAX];

    if (word.length == 0 || !field_to_text(word, copy, sizeof copy))
        return false;
    *type = (uint16_t)ldns_get_rr_type_by_name(copy);
    return *type != 0;
}
