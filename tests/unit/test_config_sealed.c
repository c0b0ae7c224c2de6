/* config: lists of class legal and hotline, and the section `sealed`; what they mean, and what is
 * wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include "config/show.h"
#include "tests/unit/config_rig.h"

#define KEY "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
#define OTHER_KEY "RWQg6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"

/* Nobody blocks a category, so that no word is said of lists that there are not; a canary, so that
 * none is said of that. */
#define REST "profiles: {p: {}}\nsealed: {key: k, canary: canary.test}\n"
#define SIGNED "signature: {type: minisign, key: " KEY "}"
#define HOTLINE                                                                                    \
    "lists:\n  h: {class: hotline, url: 'https://l.example/h', auth: {bearer_file: t}, " SIGNED    \
    ", licence: L, contact: C, deadline: 6h, dns_use_permitted: yes"
#define LEGAL "lists:\n  l: {class: legal, url: 'https://l.example/l', " SIGNED

static void what_is_written_reaches_its_field(void **state)
{
    struct config *config =
        config_of("tier: isp\n"
                  "sealed:\n"
                  "  key: seal.key\n  canary: Canary.Operator.test\n  canary_every: 10m\n"
                  "  divert: [192.0.2.80, '2001:db8::80']\n  evidence_key: /e.key\n"
                  "  budget: {hits: 5, per: 1m, drop: 2m}\n"
                  "  operators: {alice: {user: al}, bob: {key: " KEY "}, eve: {key: eve.pub}}\n"
                  "  syslog: yes\n"
                  "lists:\n"
                  "  h:\n    class: hotline\n    inbox: in\n    licence: L\n    contact: C\n"
                  "    deadline: 6h\n    dns_use_permitted: yes\n    url_action: divert\n"
                  "    signature: {type: cms, key: police.pem}\n");
    const struct config_sealed *sealed = &config->sealed;
    const struct config_list *list = &config->lists[0];
    struct name canary = name_of(&sealed->canary);
    char text[NAME_TEXT_MAX], address[ADDR_TEXT_MAX];

    (void)state;
    assert_int_equal(config->tier, TIER_ISP);
    assert_string_equal(sealed->key, "dir/seal.key");
    assert_string_equal(name_to_text(&canary, text), "canary.operator.test");
    assert_int_equal(sealed->canary_every_s, 600);
    assert_int_equal(sealed->divert_count, 2);
    assert_string_equal(addr_to_text(&sealed->divert[1], address), "2001:db8::80");
    assert_string_equal(sealed->evidence_key, "/e.key");
    assert_int_equal(sealed->budget_hits, 5);
    assert_int_equal(sealed->budget_per_s, 60);
    assert_int_equal(sealed->budget_drop_s, 120);
    assert_int_equal(sealed->operator_count, 3);
    assert_string_equal(sealed->operators[0].name, "alice");
    assert_string_equal(sealed->operators[0].user, "al");
    assert_null(sealed->operators[0].public_key);
    assert_string_equal(sealed->operators[1].public_key, KEY);
    assert_string_equal(sealed->operators[2].public_key, "dir/eve.pub");
    assert_true(sealed->syslog);
    assert_int_equal(list->class_, LIST_HOTLINE);
    assert_null(list->url);
    assert_string_equal(list->inbox, "dir/in");
    assert_int_equal(list->deadline_s, 6 * 3600);
    assert_int_equal(list->url_action, LIST_URL_DIVERT);
    assert_true(list->dns_use_permitted);
    assert_int_equal(list->signature, LIST_CMS);
    assert_string_equal(list->public_key, "dir/police.pem");
    assert_true(config_list_is_sealed(list) && !config_list_is_fetched(list));
    assert_true(config_has_sealed_lists(config));
    config_free(config);
}

static void a_short_config_has_the_documented_defaults(void **state)
{
    struct config *none = config_of("");
    const struct config_sealed *sealed = &none->sealed;

    (void)state;
    assert_int_equal(none->tier, TIER_UNSET);
    assert_null(sealed->key);
    assert_int_equal(sealed->canary.length, 0);
    assert_int_equal(sealed->canary_every_s, 3600);
    assert_int_equal(sealed->budget_hits, 30);
    assert_int_equal(sealed->budget_per_s, 600);
    assert_int_equal(sealed->budget_drop_s, 600);
    assert_int_equal(sealed->operator_count, 0);
    assert_int_equal(sealed->divert_count, 0);
    assert_false(sealed->syslog);
    assert_null(none->set_hotline);
    assert_false(config_has_sealed_lists(none));
    config_free(none);
}

static void the_sealed_set_is_found_without_a_word(void **state)
{
    struct config *sealed = config_of(LEGAL "}\nfeeds: {dir: var}\n" REST);
    struct config *both =
        config_of(LEGAL "}\n  a: {url: 'https://l.example/a', category: porn}\n" REST);
    struct config *written = config_of(LEGAL "}\nsets: {hotline: mine.set}\n" REST);

    (void)state;
    assert_string_equal(sealed->set_hotline, "dir/var/sealed/current.set");
    assert_null(sealed->set_public); /* which no run would make */
    assert_string_equal(both->set_hotline, "/var/lib/stairgate/lists/sealed/current.set");
    assert_string_equal(both->set_public, "/var/lib/stairgate/lists/current.set");
    assert_string_equal(written->set_hotline, "dir/mine.set");
    config_free(sealed);
    config_free(both);
    config_free(written);
}

static void times_leave_room_before_the_deadline(void **state)
{
    static const struct {
        const char *more;
        uint32_t every_s, jitter_s, max_age_s;
    } rows[] = {
        {"",                             86400, 3600, 7 * 86400 },
        {", deadline: 6h",               5400,  1080, 6 * 3600  },
        {", deadline: 5m",               300,   0,    300       },
        {", deadline: 30d",              86400, 3600, 30 * 86400},
        {", deadline: 6h, every: 6h",    21600, 0,    21600     },
        {", deadline: 6h, every: 5h30m", 19800, 1800, 21600     },
        {", deadline: 6h, max_age: 2h",  5400,  1080, 7200      },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char yaml[1000];
        struct config *config;

        snprintf(yaml, sizeof yaml, LEGAL "%s}\n" REST, rows[i].more);
        config = config_of(yaml);
        assert_int_equal(config->lists[0].every_s, rows[i].every_s);
        assert_int_equal(config->lists[0].jitter_s, rows[i].jitter_s);
        assert_int_equal(config->lists[0].max_age_s, rows[i].max_age_s);
        config_free(config);
    }
}

static void lists_that_say_all_they_need_bring_no_word(void **state)
{
    static const struct row rows[] = {
        {HOTLINE "}\n" REST,                                                          {NULL}},
        {"lists:\n  h: {class: hotline, url: 'https://l.example/h', auth: {certificate: c, key: "
         "k}, "
         "signature: {type: cms, key: c.pem}, licence: L, contact: C, deadline: 1d, "
         "dns_use_permitted: yes}\n" REST,
         {NULL}                                                                             },
        {"lists:\n  h: {class: hotline, inbox: in, " SIGNED
         ", licence: L, contact: C, deadline: 1d, "
         "dns_use_permitted: yes}\n" REST,
         {NULL}                                                                             },
        {LEGAL "}\n" REST,                                                            {NULL}},
        {LEGAL "}\ntier: router\n" REST,                                              {NULL}},
        {HOTLINE "}\ntier: school\n" REST,                                            {NULL}},
        {HOTLINE "}\nprofiles: {p: {}}\nsealed: {key: 'credential:seal', canary: c.test, "
                 "operators: {a: {user: x}, b: {user: y, key: " KEY "}}}\n",
         {NULL}                                                                             },
    };

    (void)state;
    CHECK_ROWS(rows);
}

/* A section that is there and lacks what is needed is where it is told. */
static void what_auth_lacks_is_told_where_auth_stands(void **state)
{
    static const char yaml[] =
        "lists:\n  h: {class: hotline, url: 'https://l.example/h', auth: {ca: c.pem}}\n" REST;
    struct config_problems problems;
    bool told = false;

    (void)state;
    assert_null(config_parse("f", yaml, strlen(yaml), &problems));
    for (size_t i = 0; i < problems.count; i++)
        told |=
            strstr(problems.items[i].text, "f:2:57: a list of class hotline needs 'auth'") != NULL;
    assert_true(told);
    config_problems_free(&problems);
}

static void a_hotline_list_must_say_what_it_needs(void **state)
{
    static const struct row rows[] = {
        {"lists:\n  h: {class: hotline, url: 'https://l.example/h'}\n" REST,
         {"2:3: a list of class hotline needs 'signature.type: minisign' or cms: what nobody has "
          "signed would be blocked for everybody",
          "2:3: a list of class hotline needs 'auth': certificate and key, or bearer_file; who "
          "gives such a list to anybody gives it away",
          "2:3: missing key: 'licence', the terms that the publisher gave you this list under",
          "2:3: missing key: 'contact', whom the publisher has for wrong entries",
          "2:3: missing key: 'deadline', how old this list may become by the publisher's terms, "
          "such as 6h",
          "2:3: a list of class hotline needs 'dns_use_permitted: yes', once the publisher has "
          "said so: some give their lists for other uses than DNS"}                              },
        {"lists:\n  h: {class: hotline, url: 'file:///h', " SIGNED ", licence: L, contact: C, "
         "deadline: 6h, dns_use_permitted: no}\n" REST,
         {"2:28: a list of class hotline comes by https, or is delivered to an 'inbox'",
          "2:190: a list of class hotline needs 'dns_use_permitted: yes', once the publisher has "
          "said so: some give their lists for other uses than DNS"}                              },
        {"lists:\n  h: {class: hotline, url: 'http://l.example/h', allow_http: yes, "
         "signature: {type: sha256}, licence: L, contact: C, deadline: 6h, dns_use_permitted: "
         "yes}\n" REST,
         {"2:28: a list of class hotline comes by https, or is delivered to an 'inbox'",
          "2:62: 'allow_http' has no meaning for a list of class hotline: anybody on the way could "
          "change what everybody is kept from",
          "2:85: a list of class hotline needs 'signature.type: minisign' or cms: what nobody has "
          "signed would be blocked for everybody"}                                               },
        {HOTLINE "}\ntier: router\n" REST,
         {"2:14: no list of class hotline goes to 'tier: router': whoever holds the box holds key "
          "and file"}                                                                            },
        {"sets: {hotline: a.set}\ntier: router\n" REST,
         {"1:17: no sealed set goes to 'tier: router': whoever holds the box holds key and file"}},
        {HOTLINE "}\nprofiles: {p: {}}\n",
         {"2:3: missing key: 'sealed.key', under which a list of class hotline is kept: 'h'; "
          "`stairgate set key FILE` makes one"}                                                  },
        {LEGAL "}\nprofiles: {p: {}}\n",
         {"2:3: missing key: 'sealed.key', under which a list of class legal is kept: 'l'; "
          "`stairgate set key FILE` makes one"}                                                  },
        {"lists:\n  h: {class: hotline}\n" REST,
         {"2:3: a list of class hotline needs 'signature.type: minisign' or cms: what nobody has "
          "signed would be blocked for everybody",
          "2:3: missing key: 'licence', the terms that the publisher gave you this list under",
          "2:3: missing key: 'contact', whom the publisher has for wrong entries",
          "2:3: missing key: 'deadline', how old this list may become by the publisher's terms, "
          "such as 6h",
          "2:3: a list of class hotline needs 'dns_use_permitted: yes', once the publisher has "
          "said so: some give their lists for other uses than DNS",
          "2:6: missing key: 'url', or 'inbox' for files that are delivered"}                    },
    };

    (void)state;
    CHECK_ROWS(rows);
}

#define NO_MEANING(place, option, class, why)                                                      \
    place ": '" option "' has no meaning for a list of class " class ": " why

static void what_has_no_meaning_for_them_is_refused(void **state)
{
    static const struct row rows[] = {
        {LEGAL ", category: porn}\n" REST,
         {NO_MEANING("2:151", "category", "legal",
                     "it is blocked for every profile, whatever they choose: leave it out")}      },
        {LEGAL ", categories: {a: porn}}\n" REST,
         {NO_MEANING("2:153", "categories", "legal",
                     "it is blocked for every profile, whatever they choose: leave it out")}      },
        {LEGAL ", rewrites: yes}\n" REST,
         {NO_MEANING("2:151", "rewrites", "legal",
                     "all of them are answered alike, so that nobody tells them apart")}          },
        {LEGAL ", observe: yes}\n" REST,
         {NO_MEANING("2:150", "observe", "legal",
                     "it would be counted name by name; leave the list out until it is to hold")} },
        {HOTLINE ", on_stale: drop}\n" REST,
         {NO_MEANING("2:239", "on_stale", "hotline",
                     "it stays in force when it is late, and 'deadline' tells of it")}            },
        {LEGAL ", gate: {canary: a.test}}\n" REST,
         {NO_MEANING("2:156", "gate.canary", "legal",
                     "it would tell whether a name is listed; the node's own is 'sealed.canary'")}},
        {LEGAL ", allow_http: yes}\n" REST,
         {NO_MEANING("2:153", "allow_http", "legal",
                     "anybody on the way could change what everybody is kept from")}              },
        {LEGAL ", observe: no, on_stale: keep, rewrites: no, format: ut1}\n" REST,    {NULL}      },
        {"lists:\n  a: {url: 'https://l.example/a', category: porn, deadline: 6h}\n",
         {"2:61: 'deadline' is for lists of class legal and hotline; this one is of class public"}},
        {"lists:\n  a: {class: partner, url: 'https://l.example/a', category: porn, inbox: in, "
         "url_action: ignore, dns_use_permitted: no}\n",                     {"2:74: 'inbox' is for lists of class legal and hotline; this one is of class partner",
          "2:90: 'url_action' is for lists of class legal and hotline; this one is of class "
          "partner",
          "2:117: 'dns_use_permitted' is for lists of class legal and hotline; this one is of "
          "class "
          "partner"}             },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void deadlines_urls_and_inboxes_must_fit_together(void **state)
{
    static const struct row rows[] = {
        {LEGAL ", deadline: 6h, every: 7h}\n" REST,
         {"2:162: 'every' is longer than 'deadline': each fetch would come too late"}                                                                },
        {LEGAL ", deadline: 6h, every: 5h, jitter: 2h}\n" REST,
         {"2:174: 'every' and 'jitter' together are longer than 'deadline': some fetches would "
          "come too late"}                                                                                                                           },
        {LEGAL ", url_action: divert}\n" REST,
         {"2:153: 'url_action: divert' needs 'dns_use_permitted: yes', once the publisher has said "
          "so",
          "2:153: 'url_action: divert' needs 'sealed.divert', the addresses of your proxies"}                                                        },
        {LEGAL ", url_action: divert, dns_use_permitted: yes}\nprofiles: {p: {}}\n"
               "sealed: {key: k, divert: 192.0.2.80}\n",                                    {NULL}                                          },
        {LEGAL ", granularity: url}\n" REST,
         {"2:154: warning: blocks nothing by design: 'l' is a list of URLs, which are never "
          "widened to their hosts; 'url_action: divert' sends these to your proxies"}                                                                },
        {"lists:\n  h: {class: hotline, url: 'https://l.example/h', auth: {bearer_file: t}, " SIGNED
         ", licence: L, contact: C, deadline: 6h, granularity: url}\n" REST,
         {"2:218: warning: blocks nothing by design: 'h' is a list of URLs, which are never "
          "widened to their hosts; 'url_action: divert' sends these to your proxies"}                                                                },
        {LEGAL ", inbox: in}\n" REST,                                                                {"2:148: a list has 'url' or 'inbox', not both"}},
        {"lists:\n  l: {class: legal, inbox: in, auth: {bearer_file: t}, signature: {type: sha256, "
         "url: 'https://l.example/s'}}\n" REST,
         {"2:38: 'auth' is for what is fetched; into 'inbox' files are delivered",
          "2:74: 'inbox' needs 'signature.type: minisign' or cms: by its signature a delivery is "
          "known to be whole and whose it is",
          "2:87: beside an 'inbox' there is no 'signature.url': FILE.minisig or FILE.p7s is "
          "delivered with FILE"}                                                                                                                     },
        {"lists:\n  l: {class: legal, inbox: in, " SIGNED
         "}\n  m: {class: legal, inbox: in, " SIGNED "}\n" REST,
         {"3:28: one inbox for two lists: 'm' and 'l'"}                                                                                              },
        {"lists:\n  l: {class: legal, inbox: /v/in, " SIGNED "}\nfeeds: {dir: /v}\n" REST,
         {"2:28: 'inbox' is in 'feeds.dir', which is the runs' own; keep it elsewhere"}                                                              },
        {"lists:\n  l: {class: legal, url: 'https://l.example/l'}\n" REST,
         {"2:3: warning: not signed: 'l'; whoever holds its server decides what is blocked for "
          "everybody"}                                                                                                                               },
        {"lists:\n  l: {class: legal, url: 'https://l.example/l', signature: {type: "
         "sha256}}\n" REST,
         {"2:3: warning: not signed: 'l'; whoever holds its server decides what is blocked for "
          "everybody"}                                                                                                                               },
        {"lists:\n  l: {class: legal, url: 'http://l.example/l', signature: {type: sha256}}\n" REST,
         {"2:26: over http anybody on the way can change a list: use https, a signature of type "
          "minisign or cms, a sha256 whose signature.url is https, or say 'allow_http: yes'"}                                                        },
        {"lists:\n  a: {url: 'https://l.example/a', category: porn, signature: {type: cms}}\n",
         {"2:69: missing key: 'signature.key', the path of the signer's certificate"}                                                                },
        {"lists:\n  a: {url: 'https://l.example/a', category: porn, signature: {type: cms, "
         "key: " KEY "}}\n",
         {"2:79: 'signature.key' of cms is the path of the signer's certificate in PEM, not a key "
          "of minisign"}                                                                                                                             },
    };

    (void)state;
    CHECK_ROWS(rows);
}

#define P "profiles: {p: {}}\n"

static void the_section_must_fit_the_rest(void **state)
{
    static const struct row rows[] = {
        {P "sets: {hotline: h.set}\n",
         {"2:17: missing key: 'sealed.key', under which 'sets.hotline' was sealed"}                                       },
        {P "sets: {hotline: h.set}\nsealed: {key: h.set}\n",
         {"3:15: one path for two things: 'sealed.key' and 'sets.hotline'"}                                               },
        {P "state: {path: s}\nsealed: {key: s, evidence_key: s}\n",
         {"3:15: one path for two things: 'sealed.key' and 'state.path'",
          "3:32: one path for two things: 'sealed.evidence_key' and 'state.path'",
          "3:32: one path for two things: 'sealed.evidence_key' and 'sealed.key'"}                                        },
        {LEGAL "}\nfeeds: {dir: /v}\n" P "sealed: {key: /v/sealed/key}\n",
         {"5:15: 'sealed.key' is in 'feeds.dir', beside the set that it seals: whoever copies the "
          "one has the other; keep it elsewhere"}                                                                         },
        {LEGAL "}\nfeeds: {dir: /v}\n" P "sealed: {key: /vault}\n",        {NULL}                                         },
        {P "sealed: {key: 'credential:a/b'}\n",
         {"2:15: not a credential: 'credential:a/b'; behind 'credential:' stands the name that "
          "LoadCredential= gives it"}                                                                                     },
        {P "sealed: {key: 'credential:'}\n",
         {"2:15: not a credential: 'credential:'; behind 'credential:' stands the name that "
          "LoadCredential= gives it"}                                                                                     },
        {P "sealed: {divert: [a.test, 0.0.0.0, 192.0.2.1@53]}\n",
         {"2:19: not an address: 'a.test'; a name would have to be looked up first: write its "
          "address",
          "2:27: not an address to send clients to: '0.0.0.0'; no server has this address",
          "2:36: not an address: '192.0.2.1@53'"}                                                                         },
        {P "tier: home\n",
         {"2:7: unknown word for 'tier': 'home'; known here: unset, router, school, isp"}                                 },
        {P "sealed: {budget: {hits: 0}}\n",
         {"2:18: warning: no budget: whoever asks long enough learns what 'operator.deny', legal "
          "and hotline lists hold"}                                                                                       },
        {P "sealed: {budget: {per: 0s}}\n",                                {"2:24: 'per' is out of range: '0s'; 1s to 1d"}},
        {HOTLINE "}\n" P "sealed: {key: k}\n",
         {"4:9: warning: nothing proves that hotline lists are in force: name a 'sealed.canary'"}                         },
        {LEGAL "}\nsets: {hotline: h.set}\nfeeds: {dir: /v}\n" REST,
         {"3:17: warning: legal and hotline lists are made into '/v/sealed/current.set', which is "
          "not what 'sets.hotline' names; leave 'sets.hotline' out"}                                                      },
    };

    (void)state;
    CHECK_ROWS(rows);
}

#define CANARY(name) P "sealed: {canary: " name "}\n"
#define PROVES_NOTHING(place, why)                                                                 \
    place ": a canary that proves nothing: " why "; choose another name of your own"

static void a_canary_is_one_that_nothing_else_decides(void **state)
{
    static const struct row rows[] = {
        {CANARY("x.childline.org.uk"),
         {PROVES_NOTHING("2:18", "nothing may block the pin 'childline.org.uk'")}                                         },
        {CANARY("childline.org.uk"),
         {PROVES_NOTHING("2:18", "nothing may block the pin 'childline.org.uk'")}                                         },
        {"operator: {deny: [a.test]}\n" CANARY("c.a.test"),
         {PROVES_NOTHING("3:18", "'operator.deny' blocks it too, by 'a.test'")}                                           },
        {"operator: {deny: ['=a.test', '*.b.test']}\n" CANARY("a.test"),
         {PROVES_NOTHING("3:18", "'operator.deny' blocks it too, by 'a.test'")}                                           },
        {"operator: {deny: ['=a.test', '*.b.test']}\n" CANARY("c.b.test"),
         {PROVES_NOTHING("3:18", "'operator.deny' blocks it too, by 'b.test'")}                                           },
        {"operator: {deny: ['=a.test', '*.b.test']}\n" CANARY("c.a.test"), {NULL}                                         },
        {"operator: {deny: ['=a.test', '*.b.test']}\n" CANARY("b.test"),   {NULL}                                         },
        {CANARY("a..test"),                                                {"2:18: not a name: 'a..test'; an empty label"}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void two_operators_are_two_people(void **state)
{
    static const struct row rows[] = {
        {P "sealed: {operators: {a: {}, b: {user: x}}}\n",
         {"2:22: an operator whom nothing proves: 'a'; name a 'user' of this machine, or a 'key' "
          "of minisign"}                                                                          },
        {P "sealed: {operators: {a: {user: x}, b: {user: x}}}\n",
         {"2:36: two operators with one user: 'b' and 'a'; lifting takes two people"}             },
        {P "sealed: {operators: {a: {key: " KEY "}, b: {user: x, key: " KEY "}}}\n",
         {"2:90: two operators with one key: 'b' and 'a'; lifting takes two people"}              },
        {P "sealed: {operators: {a: {user: x}}}\n",
         {"2:22: warning: nobody can lift an entry: it takes two, and 'sealed.operators' has one"}},
        {P "sealed: {operators: {a: {user: x}, b: {key: " OTHER_KEY "}}}\n",         {NULL}       },
        {P "sealed: {operators: [a]}\n",
         {"2:21: 'operators' must be a mapping of operators, not a list"}                         },
        {P "sealed: {operators: {a: x}}\n",
         {"2:22: an operator whom nothing proves: 'a'; name a 'user' of this machine, or a 'key' "
          "of minisign",
          "2:25: each of 'operators' must be a mapping, such as {user: ...}"}                     },
    };

    (void)state;
    CHECK_ROWS(rows);
}

struct found {
    const char *name;
    char text[200];
};

static void look_for(const struct config_row *row, void *user)
{
    struct found *found = user;

    if (strcmp(row->name, found->name) == 0)
        snprintf(found->text, sizeof found->text, "%s",
                 row->count > 0 ? row->items[row->count - 1] : "-");
}

static void all_of_it_is_shown(void **state)
{
    static const char *const rows[][2] = {
        {"tier",                    "unset"                                      },
        {"sealed.key",              "dir/k"                                      },
        {"sealed.canary",           "c.test"                                     },
        {"sealed.divert",           "192.0.2.2"                                  },
        {"sealed.budget.hits",      "30"                                         },
        {"sealed.budget.drop",      "10m"                                        },
        {"sealed.operators.a.user", "x"                                          },
        {"sealed.operators.b.key",  "dir/b.pub"                                  },
        {"sealed.operators.b.user", "-"                                          },
        {"sealed.syslog",           "no"                                         },
        {"lists.l.deadline",        "-"                                          },
        {"lists.l.every",           "1d"                                         },
        {"lists.l.inbox",           "-"                                          },
        {"sets.hotline",            "/var/lib/stairgate/lists/sealed/current.set"},
    };
    struct config *config = config_of(
        LEGAL "}\nsealed: {key: k, canary: c.test, divert: [192.0.2.1, 192.0.2.2], operators: {a: "
              "{user: x}, b: {key: b.pub}}}\n");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct found found = {.name = rows[i][0]};

        config_show(config, look_for, &found);
        assert_string_equal(found.text, rows[i][1]);
    }
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reaches_its_field),
        cmocka_unit_test(a_short_config_has_the_documented_defaults),
        cmocka_unit_test(the_sealed_set_is_found_without_a_word),
        cmocka_unit_test(times_leave_room_before_the_deadline),
        cmocka_unit_test(lists_that_say_all_they_need_bring_no_word),
        cmocka_unit_test(what_auth_lacks_is_told_where_auth_stands),
        cmocka_unit_test(a_hotline_list_must_say_what_it_needs),
        cmocka_unit_test(what_has_no_meaning_for_them_is_refused),
        cmocka_unit_test(deadlines_urls_and_inboxes_must_fit_together),
        cmocka_unit_test(the_section_must_fit_the_rest),
        cmocka_unit_test(a_canary_is_one_that_nothing_else_decides),
        cmocka_unit_test(two_operators_are_two_people),
        cmocka_unit_test(all_of_it_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
