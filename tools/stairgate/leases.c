/* leases.c - three kinds of lease files to MACs and names.
 *
 * The problem: whoever has a DHCP server has named half of his devices already. The idea: each kind
 * is read by the least of its grammar that holds MAC and name; what is odd is skipped and counted,
 * since these files are written by programs and hold what devices sent them. Files of Kea and ISC
 * are logs that are tidied now and then: the last word on a MAC counts.
 *
 * DHCPv6 knows clients by a DUID; of those that hold a MAC (RFC 8415 §11.2, §11.4) it is taken.
 * Dropped: ISC's file for DHCPv6, whose DUIDs are escaped octets in octal. */
#include "tools/stairgate/leases.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/base/err.h"
#include "config/base/text.h"

enum { MAC_OCTETS = 6, FIELDS_MAX = 24, DUID_OCTETS_MAX = 130 };

/* A piece of the text. */
struct piece {
    const char *at;
    size_t length;
};

static bool is_word(const struct piece *piece, const char *word)
{
    return piece->length == strlen(word) && strncasecmp(piece->at, word, piece->length) == 0;
}

/* Cuts the next piece that ends before one of STOPS off REST, and the stop with it. */
static struct piece cut(struct piece *rest, const char *stops)
{
    struct piece piece = {rest->at, 0};

    while (piece.length < rest->length && strchr(stops, rest->at[piece.length]) == NULL)
        piece.length++;
    rest->at += piece.length;
    rest->length -= piece.length;
    if (rest->length > 0) {
        rest->at++;
        rest->length--;
    }
    return piece;
}

static struct piece cut_line(struct piece *rest)
{
    struct piece line = cut(rest, "\n");

    if (line.length > 0 && line.at[line.length - 1] == '\r')
        line.length--;
    return line;
}

static size_t split(struct piece line, const char *stops, struct piece *fields)
{
    size_t count = 0;

    while (line.length > 0 && count < FIELDS_MAX)
        fields[count++] = cut(&line, stops);
    return count;
}

/* --- MACs and names --- */

/* Reads octets in hex with : or - between them into OUT[0..MOST); returns how many, 0 where it is
 * something else. */
static size_t read_octets(const struct piece *piece, uint8_t *out, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < piece->length; i += 3) {
        int high = text_hex_digit(piece->at[i]);
        int low = i + 1 < piece->length ? text_hex_digit(piece->at[i + 1]) : -1;

        if (high < 0 || low < 0 || count == most)
            return 0;
        if (i + 2 < piece->length && piece->at[i + 2] != ':' && piece->at[i + 2] != '-')
            return 0;
        if (i + 3 == piece->length) /* a separator with nothing behind it */
            return 0;
        out[count++] = (uint8_t)(high << 4 | low);
    }
    return count;
}

/* Nobody's own: all zeros, or a group's (IEEE 802, the lowest bit of the first octet). */
static bool is_own(const uint8_t *mac)
{
    static const uint8_t none[MAC_OCTETS];

    return (mac[0] & 1) == 0 && memcmp(mac, none, MAC_OCTETS) != 0;
}

static bool read_mac(const struct piece *piece, uint8_t *mac)
{
    return read_octets(piece, mac, MAC_OCTETS) == MAC_OCTETS && is_own(mac);
}

/* RFC 8415 §11.2 (type 1: link-layer address and time), §11.4 (type 3), of hardware type 1. */
static bool read_duid(const struct piece *piece, uint8_t *mac)
{
    static const struct {
        uint8_t start[4];
        size_t at;
    } kinds[] = {
        {{0, 1, 0, 1}, 8},
        {{0, 3, 0, 1}, 4},
    };
    uint8_t octets[DUID_OCTETS_MAX];
    size_t length = read_octets(piece, octets, sizeof octets);

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (length != kinds[i].at + MAC_OCTETS ||
            memcmp(octets, kinds[i].start, sizeof kinds[i].start) != 0)
            continue;
        memcpy(mac, octets + kinds[i].at, MAC_OCTETS);
        return is_own(mac);
    }
    return false;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* Copies the first label of PIECE; what no name should hold becomes `-`. */
static void read_name(const struct piece *piece, char *name)
{
    size_t length = 0;

    while (length < piece->length && length < LEASE_NAME_MAX - 1 && piece->at[length] != '.') {
        name[length] = is_plain(piece->at[length]) ? piece->at[length] : '-';
        length++;
    }
    name[length] = '\0';
}

static int add(struct leases *leases, struct lease *lease, struct err *err)
{
    if (leases->count == leases->room) {
        size_t room = leases->room == 0 ? 64 : leases->room * 2;
        struct lease *items = realloc(leases->items, room * sizeof *items);

        if (items == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for %zu leases", room);
        leases->items = items;
        leases->room = room;
    }
    lease->order = leases->count;
    leases->items[leases->count++] = *lease;
    return 0;
}

/* --- dnsmasq: `EXPIRY MAC ADDRESS NAME CLIENT-ID`; behind a line `duid ...` those of DHCPv6,
 * `EXPIRY IAID ADDRESS NAME DUID` --- */

static int read_dnsmasq(struct leases *leases, struct piece rest, struct err *err)
{
    bool v6 = false;

    while (rest.length > 0) {
        struct piece line = cut_line(&rest), fields[FIELDS_MAX];
        size_t count = split(line, " ", fields);
        struct lease lease = {{0}, "", 0};

        if (count == 0)
            continue;
        if (is_word(&fields[0], "duid")) {
            v6 = true;
            continue;
        }
        if (count < 5 ||
            !(v6 ? read_duid(&fields[4], lease.mac) : read_mac(&fields[1], lease.mac))) {
            leases->skipped++;
            continue;
        }
        if (!is_word(&fields[3], "*"))
            read_name(&fields[3], lease.name);
        if (add(leases, &lease, err) < 0)
            return -1;
    }
    return 0;
}

/* --- Kea: a CSV whose first line names the columns; a comma in a value is written &#x2c --- */

struct columns {
    size_t hwaddr, duid, hostname, state; /* FIELDS_MAX: there is none */
};

static struct columns find_columns(const struct piece *fields, size_t count)
{
    struct columns columns = {FIELDS_MAX, FIELDS_MAX, FIELDS_MAX, FIELDS_MAX};
    const struct {
        const char *name;
        size_t *column;
    } wanted[] = {
        {"hwaddr",   &columns.hwaddr  },
        {"duid",     &columns.duid    },
        {"hostname", &columns.hostname},
        {"state",    &columns.state   },
    };

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < sizeof wanted / sizeof *wanted; j++) {
            if (is_word(&fields[i], wanted[j].name))
                *wanted[j].column = i;
        }
    }
    return columns;
}

static int read_kea(struct leases *leases, struct piece rest, struct err *err)
{
    static const struct piece nothing = {"", 0};
    struct piece line = cut_line(&rest), fields[FIELDS_MAX + 1];
    size_t count = split(line, ",", fields);
    struct columns columns = find_columns(fields, count);

    while (rest.length > 0) {
        struct lease lease = {{0}, "", 0};

        line = cut_line(&rest);
        if (line.length == 0)
            continue;
        count = split(line, ",", fields);
        for (size_t i = count; i <= FIELDS_MAX; i++)
            fields[i] = nothing;
        /* State 1 is an address that was declined: whoever has it is another. */
        if (is_word(&fields[columns.state], "1") ||
            (!read_mac(&fields[columns.hwaddr], lease.mac) &&
             !read_duid(&fields[columns.duid], lease.mac))) {
            leases->skipped++;
            continue;
        }
        read_name(&fields[columns.hostname], lease.name);
        if (add(leases, &lease, err) < 0)
            return -1;
    }
    return 0;
}

/* --- ISC: lease ADDRESS { hardware ethernet MAC; client-hostname "NAME"; ... } --- */

/* Cuts the next token off REST: a word, one of { } ;, or a text in quotes without them. */
static bool next_token(struct piece *rest, struct piece *token)
{
    const char *start;

    while (rest->length > 0 && strchr(" \t\r\n#", *rest->at) != NULL) {
        if (*rest->at == '#')
            cut(rest, "\n");
        else
            cut(rest, " \t\r\n");
    }
    if (rest->length == 0)
        return false;
    start = rest->at;
    if (strchr("{};", *start) != NULL) {
        *token = (struct piece){start, 1};
    } else if (*start == '"') {
        size_t length = 1;

        while (length < rest->length && start[length] != '"')
            length += start[length] == '\\' && length + 1 < rest->length ? 2 : 1;
        *token = (struct piece){start + 1, length - 1};
        length += length < rest->length;
        rest->at += length;
        rest->length -= length;
        return true;
    } else {
        struct piece word = *rest;

        *token = cut(&word, " \t\r\n{};\"");
    }
    rest->at += token->length;
    rest->length -= token->length;
    return true;
}

/* What is known of the lease that is being read. */
struct isc {
    struct lease lease;
    struct piece words[3]; /* of the statement, the first three */
    size_t count;
    bool found; /* a MAC */
};

static void end_statement(struct isc *isc)
{
    if (isc->count == 3 && is_word(&isc->words[0], "hardware") &&
        is_word(&isc->words[1], "ethernet"))
        isc->found = read_mac(&isc->words[2], isc->lease.mac);
    if (isc->count >= 2 && is_word(&isc->words[0], "client-hostname"))
        read_name(&isc->words[1], isc->lease.name);
    isc->count = 0;
}

static int end_block(struct leases *leases, struct isc *isc, bool lease, struct err *err)
{
    int result = 0;

    if (lease && isc->found)
        result = add(leases, &isc->lease, err);
    else if (lease)
        leases->skipped++;
    *isc = (struct isc){.count = 0};
    return result;
}

static int read_isc(struct leases *leases, struct piece rest, struct err *err)
{
    struct isc isc = {.count = 0};
    struct piece token;
    bool in_lease = false;
    size_t depth = 0;

    while (next_token(&rest, &token)) {
        if (is_word(&token, "{")) {
            if (depth++ == 0)
                in_lease = isc.count == 2 && is_word(&isc.words[0], "lease");
            isc.count = 0;
        } else if (is_word(&token, "}")) {
            depth -= depth > 0;
            if (depth == 0 && end_block(leases, &isc, in_lease, err) < 0)
                return -1;
            in_lease = in_lease && depth > 0;
        } else if (is_word(&token, ";")) {
            end_statement(&isc);
        } else if (isc.count < 3) {
            isc.words[isc.count++] = token;
        }
    }
    return 0;
}

/* --- all kinds --- */

static int compare(const void *x, const void *y)
{
    const struct lease *a = x, *b = y;
    int order = memcmp(a->mac, b->mac, MAC_OCTETS);

    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

/* Keeps the last of each MAC, and the last name that was said. */
static void keep_last(struct leases *leases)
{
    size_t kept = 0;

    if (leases->count == 0)
        return;
    qsort(leases->items, leases->count, sizeof *leases->items, compare);
    for (size_t i = 1; i < leases->count; i++) {
        struct lease *last = &leases->items[kept], *next = &leases->items[i];

        if (memcmp(last->mac, next->mac, MAC_OCTETS) != 0) {
            kept++;
        } else if (next->name[0] == '\0') {
            continue;
        }
        leases->items[kept] = *next;
    }
    leases->count = kept + 1;
}

static bool starts_with(const struct piece *text, const char *start)
{
    return text->length >= strlen(start) && memcmp(text->at, start, strlen(start)) == 0;
}

static bool is_digit(const struct piece *text)
{
    return text->length > 0 && *text->at >= '0' && *text->at <= '9';
}

int leases_read(struct leases *leases, const char *path, const char *text, size_t length,
                struct err *err)
{
    struct piece whole = {text, length};
    int result;

    *leases = (struct leases){NULL, 0, 0, 0};
    if (starts_with(&whole, "address,"))
        result = read_kea(leases, whole, err);
    else if (starts_with(&whole, "duid ") || is_digit(&whole))
        result = read_dnsmasq(leases, whole, err);
    else if (starts_with(&whole, "#") || starts_with(&whole, "lease ") ||
             starts_with(&whole, "authoring-byte-order"))
        result = read_isc(leases, whole, err);
    else
        result = err_set(err, ERR_FORMAT,
                         "%s: no leases of dnsmasq, Kea or ISC dhcpd: its first line is none of "
                         "theirs",
                         path);
    keep_last(leases);
    return result;
}

void leases_free(struct leases *leases)
{
    free(leases->items);
    *leases = (struct leases){NULL, 0, 0, 0};
}
