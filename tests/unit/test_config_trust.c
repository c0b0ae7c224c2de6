/* config: whose word on who asks is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/config_rig.h"

#define HEAD "upstreams: [192.0.2.1]\nprofiles: {a: {}}\n"

static void nobody_is_trusted_without_a_word(void **state)
{
    struct config *config = config_of(HEAD);

    (void)state;
    assert_int_equal(config->trusted_forwarder_count, 0);
    assert_int_equal(config->proxy_count, 0);
    config_free(config);
}

static void forwarders_and_proxies_are_prefixes_and_addresses(void **state)
{
    struct config *config =
        config_of(HEAD "trusted_forwarders: [10.1.0.0/16, '2001:db8::53']\nproxies: 127.0.0.1\n");

    (void)state;
    assert_int_equal(config->trusted_forwarder_count, 2);
    assert_int_equal(config->trusted_forwarders[0].length, 16);
    assert_int_equal(config->trusted_forwarders[1].length, 128);
    assert_int_equal(config->proxy_count, 1);
    assert_int_equal(config->proxies[0].length, 32);
    config_free(config);
}

static void trust_in_everybody_or_in_who_is_not_served_is_told(void **state)
{
    static const struct row rows[] = {
        {HEAD "proxies: 127.0.0.1\ntrusted_forwarders: [10.0.0.1]\n", {0}},
        {HEAD "proxies: 203.0.113.1\n",                               {0}},
        {HEAD "trusted_forwarders: 203.0.113.1\n",
         {"3:21: warning: a forwarder that is not served: '203.0.113.1'; add it to "
          "clients.allow"}                                               },
        {HEAD "proxies: ['::/0']\n",
         {"3:10: warning: anybody may say who he is: 'proxies' holds every address; name those in "
          "front of this server alone"}                                  },
        {HEAD "proxies: [10.0.0.1/8]\n",
         {"3:11: not a prefix: '10.0.0.1/8'; the bits behind the length must be 0: did you mean "
          "'10.0.0.0/8'?"}                                               },
    };

    (void)state;
    CHECK_ROWS(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_trusted_without_a_word),
        cmocka_unit_test(forwarders_and_proxies_are_prefixes_and_addresses),
        cmocka_unit_test(trust_in_everybody_or_in_who_is_not_served_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
