/* Any config that loads still loads with one more list in its text, has that list, and loads as
 * before once it is taken out again; what is refused says why. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/config.h"
#include "config/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

static const struct edit_option options[] = {
    {"url",      "https://l.example/x?y=z", false},
    {"category", "porn",                    false},
    {"licence",  "it's: # ours",            false},
};

/* Returns how many lists TEXT has, -1 where it does not load. */
static long count_lists(const char *text, size_t length)
{
    struct config_problems problems;
    struct config *config = config_parse("f", text, length, &problems);
    long count = config != NULL ? (long)config->list_count : -1;

    config_free(config);
    config_problems_free(&problems);
    return count;
}

static void take_out(const char *text, size_t length, long lists)
{
    struct err err = {.text = ""};
    size_t after;
    char *without = edit_remove_list(text, length, "zzz-new", &after, &err);

    must(without != NULL);
    must(count_lists(without, after) == lists);
    free(without);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    const char *text = (const char *)octets;
    struct err err = {.text = ""};
    long lists = count_lists(text, length);
    size_t after;
    char *with = edit_add_list(text, length, "zzz-new", options, 3, &after, &err);

    must(with != NULL || err.text[0] != '\0');
    if (with != NULL && lists >= 0) {
        must(count_lists(with, after) == lists + 1);
        take_out(with, after, lists);
    }
    free(with);
    return 0;
}
