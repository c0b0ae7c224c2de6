/* sync_timer: how often the keeper has lists looked after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "resolver/daemon/sync_timer.h"
#include "tests/unit/config_rig.h"

#define KEY "sealed: {key: sealed.key}\n"
#define ONE "lists:\n  a: {url: 'https://l.example/a', category: porn"

static void a_run_comes_often_enough_for_the_shortest_list(void **state)
{
    static const struct {
        const char *yaml;
        unsigned interval_s;
    } rows[] = {
        {"",                                                                         0  },
        {ONE "}\n",                                                                  900},
        {ONE ", every: 30d, jitter: 0s}\n",                                          900},
        {ONE ", every: 1h}\n",                                                       600},
        {ONE ", every: 5m}\n",                                                       60 },
        {ONE "}\n  b: {url: 'https://l.example/b', category: ads, every: 30m}\n",    300},
        {ONE "}\n  b: {url: 'https://l.example/b', every: 30m, class: legal}\n" KEY, 300},
        {ONE "}\n  b: {url: 'https://l.example/b', every: 1h, jitter: 0s, deadline: 1h, class: "
             "legal}\n" KEY,
         300                                                                            },
        {ONE "}\nfeeds: {timer: no}\n",                                              0  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config *config = config_of(rows[i].yaml);

        assert_int_equal(sync_timer_interval_s(config), rows[i].interval_s);
        config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_comes_often_enough_for_the_shortest_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
