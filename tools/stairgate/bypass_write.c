/* Rules for nftables and for OpenWrt's firewall, from one plan.
 *
 * What is asked of the resolver itself is left alone. Where it is on this machine, other queries of
 * port 53 are turned to it; what remains, and port 853, is refused aloud, so that a device falls
 * back at once instead of waiting. A resolver on another machine may ask whom it likes. */
#include "tools/stairgate/bypass_write.h"

#include <ctype.h>
#include <string.h>

enum { FAMILIES = 2, TABLE_MAX = ADDR_TEXT_MAX + 16, MATCH_MAX = ADDR_TEXT_MAX + 32 };

static const struct {
    uint8_t bits;
    const char *nft, *proto, *uci;
} families[FAMILIES] = {
    {32,  "ip",  "ipv4", "ipv4"},
    {128, "ip6", "ipv6", "ipv6"},
};

static const char *const transports[] = {"udp", "tcp"};

static bool concerns(const struct bypass_plan *plan, size_t family)
{
    return plan->interface[0] != '\0' || plan->prefix.addr.bits == families[family].bits;
}

static char *network_text(const struct bypass_plan *plan, char out[ADDR_TEXT_MAX])
{
    if (plan->interface[0] != '\0')
        snprintf(out, ADDR_TEXT_MAX, "%s", plan->interface);
    else
        prefix_to_text(&plan->prefix, out);
    return out;
}

/* A word that names the network in tables and rules. */
static char *network_word(const struct bypass_plan *plan, char out[ADDR_TEXT_MAX])
{
    network_text(plan, out);
    for (char *p = out; *p != '\0'; p++) {
        if (!isalnum((unsigned char)*p))
            *p = '_';
    }
    return out;
}

/* The listener that queries of FAMILY are turned to; NULL for none. */
static const struct endpoint *listener_of(const struct bypass_plan *plan, size_t family)
{
    for (size_t i = 0; i < plan->listener_count; i++) {
        if (plan->listeners[i].addr.bits == families[family].bits)
            return &plan->listeners[i];
    }
    return NULL;
}

/* ---- nftables ---- */

static char *match_text(const struct bypass_plan *plan, char out[MATCH_MAX])
{
    char text[ADDR_TEXT_MAX];

    if (plan->interface[0] != '\0')
        snprintf(out, MATCH_MAX, "iifname \"%s\"", plan->interface);
    else
        snprintf(out, MATCH_MAX, "%s saddr %s", plan->prefix.addr.bits == 32 ? "ip" : "ip6",
                 prefix_to_text(&plan->prefix, text));
    return out;
}

static void write_own(const struct endpoint *own, const char *match, size_t family, FILE *out)
{
    char text[ADDR_TEXT_MAX];

    if (own->port != BYPASS_PORT)
        return;
    if (addr_is_any(&own->addr))
        fprintf(out, "\t\t%s meta nfproto %s fib daddr type local return\n", match,
                families[family].proto);
    else
        fprintf(out, "\t\t%s %s daddr %s return\n", match, families[family].nft,
                addr_to_text(&own->addr, text));
}

static void write_turn(const struct endpoint *own, const char *match, size_t family, FILE *out)
{
    char text[ADDR_TEXT_MAX];

    for (size_t i = 0; i < 2; i++) {
        fprintf(out, "\t\t%s meta nfproto %s %s dport %d ", match, families[family].proto,
                transports[i], BYPASS_PORT);
        if (addr_is_any(&own->addr))
            fprintf(out, "redirect to :%u\n", own->port);
        else
            fprintf(out, own->addr.bits == 32 ? "dnat ip to %s:%u\n" : "dnat ip6 to [%s]:%u\n",
                    addr_to_text(&own->addr, text), own->port);
    }
}

static void write_nat(const struct bypass_plan *plan, const char *match, FILE *out)
{
    fputs("\tchain to_us {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n", out);
    for (size_t family = 0; family < FAMILIES; family++) {
        const struct endpoint *own = listener_of(plan, family);

        if (own == NULL || !concerns(plan, family))
            continue;
        write_own(own, match, family, out);
        write_turn(own, match, family, out);
    }
    fputs("\t}\n", out);
}

static void write_filter(const struct bypass_plan *plan, const char *match, FILE *out)
{
    char text[ADDR_TEXT_MAX];

    fputs("\tchain elsewhere {\n\t\ttype filter hook forward priority filter; policy accept;\n",
          out);
    for (size_t i = 0; i < plan->resolver_count; i++) {
        const struct addr *addr = &plan->resolvers[i].addr;
        const char *word = addr->bits == 32 ? "ip" : "ip6";

        addr_to_text(addr, text);
        fprintf(out, "\t\t%s daddr %s return\n\t\t%s saddr %s return\n", word, text, word, text);
    }
    fprintf(out, "\t\t%s tcp dport { 53, 853 } reject with tcp reset\n", match);
    fprintf(out, "\t\t%s udp dport { 53, 853 } reject\n\t}\n", match);
}

void bypass_write_nft(const struct bypass_plan *plan, FILE *out)
{
    char word[ADDR_TEXT_MAX], network[ADDR_TEXT_MAX], match[MATCH_MAX];

    network_word(plan, word);
    match_text(plan, match);
    fprintf(
        out,
        "# Made by `stairgate bypass rules` for %s: for the router, by `nft -f FILE`.\n"
        "# It cannot close DNS over HTTPS, which looks like the web: block bypass_doh as well.\n"
        "table inet stairgate_%s\n"
        "delete table inet stairgate_%s\n"
        "table inet stairgate_%s {\n",
        network_text(plan, network), word, word, word);
    if (plan->listener_count > 0)
        write_nat(plan, match, out);
    write_filter(plan, match, out);
    fputs("}\n", out);
}

/* ---- OpenWrt ---- */

static void uci_option(FILE *out, const char *name, const char *value)
{
    fprintf(out, "\toption %s '%s'\n", name, value);
}

/* SRC is a zone of the firewall: an interface's is mostly called as it is. */
static void uci_source(const struct bypass_plan *plan, FILE *out)
{
    char text[ADDR_TEXT_MAX];

    uci_option(out, "src", plan->interface[0] != '\0' ? plan->interface : "lan");
    if (plan->interface[0] == '\0')
        uci_option(out, "src_ip", prefix_to_text(&plan->prefix, text));
    uci_option(out, "proto", "tcp udp");
}

static void uci_begin(const struct bypass_plan *plan, const char *kind, const char *what,
                      const char *family, FILE *out)
{
    char word[ADDR_TEXT_MAX], name[TABLE_MAX + 32];

    snprintf(name, sizeof name, "stairgate_%s_%s", what, network_word(plan, word));
    fprintf(out, "\nconfig %s\n", kind);
    uci_option(out, "name", name);
    if (family != NULL)
        uci_option(out, "family", family);
}

static void uci_redirect(const struct bypass_plan *plan, size_t family, FILE *out)
{
    const struct endpoint *own = listener_of(plan, family);
    char text[ADDR_TEXT_MAX], value[ADDR_TEXT_MAX + 2];

    if (own == NULL || !concerns(plan, family))
        return;
    uci_begin(plan, "redirect", "dns", families[family].uci, out);
    uci_source(plan, out);
    uci_option(out, "src_dport", "53");
    if (!addr_is_any(&own->addr)) {
        addr_to_text(&own->addr, text);
        snprintf(value, sizeof value, "!%s", text);
        if (own->port == BYPASS_PORT)
            uci_option(out, "src_dip", value);
        uci_option(out, "dest_ip", text);
    }
    snprintf(value, sizeof value, "%u", own->port);
    uci_option(out, "dest_port", value);
    uci_option(out, "target", "DNAT");
}

static void uci_accept(const struct bypass_plan *plan, const struct addr *addr, const char *side,
                       FILE *out)
{
    char text[ADDR_TEXT_MAX];

    uci_begin(plan, "rule", "resolver", addr->bits == 32 ? "ipv4" : "ipv6", out);
    uci_option(out, "src", plan->interface[0] != '\0' ? plan->interface : "lan");
    uci_option(out, "dest", "*");
    uci_option(out, "proto", "tcp udp");
    uci_option(out, side, addr_to_text(addr, text));
    uci_option(out, "dest_port", "53 853");
    uci_option(out, "target", "ACCEPT");
}

void bypass_write_uci(const struct bypass_plan *plan, FILE *out)
{
    char network[ADDR_TEXT_MAX];

    fprintf(out,
            "# Made by `stairgate bypass rules` for %s: for /etc/config/firewall of OpenWrt, then\n"
            "# `service firewall restart`. `src` is the zone of the firewall that the network is "
            "in.\n"
            "# It cannot close DNS over HTTPS, which looks like the web: block bypass_doh as "
            "well.\n",
            network_text(plan, network));
    for (size_t family = 0; family < FAMILIES; family++)
        uci_redirect(plan, family, out);
    for (size_t i = 0; i < plan->resolver_count; i++) {
        uci_accept(plan, &plan->resolvers[i].addr, "dest_ip", out);
        uci_accept(plan, &plan->resolvers[i].addr, "src_ip", out);
    }
    uci_begin(plan, "rule", "close", NULL, out);
    uci_source(plan, out);
    uci_option(out, "dest", "*");
    uci_option(out, "dest_port", "53 853");
    uci_option(out, "target", "REJECT");
}
