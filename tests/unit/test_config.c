/* config: what is wrong is said with its place and its cure, all of it in one run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/config_rig.h"

static void keys_that_are_unknown_missing_or_doubled_are_named(void **state)
{
    static const struct row rows[] = {
        {"lisen: [127.0.0.1]\n",                                                     {"1:1: unknown key: 'lisen'; did you mean 'listen'?"}},
        {"zzzzzzzzz: 1\n",                                                           {"1:1: unknown key: 'zzzzzzzzz'"}                    },
        {"schedules: []\n",                                                          {"1:1: unknown key: 'schedules'"}                    },
        {"special: {zzzzzzzzz: 1}\n",
         {"1:11: unknown key: 'zzzzzzzzz'; known here: test, single_label"}                                                               },
        {"tcp: {idle: 1s}\nudp: {}\ntcp: {}\n",
         {"3:1: key written twice: 'tcp'; the other is at 1:1"}                                                                           },
        {"profiles:\n  a: {extends: guest}\n  b: {extends: guest}\n  a: {extends: early}\n"
         "default_profile: a\nnetworks: [{interface: lan0, profile: b}]\n", {"4:3: key written twice: 'a'; the other is at 2:3"} },
        {"networks: [{prefix: 10.0.0.0/8}, {profile: child}]\n",
         {"1:12: missing key: 'profile'", "1:34: missing key: 'prefix', 'interface' or 'listen'"}                                         },
        {"networks: [{prefix: 10.0.0.0/8, interface: lan0, profile: child}]\n",
         {"1:12: a network has a prefix, an interface or a listener, not several; write an "
          "entry for each"}                                                                                                               },
        {"records: {names: [{address: 192.0.2.1}]}\n",                               {"1:19: missing key: 'name'"}                        },
        {"profiles: {a: {extends: guest}, b: {extends: early}}\n",
         {" missing key: 'default_profile'; say which of the 2 profiles everybody else gets"}                                             },
        {"profiles: {}\n",
         {" missing key: 'default_profile'; say which of the 0 profiles everybody else gets"}                                             },
        {"networks: [child]\n",
         {"1:12: each of 'networks' must be a mapping, such as {prefix: ...}"}                                                            },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void values_of_a_wrong_type_are_refused_with_an_example(void **state)
{
    static const struct row rows[] = {
        {"listen: {a: b}\n",
         {"1:9: 'listen' must be a list of addresses such as [127.0.0.1@53], not a mapping"}                                     },
        {"tcp: [1]\n",                                          {"1:6: 'tcp' must be a mapping, not a list"}                     },
        {"tcp: 1\n",                                            {"1:6: 'tcp' must be a mapping: '1'"}                            },
        {"tcp: {idle: 10}\n",                                   {"1:13: 'idle' must be a duration such as 10s or 1h30m: '10'"}   },
        {"tcp: {idle: [1s]}\n",
         {"1:13: 'idle' must be a duration such as 10s or 1h30m, not a list"}                                                    },
        {"tcp: {idle: 21:30}\n",                                {"1:13: 'idle' must be a duration such as 10s or 1h30m: '21:30'"}},
        {"block: {ttl: 1500ms}\n",                              {"1:14: 'ttl' counts whole seconds: '1500ms'"}                   },
        {"server: {workers: 1e3}\n",                            {"1:19: 'workers' must be a whole number: '1e3'"}                },
        {"server: {workers: 0123}\n",                           {"1:19: 'workers' must be a whole number: '0123'"}               },
        {"server: {workers: -1}\n",                             {"1:19: 'workers' must be a whole number: '-1'"}                 },
        {"udp: {payload: big}\n",                               {"1:16: 'payload' must be a size such as 1232 or 4KiB: 'big'"}   },
        {"upstreams: [{address: 192.0.2.1, trusted: maybe}]\n",
         {"1:43: 'trusted' must be yes or no: 'maybe'"}                                                                          },
        {"block: {style: nxdomian}\n",
         {"1:16: unknown word for 'style': 'nxdomian'; did you mean 'nxdomain'?"}                                                },
        {"block: {style: NO}\n",
         {"1:16: unknown word for 'style': 'NO'; known here: nodata, nxdomain, null, refused"}                                   },
        {"sets: {public: ''}\n",                                {"1:16: 'public' must be a path: ''"}                            },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void values_out_of_range_are_refused_with_the_range(void **state)
{
    char path[300], yaml[400], message[400];
    struct row long_path = {yaml, {message}};
    static const struct row rows[] = {
        {"udp: {payload: 100}\n",                     {"1:16: 'payload' is out of range: '100'; 512 to 4096"} },
        {"udp: {payload: 1MiB}\n",                    {"1:16: 'payload' is out of range: '1MiB'; 512 to 4096"}},
        {"tcp: {idle: 5ms}\n",                        {"1:13: 'idle' is out of range: '5ms'; 100ms to 10m"}   },
        {"block: {ttl: 2d}\n",                        {"1:14: 'ttl' is out of range: '2d'; 0s to 1d"}         },
        {"server: {workers: 0}\n",                    {"1:19: 'workers' is out of range: '0'; 1 to 256"}      },
        {"server: {workers: 99999999999999999999}\n",
         {"1:19: 'workers' is out of range: '99999999999999999999'; 1 to 256"}                                },
        {"server: {id: ''}\n",                        {"1:14: 'id' has a wrong length: 0 octets; 1 to 255"}   },
    };

    (void)state;
    CHECK_ROWS(rows);
    memset(path, 'a', sizeof path);
    snprintf(yaml, sizeof yaml, "control: {operator: /%.107s}", path);
    snprintf(message, sizeof message, "1:21: 'operator' has a wrong length: 108 octets; 0 to 107");
    check_row(&long_path);
}

static void addresses_are_refused_with_the_cure(void **state)
{
    static const struct row rows[] = {
        {"listen: [\"[::1]:53\"]\n",
         {"1:10: not an address: '[::1]:53'; write ADDRESS@PORT, without brackets"}                                   },
        {"listen: ['127.0.0.1#53']\n",
         {"1:10: not an address: '127.0.0.1#53'; write the port as @PORT"}                                            },
        {"listen: [127.0.0.1@0, 127.0.0.1@65536]\n",
         {"1:10: not an address: '127.0.0.1@0'", "1:23: not an address: '127.0.0.1@65536'"}                           },
        {"listen: [127.0.0.1@53, '::1@53', 127.0.0.1]\n",
         {"1:34: listener written twice: '127.0.0.1@53'; the other is at 1:10"}                                       },
        {"clients: {allow: [10.0.0.1/8]}\n",
         {"1:19: not a prefix: '10.0.0.1/8'; the bits behind the length must be 0: did you mean "
          "'10.0.0.0/8'?"}                                                                                            },
        {"listen: ['127.0.0.1:53', 'https://dns.test/x']\n",
         {"1:10: not an address: '127.0.0.1:53'; write the port as @PORT",
          "1:26: not an address: 'https://dns.test/x'; write the address alone"}                                      },
        {"clients: {allow: [10.0.0.0/33]}\n",                                    {"1:19: not a prefix: '10.0.0.0/33'"}},
        {"upstreams: [dns.test]\n",
         {"1:13: not an address: 'dns.test'; a name would have to be looked up first: write its "
          "address"}                                                                                                  },
        {"upstreams: [0.0.0.0]\n",
         {"1:13: not an upstream: '0.0.0.0'; no server has this address"}                                             },
        {"upstreams: ['ff02::fb', 224.0.0.251]\n",
         {"1:13: not an upstream: 'ff02::fb'; this address is a group's, not a server's",
          "1:25: not an upstream: '224.0.0.251'; this address is a group's, not a server's"}                          },
        {"upstreams: ['fe80::1']\n",
         {"1:13: not an upstream: 'fe80::1'; a link-local address needs its link, as in "
          "fe80::1%lan0"}                                                                                             },
        {"upstreams: [192.0.2.1, 192.0.2.2, {address: 192.0.2.1@53}]\n",
         {"1:35: upstream written twice: '192.0.2.1@53'; the other is at 1:13"}                                       },
        {"networks: [{interface: a-name-too-long-for-linux, profile: child}]\n",
         {"1:24: 'interface' must be a list of interfaces such as [lan0]: "
          "'a-name-too-long-for-linux'"}                                                                              },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void an_upstream_that_is_our_own_listener_is_refused(void **state)
{
    static const struct row rows[] = {
        {"listen: [127.0.0.1@5300]\nupstreams: [192.0.2.1, 127.0.0.1@5300]\n",
         {"2:24: an upstream that is our own listener: '127.0.0.1@5300'; '127.0.0.1@5300' is at "
          "1:10"}                                                                              },
        {"listen: [0.0.0.0@5300]\nupstreams: [127.0.0.9@5300]\n",
         {"2:13: an upstream that is our own listener: '127.0.0.9@5300'; '0.0.0.0@5300' is at "
          "1:10"}                                                                              },
        {"listen: ['::@5300']\nupstreams: ['::1@5300', 127.0.0.1@5300]\n",
         {"2:13: an upstream that is our own listener: '::1@5300'; '::@5300' is at 1:10",
          "2:25: an upstream that is our own listener: '127.0.0.1@5300'; '::@5300' is at 1:10"}},
        {"upstreams: ['::ffff:127.0.0.1']\n",
         {"1:13: an upstream that is our own listener: '127.0.0.1@53'; '127.0.0.1@53' is what we "
          "listen on by default"}                                                              },
        {"listen: [0.0.0.0@5300]\nupstreams: [127.0.0.1@53, '::1@5300']\n",    {NO_LISTS}      },
        {"zones: [{name: corp.test, upstreams: [127.0.0.1]}]\n",
         {"1:39: an upstream that is our own listener: '127.0.0.1@53'; '127.0.0.1@53' is what we "
          "listen on by default"}                                                              },
    };

    (void)state;
    CHECK_ROWS(rows);
}

/* Writes UPSTREAMS usual ones and ZONED of a zone; returns the errors of that, whose text is the
 * last one's. */
static unsigned errors_of_upstreams(unsigned upstreams, unsigned zoned, struct err *last)
{
    char yaml[4096] = "upstreams:\n";
    struct config_problems problems;
    unsigned errors = 0;

    for (unsigned i = 0; i < upstreams + zoned; i++)
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml), "%s - 192.0.2.%u\n",
                 i == upstreams ? "zones:\n - name: corp.test\n   upstreams:\n   " : "", i + 1);
    config_free(config_parse("f", yaml, strlen(yaml), &problems));
    for (size_t i = 0; i < problems.count; i++) {
        errors += problems.items[i].code != ERR_NONE;
        if (problems.items[i].code != ERR_NONE)
            *last = problems.items[i];
    }
    config_problems_free(&problems);
    return errors;
}

static void more_upstreams_than_a_worker_has_room_for_are_refused(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(errors_of_upstreams(64, 0, &err), 0);
    assert_int_equal(errors_of_upstreams(63, 1, &err), 0);
    assert_int_equal(errors_of_upstreams(66, 0, &err), 1);
    assert_string_equal(err.text, "f:66:4: more than 64 upstreams, with those of zones");
    assert_int_equal(errors_of_upstreams(64, 1, &err), 1);
    assert_string_equal(err.text, "f:69:7: more than 64 upstreams, with those of zones");
}

static void more_zones_than_a_worker_has_room_for_are_refused(void **state)
{
    char yaml[8192] = "upstreams: []\nzones:\n";
    struct config_problems problems;

    (void)state;
    for (unsigned i = 0; i < 65; i++)
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml),
                 " - {name: z%u.test, upstreams: []}\n", i);
    assert_null(config_parse("f", yaml, strlen(yaml), &problems));
    assert_string_equal(problems.items[0].text, "f:67:4: more than 64 zones");
    config_problems_free(&problems);
}

static void case_c05_two_rules_for_one_name_are_refused_with_both_places(void **state)
{
    static const struct row rows[] = {
        {"profiles:\n  kid:\n    extends: primary\n    allow:\n      - portal.example\n"
         "    deny:\n      - PORTAL.example.\n",                         {"7:9: two rules for the very same name: 'portal.example'; the other is at 5:9"}},
        {"profiles: {kid: {extends: primary, deny: ['=a.test', '=A.test', \"*.a.test\", "
         "\"*.a.test\"]}}\n",                                            {"1:54: two rules for the very same name: '=a.test'; the other is at 1:43",
          "1:77: two rules for the very same name: '*.a.test'; the other is at 1:65"}                                       },
        {"operator: {deny: [a.test, a.test]}\n",
         {"1:27: two rules for the very same name: 'a.test'; the other is at 1:19"}                                                                               },
 /* another cover, another profile: no conflict */
        {"profiles: {kid: {extends: primary, allow: [a.test], deny: ['=a.test', \"*.a.test\"]}, "
         "teen: {extends: guest, deny: [a.test]}}\ndefault_profile: kid\n"
         "networks: [{prefix: 10.0.0.0/8, profile: teen}]\nzone: UTC\n", {NO_LISTS}                                                                      },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void rules_that_are_no_names_are_refused(void **state)
{
    static const struct row rows[] = {
        {"operator: {deny: [b\xc3\xbc"
         "cher.example]}\n",                     {"1:19: not a name: 'b\xc3\xbc"
          "cher.example'; write its xn-- form, as `idn2 NAME` prints it"}},
        {"operator: {deny: [a..example]}\n",              {"1:19: not a name: 'a..example'; an empty label"}  },
        {"operator: {deny: [., '=.', '*']}\n",
         {"1:19: a rule for every name: '.'; that is what `default` is for",
          "1:22: a rule for every name: '.'; that is what `default` is for",
          "1:28: a rule for every name: '*'; that is what `default` is for"}                                  },
        {"operator: {deny: [{name: a.test}]}\n",
         {"1:19: 'deny' must be a list of names such as [shop.test, =chat.test], not a mapping"}              },
        {"operator: {deny: [\"a\\e[31m.test\"]}\n",
         {"1:19: not a name: 'a\\027[31m.test'; a character that no host name holds"}                         },
        {"operator: {deny: [\"\\u202e\\u0085.test\"]}\n",
         {"1:19: not a name: '\\226\\128\\174\\194\\133.test'; write its xn-- form, as `idn2 NAME` "
          "prints it"}                                                                                        },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void one_prefix_with_two_profiles_is_refused_and_overlap_is_fine(void **state)
{
#define TWO "profiles: {a: {extends: guest}, b: {extends: early}}\ndefault_profile: a\n"
    static const struct row rows[] = {
        {TWO "networks:\n  - {prefix: [10.0.0.0/8, 192.0.2.1], profile: a}\n"
             "  - {prefix: 192.0.2.1/32, profile: b}\n",                                {"5:14: one prefix with two profiles: '192.0.2.1'; it has 'b' here and 'a' at 4:27"}},
        {TWO "networks: [{interface: lan0, profile: b}, {interface: lan0, profile: a}]\n",
         {"3:55: one interface with two profiles: 'lan0'; it has 'a' here and 'b' at 3:24"}                                                                                          },
        {TWO "networks: [{prefix: 10.0.0.0/8, profile: b}, {prefix: 10.0.0.0/8, profile: b}]\n",
         {"3:55: prefix written twice: '10.0.0.0/8'; the other is at 3:21"}                                                                                                          },
        {TWO "networks: [{prefix: 10.0.0.0/8, profile: b}, {prefix: 10.0.0.0/9, profile: a},"
             " {prefix: '::/8', profile: a}, {interface: lan0, profile: a}]\n",         {NO_LISTS}                                                                          },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void unknown_categories_profiles_and_presets_bring_the_nearest_word(void **state)
{
    static const struct row rows[] = {
        {"profiles: {kid: {extends: primry}}\n",
         {"1:27: unknown preset: 'primry'; did you mean 'primary'?"}                          },
        {"profiles: {kid: {extends: kid}}\n",
         {"1:27: unknown preset: 'kid'; known here: early, primary, lower_sec, upper_sec, "
          "legal_only, school_lesson, exam, guest, unknown_device"}                           },
        {"profiles: {kid: {extends: primary, unblock: [socail], observe: [Games]}}\n",
         {"1:46: unknown category: 'socail'; did you mean 'social'?",
          "1:65: unknown category: 'Games'; did you mean 'games'?"}                           },
        {"profiles: {kid: {block: 'games, ads'}}\n",
         {"1:25: not one category: 'games, ads'; write several as a list, as in [games, ads]"}},
        {"profiles: {kid: {extends: primary, block: [games, games, edu_positive]}}\n",
         {"1:51: category written twice: 'games'",
          "1:58: a positive list opens names and cannot be blocked: 'edu_positive'"}          },
        {"profiles: {kid: {extends: primary, block: [games], unblock: [games, ads]}}\n",
         {"1:12: profile 'kid' blocks and unblocks the same: 'games'"}                        },
        {"profiles: {kid: {extends: primary, warn: [self_harm, games, csam]}}\n",
         {"1:12: profile 'kid' lets the user of a device pass a warning of serious harm: "
          "'csam,self_harm'; write it in 'block', and `stairgate allow NAME --for 1h` opens one "
          "name"}                                                                             },
        {"categories: {canteen: {}, site_A: {}, site_ok: {severity: S5}}\n",
         {"1:14: a category of your own is called site_ and small letters, digits or '_': "
          "'canteen'",
          "1:27: a category of your own is called site_ and small letters, digits or '_': 'site_A'",
          "1:59: unknown word for 'severity': 'S5'; did you mean 'S0'?"}                      },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void case_c56_lists_that_protect_nobody_are_pointed_out(void **state)
{
#define SETS "sets: {public: x.set}\n"
    static const struct row rows[] = {
  /* (1) no profile uses a category */
        {SETS "profiles: {kid: {default: deny}}\n",
         {"1:16: warning: loaded, used by nobody: 'sets.public'; no profile that a client gets "
          "blocks a category"}                                                                                                                                  },
 /* (2) nobody gets the profile that does, (6) by an empty list */
        {SETS "profiles: {kid: {extends: primary}, all: {block: [csam, legal_order, terror], "
              "unblock: [csam]}}\ndefault_profile: all\nnetworks: []\n",                   {"2:37: profile 'all' blocks and unblocks the same: 'csam'"}},
        {SETS "profiles: {kid: {extends: primary}, all: {}}\ndefault_profile: all\nnetworks: []\n",
         {"1:16: warning: loaded, used by nobody: 'sets.public'; no profile that a client gets "
          "blocks a category",
          "2:12: warning: a profile that nobody gets: 'kid'; name it in networks or "
          "default_profile"}                                                                                                                                    },
 /* (3) and (4) */
        {SETS "profiles: {kid: {extends: primary}}\ndefault_profile: kids\n",
         {"3:18: unknown profile: 'kids'; did you mean 'kid'?"}                                                                                                 },
        {SETS "profiles: {kid: {extends: primary, block: [gambeling]}}\n",
         {"2:44: unknown category: 'gambeling'; did you mean 'gambling'?"}                                                                                      },
 /* (7) */
        {SETS "profiles: {kid: {extends: primary}}\ndefault_profile: kid\nzone: UTC\n",             {NULL}                                                      },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void aliases_of_foreign_names_are_pointed_out(void **state)
{
    static const struct row rows[] = {
        {"records: {names: [{name: a.test, cname: far.example}, {name: b.test, cname: A.test}]}\n",
         {NO_LISTS, "1:41: warning: not built yet: an alias of a name that is no local record: "
                    "'far.example'; write its addresses here, or clients get the alias alone"}                },
        {"records: {names: [{name: nas.test, address: [10.0.0.9]}, {name: b.test, cname: "
         "nas.test}]}\n",                                                                  {NO_LISTS}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void networks_that_are_not_served_are_pointed_out(void **state)
{
    static const struct row rows[] = {
        {SETS "profiles: {kid: {extends: primary}}\n"
              "networks: [{prefix: [198.51.100.0/24, 10.0.0.0/9, '2001:db8::/64'], profile: "
              "kid}]\nzone: UTC\n",                                               {"3:22: warning: a network that is not served: '198.51.100.0/24'; add it to clients.allow",
          "3:51: warning: a network that is not served: '2001:db8::/64'; add it to "
          "clients.allow"}                           },
        {SETS "profiles: {kid: {extends: primary}}\nclients: {allow: [198.51.100.0/28]}\n"
              "networks: [{prefix: 198.51.100.0/24, profile: kid}]\nzone: UTC\n", {NULL}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void case_c57_nothing_is_said_on_purpose(void **state)
{
    static const struct row rows[] = {
        {"clients:\n  allow:\n",            {"2:9: no value: 'allow'; say [] for none, or leave it out"}     },
        {"clients: {allow: ~}\n",           {"1:18: no value: 'allow'; say [] for none, or leave it out"}    },
        {"clients:\n",                      {"1:9: no value: 'clients'; say {} for none, or leave it out"}   },
        {"networks: null\n",                {"1:11: no value: 'networks'; say [] for none, or leave it out"} },
        {"upstreams:\n",                    {"1:11: no value: 'upstreams'; say [] for none, or leave it out"}},
        {"server: {user: }\n",              {"1:16: no value: 'user'; write one or leave it out"}            },
        {"clients: {allow: []}\n",
         {NO_LISTS, "1:18: warning: nobody is served: 'clients.allow' is empty"}                             },
        {"listen: []\n",                    {NO_LISTS, "1:9: warning: nobody can ask: 'listen' is empty"}    },
        {"clients: {allow: [0.0.0.0/0]}\n",
         {NO_LISTS,
          "1:18: warning: an open resolver: 'clients.allow' holds every address; strangers will "
          "use "
          "it against others"}                                                                               },
        {"",                                {NO_LISTS}                                                       },
        {"# nothing but a remark\n",        {NO_LISTS}                                                       },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void records_that_cannot_be_served_are_refused(void **state)
{
    static const struct row rows[] = {
        {"records: {names: [{name: a.test}]}\n",
         {"1:19: a name without a record; give it an address, cname, mx, txt, srv or ptr"}                                                                },
        {"records: {names: [{name: a.test, address: [192.0.2.256, 'fe80::1%1']}]}\n",
         {"1:44: not an address: '192.0.2.256'", "1:57: not an address: 'fe80::1%1'"}                                                                     },
        {"records: {names: [{name: a.test, mx: [mail.test, 70000 mail.test, 10 b..c]}]}\n",
         {"1:39: not `priority name`: 'mail.test'", "1:50: not `priority name`: '70000 mail.test'",
          "1:67: not a name: 'b..c'; an empty label"}                                                                                                     },
        {"records: {names: [{name: a.test, srv: 0 80 b.test}]}\n",
         {"1:39: not `priority weight port name`: '0 80 b.test'"}                                                                                         },
        {"records: {names: [{name: a.test, cname: b.test, txt: x}]}\n",
         {"1:54: a cname must stand alone: 'a.test'; its other record is at 1:41"}                                                                        },
        {"records:\n  names:\n    - {name: a.test, address: [192.0.2.1]}\n"
         "    - {name: A.test, address: [192.0.2.1, 192.0.2.2]}\n",                {"4:32: record written twice: 'a.test'; the other is at 3:32"}},
        {"records: {names: [{name: a test, txt: x}, {name: \"*.a.test\", txt: x}]}\n",
         {"1:26: not a name: 'a test'; a character that no host name holds",
          "1:50: not a name: '*.a.test'; a character that no host name holds"}                                                                            },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void paths_names_and_times_that_contradict_are_refused(void **state)
{
    static const struct row rows[] = {
        {"control: {operator: a.sock, portal: a.sock}\n",
         {"1:37: one path for two things: 'control.portal' and 'control.operator'"}},
        {"sets: {public: a, hotline: a}\nsealed: {key: k}\n",
         {"1:28: one path for two things: 'sets.hotline' and 'sets.public'"}       },
        {"queries: {timeout: 5s}\n",
         {"1:10: 'queries.deadline' is shorter than 'queries.timeout', so that no upstream is "
          "waited "
          "for as long"}                                                           },
        {"profiles: {\"a\\e[1m\": {extends: primary}}\nserver: {id: \"x\\ny\"}\n",
         {"1:12: a profile's name is plain text of 1 to 63 octets: 'a\\027[1m'",
          "2:14: 'id' must be one line of plain text: 'x\\010y'"}                  },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void one_run_shows_everything_in_the_order_of_the_lines(void **state)
{
    static const struct row rows[] = {
        {"lisen: []\nudp: {payload: 1}\nnetworks: [{prefix: x, profile: kids}]\n"
         "upstreams: [127.0.0.1]\ntcp: {idle: 1}\nblock: {style: nil}\ntcp: {}\n", {"1:1: unknown key: 'lisen'; did you mean 'listen'?",
          "2:16: 'payload' is out of range: '1'; 512 to 4096", "3:21: not a prefix: 'x'",
          "3:33: unknown profile: 'kids'; known here: child",
          "4:13: an upstream that is our own listener: '127.0.0.1@53'; '127.0.0.1@53' is what we "
          "listen on by default",
          "5:13: 'idle' must be a duration such as 10s or 1h30m: '1'",
          "6:16: unknown word for 'style': 'nil'; did you mean 'null'?",
          "7:1: key written twice: 'tcp'; the other is at 5:1"}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_are_unknown_missing_or_doubled_are_named),
        cmocka_unit_test(values_of_a_wrong_type_are_refused_with_an_example),
        cmocka_unit_test(values_out_of_range_are_refused_with_the_range),
        cmocka_unit_test(addresses_are_refused_with_the_cure),
        cmocka_unit_test(an_upstream_that_is_our_own_listener_is_refused),
        cmocka_unit_test(more_upstreams_than_a_worker_has_room_for_are_refused),
        cmocka_unit_test(more_zones_than_a_worker_has_room_for_are_refused),
        cmocka_unit_test(case_c05_two_rules_for_one_name_are_refused_with_both_places),
        cmocka_unit_test(rules_that_are_no_names_are_refused),
        cmocka_unit_test(one_prefix_with_two_profiles_is_refused_and_overlap_is_fine),
        cmocka_unit_test(unknown_categories_profiles_and_presets_bring_the_nearest_word),
        cmocka_unit_test(case_c56_lists_that_protect_nobody_are_pointed_out),
        cmocka_unit_test(aliases_of_foreign_names_are_pointed_out),
        cmocka_unit_test(networks_that_are_not_served_are_pointed_out),
        cmocka_unit_test(case_c57_nothing_is_said_on_purpose),
        cmocka_unit_test(records_that_cannot_be_served_are_refused),
        cmocka_unit_test(paths_names_and_times_that_contradict_are_refused),
        cmocka_unit_test(one_run_shows_everything_in_the_order_of_the_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
