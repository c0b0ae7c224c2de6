/* Any hosts file becomes records with well-formed names and addresses, or problems; no two records
 * are the same, and each address has one way back. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/err.h"
#include "config/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

static void check_record(const struct config_record *record)
{
    struct name name = name_of(&record->name);
    uint8_t starts[NAME_LABELS_MAX];

    must(record->type == 1 || record->type == 28 || record->type == 12);
    must(record->type == 12 || record->rdata_length == (record->type == 1 ? 4 : 16));
    must(record->made == (record->type == 12));
    must(name.length > 1 && name_label_starts(&name, starts) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
    struct config *config = calloc(1, sizeof *config);
    char *text = calloc(1, length + 1);
    struct config_problems out;
    struct problems problems;
    struct walk walk = {config, &problems, false};

    must(config != NULL && text != NULL);
    memcpy(text, octets, length);
    problem_start(&problems, &out, "f");
    hosts_parse(&walk, "hosts", text, length);
    records_finish(&walk);
    problem_finish(&problems);
    for (size_t i = 0; i < config->record_count; i++)
        check_record(&config->records[i]);
    for (size_t i = 0; i < out.count; i++)
        must(out.items[i].line == 0 || out.items[i].code == ERR_LIMIT);
    config_problems_free(&out);
    config_free(config);
    free(text);
    return 0;
}
