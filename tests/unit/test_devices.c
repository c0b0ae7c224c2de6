/* policy/who: keys as people write them; the table of devices against a plain list, and a writer
 * beside readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "policy/who/devices.h"
#include "device_sample.h"

enum { MOST = 100000, MODEL_KEYS = 3000, MODEL_STEPS = 60000, READERS = 3, RACE_WRITES = 40000 };

static struct devices *open_table(size_t most)
{
    struct err err = {.code = ERR_NONE};
    struct devices *devices = devices_create(most, 7, &err);

    assert_non_null(devices);
    return devices;
}

static void put(struct devices *devices, const char *text, uint32_t id)
{
    struct device_key key = key_of(text);
    struct device device = {id, id + 100, id + 200, DEVICE_CLAIMED};

    assert_int_equal(devices_put(devices, &key, &device, NULL), 0);
}

static uint32_t find(const struct devices *devices, const char *text)
{
    struct device_key key = key_of(text);
    struct device device = {0, 0, 0, 0};

    return devices_find(devices, &key, &device) ? device.id : 0;
}

static void a_key_is_read_in_every_usual_spelling(void **state)
{
    static const struct {
        const char *text, *written;
    } rows[] = {
        {"00:00:5e:00:53:0a",                    "00:00:5e:00:53:0a"                   },
        {"00-00-5E-00-53-0A",                    "00:00:5e:00:53:0a"                   },
        {"0000.5e00.530a",                       "00:00:5e:00:53:0a"                   },
        {"00005e-00530a",                        "00:00:5e:00:53:0a"                   },
        {"00005E00530A",                         "00:00:5e:00:53:0a"                   },
        {"0:0:5e:0:53:a",                        "00:00:5e:00:53:0a"                   },
        {"192.0.2.7",                            "192.0.2.7"                           },
        {"192.0.2.7/32",                         "192.0.2.7"                           },
        {"::ffff:192.0.2.7",                     "192.0.2.7"                           },
        {"192.0.2.0/24",                         "192.0.2.0/24"                        },
        {"2001:DB8:1::/56",                      "2001:db8:1::/56"                     },
        {"2001:db8::7",                          "2001:db8::7"                         },
        {"fe80::1",                              "fe80::1"                             },
        {"cpe:line-17",                          "cpe:line-17"                         },
        {"cpe:0x6c696e65",                       "cpe:line"                            },
        {"cpe:0x00ff",                           "cpe:0x00ff"                          },
        {"cpe:0x3078",                           "cpe:0x3078"                          }, /* the octets 0x would be taken for hexadecimal */
        {"cpe:abcdefghijklmnopqrstuvwxyz012345", "cpe:abcdefghijklmnopqrstuvwxyz012345"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[DEVICE_KEY_TEXT_MAX];
        struct device_key key = key_of(rows[i].text), again;

        assert_string_equal(device_key_text(&key, text), rows[i].written);
        again = key_of(text);
        assert_memory_equal(&key, &again, sizeof key);
    }
}

static void what_is_no_key_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "tablet",
        "00:00:5e:00:53",
        "00:00:5e:00:53:0a:0b",
        "00:00:5e:00:53:0g",
        "00:00-5e:00:53:0a",
        "000:00:5e:00:53:0a",
        "00005e00530",
        "00005e00530ab",
        "0000.5e00.53a",
        "01:00:5e:00:00:01", /* a group */
        "ff:ff:ff:ff:ff:ff",
        "00:00:00:00:00:00",
        "192.0.2.7/24", /* host bits */
        "192.0.2.0/33",
        "fe80::1%lo", /* which link is not part of a name */
        "cpe:",
        "cpe:0x",
        "cpe:0x1",
        "cpe:0xzz",
        "cpe:two words",
        "cpe:abcdefghijklmnopqrstuvwxyz0123456",
    };
    struct device_key key;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(device_key_parse(texts[i], &key), -1);
}

static void a_device_is_found_under_each_of_its_keys(void **state)
{
    struct devices *devices = open_table(MOST);
    struct device_key key = key_of("00:00:5e:00:53:0a");
    struct device device;

    (void)state;
    assert_false(devices_find(devices, &key, &device));
    put(devices, "00:00:5e:00:53:0a", 1);
    put(devices, "00:00:5e:00:53:0b", 1);
    put(devices, "cpe:line-17", 2);
    assert_true(devices_find(devices, &key, &device));
    assert_int_equal(device.id, 1);
    assert_int_equal(device.profile, 101);
    assert_int_equal(device.group, 201);
    assert_int_equal(device.flags, DEVICE_CLAIMED);
    assert_int_equal(find(devices, "00:00:5e:00:53:0b"), 1);
    assert_int_equal(find(devices, "cpe:line-17"), 2);
    assert_int_equal(find(devices, "cpe:line-18"), 0);
    assert_int_equal(devices_count(devices), 3);
    devices_free(devices);
}

static void a_put_takes_the_place_of_what_is_there(void **state)
{
    struct devices *devices = open_table(MOST);
    struct device_key key = key_of("192.0.2.7");

    (void)state;
    put(devices, "192.0.2.7", 1);
    put(devices, "192.0.2.7", 2);
    assert_int_equal(find(devices, "192.0.2.7"), 2);
    assert_int_equal(devices_count(devices), 1);
    devices_remove(devices, &key);
    devices_remove(devices, &key);
    assert_int_equal(find(devices, "192.0.2.7"), 0);
    assert_int_equal(devices_count(devices), 0);
    devices_free(devices);
}

/* Octets that are the same are not the same key where their kind or length differs. */
static void kinds_and_lengths_are_told_apart(void **state)
{
    static const char *const texts[] = {"00:00:5e:00:53:0a",
                                        "cpe:0x00005e00530a",
                                        "cpe:0x00005e00530a00",
                                        "192.0.2.0/24",
                                        "192.0.2.0/25",
                                        "192.0.2.0",
                                        "cpe:0xc0000200",
                                        "c000:200::/24",
                                        "cpe:abcdefghijklmnopqrstuvwxyz012345",
                                        "cpe:abcdefghijklmnopqrstuvwxyz01234"};
    struct devices *devices = open_table(MOST);

    (void)state;
    for (uint32_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put(devices, texts[i], i + 1);
    for (uint32_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(find(devices, texts[i]), i + 1);
    devices_free(devices);
}

static void the_longest_prefix_around_an_address_is_found(void **state)
{
    static const struct {
        const char *addr;
        uint32_t id;
        uint8_t length;
    } rows[] = {
        {"192.0.2.7",         1, 32 },
        {"192.0.2.8",         2, 24 },
        {"192.0.3.8",         3, 8  },
        {"198.51.100.1",      0, 0  },
        {"2001:db8:1::9",     4, 128},
        {"2001:db8:1::8",     5, 56 },
        {"2001:db8:1:100::8", 6, 32 },
        {"2001:db9::",        0, 0  },
    };
    struct devices *devices = open_table(MOST);
    struct device_key key = key_of("192.0.2.7");
    struct device device;
    struct addr addr;
    uint8_t length;

    (void)state;
    put(devices, "192.0.2.7", 1);
    put(devices, "192.0.2.0/24", 2);
    put(devices, "192.0.0.0/8", 3);
    put(devices, "2001:db8:1::9", 4);
    put(devices, "2001:db8:1::/56", 5);
    put(devices, "2001:db8::/32", 6);
    put(devices, "::c000:207", 7); /* the octets of an IPv4 address at the wrong end */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(addr_from_text(&addr, rows[i].addr), 0);
        assert_int_equal(devices_find_addr(devices, &addr, &device, &length), rows[i].id != 0);
        if (rows[i].id == 0)
            continue;
        assert_int_equal(device.id, rows[i].id);
        assert_int_equal(length, rows[i].length);
    }
    devices_remove(devices, &key);
    assert_int_equal(addr_from_text(&addr, "192.0.2.7"), 0);
    assert_true(devices_find_addr(devices, &addr, &device, &length));
    assert_int_equal(device.id, 2);
    devices_free(devices);
}

static void the_prefix_of_everything_has_length_0(void **state)
{
    struct devices *devices = open_table(MOST);
    struct device device;
    struct addr addr;
    uint8_t length = 9;

    (void)state;
    put(devices, "::/0", 1);
    assert_int_equal(addr_from_text(&addr, "2001:db8::1"), 0);
    assert_true(devices_find_addr(devices, &addr, &device, &length));
    assert_int_equal(length, 0);
    assert_int_equal(addr_from_text(&addr, "192.0.2.1"), 0);
    assert_false(devices_find_addr(devices, &addr, &device, &length));
    devices_free(devices);
}

static uint64_t mixed(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}

/* Key NUMBER, of all kinds in turn. */
static struct device_key numbered(uint32_t number)
{
    struct device_key key;
    uint8_t mac[6] = {0};
    struct prefix prefix = {.length = 56};

    memset(&key, 0, sizeof key);
    if (number % 3 == 0) {
        store_be32(mac + 2, number);
        device_key_of_mac(mac, &key);
    } else if (number % 3 == 1) {
        prefix.addr.bits = 128;
        prefix.addr.octets[0] = 0x20;
        store_be32(prefix.addr.octets + 2, number);
        device_key_of_prefix(&prefix, &key);
    } else {
        key.kind = DEVICE_CPE;
        key.length = (uint8_t)(4 + number % (DEVICE_CPE_MAX - 3));
        store_be32(key.octets, number);
    }
    return key;
}

/* The table does what a plain array does, whatever is put and taken away, in whatever order. */
static void agree_with_a_plain_list(size_t expected)
{
    static struct device model[MODEL_KEYS]; /* id 0: not there */
    struct devices *devices = open_table(MOST);
    size_t count = 0;

    devices_expect(devices, expected);
    memset(model, 0, sizeof model);
    for (uint64_t step = 0; step < MODEL_STEPS; step++) {
        uint64_t random = mixed(step + 1);
        uint32_t number = (uint32_t)(random % MODEL_KEYS);
        struct device_key key = numbered(number);
        struct device device, *own = &model[number];

        /* Seasons of more puts, then of more removals. */
        if ((random >> 32) % 8 < (step / (MODEL_STEPS / 4) % 2 == 0 ? 6 : 2)) {
            count += own->id == 0;
            *own = (struct device){(uint32_t)(random >> 40) | 1, (uint32_t)(random >> 35) % 50,
                                   (uint32_t)(random >> 36) % 9, (uint32_t)step % 2};
            assert_int_equal(devices_put(devices, &key, own, NULL), 0);
        } else {
            count -= own->id != 0;
            own->id = 0;
            devices_remove(devices, &key);
        }
        number = (uint32_t)(mixed(random) % MODEL_KEYS);
        key = numbered(number);
        assert_int_equal(devices_find(devices, &key, &device), model[number].id != 0);
        if (model[number].id != 0)
            assert_memory_equal(&device, &model[number], sizeof device);
        assert_int_equal(devices_count(devices), count);
    }
    for (uint32_t number = 0; number < MODEL_KEYS; number++) {
        struct device_key key = numbered(number);
        struct device device;

        assert_int_equal(devices_find(devices, &key, &device), model[number].id != 0);
    }
    devices_free(devices);
}

static void the_table_agrees_with_a_plain_list(void **state)
{
    (void)state;
    agree_with_a_plain_list(0);
}

/* 1001 keys: 250 buckets, and so some that are split off and some that are not. */
static void room_made_at_once_is_like_room_that_grew(void **state)
{
    (void)state;
    agree_with_a_plain_list(1001);
    agree_with_a_plain_list(SIZE_MAX);
}

static void a_key_takes_at_most_40_octets(void **state)
{
    struct devices *devices = open_table(MOST);
    size_t empty = devices_octets(devices);

    (void)state;
    for (uint32_t i = 0; i < MOST; i++) {
        struct device_key key = numbered(i);
        struct device device = {i + 1, i % 20, i % 3, 0};

        assert_int_equal(devices_put(devices, &key, &device, NULL), 0);
        if (i >= 1000)
            assert_true(devices_octets(devices) - empty <= (i + 1) * 40 + 4096);
    }
    devices_free(devices);
}

static void more_than_the_most_are_refused(void **state)
{
    struct devices *devices = open_table(100);
    struct err err = {.code = ERR_NONE};
    struct device_key key;
    struct device device = {1, 0, 0, 0};

    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        key = numbered(i);
        assert_int_equal(devices_put(devices, &key, &device, &err), 0);
    }
    key = numbered(100);
    assert_int_equal(devices_put(devices, &key, &device, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    key = numbered(99);
    assert_int_equal(devices_put(devices, &key, &device, &err), 0);
    devices_remove(devices, &key);
    key = numbered(100);
    assert_int_equal(devices_put(devices, &key, &device, &err), 0);
    devices_free(devices);
}

static void more_ways_than_there_are_numbers_for_are_refused(void **state)
{
    struct devices *devices = open_table(100);
    struct err err = {.code = ERR_NONE};
    struct device_key key = numbered(1);

    (void)state;
    for (uint32_t i = 0; i < 65536; i++) {
        struct device device = {1, i, 0, 0}, found;

        assert_int_equal(devices_put(devices, &key, &device, &err), 0);
        assert_true(devices_find(devices, &key, &found));
        assert_int_equal(found.profile, i);
    }
    assert_int_equal(devices_put(devices, &key, &(struct device){1, 1, 1, 1}, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    devices_free(devices);
}

static void signs_are_counted_for_each_device(void **state)
{
    struct devices *devices = open_table(100);

    (void)state;
    for (uint32_t id = 1; id <= 1000; id++) {
        for (uint32_t i = 0; i < id % 4; i++)
            devices_count_bypass(devices, id);
    }
    devices_count_bypass(devices, 0);
    for (uint32_t id = 0; id <= 1001; id++)
        assert_int_equal(devices_bypass(devices, id), id <= 1000 ? id % 4 : 0);
    for (uint32_t id = 1; id <= 100000; id++) /* more than fit: no harm */
        devices_count_bypass(devices, id);
    assert_true(devices_bypass(devices, 1) == 2);
    devices_free(devices);
}

/* What readers look for while the table changes and grows under them: keys that are always there,
 * whose three numbers must fit together, and the prefix around an address. */
struct race {
    struct devices *devices;
    atomic_bool over;
    atomic_ulong looked, missed, torn;
};

enum { RACE_STAY = 300, RACE_COME = 20000 };

static struct device in_one_piece(uint32_t number, uint32_t round)
{
    uint32_t id = number * 64 + round % 64 + 1;

    return (struct device){id, id % 97 + 1, id % 89 + 1, 0};
}

static bool is_in_one_piece(const struct device *device)
{
    return device->profile == device->id % 97 + 1 && device->group == device->id % 89 + 1;
}

static void *read_on(void *context)
{
    struct race *race = context;
    struct addr addr;

    must(addr_from_text(&addr, "198.51.100.77") == 0);
    for (uint32_t i = 0; !atomic_load(&race->over); i++) {
        struct device_key key = numbered(i % RACE_STAY);
        struct device device;
        uint8_t length;

        if (!devices_find(race->devices, &key, &device))
            atomic_fetch_add(&race->missed, 1);
        else
            atomic_fetch_add(&race->torn, !is_in_one_piece(&device));
        if (!devices_find_addr(race->devices, &addr, &device, &length))
            atomic_fetch_add(&race->missed, 1);
        else
            atomic_fetch_add(&race->torn, !is_in_one_piece(&device));
        atomic_fetch_add(&race->looked, 1);
    }
    return NULL;
}

static void write_round(struct devices *devices, uint32_t round)
{
    struct device_key key = numbered(round % RACE_STAY);
    struct device device = in_one_piece(round % RACE_STAY, round);

    must(devices_put(devices, &key, &device, NULL) == 0);
    key = numbered(RACE_STAY + round % RACE_COME);
    device = in_one_piece(RACE_STAY + round % RACE_COME, round);
    must(devices_put(devices, &key, &device, NULL) == 0);
    if (round % 3 == 0) {
        key = numbered(RACE_STAY + (uint32_t)(mixed(round) % RACE_COME));
        devices_remove(devices, &key);
    }
}

static void readers_never_miss_and_never_see_half_a_change(void **state)
{
    struct race race = {.devices = open_table(MOST)};
    struct device device = in_one_piece(MOST, 0);
    struct device_key key = key_of("198.51.100.0/24");
    pthread_t readers[READERS];
    uint32_t round = 0;

    (void)state;
    assert_int_equal(devices_put(race.devices, &key, &device, NULL), 0);
    for (; round < RACE_STAY; round++)
        write_round(race.devices, round);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &race), 0);
    while (round < RACE_WRITES || atomic_load(&race.looked) < 1000)
        write_round(race.devices, round++);
    atomic_store(&race.over, true);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    devices_free(race.devices);
    assert_int_equal(atomic_load(&race.missed), 0);
    assert_int_equal(atomic_load(&race.torn), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_read_in_every_usual_spelling),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(a_device_is_found_under_each_of_its_keys),
        cmocka_unit_test(a_put_takes_the_place_of_what_is_there),
        cmocka_unit_test(kinds_and_lengths_are_told_apart),
        cmocka_unit_test(the_longest_prefix_around_an_address_is_found),
        cmocka_unit_test(the_prefix_of_everything_has_length_0),
        cmocka_unit_test(the_table_agrees_with_a_plain_list),
        cmocka_unit_test(room_made_at_once_is_like_room_that_grew),
        cmocka_unit_test(a_key_takes_at_most_40_octets),
        cmocka_unit_test(more_than_the_most_are_refused),
        cmocka_unit_test(more_ways_than_there_are_numbers_for_are_refused),
        cmocka_unit_test(signs_are_counted_for_each_device),
        cmocka_unit_test(readers_never_miss_and_never_see_half_a_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
