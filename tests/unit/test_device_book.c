/* policy/state: devices are named, moved, seen and forgotten, in the file and in the overlay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/base/bytes.h"
#include "config/base/err.h"
#include "policy/state/device_book.h"
#include "policy/state/grants.h"
#include "policy/state/mark.h"
#include "policy/state/overlay.h"
#include "policy/who/devices.h"
#include "device_sample.h"

enum { DAY_S = 86400, NOW_S = 20000 * DAY_S };

static const char phone[] = "00:00:5e:00:53:01", tablet[] = "00:00:5e:00:53:02";

struct house {
    char folder[64], path[96];
    struct device_book book;
    struct err err;
};

static void open_house(struct house *house)
{
    struct err warning;

    house->book.db = state_db_open(house->path, &warning, &house->err);
    assert_non_null(house->book.db);
    house->book.overlay = overlay_create(3, &house->err);
    assert_non_null(house->book.overlay);
}

static void close_house(struct house *house)
{
    state_db_close(house->book.db);
    overlay_free(house->book.overlay);
}

static void build(struct house *house)
{
    memset(house, 0, sizeof *house);
    snprintf(house->folder, sizeof house->folder, "/tmp/device_book.XXXXXX");
    assert_non_null(mkdtemp(house->folder));
    snprintf(house->path, sizeof house->path, "%s/state.db", house->folder);
    open_house(house);
}

static void tear_down(struct house *house)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char path[128];

    close_house(house);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", house->path, ends[i]);
        unlink(path);
    }
    rmdir(house->folder);
}

static uint32_t name(struct house *house, const char *text, struct device_words words)
{
    struct device_key key = key_of(text);
    struct state_device device;

    assert_int_equal(device_book_name(&house->book, &key, &words, &device, &house->err), 0);
    return device.id;
}

static struct device found(const struct house *house, const char *text)
{
    struct device_key key = key_of(text);
    struct device device = {0, 0, 0, 0};

    if (!devices_find(house->book.overlay->devices, &key, &device))
        device.id = 0;
    return device;
}

static void a_name_makes_a_device_that_is_in_force_and_in_the_file(void **state)
{
    struct house house;
    struct state_device device;
    struct device_key key = key_of(phone);
    uint32_t id;

    (void)state;
    build(&house);
    id = name(&house, phone, (struct device_words){"phone", "child", "kids"});
    assert_int_equal(found(&house, phone).id, id);
    assert_int_equal(found(&house, phone).profile, mark_of("child"));
    assert_int_equal(found(&house, phone).group, mark_of("kids"));
    assert_int_equal(found(&house, phone).flags, DEVICE_CLAIMED);
    close_house(&house);
    open_house(&house);
    assert_int_equal(state_db_device_keyed(house.book.db, &key, &device, &house.err), 1);
    assert_int_equal(device.id, id);
    assert_string_equal(device.name, "phone");
    assert_string_equal(device.profile, "child");
    tear_down(&house);
}

static void a_second_key_of_a_name_is_one_more_of_the_device(void **state)
{
    struct house house;
    uint32_t id;

    (void)state;
    build(&house);
    id = name(&house, phone, (struct device_words){"phone", "child", NULL});
    assert_int_equal(name(&house, tablet, (struct device_words){"phone", NULL, NULL}), id);
    assert_int_equal(found(&house, tablet).id, id);
    assert_int_equal(found(&house, tablet).profile, mark_of("child"));
    tear_down(&house);
}

static void a_change_holds_under_every_key(void **state)
{
    struct house house;
    struct state_device device;

    (void)state;
    build(&house);
    name(&house, phone, (struct device_words){"phone", "child", NULL});
    name(&house, tablet, (struct device_words){"phone", NULL, NULL});
    assert_int_equal(state_db_device_named(house.book.db, "phone", &device, &house.err), 1);
    assert_int_equal(device_book_change(&house.book, &device,
                                        &(struct device_words){NULL, "adult", "grown"}, &house.err),
                     0);
    assert_int_equal(found(&house, phone).profile, mark_of("adult"));
    assert_int_equal(found(&house, tablet).profile, mark_of("adult"));
    assert_int_equal(found(&house, tablet).group, mark_of("grown"));
    assert_int_equal(device_book_change(&house.book, &device,
                                        &(struct device_words){NULL, "", NULL}, &house.err),
                     0);
    assert_int_equal(found(&house, phone).profile, 0);
    assert_int_equal(found(&house, phone).group, mark_of("grown"));
    tear_down(&house);
}

static void who_is_forgotten_is_known_under_no_key(void **state)
{
    struct house house;
    struct state_device device;
    uint32_t id;

    (void)state;
    build(&house);
    id = name(&house, phone, (struct device_words){"phone", "child", NULL});
    name(&house, tablet, (struct device_words){"phone", NULL, NULL});
    assert_int_equal(device_book_forget(&house.book, id, &house.err), 0);
    assert_int_equal(found(&house, phone).id, 0);
    assert_int_equal(found(&house, tablet).id, 0);
    assert_int_equal(state_db_device_get(house.book.db, id, &device, &house.err), 0);
    tear_down(&house);
}

static void who_is_seen_is_kept_to_the_day_and_gets_a_name_later(void **state)
{
    struct house house;
    struct state_device device;
    struct device_key key = key_of(phone);
    uint32_t id;

    (void)state;
    build(&house);
    assert_int_equal(device_book_see(&house.book, &key, 1, NOW_S + 4711, &house.err), 0);
    id = found(&house, phone).id;
    assert_int_not_equal(id, 0);
    assert_int_equal(found(&house, phone).flags, 0);
    assert_int_equal(device_book_see(&house.book, &key, 1, NOW_S + DAY_S + 60, &house.err), 0);
    assert_int_equal(state_db_device_get(house.book.db, id, &device, &house.err), 1);
    assert_int_equal(device.seen_first_s, NOW_S);
    assert_int_equal(device.seen_last_s, NOW_S + DAY_S);
    assert_int_equal(name(&house, phone, (struct device_words){"phone", NULL, NULL}), id);
    assert_int_equal(found(&house, phone).flags, DEVICE_CLAIMED);
    tear_down(&house);
}

/* The key of one that was only seen goes to a device that is there already. */
static void a_seen_device_that_is_another_leaves_nothing_behind(void **state)
{
    struct house house;
    struct state_device device;
    struct device_key key = key_of(tablet);
    uint32_t id, seen;

    (void)state;
    build(&house);
    id = name(&house, phone, (struct device_words){"phone", "child", NULL});
    assert_int_equal(device_book_see(&house.book, &key, 1, NOW_S, &house.err), 0);
    seen = found(&house, tablet).id;
    assert_int_equal(name(&house, tablet, (struct device_words){"phone", NULL, NULL}), id);
    assert_int_equal(found(&house, tablet).id, id);
    assert_int_equal(state_db_device_get(house.book.db, seen, &device, &house.err), 0);
    tear_down(&house);
}

static struct device_key numbered(uint32_t number)
{
    uint8_t mac[6] = {0, 0, 0x5e};
    struct device_key key;

    store_be32(mac + 2, number | 0x5e000000);
    device_key_of_mac(mac, &key);
    return key;
}

static void of_those_only_seen_the_oldest_go(void **state)
{
    struct device_key keys[64], first = numbered(0);
    struct house house;
    struct device device;
    uint32_t count, oldest;

    (void)state;
    build(&house);
    name(&house, phone, (struct device_words){"phone", NULL, NULL});
    for (uint32_t batch = 0; batch < DEVICE_BOOK_UNNAMED / 64 + 2; batch++) {
        for (uint32_t i = 0; i < 64; i++)
            keys[i] = numbered(batch * 64 + i);
        assert_int_equal(
            device_book_see(&house.book, keys, 64, NOW_S + (int64_t)batch * DAY_S, &house.err), 0);
    }
    assert_int_equal(state_db_unnamed(house.book.db, &count, &oldest, &house.err), 0);
    assert_int_equal(count, DEVICE_BOOK_UNNAMED);
    assert_false(devices_find(house.book.overlay->devices, &first, &device));
    assert_true(devices_find(house.book.overlay->devices, &keys[63], &device));
    assert_int_not_equal(found(&house, phone).id, 0);
    tear_down(&house);
}

/* Denies everything to the device ID, in the file and in force. */
static void deny(struct house *house, uint32_t id)
{
    struct state_grant row = {
        .grant = {.effect = GRANT_DENY,
                  .scope = GRANT_DEVICE,
                  .subject = id,
                  .what = GRANT_ALL,
                  .from_s = NOW_S,
                  .until_s = GRANT_FOREVER}
    };

    assert_int_equal(state_db_grant_add(house->book.db, &row, &house->err), 0);
    assert_int_equal(grants_put(house->book.overlay->grants, &row.grant, &house->err), 0);
}

static void who_is_forgotten_leaves_no_grant_in_force(void **state)
{
    struct house house;
    uint32_t id, other;

    (void)state;
    build(&house);
    id = name(&house, phone, (struct device_words){"phone", "child", NULL});
    other = name(&house, tablet, (struct device_words){"tablet", "child", NULL});
    deny(&house, id);
    deny(&house, id);
    deny(&house, other);
    assert_int_equal(device_book_forget(&house.book, id, &house.err), 0);
    assert_int_equal(grants_count(house.book.overlay->grants), 1);
    assert_int_equal(device_book_forget(&house.book, other, &house.err), 0);
    assert_int_equal(grants_count(house.book.overlay->grants), 0);
    tear_down(&house);
}

static void see_made_up(struct house *house, uint32_t from, int64_t at_s)
{
    struct device_key keys[64];

    for (uint32_t i = 0; i < 64; i++) {
        uint8_t mac[6] = {2, 0};

        store_be32(mac + 2, from + i);
        device_key_of_mac(mac, &keys[i]);
    }
    assert_int_equal(device_book_see(&house->book, keys, 64, at_s, &house->err), 0);
}

static void one_that_is_denied_something_is_not_crowded_out(void **state)
{
    struct house house;
    struct device_key key = key_of(phone);
    uint32_t id;

    (void)state;
    build(&house);
    assert_int_equal(device_book_see(&house.book, &key, 1, NOW_S, &house.err), 0);
    id = found(&house, phone).id;
    deny(&house, id);
    for (uint32_t batch = 0; batch < DEVICE_BOOK_UNNAMED / 64 + 2; batch++)
        see_made_up(&house, 64 * batch, NOW_S + DAY_S);
    assert_int_equal(found(&house, phone).id, id);
    assert_int_equal(grants_count(house.book.overlay->grants), 1);
    tear_down(&house);
}

static void a_key_too_many_is_refused_and_changes_nothing(void **state)
{
    const struct device_words words = {"phone", "child", NULL};
    struct house house;
    struct device_key key;
    struct state_device device;
    uint8_t mac[6] = {2, 0};

    (void)state;
    build(&house);
    for (uint8_t i = 0; i <= STATE_KEYS_MOST; i++) {
        mac[5] = i;
        device_key_of_mac(mac, &key);
        assert_int_equal(device_book_name(&house.book, &key, &words, &device, &house.err),
                         i < STATE_KEYS_MOST ? 0 : -1);
    }
    assert_int_equal(house.err.code, ERR_LIMIT);
    assert_int_equal(devices_count(house.book.overlay->devices), STATE_KEYS_MOST);
    assert_int_equal(state_db_device_keyed(house.book.db, &key, &device, &house.err), 0);
    tear_down(&house);
}

static void an_import_is_whole_or_not_at_all(void **state)
{
    struct house house;
    char long_name[CONFIG_WORD_MAX + 1];
    struct device_row rows[3] = {
        {key_of(phone),       {"phone", "child", NULL} },
        {key_of(tablet),      {long_name, NULL, NULL}  },
        {key_of("192.0.2.7"), {"printer", NULL, "home"}},
    };
    size_t bad;

    (void)state;
    build(&house);
    memset(long_name, 'x', CONFIG_WORD_MAX);
    long_name[CONFIG_WORD_MAX] = '\0';
    assert_int_equal(device_book_import(&house.book, rows, 3, &bad, &house.err), -1);
    assert_int_equal(bad, 1);
    assert_int_equal(devices_count(house.book.overlay->devices), 0);
    rows[1].words.name = "tablet";
    assert_int_equal(device_book_import(&house.book, rows, 3, &bad, &house.err), 0);
    assert_int_equal(devices_count(house.book.overlay->devices), 3);
    assert_int_equal(found(&house, "192.0.2.7").group, mark_of("home"));
    tear_down(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_makes_a_device_that_is_in_force_and_in_the_file),
        cmocka_unit_test(a_second_key_of_a_name_is_one_more_of_the_device),
        cmocka_unit_test(a_change_holds_under_every_key),
        cmocka_unit_test(who_is_forgotten_is_known_under_no_key),
        cmocka_unit_test(who_is_seen_is_kept_to_the_day_and_gets_a_name_later),
        cmocka_unit_test(a_seen_device_that_is_another_leaves_nothing_behind),
        cmocka_unit_test(of_those_only_seen_the_oldest_go),
        cmocka_unit_test(who_is_forgotten_leaves_no_grant_in_force),
        cmocka_unit_test(one_that_is_denied_something_is_not_crowded_out),
        cmocka_unit_test(a_key_too_many_is_refused_and_changes_nothing),
        cmocka_unit_test(an_import_is_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
