#include "policy/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/base/data.h"
#include "config/base/err.h"
#include "config/service.h"
#include "policy/compiled.h"
#include "policy/state/mark.h"

/* How much the table holds, so that names are given their place once. */
struct extent {
    size_t services, octets; /* octets: no fewer than all names take */
};

static struct extent measure(void)
{
    struct extent extent = {0, 0};
    struct data_reader row;

    if (data_open(&row, "services") != 0)
        return extent;
    while (data_next(&row)) {
        extent.services += row.fields[SERVICE_LABEL][0] != '\0';
        extent.octets += 2 * strlen(row.fields[SERVICE_NAMES]) + 2;
    }
    return extent;
}

static void add_service(struct snapshot *s, const char *id)
{
    struct service *service = &s->services[s->service_count++];

    snprintf(service->id, sizeof service->id, "%.63s", id);
    service->mark = mark_of(service->id);
    service->bit = tag_find(s->config, service->id, false);
}

/* Copies the names of ROW behind each other, each with its length before it; a 0 ends those of a
 * service. */
static int copy_names(uint8_t **at, const struct data_reader *row, struct err *err)
{
    const char *rest = row->fields[SERVICE_NAMES], *text;
    struct name_buf name;
    size_t length;

    while ((text = service_name_next(&rest, &length)) != NULL) {
        if (name_from_host(&name, text, length) != NAME_OK)
            return err_set(err, ERR_FORMAT, "services.tsv:%u: not a name: '%.*s'", row->line,
                           (int)length, text);
        memcpy(*at, name.wire, name.length);
        *at += name.length;
    }
    return 0;
}

static int read_table(struct snapshot *s, struct err *err)
{
    uint8_t *at = s->service_octets;
    struct data_reader row;

    if (data_open(&row, "services") != 0)
        return err_set(err, ERR_NOT_FOUND, "services.tsv is not compiled in");
    while (data_next(&row)) {
        if (row.fields[SERVICE_LABEL][0] != '\0') {
            if (s->service_count > 0)
                *at++ = 0; /* the root: ends the names of the one before */
            add_service(s, row.fields[SERVICE_ID]);
        }
        if (copy_names(&at, &row, err) != 0)
            return -1;
    }
    *at = 0;
    s->service_builtin_count = s->service_count;
    return 0;
}

int service_load(struct snapshot *s, struct err *err)
{
    struct extent extent = measure();

    s->services = calloc(extent.services + s->config->service_count + 1, sizeof *s->services);
    s->service_octets = malloc(extent.octets + extent.services + 1);
    if (s->services == NULL || s->service_octets == NULL)
        return err_set(err, ERR_MEMORY, "out of memory for services");
    if (read_table(s, err) != 0)
        return -1;
    for (size_t i = 0; i < s->config->service_count; i++)
        add_service(s, s->config->services[i].id);
    return 0;
}

void service_free(struct snapshot *s)
{
    free(s->service_octets);
    free(s->services);
}

static struct tree_rule rule_of(size_t service)
{
    return (struct tree_rule){
        .scope = TREE_SERVICE, .item = (uint32_t)service, .cover = COVER_SUBTREE};
}

static size_t wire_length(const uint8_t *wire)
{
    size_t at = 0;

    while (wire[at] != 0)
        at += (size_t)wire[at] + 1;
    return at + 1;
}

static int add_builtin(const struct snapshot *s, struct tree_builder *builder, struct err *err)
{
    const uint8_t *at = s->service_octets;

    for (size_t i = 0; i < s->service_builtin_count; i++, at++) {
        struct tree_rule rule = rule_of(i);

        while (*at != 0) {
            struct name name = {at, wire_length(at)};

            if (tree_add(builder, &name, &rule, err) != 0)
                return -1;
            at += name.length;
        }
    }
    return 0;
}

int service_add_names(const struct snapshot *s, struct tree_builder *builder, struct err *err)
{
    if (add_builtin(s, builder, err) != 0)
        return -1;
    for (size_t i = 0; i < s->config->service_count; i++) {
        const struct config_rules *names = &s->config->services[i].names;
        struct tree_rule rule = rule_of(s->service_builtin_count + i);

        for (size_t k = 0; k < names->count; k++) {
            struct name name = name_of(&names->items[k].name);

            if (tree_add(builder, &name, &rule, err) != 0)
                return -1;
        }
    }
    return 0;
}

size_t service_find(const struct snapshot *s, const struct tree_path *path,
                    const struct service *services[SERVICES_ON_PATH_MOST])
{
    struct tree_cursor cursor = tree_start_at(path, TREE_SERVICE);
    const struct tree_rule *rule;
    size_t count = 0;

    while (count < SERVICES_ON_PATH_MOST && (rule = tree_next(path, &cursor)) != NULL)
        services[count++] = &s->services[rule->item];
    return count;
}

struct mask service_tags(const struct snapshot *s, const struct tree_path *path)
{
    const struct service *services[SERVICES_ON_PATH_MOST];
    size_t count = service_find(s, path, services);
    struct mask tags = {
        {0, 0}
    };

    for (size_t i = 0; i < count; i++) {
        if (services[i]->bit != 0)
            tags = mask_or(tags, mask_bit(services[i]->bit));
    }
    return tags;
}
