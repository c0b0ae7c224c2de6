/* tools/stairgate/leases.c: lease files of three DHCP servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "config/base/err.h"
#include "tools/stairgate/leases.h"

/* Asserts that TEXT comes to WANTED, `MAC=NAME` of each in order and the number of those skipped.
 */
static void comes_to(const char *text, const char *wanted)
{
    struct leases leases;
    struct err err;
    char out[1024] = "";
    size_t used = 0;

    if (leases_read(&leases, "l", text, strlen(text), &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < leases.count; i++) {
        for (size_t j = 0; j < sizeof leases.items[i].mac; j++)
            used += (size_t)snprintf(out + used, sizeof out - used, "%02x", leases.items[i].mac[j]);
        used += (size_t)snprintf(out + used, sizeof out - used, "=%s ", leases.items[i].name);
    }
    snprintf(out + used, sizeof out - used, "%zu", leases.skipped);
    assert_string_equal(out, wanted);
    leases_free(&leases);
}

static void dnsmasq_names_what_it_serves(void **state)
{
    (void)state;
    comes_to("1795651200 00:00:5e:00:53:0a 192.0.2.20 tablet 01:00:00:5e:00:53:0a\n"
             "1795651200 00:00:5e:00:53:0b 192.0.2.21 * *\n"
             "1795651200 06-00:00:5e:00:53:0c 192.0.2.22 odd *\n",
             "00005e00530a=tablet 00005e00530b= 1");
}

static void dnsmasq_tells_of_dhcpv6_by_the_mac_in_the_duid(void **state)
{
    (void)state;
    comes_to("1795651200 00:00:5e:00:53:0a 192.0.2.20 * *\n"
             "duid 00:01:00:01:2a:3b:4c:5d:00:00:5e:00:53:01\n"
             "1795651200 1234 2001:db8:1::20 tablet 00:01:00:01:2a:3b:4c:5d:00:00:5e:00:53:0a\n"
             "1795651200 T99 2001:db8:1::21 phone 00:03:00:01:00:00:5e:00:53:0b\n"
             "1795651200 77 2001:db8:1::22 pc 00:04:00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f"
             "\n",
             "00005e00530a=tablet 00005e00530b=phone 1");
}

static void kea_is_read_by_the_names_of_its_columns(void **state)
{
    (void)state;
    comes_to("address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,"
             "state,user_context,pool_id\n"
             "192.0.2.20,00:00:5e:00:53:0a,,3600,1795651200,1,0,0,tablet.home.test.,0,,0\n"
             "192.0.2.21,00:00:5e:00:53:0b,,3600,1795651200,1,0,0,phone,1,,0\n"
             "192.0.2.22,00:00:5e:00:53:0c,,3600,1795651200,1,0,0,,2,,0\n",
             "00005e00530a=tablet 00005e00530c= 1");
    comes_to("address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,"
             "prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context\r\n"
             "2001:db8::1,00:03:00:01:00:00:5e:00:53:0a,1,2,3,4,0,5,128,0,0,tablet,,0,\r\n"
             "2001:db8::2,00:02:00:00:01:02,1,2,3,4,0,5,128,0,0,tv,00:00:5e:00:53:0d,0,\r\n",
             "00005e00530a=tablet 00005e00530d=tv 0");
}

static void isc_leases_are_blocks(void **state)
{
    (void)state;
    comes_to("# The format of this file is documented in the dhcpd.leases(5) manual page.\n"
             "authoring-byte-order little-endian;\n"
             "server-duid \"\\000\\001 } lease {\";\n"
             "lease 192.0.2.20 {\n  starts 4 2026/11/26 00:00:00;\n  binding state active;\n"
             "  hardware ethernet 00:00:5e:00:53:0a;\n  uid \"\\001\\\"x;\";\n"
             "  client-hostname \"Lena-s-tablet\";\n}\n"
             "lease 192.0.2.21 {\n  binding state free;\n}\n"
             "failover peer \"x\" state {\n  hardware ethernet 00:00:5e:00:53:0f;\n}\n",
             "00005e00530a=Lena-s-tablet 1");
}

static void the_last_word_on_a_device_counts_with_the_last_name(void **state)
{
    (void)state;
    comes_to("lease 192.0.2.20 { hardware ethernet 00:00:5e:00:53:0a; client-hostname \"old\"; }\n"
             "lease 192.0.2.21 { hardware ethernet 00:00:5e:00:53:0b; }\n"
             "lease 192.0.2.22 { hardware ethernet 00:00:5e:00:53:0a; client-hostname \"new\"; }\n"
             "lease 192.0.2.23 { hardware ethernet 00:00:5e:00:53:0a; }\n",
             "00005e00530a=new 00005e00530b= 0");
}

static void a_name_is_a_label_of_plain_characters(void **state)
{
    (void)state;
    comes_to("1 00:00:5e:00:53:0a 192.0.2.20 a\x1b[31m;$(x) *\n", "00005e00530a=a--31m---x- 0");
    comes_to("1 00:00:5e:00:53:0a 192.0.2.20 "
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa *\n",
             "00005e00530a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0");
}

static void macs_of_groups_and_of_nobody_are_no_devices(void **state)
{
    (void)state;
    comes_to("1 01:00:5e:00:00:01 192.0.2.20 a *\n1 00:00:00:00:00:00 192.0.2.21 b *\n"
             "1 00:00:5e:00:53 192.0.2.22 c *\n1 00:00:5e:00:53:0a: 192.0.2.23 d *\n",
             "4");
}

static void a_file_of_another_kind_is_refused_by_name(void **state)
{
    static const char *const texts[] = {"", "hello\n", "{\"leases\": []}", "\n1 "};
    struct leases leases;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(leases_read(&leases, "l", texts[i], strlen(texts[i]), &err), -1);
        assert_int_equal(err.code, ERR_FORMAT);
        assert_ptr_equal(strstr(err.text, "l: no leases of"), err.text);
        leases_free(&leases);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dnsmasq_names_what_it_serves),
        cmocka_unit_test(dnsmasq_tells_of_dhcpv6_by_the_mac_in_the_duid),
        cmocka_unit_test(kea_is_read_by_the_names_of_its_columns),
        cmocka_unit_test(isc_leases_are_blocks),
        cmocka_unit_test(the_last_word_on_a_device_counts_with_the_last_name),
        cmocka_unit_test(a_name_is_a_label_of_plain_characters),
        cmocka_unit_test(macs_of_groups_and_of_nobody_are_no_devices),
        cmocka_unit_test(a_file_of_another_kind_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
