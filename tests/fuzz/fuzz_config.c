/* Any text either becomes a config or problems, each with its file in front; never both errors and
 * a config, never neither; and what is taken can be shown. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "config/base/err.h"
#include "config/config.h"
#include "config/show.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

static void take_row(const struct config_row *row, void *user)
{
    size_t *rows = user;

    must(row->name[0] != '\0');
    must((row->from != NULL) == (row->place.line == 0));
    for (size_t i = 0; i < row->count; i++)
        *rows += strlen(row->items[i]);
    ++*rows;
}

static void check_problems(const struct config_problems *problems, int refused)
{
    unsigned line = 0;
    int errors = 0;

    for (size_t i = 0; i < problems->count; i++) {
        const struct err *item = &problems->items[i];

        must(memchr(item->text, '\0', sizeof item->text) != NULL);
        must(strncmp(item->text, "f:", 2) == 0);
        must(item->line >= line || item->code == ERR_LIMIT);
        line = item->line;
        errors |= item->code != ERR_NONE;
    }
    must(errors == refused);
}

static void check_config(const struct config *config)
{
    size_t rows = 0;

    must(config->default_profile < config->profile_count);
    must(config->workers >= 1);
    for (size_t i = 0; i < config->network_count; i++)
        must(config->networks[i].profile < config->profile_count);
    for (size_t i = 0; i < config->record_count; i++)
        must(config->records[i].name.length > 0);
    config_show(config, take_row, &rows);
    must(rows > 30);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    struct config_problems problems;
    struct config *config = config_parse("f", (const char *)octets, length, &problems);

    check_problems(&problems, config == NULL);
    if (config != NULL)
        check_config(config);
    config_free(config);
    config_problems_free(&problems);
    return 0;
}
