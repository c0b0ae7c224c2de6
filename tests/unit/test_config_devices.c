/* config: groups, devices and what networks say of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/config.h"
#include "config_rig.h"

#define TWO "profiles: {child: {block: []}, adult: {block: []}}\ndefault_profile: child\n"

static void what_is_wrong_with_groups_and_devices_is_said(void **state)
{
    static const struct row rows[] = {
        {TWO "groups: {kids: {profile: adlt}}\nnetworks: [{prefix: 10.0.0.0/8, profile: adult}]\n",
         {"3:26: unknown profile: 'adlt'; did you mean 'adult'?"}                                                                                    },
        {TWO "groups: {kids: {in: famly}, family: {profile: adult}}\n",
         {"3:21: unknown group: 'famly'; did you mean 'family'?"}                                                                                    },
        {TWO "groups:\n  a: {in: b, profile: adult}\n  b: {in: c}\n  c: {in: a}\n  d: {in: a}\n",
         {"4:3: a group that is in itself: 'a'", "5:3: a group that is in itself: 'b'",
          "6:3: a group that is in itself: 'c'"}                                                                                                     },
        {TWO "groups: {a: {in: a, profile: adult}}\n",                                                       {"3:10: a group that is in itself: 'a'"}},
        {TWO "devices: {tablet: {keys: ['00:00:5e:00:53'], profile: adult}}\n",
         {"3:27: not a MAC, address, prefix or cpe:NAME of a device: '00:00:5e:00:53'; such as "
          "00:00:5e:00:53:0a"}                                                                                                                       },
        {TWO "devices: {tablet: {keys: [], profile: adult}}\n",
         {"3:11: a device without keys: 'tablet'"}                                                                                                   },
        {TWO "devices: {tablet: {profile: adult}}\n",                                                        {"3:19: missing key: 'keys'"}           },
        {TWO "devices: {tablet: {keys: 192.0.2.7, group: kids, profile: adult}}\n",
         {"3:44: unknown group: 'kids'"}                                                                                                             },
        {TWO "devices:\n  tablet: {keys: '00:00:5e:00:53:0a', profile: adult}\n"
             "  phone: {keys: [192.0.2.7, 00-00-5E-00-53-0A], profile: adult}\n",                   {"5:3: a key twice: '00:00:5e:00:53:0a' of device 'phone'; device 'tablet' at 4:3 has "
          "it"}                                            },
        {TWO "networks: [{prefix: 10.0.0.0/8, listen: 10.0.0.1, profile: adult}]\n",
         {"3:12: a network has a prefix, an interface or a listener, not several; write an entry "
          "for each"}                                                                                                                                },
        {TWO "networks: [{profile: adult}]\n",
         {"3:12: missing key: 'prefix', 'interface' or 'listen'"}                                                                                    },
        {TWO "networks: [{listen: 0.0.0.0, profile: adult}]\n",
         {"3:21: 'listen' must be a list of addresses of this machine such as [192.168.1.1@53]: "
          "'0.0.0.0'"}                                                                                                                               },
        {TWO "networks:\n  - {listen: 10.0.0.1, profile: adult}\n"
             "  - {listen: 10.0.0.1, profile: child}\n  - {listen: 10.0.0.1@53, profile: child}\n", {"5:14: one listener with two profiles: '10.0.0.1'; it has 'child' here and 'adult' at "
          "4:14"}                        },
        {TWO "networks: [{prefix: 10.0.0.0/8, profile: child, unknown: adlt}]\n",
         {"3:58: unknown profile: 'adlt'; did you mean 'adult'?"}                                                                                    },
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void a_profile_is_given_by_a_group_a_device_or_as_unknown(void **state)
{
    static const struct row rows[] = {
        {TWO "groups: {family: {profile: adult}}\n",                               {NULL}},
        {TWO "devices: {tablet: {keys: 192.0.2.7, profile: adult}}\n",             {NULL}},
        {TWO "networks: [{prefix: 10.0.0.0/8, profile: child, unknown: adult}]\n", {NULL}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void groups_and_devices_are_read(void **state)
{
    struct config *config =
        config_of(TWO "groups:\n  kids: {in: family}\n  family: {profile: adult}\n"
                      "devices:\n  tablet: {keys: ['0000.5e00.530a', 'cpe:line-1'], group: kids}\n"
                      "  tv: {keys: 2001:db8::/64, profile: child}\n"
                      "networks:\n  - {prefix: 10.0.0.0/8, profile: adult, unknown: child}\n"
                      "  - {listen: [192.0.2.1, '2001:db8::1@5353'], profile: adult}\n");
    char text[DEVICE_KEY_TEXT_MAX];

    (void)state;
    assert_int_equal(config->group_count, 2);
    assert_int_equal(config->groups[0].parent, 1);
    assert_int_equal(config->groups[0].profile, -1);
    assert_int_equal(config->groups[1].parent, -1);
    assert_int_equal(config->groups[1].profile, 1);
    assert_int_equal(config->device_count, 2);
    assert_string_equal(config->devices[0].name, "tablet");
    assert_int_equal(config->devices[0].key_count, 2);
    assert_string_equal(device_key_text(&config->devices[0].keys[0], text), "00:00:5e:00:53:0a");
    assert_int_equal(config->devices[0].group, 0);
    assert_int_equal(config->devices[0].profile, -1);
    assert_int_equal(config->devices[1].group, -1);
    assert_int_equal(config->devices[1].profile, 0);
    assert_int_equal(config->network_count, 3);
    assert_int_equal(config->networks[0].unknown, 0);
    assert_int_equal(config->networks[1].unknown, -1);
    assert_int_equal(config->networks[1].listen.port, 0);
    assert_int_equal(config->networks[2].listen.port, 5353);
    assert_string_equal(config_network_word(&config->networks[2]), "listen");
    assert_string_equal(config_network_text(&config->networks[2], text), "2001:db8::1@5353");
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_with_groups_and_devices_is_said),
        cmocka_unit_test(a_profile_is_given_by_a_group_a_device_or_as_unknown),
        cmocka_unit_test(groups_and_devices_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
