/* config: lists that others publish; what an entry means, and what is wrong with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "blocklist/format/format.h"
#include "config/base/data.h"
#include "config/show.h"
#include "tests/unit/config_rig.h"

#define A "lists:\n  a: {url: 'https://l.example/a', category: porn"
#define KEY "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"

static void a_short_entry_has_the_documented_defaults(void **state)
{
    struct config *config = config_of(A "}\n");
    const struct config_list *list = &config->lists[0];

    (void)state;
    assert_int_equal(config->list_count, 1);
    assert_string_equal(list->id, "a");
    assert_int_equal(list->place.line, 2);
    assert_string_equal(list->url, "https://l.example/a");
    assert_string_equal(list->format, "auto");
    assert_string_equal(list->category, "porn");
    assert_int_equal(list->class_, LIST_PUBLIC);
    assert_int_equal(list->granularity, LIST_DOMAIN);
    assert_int_equal(list->match, MATCH_BY_FORMAT);
    assert_int_equal(list->signature, LIST_UNSIGNED);
    assert_int_equal(list->on_stale, LIST_STALE_KEEP);
    assert_int_equal(list->every_s, 86400);
    assert_int_equal(list->jitter_s, 3600);
    assert_int_equal(list->max_age_s, 7 * 86400);
    assert_int_equal(list->gate.min_entries, 1);
    assert_int_equal(list->gate.shrink_percent, 30);
    assert_int_equal(list->gate.growth_percent, 100);
    assert_null(list->gate.canary);
    assert_false(list->allow_http || list->allow_private || list->tld || list->private_suffixes ||
                 list->rewrites || list->observe);
    assert_true(config_list_is_fetched(list));
    config_free(config);
}

static void everything_that_is_written_reaches_its_field(void **state)
{
    struct config *config =
        config_of("lists:\n"
                  "  b.1_x-y:\n"
                  "    url: http://l.example:8080/b.tar.gz\n"
                  "    allow_http: yes\n"
                  "    allow_private: yes\n"
                  "    class: partner\n"
                  "    format: csv\n"
                  "    categories: {scam: fraud, 'Fake Shop': phishing}\n"
                  "    column: host\n"
                  "    member: a/b.csv\n"
                  "    granularity: domain_exact\n"
                  "    match: subtree\n"
                  "    tld: yes\n"
                  "    private_suffixes: yes\n"
                  "    rewrites: yes\n"
                  "    observe: yes\n"
                  "    every: 6h\n"
                  "    jitter: 10m\n"
                  "    signature: {type: minisign, url: 'http://l.example/s', key: " KEY "}\n"
                  "    licence: CC0\n"
                  "    attribution: Somebody\n"
                  "    contact: abuse@l.example\n"
                  "    legal_basis: none\n"
                  "    jurisdiction: EU\n"
                  "    appeal_url: https://l.example/appeal\n"
                  "    max_age: 2d\n"
                  "    on_stale: drop\n"
                  "    gate: {min_entries: 10, shrink: 5, growth: 7, canary: canary.example}\n"
                  "  c:\n"
                  "    url: https://l.example/c\n"
                  "    category: porn\n"
                  "    auth: {bearer_file: t, certificate: c.pem, key: /k.pem, ca: ca.pem,\n"
                  "           headers: ['X-Key: @key', 'X-Also: 1']}\n"
                  "    signature: {type: minisign, key: pub/x.pub}\n");
    const struct config_list *b = &config->lists[0], *c = &config->lists[1];

    (void)state;
    assert_string_equal(b->id, "b.1_x-y");
    assert_true(b->allow_http && b->allow_private && b->tld && b->private_suffixes && b->rewrites &&
                b->observe);
    assert_int_equal(b->class_, LIST_PARTNER);
    assert_string_equal(b->format, "csv");
    assert_string_equal(b->category, "");
    assert_int_equal(b->part_count, 2);
    assert_string_equal(b->parts[1].name, "Fake Shop");
    assert_string_equal(b->parts[1].category, "phishing");
    assert_string_equal(b->column, "host");
    assert_string_equal(b->member, "a/b.csv");
    assert_int_equal(b->granularity, LIST_DOMAIN_EXACT);
    assert_int_equal(b->match, MATCH_SUBTREE);
    assert_int_equal(b->every_s, 6 * 3600);
    assert_int_equal(b->jitter_s, 600);
    assert_int_equal(b->signature, LIST_MINISIGN);
    assert_string_equal(b->signature_url, "http://l.example/s");
    assert_string_equal(b->public_key, KEY);
    assert_string_equal(b->licence, "CC0");
    assert_string_equal(b->attribution, "Somebody");
    assert_string_equal(b->contact, "abuse@l.example");
    assert_string_equal(b->legal_basis, "none");
    assert_string_equal(b->jurisdiction, "EU");
    assert_string_equal(b->appeal_url, "https://l.example/appeal");
    assert_int_equal(b->max_age_s, 2 * 86400);
    assert_int_equal(b->on_stale, LIST_STALE_DROP);
    assert_int_equal(b->gate.min_entries, 10);
    assert_int_equal(b->gate.shrink_percent, 5);
    assert_int_equal(b->gate.growth_percent, 7);
    assert_string_equal(b->gate.canary, "canary.example");
    assert_string_equal(c->bearer_file, "dir/t");
    assert_string_equal(c->certificate, "dir/c.pem");
    assert_string_equal(c->key, "/k.pem");
    assert_string_equal(c->ca, "dir/ca.pem");
    assert_int_equal(c->header_count, 2);
    assert_string_equal(c->headers[0], "X-Key: @dir/key");
    assert_string_equal(c->headers[1], "X-Also: 1");
    assert_string_equal(c->public_key, "dir/pub/x.pub");
    config_free(config);
}

static void the_set_of_lists_is_found_without_a_word(void **state)
{
    struct config *none = config_of("");
    struct config *plain = config_of(A "}\n");
    struct config *moved = config_of(A "}\nfeeds: {dir: var}\nserver: {user: stairgate}\n");
    struct config *written = config_of(A "}\nsets: {public: mine.set}\n");

    (void)state;
    assert_null(none->feeds.dir);
    assert_null(none->set_public);
    assert_string_equal(plain->feeds.dir, "/var/lib/stairgate/lists");
    assert_string_equal(plain->set_public, "/var/lib/stairgate/lists/current.set");
    assert_null(plain->feeds.user);
    assert_string_equal(moved->set_public, "dir/var/current.set");
    assert_string_equal(moved->feeds.user, "stairgate");
    assert_string_equal(written->set_public, "dir/mine.set");
    config_free(none);
    config_free(plain);
    config_free(moved);
    config_free(written);
}

static void the_section_feeds_has_its_defaults_and_takes_what_is_written(void **state)
{
    struct config *config = config_of("");
    const struct config_feeds *feeds = &config->feeds;

    (void)state;
    assert_true(feeds->timer);
    assert_int_equal(feeds->keep, 5);
    assert_int_equal(feeds->hold_s, 86400);
    assert_int_equal(feeds->parallel, 8);
    assert_int_equal(feeds->parallel_per_host, 2);
    assert_int_equal(feeds->size_most, 256 << 20);
    assert_int_equal(feeds->unpacked_most, 1 << 30);
    assert_int_equal(feeds->ratio_most, 100);
    assert_int_equal(feeds->time_most_s, 1800);
    assert_int_equal(feeds->slow_octets_s, 1024);
    assert_int_equal(feeds->slow_s, 60);
    assert_int_equal(feeds->entries_most, 20000000);
    config_free(config);

    config = config_of("feeds:\n"
                       "  timer: no\n  user: lists\n  keep: 3\n  hold: 2h\n"
                       "  protect: [a.txt, /b.txt]\n  expect: e.yaml\n"
                       "  notify: {command: /bin/tell, url: 'https://n.example/'}\n"
                       "  parallel: 4\n  parallel_per_host: 1\n"
                       "  limits: {size: 1MiB, unpacked: 2MiB, ratio: 9, time: 5s, slow: 0B,\n"
                       "           slow_time: 2s, entries: 7}\n");
    feeds = &config->feeds;
    assert_false(feeds->timer);
    assert_string_equal(feeds->user, "lists");
    assert_int_equal(feeds->keep, 3);
    assert_int_equal(feeds->hold_s, 7200);
    assert_int_equal(feeds->protect_count, 2);
    assert_string_equal(feeds->protect[0], "dir/a.txt");
    assert_string_equal(feeds->protect[1], "/b.txt");
    assert_string_equal(feeds->expect, "dir/e.yaml");
    assert_string_equal(feeds->notify_command, "/bin/tell");
    assert_string_equal(feeds->notify_url, "https://n.example/");
    assert_int_equal(feeds->parallel, 4);
    assert_int_equal(feeds->parallel_per_host, 1);
    assert_int_equal(feeds->size_most, 1 << 20);
    assert_int_equal(feeds->unpacked_most, 2 << 20);
    assert_int_equal(feeds->ratio_most, 9);
    assert_int_equal(feeds->time_most_s, 5);
    assert_int_equal(feeds->slow_octets_s, 0);
    assert_int_equal(feeds->slow_s, 2);
    assert_int_equal(feeds->entries_most, 7);
    config_free(config);
}

static void times_follow_from_one_another(void **state)
{
    struct config *config = config_of(A ", every: 30m}\n  b: {url: 'https://l.example/b', "
                                        "category: porn, every: 14d}\n");

    (void)state;
    assert_int_equal(config->lists[0].jitter_s, 360);
    assert_int_equal(config->lists[0].max_age_s, 7 * 86400);
    assert_int_equal(config->lists[1].jitter_s, 3600);
    assert_int_equal(config->lists[1].max_age_s, 42 * 86400);
    config_free(config);
}

static void a_ut1_tree_needs_no_map(void **state)
{
    struct config *config =
        config_of("lists:\n  u: {url: 'https://u.example/all.tar.gz', format: ut1}\n"
                  "  v: {url: 'https://u.example/adult.tar.gz', format: ut1, category: porn}\n");
    const struct config_list *list = &config->lists[0];
    bool adult = false;

    (void)state;
    assert_true(list->part_count > 30);
    assert_true(list->parts_by_table);
    assert_string_equal(list->category, "");
    for (size_t i = 0; i < list->part_count; i++) {
        assert_non_null(taxonomy_find(&config->taxonomy, list->parts[i].category));
        adult |= strcmp(list->parts[i].name, "adult") == 0 &&
                 strcmp(list->parts[i].category, "porn") == 0;
    }
    assert_true(adult);
    assert_int_equal(config->lists[1].part_count, 0);
    config_free(config);
}

#define URL(text) "lists: {a: {url: '" text "', category: porn}}\n"

static void a_url_that_cannot_be_fetched_is_refused_with_the_cure(void **state)
{
    static const struct row rows[] = {
        {URL("ftp://l.example/a"),
         {"1:18: a scheme that is not fetched: 'ftp'; did you mean 'http'?"}                                 },
        {URL("htps://l.example/a"),
         {"1:18: a scheme that is not fetched: 'htps'; did you mean 'https'?"}                               },
        {URL("/etc/list.txt"),
         {"1:18: not a URL: '/etc/list.txt'; write file:// before the path of a file"}                       },
        {URL("l.example/a"),                      {"1:18: not a URL: 'l.example/a'; write https://HOST/PATH"}},
        {URL("https:///a"),
         {"1:18: not a URL that can be fetched: 'https:///a'; it names no host"}                             },
        {URL("https://u:p@l.example/"),
         {"1:18: not a URL that can be fetched: 'https://...@l.example/'; a password in it would "
          "be "
          "seen in logs; put user:password into a file and name it in auth.basic_file"}                      },
        {URL("https://l.example:99999/"),
         {"1:18: not a URL that can be fetched: 'https://l.example:99999/'; behind the host's "
          "colon "
          "stands a port"}                                                                                   },
        {URL("https://[::1/a"),
         {"1:18: not a URL that can be fetched: 'https://[::1/a'; an IPv6 address stands in "
          "brackets"}                                                                                        },
        {URL("https://l.example/a b"),
         {"1:18: not a URL that can be fetched: 'https://l.example/a b'; blanks and letters beyond "
          "ASCII are written as %XX"}                                                                        },
        {URL("https://l.example/#a"),
         {"1:18: not a URL that can be fetched: 'https://l.example/#...'; a fragment is never "
          "sent; "
          "leave out what follows '#'"}                                                                      },
        {URL("file://host/a"),
         {"1:18: not a URL that can be fetched: 'file://host/a'; a file is written file:///PATH, "
          "from the root"}                                                                                   },
        {URL("http://l.example/a"),
         {"1:18: over http anybody on the way can change a list: use https, a signature of type "
          "minisign or cms, a sha256 whose signature.url is https, or say 'allow_http: yes'"}                },
        {A ", appeal_url: 'file:///a'}\n",
         {"2:63: a scheme that is not fetched: 'file'; known here: https, http"}                             },
        {"lists: {a: {category: porn}}\n",        {"1:12: missing key: 'url'"}                               },
        {URL("https://[2001:db8::1]:8443/a?b=c"), {NULL}                                                     },
        {URL("file:///a%20b"),                    {NULL}                                                     },
    };

    (void)state;
    CHECK_ROWS(rows);
}

#define HTTP(rest) "lists: {a: {url: 'http://l.example/a', category: porn, signature: " rest "}}\n"

static void http_is_taken_only_with_a_proof_that_came_another_way(void **state)
{
    static const char message[] =
        "1:18: over http anybody on the way can change a list: use https, a signature of type "
        "minisign or cms, a sha256 whose signature.url is https, or say 'allow_http: yes'";
    static const struct row rows[] = {
        {HTTP("{type: minisign, key: " KEY "}"),             {NULL}                                                           },
        {HTTP("{type: sha256, url: 'https://l.example/s'}"), {NULL}                                                           },
        {HTTP("{type: sha256}"),                             {message}                                                        },
        {HTTP("{type: sha256, url: 'http://l.example/s'}"),  {message}                                                        },
        {"lists: {a: {url: 'http://l.example/a', category: porn, allow_http: yes, auth: "
         "{bearer_file: t}}}\n",                    {"1:79: over http anybody on the way can read 'auth'; use https"}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

#define ID(id) "lists:\n  " id ": {url: 'https://l.example/a', category: porn}\n"
#define WRONG_ID                                                                                   \
    "; it is 1 to 63 of a-z, 0-9, '-', '_' and '.', begins with a letter or digit but not with "   \
    "'new.', and has no part '.part'"
#define LONG_63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123"

static void the_name_of_a_list_is_one_of_a_file(void **state)
{
    static const struct row rows[] = {
        {ID("'../x'"),                                              {"2:3: not the name of a list: '../x'" WRONG_ID}        },
        {ID("a/b"),                                                 {"2:3: not the name of a list: 'a/b'" WRONG_ID}         },
        {ID(".a"),                                                  {"2:3: not the name of a list: '.a'" WRONG_ID}          },
        {ID("'-a'"),                                                {"2:3: not the name of a list: '-a'" WRONG_ID}          },
        {ID("Big"),                                                 {"2:3: not the name of a list: 'Big'" WRONG_ID}         },
        {ID("a.part"),                                              {"2:3: not the name of a list: 'a.part'" WRONG_ID}      },
        {ID("a.part.tag"),                                          {"2:3: not the name of a list: 'a.part.tag'" WRONG_ID}  },
        {ID("new.1"),                                               {"2:3: not the name of a list: 'new.1'" WRONG_ID}       },
        {ID("''"),                                                  {"2:3: not the name of a list: ''" WRONG_ID}            },
        {ID(LONG_63 "4"),                                           {"2:3: not the name of a list: '" LONG_63 "4'" WRONG_ID}},
        {ID(LONG_63),                                               {NULL}                                                  },
        {A "}\n  a: {url: 'https://l.example/b', category: ads}\n",
         {"3:3: key written twice: 'a'; the other is at 2:3"}                                                               },
    };

    (void)state;
    CHECK_ROWS(rows);
}

#define B "lists:\n  a: {url: 'https://l.example/a', "

static void categories_and_formats_must_be_known_and_clear(void **state)
{
    static const struct row rows[] = {
        {B "category: pron}\n",                         {"2:45: unknown category: 'pron'; did you mean 'porn'?"}  },
        {B "categories: {adult: pron}}\n",
         {"2:55: unknown category: 'pron'; did you mean 'porn'?"}                                                 },
        {B "category: porn, categories: {a: ads}}\n",
         {"2:63: a list has 'category' or 'categories', not both"}                                                },
        {"lists:\n  a: {url: 'https://l.example/a'}\n",
         {"2:3: missing key: 'category', or 'categories' for each part of 'a'"}                                   },
        {B "categories: {}}\n",
         {"2:47: 'categories' names no part: nothing of the list would be used"}                                  },
        {A ", format: host}\n",                         {"2:59: unknown format: 'host'; did you mean 'hosts'?"}   },
        {A ", column: x}\n",                            {"2:59: 'column' is for 'format: csv', which is not said"}},
        {A ", match: some}\n",
         {"2:58: unknown word for 'match': 'some'; known here: format, exact, subtree"}                           },
        {"lists: [a]\n",                                {"1:8: 'lists' must be a mapping of lists, not a list"}   },
        {"lists: {a: 'https://l.example/a'}\n",
         {"1:12: each of 'lists' must be a mapping, such as {url: ...}"}                                          },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void proofs_secrets_and_times_must_fit_together(void **state)
{
    static const struct row rows[] = {
        {A ", signature: {type: minisign}}\n",
         {"2:69: missing key: 'signature.key', the publisher's public key"}                                       },
        {A ", signature: {type: minisign, key: " KEY "AA}}\n",
         {"2:84: not a key of minisign: it has 58 letters, not 56"}                                               },
        {A ", signature: {key: " KEY "}}\n",
         {"2:68: 'signature.key' is for 'signature.type: minisign' or cms, which is not said"}                    },
        {A ", signature: {url: 'https://l.example/s'}}\n",
         {"2:68: missing key: 'signature.type'; it is minisign, cms or sha256"}                                   },
        {A ", auth: {bearer_file: a, basic_file: b}}\n",
         {"2:86: 'auth.bearer_file' and 'auth.basic_file' are two values of one header; choose "
          "one"}                                                                                                  },
        {A ", auth: {certificate: a}}\n",
         {"2:71: 'auth.certificate' and 'auth.key' belong together: one is missing"}                              },
        {A ", auth: {headers: [secret]}}\n",
         {"2:68: not a header line: 'secret'; write `Name: value`, or `Name: @FILE`"}                             },
        {A ", auth: {headers: ['Host: x']}}\n",
         {"2:68: not a header line: 'Host'; the fetcher writes it itself; a token belongs in "
          "auth.bearer_file"}                                                                                     },
        {A ", auth: {headers: [\"X: a\\r\\nY: b\"]}}\n",
         {"2:68: not a header line: 'X'; write `Name: value`, or `Name: @FILE`"}                                  },
        {A ", every: 2d, max_age: 1d}\n",
         {"2:71: 'max_age' is shorter than 'every': the list would be stale before it is fetched "
          "again"}                                                                                                },
        {A ", every: 1h, jitter: 2h}\n",                       {"2:70: 'jitter' is longer than 'every'"}          },
        {A ", every: 1m}\n",                                   {"2:58: 'every' is out of range: '1m'; 5m to 4w2d"}},
        {A ", gate: {canary: 'a b'}}\n",
         {"2:66: not a name: 'a b'; a character that no host name holds"}                                         },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void lists_that_do_nothing_are_told(void **state)
{
    static const struct row rows[] = {
        {B "category: porn}\nprofiles: {p: {block: [ads]}}\n",
         {"2:3: warning: loaded, used by nobody: 'a'; no profile that a client gets blocks its "
          "category: porn"}                                                        },
        {B "category: edu_positive}\nprofiles: {p: {block: [ads]}}\n",       {NULL}},
        {B "category: porn, observe: yes}\nprofiles: {p: {block: [ads]}}\n", {NULL}},
        {B "category: porn}\nprofiles: {p: {observe: [porn]}}\n",            {NULL}},
        {B "category: porn}\nprofiles: {p: {}}\n",
         {" warning: loaded, used by nobody: 'sets.public'; no profile that a client gets blocks a "
          "category"}                                                              },
        {A "}\nsets: {public: mine.set}\n",
         {"3:16: warning: 'lists' are made into '/var/lib/stairgate/lists/current.set', which is "
          "not "
          "what 'sets.public' names; leave 'sets.public' out"}                     },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void every_format_that_is_read_may_be_named(void **state)
{
    (void)state;
    for (const struct format *format = formats; format->key != NULL; format++) {
        struct data_reader row;
        bool known = false;

        assert_true(strlen(format->key) < sizeof((struct config_list *)0)->format);
        assert_int_equal(data_open(&row, "formats"), 0);
        while (data_next(&row))
            known |= strcmp(row.fields[0], format->key) == 0;
        if (!known && format->line != NULL)
            fail_msg("config/data/formats.tsv lacks %s", format->key);
    }
}

/* Adds the entry that `lists add` would write for a row of the table to OUT. */
static void write_entry(FILE *out, const struct data_reader *row)
{
    fprintf(out, "  %s:\n    url: '%s'\n    format: %s\n    licence: '%s'\n    attribution: '%s'\n",
            row->fields[0], row->fields[4], row->fields[3], row->fields[5], row->fields[6]);
    if (strcmp(row->fields[2], "ut1") != 0)
        fprintf(out, "    category: %s\n", row->fields[2]);
}

static void every_public_list_may_be_configured(void **state)
{
    struct data_reader row;
    struct config *config;
    size_t length, count = 0;
    char *yaml;
    FILE *out = open_memstream(&yaml, &length);

    (void)state;
    assert_int_equal(data_open(&row, "feeds"), 0);
    fprintf(out, "lists:\n");
    for (; data_next(&row); count++) {
        assert_int_equal(row.count, 9);
        assert_true(strncmp(row.fields[4], "https://", 8) == 0);
        assert_true(row.fields[5][0] != '\0' && row.fields[6][0] != '\0');
        write_entry(out, &row);
    }
    fclose(out);
    config = config_of(yaml);
    assert_true(count >= 30);
    assert_int_equal(config->list_count, count);
    config_free(config);
    free(yaml);
}

struct found {
    const char *name;
    char text[200];
};

static void look_for(const struct config_row *row, void *user)
{
    struct found *found = user;

    if (strcmp(row->name, found->name) == 0)
        snprintf(found->text, sizeof found->text, "%s %u:%u %s",
                 row->count > 0 ? row->items[row->count - 1] : "", row->place.line,
                 row->place.column, row->from != NULL ? row->from : "-");
}

static void a_list_is_shown_without_its_secrets(void **state)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"lists.a.url",          "https://l.example/a 2:12 -"                        },
        {"lists.a.every",        "1d 0:0 default"                                    },
        {"lists.a.format",       "auto 0:0 default"                                  },
        {"lists.a.categories",   " 0:0 default"                                      },
        {"lists.a.auth.headers", "X-Key: (not shown) 2:67 -"                         },
        {"lists.a.gate.shrink",  "30 0:0 default"                                    },
        {"feeds.dir",            "/var/lib/stairgate/lists 0:0 default"              },
        {"feeds.user",           "u 0:0 server.user"                                 },
        {"sets.public",          "/var/lib/stairgate/lists/current.set 0:0 feeds.dir"},
    };
    struct config *config =
        config_of(A ", auth: {headers: ['X-Key: secret']}}\nserver: {user: u}\n");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct found found = {.name = rows[i].name};

        config_show(config, look_for, &found);
        assert_string_equal(found.text, rows[i].text);
    }
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_entry_has_the_documented_defaults),
        cmocka_unit_test(everything_that_is_written_reaches_its_field),
        cmocka_unit_test(the_set_of_lists_is_found_without_a_word),
        cmocka_unit_test(the_section_feeds_has_its_defaults_and_takes_what_is_written),
        cmocka_unit_test(times_follow_from_one_another),
        cmocka_unit_test(a_ut1_tree_needs_no_map),
        cmocka_unit_test(a_url_that_cannot_be_fetched_is_refused_with_the_cure),
        cmocka_unit_test(http_is_taken_only_with_a_proof_that_came_another_way),
        cmocka_unit_test(the_name_of_a_list_is_one_of_a_file),
        cmocka_unit_test(categories_and_formats_must_be_known_and_clear),
        cmocka_unit_test(proofs_secrets_and_times_must_fit_together),
        cmocka_unit_test(lists_that_do_nothing_are_told),
        cmocka_unit_test(every_format_that_is_read_may_be_named),
        cmocka_unit_test(every_public_list_may_be_configured),
        cmocka_unit_test(a_list_is_shown_without_its_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
