/* The way back: people who name an address expect its reverse name to answer. Made for the first
 * name of an address, unless a PTR (or a CNAME, RFC 2317 §4) is written for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/walk.h"

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_PTR = 12, TYPE_AAAA = 28 };

/* A reverse name, and the record that it is for, counted from 1; 0 where it has one already. */
struct reverse {
    struct name_buf name;
    size_t record;
};

static void reverse_name(struct name_buf *name, const uint8_t *octets, size_t length)
{
    char text[NAME_TEXT_MAX];
    size_t used = 0;

    for (size_t i = length; i-- > 0;) {
        if (length == 4) /* RFC 1035 §3.5 */
            used += (size_t)snprintf(text + used, sizeof text - used, "%u.", octets[i]);
        else /* RFC 3596 §2.5 */
            used += (size_t)snprintf(text + used, sizeof text - used, "%x.%x.", octets[i] & 15,
                                     octets[i] >> 4);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "%s",
                             length == 4 ? "in-addr.arpa" : "ip6.arpa");
    (void)name_from_host(name, text, used);
}

static bool same_name(const struct name_buf *a, const struct name_buf *b)
{
    return a->length == b->length && memcmp(a->wire, b->wire, a->length) == 0;
}

static int compare_reverse(const void *a, const void *b)
{
    const struct reverse *x = a, *y = b;
    int order = x->name.length - y->name.length;

    if (order == 0)
        order = memcmp(x->name.wire, y->name.wire, x->name.length);
    return order != 0 ? order : (x->record > y->record) - (x->record < y->record);
}

/* Sorted, so that thousands of hosts are no problem: the first of each name is the one to make, or
 * tells that there is one. */
static struct reverse *collect(const struct config *config, size_t *count)
{
    struct reverse *list = calloc(config->record_count + 1, sizeof *list);

    *count = 0;
    for (size_t i = 0; list != NULL && i < config->record_count; i++) {
        const struct config_record *record = &config->records[i];
        struct reverse *item = &list[*count];

        if (record->type == TYPE_PTR || record->type == TYPE_CNAME) {
            *item = (struct reverse){record->name, 0};
        } else if (record->type == TYPE_A || record->type == TYPE_AAAA) {
            reverse_name(&item->name, record->rdata, record->rdata_length);
            item->record = i + 1;
        } else {
            continue;
        }
        ++*count;
    }
    if (list != NULL)
        qsort(list, *count, sizeof *list, compare_reverse);
    return list;
}

static int make_one(struct walk *walk, const struct reverse *reverse)
{
    /* a copy, since record_add may move the records */
    struct config_record to = walk->config->records[reverse->record - 1];
    struct config_record *made =
        record_add(walk, &reverse->name, TYPE_PTR, to.name.wire, to.name.length);

    if (made == NULL)
        return -1;
    made->ttl_s = to.ttl_s;
    made->made = true;
    return 0;
}

void reverse_make(struct walk *walk)
{
    size_t count;
    struct reverse *list = collect(walk->config, &count);

    for (size_t i = 0; list != NULL && i < count; i++) {
        bool first = i == 0 || !same_name(&list[i].name, &list[i - 1].name);

        if (first && list[i].record != 0 && make_one(walk, &list[i]) != 0)
            break;
    }
    free(list);
}
