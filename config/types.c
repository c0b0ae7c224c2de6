/* What each type of option must look like, who reads it and who shows it. */
#include "config/walk.h"

enum {
    ONE = 1 << NODE_SCALAR,
    LIST = 1 << NODE_SEQUENCE,
    MAP = 1 << NODE_MAPPING,
    ANY_NUMBER = ONE | LIST, /* a single one needs no brackets */
};

#define DURATION "a duration such as 10s or 1h30m"
#define NETWORKS "a list of mappings such as [{prefix: 192.168.1.0/24, profile: child}]"
#define RECORDS "a list of mappings such as [{name: nas.home.test, address: 192.168.1.5}]"
#define PARTS "a mapping such as {adult: porn, games: games}"
#define DATES "a list of dates such as [2026-12-25, 2026-12-21..2027-01-06]"
#define HOURS "a list of hours such as [\"sun-thu 20:00-06:30\", \"fri,sat 21:30-08:00\"]"
#define MAPS "a list of mappings such as [{engine: x, name: x.test, strict: safe.x.test}]"
#define SERVICES "a mapping such as {club: [club.test]}, or of files of names"
#define ITEMS "a list of mappings such as [{name: ..., source: ...}]"
#define ZONES "a list of mappings such as [{name: corp.test, upstreams: [192.0.2.1]}]"

/* clang-format off: one new row would move them all */
const struct option_kind option_kinds[OPTION_TYPES] = {
    [OPTION_SECTION] = {"a mapping",                                                    "{}",  MAP,        read_section,           show_section     },
    [OPTION_BOOL] = {"yes or no",                                                    NULL,  ONE,        read_bool,              show_bool        },
    [OPTION_NUMBER] = {"a whole number",                                               NULL,  ONE,        read_number,            show_number      },
    [OPTION_DURATION_MS] = {DURATION,                                                       NULL,  ONE,        read_duration_ms,       show_duration_ms },
    [OPTION_DURATION_S] = {DURATION,                                                       NULL,  ONE,        read_duration_s,        show_duration_s  },
    [OPTION_SIZE] = {"a size such as 1232 or 4KiB",                                  NULL,  ONE,        read_size,              show_number      },
    [OPTION_WORD] = {"a word",                                                       NULL,  ONE,        read_word,              show_word        },
    [OPTION_TEXT] = {"a text",                                                       NULL,  ONE,        read_text,              show_text        },
    [OPTION_PATH] = {"a path",                                                       NULL,  ONE,        read_path,              show_text        },
    [OPTION_NAME] = {"a name",                                                       NULL,  ONE,        read_name,              show_name        },
    [OPTION_LISTENERS] = {"a list of addresses such as [127.0.0.1@53]",                   "[]",  ANY_NUMBER,
                        read_listeners,                                                                                            show_listeners   },
    [OPTION_UPSTREAMS] = {"a list of addresses such as [192.0.2.53]",                     "[]",  ANY_NUMBER,
                        read_upstreams,                                                                                            show_upstreams   },
    [OPTION_ADDRESS] = {"an address such as 192.0.2.53 or 192.0.2.53@5353",             NULL,  ONE,        read_address,
                        show_nothing                                                                                                                },
    [OPTION_ADDRESSES] = {"a list of addresses such as [192.0.2.80, '2001:db8::80']",     "[]",
                        ANY_NUMBER,                                                                        read_addresses,         show_addresses   },
    [OPTION_PREFIXES] = {"a list of prefixes such as [192.168.0.0/16]",                  "[]",  ANY_NUMBER,
                        read_prefixes,                                                                                             show_prefixes    },
    [OPTION_CATEGORIES] = {"a list of categories such as [games, ads]",                    "[]",  ANY_NUMBER,
                        read_categories,                                                                                           show_categories  },
    [OPTION_RULES] = {"a list of names such as [shop.test, =chat.test]",              "[]",  ANY_NUMBER,
                        read_rules,                                                                                                show_rules       },
    [OPTION_PRESET] = {"the name of a preset",                                         NULL,  ONE,        read_preset,            show_preset      },
    [OPTION_DAY] = {"a date such as 2026-12-25",                                    NULL,  ONE,        read_day,               show_day         },
    [OPTION_MONTH] = {"a month such as 2015-06",                                      NULL,  ONE,        read_month,             show_month       },
    [OPTION_PROFILE] = {"the name of a profile",                                        NULL,  ONE,        read_profile,           show_profile     },
    [OPTION_SITE_CATEGORIES] = {"a mapping of categories",                                      "{}",  MAP,        read_site_categories,
                        show_site_categories                                                                                                        },
    [OPTION_PROFILES] = {"a mapping of profiles",                                        "{}",  MAP,        read_profiles,          show_profiles    },
    [OPTION_NETWORKS] = {NETWORKS,                                                       "[]",  LIST,       read_networks,          show_networks    },
    [OPTION_NETWORK_PREFIXES] = {"a list of prefixes such as [192.168.0.0/16]",                  "[]",  ANY_NUMBER,
                        read_network_prefixes,                                                                                     show_nothing     },
    [OPTION_NETWORK_INTERFACES] = {"a list of interfaces such as [lan0]",                          "[]",  ANY_NUMBER,
                        read_network_interfaces,                                                                                   show_nothing     },
    [OPTION_NETWORK_LISTENERS] = {"a list of addresses of this machine such as [192.168.1.1@53]",
                        "[]",                                                                  ANY_NUMBER, read_network_listeners, show_nothing     },
    [OPTION_GROUPS] = {"a mapping of groups",                                          "{}",  MAP,        read_groups,            show_groups      },
    [OPTION_GROUP] = {"the name of a group",                                          NULL,  ONE,        read_group,             show_group       },
    [OPTION_DEVICES] = {"a mapping of devices",                                         "{}",  MAP,        read_devices,           show_devices     },
    [OPTION_DEVICE_KEYS] = {"a list of keys such as ['00:00:5e:00:53:0a']",                 "[]",  ANY_NUMBER,
                        read_device_keys,                                                                                          show_device_keys },
    [OPTION_RECORDS] = {RECORDS,                                                        "[]",  LIST,       read_records,           show_records     },
    [OPTION_RDATA] = {"a list of values",                                             "[]",  ANY_NUMBER, read_rdata,             show_nothing     },
    [OPTION_ZONES] = {ZONES,                                                          "[]",  LIST,       read_zones,             show_zones       },
    [OPTION_LISTS] = {"a mapping of lists",                                           "{}",  MAP,        read_lists,             show_lists       },
    [OPTION_LIST_PARTS] = {PARTS,                                                          "{}",  MAP,        read_list_parts,        show_list_parts  },
    [OPTION_URL] = {"an address such as https://lists.example/list.txt",            NULL,  ONE,        read_url,
                        show_text                                                                                                                   },
    [OPTION_FORMAT] = {"the name of a format",                                         NULL,  ONE,        read_format,            show_word_text   },
    [OPTION_CATEGORY] = {"a category such as games",                                     NULL,  ONE,        read_category,          show_word_text   },
    [OPTION_HEADERS] = {"a list of header lines such as ['X-Key: @key.txt']",           "[]",  ANY_NUMBER,
                        read_headers,                                                                                              show_headers     },
    [OPTION_PATHS] = {"a list of paths",                                              "[]",  ANY_NUMBER, read_paths,             show_texts       },
    [OPTION_PUBLIC_KEY] = {"a public key of minisign, or the path of its file",            NULL,  ONE,
                        read_public_key,                                                                                           show_text        },
    [OPTION_COUNTRY] = {"a country's code such as BN, or the path of a pack",           NULL,  ONE,
                        read_country,                                                                                              show_country     },
    [OPTION_ITEMS] = {ITEMS,                                                          "[]",  LIST,       read_items,             show_nothing     },
    [OPTION_CANARY] = {"a name",                                                       NULL,  ONE,        read_canary,            show_text        },
    [OPTION_SERVICES] = {SERVICES,                                                       "{}",  MAP,        read_services,          show_services    },
    [OPTION_SERVICE_TAGS] = {"a list of services such as [youtube]",                         "[]",  ANY_NUMBER,
                        read_service_tags,                                                                                         show_service_tags},
    [OPTION_LIST_TAGS] = {"a list of lists by their names in `lists`",                    "[]",  ANY_NUMBER,
                        read_list_tags,                                                                                            show_list_tags   },
    [OPTION_SAFE_SEARCH] = {"all, off, or a list of search engines",                        "off", ANY_NUMBER,
                        read_safe_search,                                                                                          show_safe_search },
    [OPTION_SAFE_MAPS] = {MAPS,                                                           "[]",  LIST,       read_safe_maps,         show_safe_maps   },
    [OPTION_TIME_ZONE] = {"a time zone such as Europe/Berlin",                            NULL,  ONE,        read_time_zone,
                        show_time_zone                                                                                                              },
    [OPTION_CALENDARS] = {"a mapping of calendars",                                       "{}",  MAP,        read_calendars,         show_calendars   },
    [OPTION_CALENDAR] = {"the name of a calendar",                                       NULL,  ONE,        read_calendar,          show_calendar    },
    [OPTION_DAYS] = {"a list of days such as [sat, sun]",                            "[]",  ANY_NUMBER, read_days,              show_days        },
    [OPTION_DATES] = {DATES,                                                          "[]",  ANY_NUMBER, read_dates,             show_dates       },
    [OPTION_BEDTIME] = {HOURS,                                                          "[]",  ANY_NUMBER, read_bedtime,           show_bedtime     },
    [OPTION_SCHEDULES] = {"a mapping of schedules",                                       "{}",  MAP,        read_schedules,         show_schedules   },
    [OPTION_SECRET] = {"a path, or credential:NAME",                                   NULL,  ONE,        read_secret,            show_text        },
    [OPTION_OPERATORS] = {"a mapping of operators",                                       "{}",  MAP,        read_operators,         show_operators   },
    [OPTION_WINDOWS] = {HOURS,                                                          "[]",  ANY_NUMBER, read_windows,           show_windows     },
};
/* clang-format on */
