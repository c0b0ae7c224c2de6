/* rdata.c - one line a type says what its data is made of; one small reader walks along that line.
 *
 * Problem: checking, expanding and compressing a record all need to know where its names stand.
 * Idea: a layout is a string of letters, read from left to right beside the data:
 *   1..9  so many octets              s  a character string: an octet of length, and so many octets
 *   N     a name, may be compressed   t  character strings to the end
 *   n     a name that may come compressed from old senders, and is not sent so (RFC 3597 §4)
 *   u     a name that is never compressed
 *   b     a bitmap of types to the end (RFC 4034 §4.1.2)
 *   p     parameters of SVCB to the end (RFC 9460 §2.2)
 *   *     anything to the end
 * Dropped: SIG and NXT, which RFC 3597 §4 lists too; nobody has sent them since RFC 3755 (2004). */
#include "resolver/wire/rdata.h"

#include <string.h>

#include "config/base/bytes.h"
#include "resolver/wire/names.h"

static const char *const layouts[] = {
    [1] = "4",       /* A */
    [2] = "N",       /* NS */
    [3] = "N",       /* MD */
    [4] = "N",       /* MF */
    [5] = "N",       /* CNAME */
    [6] = "NN44444", /* SOA */
    [7] = "N",       /* MB */
    [8] = "N",       /* MG */
    [9] = "N",       /* MR */
    [11] = "5*",     /* WKS */
    [12] = "N",      /* PTR */
    [13] = "ss",     /* HINFO */
    [14] = "NN",     /* MINFO */
    [15] = "2N",     /* MX */
    [16] = "t",      /* TXT */
    [17] = "nn",     /* RP */
    [18] = "2n",     /* AFSDB */
    [19] = "s",      /* X25 */
    [21] = "2n",     /* RT */
    [26] = "2nn",    /* PX */
    [28] = "88",     /* AAAA */
    [33] = "222n",   /* SRV */
    [35] = "22sssn", /* NAPTR */
    [36] = "2n",     /* KX */
    [39] = "n",      /* DNAME: RFC 6672 §2.5 forbids it to senders */
    [43] = "4*",     /* DS */
    [44] = "2*",     /* SSHFP */
    [46] = "288u*",  /* RRSIG */
    [47] = "ub",     /* NSEC */
    [48] = "4*",     /* DNSKEY */
    [50] = "4ssb",   /* NSEC3 */
    [51] = "4s",     /* NSEC3PARAM */
    [52] = "3*",     /* TLSA */
    [53] = "3*",     /* SMIMEA */
    [59] = "4*",     /* CDS */
    [60] = "4*",     /* CDNSKEY */
    [64] = "2up",    /* SVCB */
    [65] = "2up",    /* HTTPS */
    [99] = "t",      /* SPF */
    [256] = "4*",    /* URI */
    [257] = "1s*",   /* CAA */
};

static const char *layout_of(uint16_t type)
{
    const char *layout = type < sizeof layouts / sizeof *layouts ? layouts[type] : NULL;

    return layout != NULL ? layout : "*";
}

bool rdata_may_be_compressed(uint16_t type)
{
    for (const char *part = layout_of(type); *part != '\0'; part++) {
        if (*part == 'N' || *part == 'n')
            return true;
    }
    return false;
}

void rdata_start(struct rdata *rdata, const uint8_t *octets, size_t at, size_t length,
                 uint16_t type)
{
    rdata->octets = octets;
    rdata->at = at;
    rdata->end = at + length;
    rdata->layout = layout_of(type);
    rdata->start = at;
    rdata->length = 0;
}

/* Takes the next COUNT octets, or none where there are fewer. */
static enum rdata_kind take(struct rdata *r, size_t count)
{
    if (r->end - r->at < count)
        return RDATA_BROKEN;
    r->start = r->at;
    r->length = count;
    r->at += count;
    return RDATA_OCTETS;
}

static enum rdata_kind take_string(struct rdata *r)
{
    if (r->at == r->end)
        return RDATA_BROKEN;
    return take(r, (size_t)r->octets[r->at] + 1);
}

static enum rdata_kind take_strings(struct rdata *r)
{
    size_t start = r->at;

    while (r->at < r->end) {
        if (take_string(r) == RDATA_BROKEN)
            return RDATA_BROKEN;
    }
    r->at = start;
    return take(r, r->end - start);
}

static enum rdata_kind take_bitmap(struct rdata *r)
{
    int last = -1;
    size_t at = r->at;

    while (at < r->end) {
        size_t size;

        if (r->end - at < 3 || r->octets[at] <= last)
            return RDATA_BROKEN;
        last = r->octets[at];
        size = r->octets[at + 1];
        if (size == 0 || size > 32 || size > r->end - at - 2)
            return RDATA_BROKEN;
        at += 2 + size;
    }
    return take(r, r->end - r->at);
}

static enum rdata_kind take_parameters(struct rdata *r)
{
    int last = -1;
    size_t at = r->at;

    while (at < r->end) {
        size_t size;

        if (r->end - at < 4 || load_be16(r->octets + at) <= last)
            return RDATA_BROKEN;
        last = load_be16(r->octets + at);
        size = load_be16(r->octets + at + 2);
        if (size > r->end - at - 4)
            return RDATA_BROKEN;
        at += 4 + size;
    }
    return take(r, r->end - r->at);
}

/* KIND is what the name is when it is sound; with PLAIN it must hold no pointer. */
static enum rdata_kind take_name(struct rdata *r, enum rdata_kind kind, bool plain)
{
    size_t start = r->at;

    if (!names_read(r->octets, r->end, &r->at, &r->name))
        return RDATA_BROKEN;
    return plain && r->at - start != r->name.length ? RDATA_BROKEN : kind;
}

enum rdata_kind rdata_next(struct rdata *rdata)
{
    char part = *rdata->layout;

    if (part == '\0')
        return rdata->at == rdata->end ? RDATA_END : RDATA_BROKEN;
    rdata->layout++;
    switch (part) {
    case 'N':
        return take_name(rdata, RDATA_NAME, false);
    case 'n':
        return take_name(rdata, RDATA_OTHER_NAME, false);
    case 'u':
        return take_name(rdata, RDATA_OTHER_NAME, true);
    case 's':
        return take_string(rdata);
    case 't':
        return take_strings(rdata);
    case 'b':
        return take_bitmap(rdata);
    case 'p':
        return take_parameters(rdata);
    case '*':
        return take(rdata, rdata->end - rdata->at);
    default:
        return take(rdata, (size_t)(part - '0'));
    }
}

bool rdata_is_sound(const uint8_t *octets, size_t at, size_t length, uint16_t type)
{
    struct rdata rdata;
    enum rdata_kind kind;

    rdata_start(&rdata, octets, at, length, type);
    do {
        kind = rdata_next(&rdata);
    } while (kind != RDATA_END && kind != RDATA_BROKEN);
    return kind == RDATA_END;
}

long rdata_expand(struct rdata *rdata, uint8_t *out, size_t room)
{
    size_t used = 0;

    for (;;) {
        enum rdata_kind kind = rdata_next(rdata);
        const uint8_t *from = rdata->octets + rdata->start;
        size_t size = rdata->length;

        if (kind == RDATA_END)
            return (long)used;
        if (kind == RDATA_NAME || kind == RDATA_OTHER_NAME) {
            from = rdata->name.wire;
            size = rdata->name.length;
        }
        if (kind == RDATA_BROKEN || size > room - used)
            return -1;
        memcpy(out + used, from, size);
        used += size;
    }
}
