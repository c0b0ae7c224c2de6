/* The readers of lists: addresses, prefixes, categories, rules on names. */
#include <string.h>

#include "config/base/text.h"
#include "config/walk.h"

enum { PORT_DNS = 53 };

const struct node *walk_next_text(struct walk *walk, const struct option *option,
                                  const struct node *node, const struct node *item)
{
    item = item == NULL ? node_item_first(node) : node_item_next(node, item);
    while (item != NULL && item->kind != NODE_SCALAR) {
        walk_wrong(walk, option, item);
        item = node_item_next(node, item);
    }
    return item;
}

/* What people write for ADDRESS@PORT elsewhere, each told by a sign that no address holds. */
static const char *address_cure(const char *text)
{
    static const struct {
        const char *sign, *cure;
    } cures[] = {
        {"://", "; write the address alone"             },
        {"#",   "; write the port as @PORT"             },
        {"]",   "; write ADDRESS@PORT, without brackets"},
        {"@",   ""                                      },
    };
    const char *colon = strchr(text, ':');

    for (size_t i = 0; i < sizeof cures / sizeof *cures; i++) {
        if (strstr(text, cures[i].sign) != NULL)
            return cures[i].cure;
    }
    if (colon != NULL && strchr(colon + 1, ':') == NULL)
        return "; write the port as @PORT";
    return strpbrk(text, "ghijklmnopqrstuvwxyz") != NULL && colon == NULL
               ? "; a name would have to be looked up first: write its address"
               : "";
}

static void report_address(struct walk *walk, const struct node *item)
{
    char quote[PROBLEM_QUOTE_MAX];

    problem_add(walk->problems, item->place, "not an address: %s%s",
                problem_quote(item->text, quote), address_cure(item->text));
}

/* 10.0.0.1/8 is what people write when they mean 10.0.0.0/8, or 10.0.0.1: they must say which. */
static void report_prefix(struct walk *walk, const struct node *item)
{
    char quote[PROBLEM_QUOTE_MAX], text[ADDR_TEXT_MAX];
    struct prefix meant;

    problem_quote(item->text, quote);
    if (prefix_around(&meant, item->text) == 0)
        problem_add(walk->problems, item->place,
                    "not a prefix: %s; the bits behind the length must be 0: did you mean '%s'?",
                    quote, prefix_to_text(&meant, text));
    else
        problem_add(walk->problems, item->place, "not a prefix: %s", quote);
}

void read_listeners(struct walk *walk, const struct option *option, const struct node *node,
                    void *base)
{
    FOR_TEXTS(item)
    {
        struct config_listener *listener;
        struct endpoint endpoint;

        if (endpoint_from_text(&endpoint, item->text, PORT_DNS) != 0) {
            report_address(walk, item);
            continue;
        }
        listener = walk_append(walk, option_field(option, base), option_count(option, base),
                               sizeof *listener);
        if (listener != NULL)
            *listener = (struct config_listener){endpoint, item->place};
    }
}

/* An upstream must be one server: no wildcard, no group, and a link where the address needs one. */
static const char *endpoint_fault(const struct addr *addr)
{
    bool v6 = addr->bits == 128;

    if (addr_is_any(addr))
        return "no server has this address";
    if (v6 ? addr->octets[0] == 0xff : addr->octets[0] >= 224)
        return "this address is a group's, not a server's";
    if (v6 && addr->octets[0] == 0xfe && (addr->octets[1] & 0xc0) == 0x80 && addr->scope == 0)
        return "a link-local address needs its link, as in fe80::1%lan0";
    return NULL;
}

void read_address(struct walk *walk, const struct option *option, const struct node *node,
                  void *base)
{
    struct endpoint endpoint;
    char quote[PROBLEM_QUOTE_MAX];
    const char *fault;

    if (endpoint_from_text(&endpoint, node->text, PORT_DNS) != 0) {
        report_address(walk, node);
        return;
    }
    fault = endpoint_fault(&endpoint.addr);
    if (fault != NULL)
        problem_add(walk->problems, node->place, "not an upstream: %s; %s",
                    problem_quote(node->text, quote), fault);
    else
        memcpy(option_field(option, base), &endpoint, sizeof endpoint);
}

static void read_upstream(struct walk *walk, const struct option *option, const struct node *item,
                          struct config_upstream *upstream)
{
    upstream->place = item->place;
    if (item->kind == NODE_SCALAR)
        read_address(walk, &option->inside[0], item, upstream);
    else
        walk_item(walk, option, item, upstream);
}

void read_upstreams(struct walk *walk, const struct option *option, const struct node *node,
                    void *base)
{
    const struct node *item = node_item_first(node);

    for (; item != NULL; item = node_item_next(node, item)) {
        struct config_upstream upstream = {.trusted = false}, *added;

        read_upstream(walk, option, item, &upstream);
        if (upstream.endpoint.addr.bits == 0) /* reported */
            continue;
        added = walk_append(walk, option_field(option, base), option_count(option, base),
                            sizeof *added);
        if (added != NULL)
            *added = upstream;
    }
}

/* Addresses that clients are sent to: an A or AAAA record has no port and no link. */
void read_addresses(struct walk *walk, const struct option *option, const struct node *node,
                    void *base)
{
    FOR_TEXTS(item)
    {
        char quote[PROBLEM_QUOTE_MAX];
        struct addr addr, *added;
        const char *fault;

        if (addr_from_text(&addr, item->text) != 0) {
            report_address(walk, item);
            continue;
        }
        fault = addr.scope != 0 ? "a link-local address means another thing on each link"
                                : endpoint_fault(&addr);
        if (fault != NULL) {
            problem_add(walk->problems, item->place, "not an address to send clients to: %s; %s",
                        problem_quote(item->text, quote), fault);
            continue;
        }
        added = walk_append(walk, option_field(option, base), option_count(option, base),
                            sizeof *added);
        if (added != NULL)
            *added = addr;
    }
}

void read_prefixes(struct walk *walk, const struct option *option, const struct node *node,
                   void *base)
{
    FOR_TEXTS(item)
    {
        struct prefix prefix, *added;

        if (prefix_from_text(&prefix, item->text) != 0) {
            report_prefix(walk, item);
            continue;
        }
        added = walk_append(walk, option_field(option, base), option_count(option, base),
                            sizeof *added);
        if (added != NULL)
            *added = prefix;
    }
}

void read_network_prefixes(struct walk *walk, const struct option *option, const struct node *node,
                           void *base)
{
    struct config *config = walk->config;

    (void)base;
    FOR_TEXTS(item)
    {
        struct config_network *network;
        struct prefix prefix;

        if (prefix_from_text(&prefix, item->text) != 0) {
            report_prefix(walk, item);
            continue;
        }
        network = walk_append(walk, &config->networks, &config->network_count, sizeof *network);
        if (network != NULL)
            *network = (struct config_network){.prefix = prefix, .place = item->place};
    }
}

void read_network_interfaces(struct walk *walk, const struct option *option,
                             const struct node *node, void *base)
{
    struct config *config = walk->config;

    (void)base;
    FOR_TEXTS(item)
    {
        struct config_network *network;
        size_t length = strlen(item->text);

        if (length == 0 || length >= IF_NAMESIZE || strcspn(item->text, "/ \t") != length) {
            walk_wrong(walk, option, item);
            continue;
        }
        network = walk_append(walk, &config->networks, &config->network_count, sizeof *network);
        if (network == NULL)
            return;
        memcpy(network->interface, item->text, length);
        network->place = item->place;
    }
}

static void report_category(struct walk *walk, const struct node *item)
{
    const struct taxonomy *taxonomy = &walk->config->taxonomy;
    const char *known[CATEGORY_MAX];
    char quote[PROBLEM_QUOTE_MAX];

    for (size_t i = 0; i < taxonomy->count; i++)
        known[i] = taxonomy->categories[i].key;
    if (strpbrk(item->text, ", ") != NULL) {
        problem_add(walk->problems, item->place,
                    "not one category: %s; write several as a list, as in [games, ads]",
                    problem_quote(item->text, quote));
        return;
    }
    problem_unknown(walk->problems, item->place, "unknown category", item->text, known,
                    taxonomy->count);
}

const struct category *walk_category(struct walk *walk, const struct node *node)
{
    const struct category *category = taxonomy_find(&walk->config->taxonomy, node->text);

    if (category == NULL)
        report_category(walk, node);
    return category;
}

void read_categories(struct walk *walk, const struct option *option, const struct node *node,
                     void *base)
{
    struct mask *mask = option_field(option, base);

    FOR_TEXTS(item)
    {
        const struct category *category = walk_category(walk, item);

        if (category == NULL)
            continue;
        if (category->bit == CATEGORY_EDU_POSITIVE)
            problem_add(walk->problems, item->place,
                        "a positive list opens names and cannot be blocked: '%s'", category->key);
        else if (mask_has(*mask, category->bit) && item->place.line != 0)
            problem_add(walk->problems, item->place, "category written twice: '%s'", category->key);
        else
            *mask = mask_or(*mask, mask_bit(category->bit));
    }
}

int walk_name(struct walk *walk, const struct node *node, const char *text, struct name_buf *name)
{
    enum name_fault fault = name_from_host(name, text, strlen(text));
    char quote[PROBLEM_QUOTE_MAX];

    if (fault == NAME_OK)
        return 0;
    problem_quote(text, quote);
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p >= 0x80) {
            problem_add(walk->problems, node->place,
                        "not a name: %s; write its xn-- form, as `idn2 NAME` prints it", quote);
            return -1;
        }
    }
    problem_add(walk->problems, node->place, "not a name: %s; %s", quote, name_fault_text(fault));
    return -1;
}

/* `x` is the subtree, `=x` that name alone, `*.x` what is below. */
static const char *read_cover(const char *text, enum cover *cover)
{
    if (text[0] == '=') {
        *cover = COVER_EXACT;
        return text + 1;
    }
    if (text[0] == '*' && text[1] == '.') {
        *cover = COVER_BELOW;
        return text + 2;
    }
    *cover = COVER_SUBTREE;
    return text;
}

void read_rules(struct walk *walk, const struct option *option, const struct node *node, void *base)
{
    struct config_rules *rules = option_field(option, base);

    FOR_TEXTS(item)
    {
        struct config_rule rule = {.place = item->place}, *added;
        const char *text = read_cover(item->text, &rule.cover);

        if (strcmp(text, ".") == 0 || strcmp(text, "*") == 0) {
            problem_add(walk->problems, item->place,
                        "a rule for every name: '%s'; that is what `default` is for", text);
            continue;
        }
        if (walk_name(walk, item, text, &rule.name) != 0)
            continue;
        added = walk_append(walk, &rules->items, &rules->count, sizeof *added);
        if (added != NULL)
            *added = rule;
    }
}
