/* config: what a file that is right comes to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/err.h"
#include "config/config.h"
#include "config/record_text.h"
#include "config/show.h"
#include "tests/unit/config_rig.h"

/* Lines collected by config_show, or other text. */
struct text {
    char octets[16384];
    size_t used;
};

static void add(struct text *text, const char *words)
{
    text->used +=
        (size_t)snprintf(text->octets + text->used, sizeof text->octets - text->used, "%s", words);
    assert_true(text->used < sizeof text->octets);
}

static void take_row(const struct config_row *row, void *user)
{
    struct text *text = user;
    char place[64];

    add(text, row->name);
    add(text, "=");
    for (size_t i = 0; i < row->count; i++) {
        add(text, i == 0 ? "" : ",");
        add(text, row->items[i]);
    }
    snprintf(place, sizeof place, " %u:%u", row->place.line, row->place.column);
    add(text, row->from == NULL ? place : " ");
    add(text, row->from == NULL ? "" : row->from);
    add(text, "\n");
}

/* Asserts that config_show of CONFIG has LINE. */
static void shows(const struct config *config, const char *line)
{
    static struct text text;
    char whole[1024];

    text.used = (size_t)snprintf(text.octets, sizeof text.octets, "\n");
    snprintf(whole, sizeof whole, "\n%s\n", line);
    config_show(config, take_row, &text);
    if (strstr(text.octets, whole) == NULL)
        fail_msg("no line `%s` in:%s", line, text.octets);
}

/* Asserts that CONFIG's record INDEX reads as TEXT. */
static void is_record(const struct config *config, size_t index, const char *text)
{
    char out[1024];

    assert_true(index < config->record_count);
    assert_string_equal(record_to_text(&config->records[index], out, sizeof out), text);
}

static void an_empty_file_has_the_documented_defaults(void **state)
{
    struct config *config = config_of("");

    (void)state;
    shows(config, "listen=127.0.0.1@53,::1@53 default");
    shows(config, "clients.allow=127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,"
                  "169.254.0.0/16,fc00::/7,fe80::/10 default");
    shows(config, "upstreams= default");
    shows(config, "block.style=nodata default");
    shows(config, "block.ttl=10s default");
    shows(config, "profiles.child.extends=primary default");
    shows(config, "default_profile=child default");
    shows(config, "special.test=forward default");
    shows(config, "special.single_label=nodata default");
    shows(config, "udp.payload=1232 default");
    shows(config, "tcp.idle=10s default");
    shows(config, "sets.public= default");
    assert_int_equal(config->udp_payload, 1232);
    assert_int_equal(config->tcp_idle_ms, 10000);
    assert_true(config->special_test_forward && !config->special_single_forward);
    assert_true(config->workers >= 1);
    assert_int_equal(config->profile_count, 1);
    assert_null(config->set_public);
    assert_null(config->user);
    assert_false(config->profiles[0].default_deny);
    config_free(config);
}

static void what_is_written_stands_with_its_place(void **state)
{
    struct config *config = config_of("listen: 192.0.2.1\n"
                                      "clients: {allow: [192.0.2.0/24]}\n"
                                      "upstreams: [192.0.2.53@5353, {address: '2001:db8::1', "
                                      "trusted: YES}]\n"
                                      "server: {workers: 3, id: NO, user: 0123}\n"
                                      "sets: {public: lists.set, hotline: /h.set}\n"
                                      "special: {test: nxdomain, single_label: forward}\n"
                                      "block: {style: null, ttl: 1m30s}\n"
                                      "queries: {timeout: 250ms}\n"
                                      "zones: [{name: Corp.test, upstreams: [192.0.2.7]}]\n"
                                      "sealed: {key: /k}\n");

    (void)state;
    shows(config, "listen=192.0.2.1@53 1:9");
    shows(config, "clients.allow=192.0.2.0/24 2:18");
    shows(config, "upstreams=192.0.2.53@5353,{address: 2001:db8::1@53, trusted: yes} 3:12");
    shows(config, "server.workers=3 4:19");
    shows(config, "server.id=NO 4:26");
    shows(config, "server.user=0123 4:36");
    shows(config, "sets.public=dir/lists.set 5:16");
    shows(config, "sets.hotline=/h.set 5:36");
    shows(config, "special.test=nxdomain 6:17");
    shows(config, "block.style=null 7:16");
    shows(config, "block.ttl=1m30s 7:27");
    shows(config, "profiles.child.style=null block.style");
    shows(config, "queries.timeout=250ms 8:20");
    shows(config, "zones.1.name=corp.test 9:16");
    shows(config, "zones.1.upstreams=192.0.2.7@53 9:38");
    assert_int_equal(config->block_style, BLOCK_NULL);
    assert_true(config->upstreams[1].trusted && !config->upstreams[0].trusted);
    assert_int_equal(config->profiles[0].block_ttl_s, 90);
    config_free(config);
}

/* C57 */
static void lists_of_nothing_are_nothing(void **state)
{
    struct config *config = config_of("listen: []\nclients: {allow: []}\nupstreams: []\n"
                                      "profiles: {a: {block: [], allow: []}}\n");

    (void)state;
    assert_int_equal(config->listener_count, 0);
    assert_int_equal(config->clients_allow_count, 0);
    assert_int_equal(config->upstream_count, 0);
    assert_false(mask_any(config->profiles[0].block));
    shows(config, "clients.allow= 2:18");
    config_free(config);
}

/* Returns the mask of the categories in the COUNT ranges of BITS, both ends included. */
static uint64_t bits_of(const unsigned (*ranges)[2], size_t count)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < count; i++) {
        for (unsigned bit = ranges[i][0]; bit <= ranges[i][1]; bit++)
            mask |= (uint64_t)1 << bit;
    }
    return mask;
}

static void presets_block_what_the_taxonomy_says(void **state)
{
    static const unsigned legal[][2] = {
        {0,  2 },
        {9,  13},
        {26, 26}
    };
    /* band B: all but the quotas (video 37, games 38, shopping 40) and the positive list 47 */
    static const unsigned primary[][2] = {
        {0,  36},
        {39, 39},
        {41, 46}
    };
    struct config *config = config_of("profiles: {adult: {extends: legal_only}, child: {extends: "
                                      "primary}, small: {extends: early}, own: {}}\n"
                                      "default_profile: child\n");

    (void)state;
    assert_int_equal(config->profiles[0].block.words[0], bits_of(legal, 3));
    assert_int_equal(config->profiles[1].block.words[0], bits_of(primary, 3));
    assert_false(config->profiles[1].default_deny);
    assert_true(config->profiles[2].default_deny);
    assert_int_equal(config->profiles[2].block.words[0], ((uint64_t)1 << 47) - 1);
    assert_false(mask_any(config->profiles[3].block));
    assert_int_equal(config->default_profile, 1);
    config_free(config);
}

static void a_profile_adds_to_and_takes_from_its_preset(void **state)
{
    struct config *config = config_of(
        "categories: {site_canteen: {text: lunch, severity: S2}}\n"
        "block: {style: refused, ttl: 5s}\n"
        "profiles:\n"
        "  kid: {extends: primary, block: [games, site_canteen], unblock: [ads], observe: "
        "[tracking],\n"
        "    allow: [Shop.test, =Exact.test, '*.below.test'], deny: [chat.test], default: "
        "deny,\n"
        "    style: nxdomain, block_ttl: 1h, max_ttl: 2m}\n");
    const struct config_profile *kid = &config->profiles[0];
    struct name shop = {(const uint8_t *)"\4shop\4test", 11};
    struct name first = name_of(&kid->allow.items[0].name);

    (void)state;
    assert_true(mask_has(kid->block, 38) && mask_has(kid->block, 48) && mask_has(kid->block, 15));
    assert_false(mask_has(kid->block, 43) || mask_has(kid->block, 44));
    assert_true(mask_has(kid->observe, 44));
    assert_true(kid->default_deny);
    assert_int_equal(kid->style, BLOCK_NXDOMAIN);
    assert_int_equal(kid->block_ttl_s, 3600);
    assert_int_equal(kid->max_ttl_s, 120);
    assert_int_equal(kid->allow.count, 3);
    assert_true(name_equal(&first, &shop));
    assert_int_equal(kid->allow.items[0].cover, COVER_SUBTREE);
    assert_int_equal(kid->allow.items[1].cover, COVER_EXACT);
    assert_int_equal(kid->allow.items[2].cover, COVER_BELOW);
    assert_int_equal(kid->deny.items[0].place.line, 5);
    assert_int_equal(taxonomy_find(&config->taxonomy, "site_canteen")->severity, 2);
    shows(config, "categories.site_canteen.text=lunch 1:35");
    shows(config, "profiles.kid.unblock=ads 4:66");
    shows(config, "profiles.kid.allow=shop.test,=exact.test,*.below.test 5:12");
    shows(config, "profiles.kid.max_ttl=2m 6:46");
    config_free(config);
}

static void case_c09_letter_case_of_names_in_a_config_does_not_matter(void **state)
{
    struct config *small = config_of("profiles: {k: {allow: [docs.example]}}\n"
                                     "records: {names: [{name: nas.home.test, cname: b.test}]}\n"
                                     "zones: [{name: corp.test, upstreams: []}]\n");
    struct config *mixed = config_of("profiles: {k: {allow: [DOCS.eXample.]}}\n"
                                     "records: {names: [{name: Nas.HOME.Test, cname: B.Test.}]}\n"
                                     "zones: [{name: CORP.test, upstreams: []}]\n");
    struct name a = name_of(&small->profiles[0].allow.items[0].name);
    struct name b = name_of(&mixed->profiles[0].allow.items[0].name);
    struct name zone_a = name_of(&small->zones[0].name), zone_b = name_of(&mixed->zones[0].name);

    (void)state;
    assert_true(name_equal(&a, &b));
    assert_true(name_equal(&zone_a, &zone_b));
    is_record(small, 0, "nas.home.test 300 CNAME b.test");
    is_record(mixed, 0, "nas.home.test 300 CNAME b.test");
    config_free(mixed);
    config_free(small);
}

static void networks_give_profiles(void **state)
{
    struct config *config =
        config_of("profiles: {a: {}, b: {}}\ndefault_profile: b\n"
                  "networks:\n  - {prefix: [10.0.0.0/8, '2001:db8::/32'], profile: "
                  "a}\n  - {interface: lan0, profile: b}\n"
                  "  - {prefix: 'fe80::/10', profile: b}\n");

    (void)state;
    assert_int_equal(config->network_count, 4);
    assert_int_equal(config->networks[1].profile, 0);
    assert_int_equal(config->networks[1].prefix.length, 32);
    assert_string_equal(config->networks[2].interface, "lan0");
    shows(config, "networks.2.prefix=2001:db8::/32 4:27");
    shows(config, "networks.2.profile=a 4:27");
    shows(config, "networks.3.interface=lan0 5:17");
    assert_int_equal(config_profile_find(config, "b"), 1);
    assert_int_equal(config_profile_find(config, "c"), -1);
    config_free(config);
}

static void records_become_rdata_and_addresses_get_their_way_back(void **state)
{
    struct config *config =
        config_of("records:\n  ttl: 1m\n  names:\n"
                  "    - {name: NAS.home.test, address: [192.168.1.5, '2001:db8::5']}\n"
                  "    - {name: other.home.test, ttl: 2m, address: 192.168.1.5}\n"
                  "    - {name: files.home.test, cname: nas.home.test}\n"
                  "    - {name: home.test, mx: 10 mail.home.test, txt: ['', 'say \"hi\"']}\n"
                  "    - {name: _x._tcp.home.test, srv: 1 2 443 nas.home.test}\n"
                  "    - {name: 6.1.168.192.in-addr.arpa, ptr: printer.home.test}\n"
                  "    - {name: p.home.test, address: 192.168.1.6}\n"
                  "    - {name: 7.1.168.192.in-addr.arpa, cname: 7.lan.test}\n"
                  "    - {name: q.home.test, address: 192.168.1.7}\n");

    (void)state;
    is_record(config, 0, "nas.home.test 60 A 192.168.1.5");
    is_record(config, 1, "nas.home.test 60 AAAA 2001:db8::5");
    is_record(config, 2, "other.home.test 120 A 192.168.1.5");
    is_record(config, 3, "files.home.test 60 CNAME nas.home.test");
    is_record(config, 4, "home.test 60 MX 10 mail.home.test");
    is_record(config, 5, "home.test 60 TXT \"\"");
    is_record(config, 6, "home.test 60 TXT \"say \\034hi\\034\"");
    is_record(config, 7, "_x._tcp.home.test 60 SRV 1 2 443 nas.home.test");
    is_record(config, 8, "6.1.168.192.in-addr.arpa 60 PTR printer.home.test");
    is_record(config, 9, "p.home.test 60 A 192.168.1.6");
    /* one for each address that has none, to its first name */
    is_record(config, 12, "5.1.168.192.in-addr.arpa 60 PTR nas.home.test");
    is_record(config, 13,
              "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa 60 PTR "
              "nas.home.test");
    assert_int_equal(config->record_count, 14);
    assert_true(config->records[12].made && !config->records[8].made);
    config_free(config);
}

static void a_text_over_255_octets_becomes_several_strings(void **state)
{
    char yaml[400], body[301];
    struct config *config;

    (void)state;
    memset(body, 'a', 300);
    body[300] = '\0';
    snprintf(yaml, sizeof yaml, "records: {names: [{name: a.test, txt: %s}]}", body);
    config = config_of(yaml);
    assert_int_equal(config->records[0].rdata_length, 302);
    assert_int_equal(config->records[0].rdata[0], 255);
    assert_int_equal(config->records[0].rdata[256], 45);
    config_free(config);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_has_the_documented_defaults),
        cmocka_unit_test(what_is_written_stands_with_its_place),
        cmocka_unit_test(lists_of_nothing_are_nothing),
        cmocka_unit_test(presets_block_what_the_taxonomy_says),
        cmocka_unit_test(a_profile_adds_to_and_takes_from_its_preset),
        cmocka_unit_test(case_c09_letter_case_of_names_in_a_config_does_not_matter),
        cmocka_unit_test(networks_give_profiles),
        cmocka_unit_test(records_become_rdata_and_addresses_get_their_way_back),
        cmocka_unit_test(a_text_over_255_octets_becomes_several_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
