#include "config/record_text.h"

#include <stdio.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/config.h"

struct writer {
    char *out;
    size_t room, used;
    const uint8_t *rdata; /* what is left */
    size_t left;
};

static void put(struct writer *writer, const char *text)
{
    if (writer->used < writer->room)
        writer->used += (size_t)snprintf(writer->out + writer->used, writer->room - writer->used,
                                         "%s%s", writer->used == 0 ? "" : " ", text);
}

static void put_number(struct writer *writer)
{
    char text[16];

    if (writer->left < 2)
        return;
    snprintf(text, sizeof text, "%u", load_be16(writer->rdata));
    put(writer, text);
    writer->rdata += 2;
    writer->left -= 2;
}

static void put_address(struct writer *writer)
{
    struct addr addr = {.bits = writer->left == 4 ? 32 : 128};
    char text[ADDR_TEXT_MAX];

    memcpy(addr.octets, writer->rdata, writer->left == 4 ? 4 : 16);
    put(writer, addr_to_text(&addr, text));
}

static void put_name(struct writer *writer)
{
    struct name name = {writer->rdata, writer->left};
    char text[NAME_TEXT_MAX];

    put(writer, name_to_text(&name, text));
}

/* Character-strings in quotes, other octets than printable ASCII as \DDD (RFC 1035 §5.1). */
static void put_strings(struct writer *writer)
{
    char text[4 * 255 + 3];

    while (writer->left > 0) {
        size_t length = writer->rdata[0], used = 1;

        if (length + 1 > writer->left)
            return;
        text[0] = '"';
        for (size_t i = 1; i <= length; i++) {
            uint8_t c = writer->rdata[i];
            bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

            used += (size_t)snprintf(text + used, sizeof text - used, plain ? "%c" : "\\%03u", c);
        }
        snprintf(text + used, sizeof text - used, "\"");
        put(writer, text);
        writer->rdata += length + 1;
        writer->left -= length + 1;
    }
}

static void put_mx(struct writer *writer)
{
    put_number(writer);
    put_name(writer);
}

static void put_srv(struct writer *writer)
{
    for (int i = 0; i < 3; i++)
        put_number(writer);
    put_name(writer);
}

static const struct {
    uint16_t type;
    const char *word;
    void (*put)(struct writer *writer);
} types[] = {
    {1,  "A",     put_address},
    {5,  "CNAME", put_name   },
    {12, "PTR",   put_name   },
    {15, "MX",    put_mx     },
    {16, "TXT",   put_strings},
    {28, "AAAA",  put_address},
    {33, "SRV",   put_srv    },
};

char *record_to_text(const struct config_record *record, char *out, size_t room)
{
    struct writer writer = {out, room, 0, record->rdata, record->rdata_length};
    struct name name = name_of(&record->name);
    char text[NAME_TEXT_MAX];

    put(&writer, name_to_text(&name, text));
    snprintf(text, sizeof text, "%u", record->ttl_s);
    put(&writer, text);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].type == record->type) {
            put(&writer, types[i].word);
            types[i].put(&writer);
        }
    }
    return out;
}
