/* Rule sets of sing-box: JSON, `{"version": 1, "rules": [{"domain_suffix": [...]}, ...]}`. Within a
 * rule the kinds of names and addresses are alternatives, so each value stands for itself; every
 * other key narrows the rule, and then it is refused whole. Values are counted as lines are
 * elsewhere: the reports' "line" is the number of the value.
 *
 * JSON is read as a whole, so its size is bounded more tightly than that of lists of lines. */
#include "blocklist/format/parsers.h"

#include <jansson.h>
#include <string.h>

#include "blocklist/format/intake.h"
#include "blocklist/format/source.h"
#include "config/base/err.h"

enum { JSON_OCTETS_MAX = 64 << 20 };

struct reading {
    struct source *source;
    size_t octets;
    struct err *err;
    bool failed; /* of the source: err is filled */
};

static size_t read_some(void *data, size_t room, void *context)
{
    struct reading *reading = context;
    ssize_t got = source_read(reading->source, data, room, reading->err);

    if (got > 0)
        reading->octets += (size_t)got;
    if (got >= 0 && reading->octets <= JSON_OCTETS_MAX)
        return (size_t)got;
    if (got >= 0)
        err_set(reading->err, ERR_LIMIT, "JSON of over %d MiB", JSON_OCTETS_MAX >> 20);
    reading->failed = true;
    return (size_t)-1;
}

static void take_exact(struct intake *intake, struct field value)
{
    static const struct meaning exact = {ENTRY_EXACT, ENTRY_LIST, true, NULL};

    intake_name(intake, value.text, value.length, exact);
}

/* `.x` is what is below x, and `x` that and x itself. */
static void take_suffix(struct intake *intake, struct field value)
{
    bool below = field_starts(value, ".");
    struct meaning meaning = {below ? ENTRY_BELOW : ENTRY_SUBTREE, ENTRY_LIST, true, NULL};

    value = field_skip(value, below);
    intake_name(intake, value.text, value.length, meaning);
}

static void take_range(struct intake *intake, struct field value)
{
    if (!intake_address(intake, value.text, value.length, ENTRY_LIST))
        intake_refuse(intake, REASON_MALFORMED);
}

static void take_pattern(struct intake *intake, struct field value)
{
    (void)value;
    intake_refuse(intake, REASON_PATTERN);
}

static const struct {
    const char *key;
    void (*take)(struct intake *intake, struct field value);
} items[] = {
    {"domain",         take_exact  },
    {"domain_suffix",  take_suffix },
    {"ip_cidr",        take_range  },
    {"domain_keyword", take_pattern},
    {"domain_regex",   take_pattern},
};

static void (*find_item(const char *key))(struct intake *, struct field)
{
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        if (strcmp(items[i].key, key) == 0)
            return items[i].take;
    }
    return NULL;
}

/* Tells whether RULE says nothing but names and addresses. */
static bool is_simple(json_t *rule)
{
    const char *key;
    json_t *value;

    json_object_foreach(rule, key, value)
    {
        if (find_item(key) == NULL && !(strcmp(key, "invert") == 0 && json_is_false(value)) &&
            !(strcmp(key, "type") == 0 && json_is_string(value) &&
              strcmp(json_string_value(value), "default") == 0))
            return false;
    }
    return json_object_size(rule) > 0;
}

static void take_value(struct intake *intake, json_t *value,
                       void (*take)(struct intake *, struct field))
{
    intake->report.lines++;
    if (json_is_string(value))
        take(intake, (struct field){json_string_value(value), json_string_length(value)});
    else
        intake_refuse(intake, REASON_MALFORMED);
}

static void take_values(struct intake *intake, const char *key, json_t *values)
{
    void (*take)(struct intake *, struct field) = find_item(key);
    json_t *value;
    size_t i;

    if (take == NULL)
        return;
    if (!json_is_array(values)) {
        take_value(intake, values, take);
        return;
    }
    json_array_foreach(values, i, value)
    {
        if (!intake->failed)
            take_value(intake, value, take);
    }
}

static void take_rule(struct intake *intake, json_t *rule)
{
    const char *key;
    json_t *values;

    if (!json_is_object(rule) || !is_simple(rule)) {
        intake->report.lines++;
        intake_refuse(intake, json_is_object(rule) ? REASON_MODIFIER : REASON_MALFORMED);
        return;
    }
    json_object_foreach(rule, key, values) take_values(intake, key, values);
}

int singbox_read(struct intake *intake, struct source *source, struct err *err)
{
    struct reading reading = {source, 0, err, false};
    json_error_t fault;
    json_t *root = json_load_callback(read_some, &reading, 0, &fault), *rules, *rule;
    size_t i;
    int result = -1;

    if (root == NULL) {
        if (!reading.failed)
            err_set(err, ERR_FORMAT, "no JSON: line %d, column %d", fault.line, fault.column);
        return -1;
    }
    rules = json_object_get(root, "rules");
    if (!json_is_array(rules)) {
        err_set(err, ERR_FORMAT, "no rule set: no array 'rules' in it");
        goto out;
    }
    json_array_foreach(rules, i, rule)
    {
        if (!intake->failed)
            take_rule(intake, rule);
    }
    result = intake->failed ? -1 : 0;
out:
    json_decref(root);
    return result;
}
