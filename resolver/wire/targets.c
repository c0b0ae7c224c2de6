#include "resolver/wire/targets.h"

#include "config/base/bytes.h"
#include "resolver/wire/dns.h"

/* Parameters of SVCB that hold addresses (RFC 9460 §14.3.2). */
enum { KEY_IPV4HINT = 4, KEY_IPV6HINT = 6 };

/* Where the first target of a type stands. */
static const struct shape {
    uint16_t type;
    uint8_t skip; /* octets before it */
    enum target_kind kind;
    bool parameters; /* and hints may follow it */
} shapes[] = {
    {DNS_A,     0, TARGET_IPV4, false},
    {DNS_CNAME, 0, TARGET_NAME, false},
    {DNS_MX,    2, TARGET_NAME, false},
    {DNS_AAAA,  0, TARGET_IPV6, false},
    {DNS_SRV,   6, TARGET_NAME, false},
    {DNS_SVCB,  2, TARGET_NAME, true },
    {DNS_HTTPS, 2, TARGET_NAME, true },
};

static const struct shape *shape_of(uint16_t type)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (shapes[i].type == type)
            return &shapes[i];
    }
    return NULL;
}

void targets_start(struct targets *targets, const uint8_t *octets, size_t at, size_t length,
                   uint16_t type)
{
    *targets = (struct targets){
        .octets = octets, .at = at, .end = at + length, .type = type, .hints_end = at};
}

/* Moves behind the name where T stands, which is never compressed (RFC 9460 §2.2). */
static void skip_name(struct targets *t)
{
    while (t->at < t->end && t->octets[t->at] != 0)
        t->at += (size_t)t->octets[t->at] + 1;
    t->at = t->at < t->end ? t->at + 1 : t->end;
}

/* Takes the target that every record of the type has; the root leads nowhere: "not available", or
 * the owner itself (RFC 9460 §2.5). */
static bool take_first(struct targets *t, const struct shape *shape, struct target *target)
{
    if (t->end - t->at <= shape->skip)
        return false;
    t->at += shape->skip;
    target->kind = shape->kind;
    target->at = (uint16_t)t->at;
    if (shape->kind == TARGET_NAME && t->octets[t->at] == 0)
        target = NULL;
    if (shape->parameters) {
        skip_name(t);
        t->hints_end = t->at;
    }
    return target != NULL;
}

/* Opens the next parameter that holds hints; returns false after the last. */
static bool open_hints(struct targets *t)
{
    while (t->end - t->at >= 4) {
        uint16_t key = load_be16(t->octets + t->at), length = load_be16(t->octets + t->at + 2);

        t->at += 4;
        if (length > t->end - t->at)
            return false;
        t->hints_end = t->at + length;
        t->hint = key == KEY_IPV4HINT ? TARGET_IPV4 : TARGET_IPV6;
        if (key == KEY_IPV4HINT || key == KEY_IPV6HINT)
            return true;
        t->at = t->hints_end;
    }
    return false;
}

/* RFC 9460 §7.3: a client may connect to a hint without asking for an address. */
static bool take_hint(struct targets *t, struct target *target)
{
    do {
        size_t size = t->hint == TARGET_IPV4 ? 4 : 16;

        if (t->hints_end - t->at >= size) {
            target->kind = t->hint;
            target->at = (uint16_t)t->at;
            t->at += size;
            return true;
        }
        t->at = t->hints_end;
    } while (open_hints(t));
    return false;
}

bool targets_next(struct targets *targets, struct target *target)
{
    const struct shape *shape = shape_of(targets->type);

    if (shape == NULL)
        return false;
    if (!targets->begun) {
        targets->begun = true;
        if (take_first(targets, shape, target))
            return true;
    }
    return shape->parameters && take_hint(targets, target);
}
