/* The summary of a build: a row a source with what was taken and what was refused, each reason with
 * its first line, so that a person can look it up in the list. Names are never shown: they are
 * offensive by nature, and a summary ends in logs. */
#include "tools/stairgate/build_summary.h"

#include <inttypes.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>

#include "blocklist/format/format.h"
#include "config/base/err.h"
#include "tools/stairgate/build_plan.h"
#include "tools/stairgate/build_run.h"
#include "tools/stairgate/json_out.h"

enum { CELL_MAX = 600, JSON_SCHEMA = 1 };

/* Columns of the table of sources, in order. */
static const struct {
    const char *head;
    int flags;
} columns[] = {
    {"FEED",       0             },
    {"CATEGORY",   0             },
    {"FORMAT",     0             },
    {"LINES",      SCOLS_FL_RIGHT},
    {"NAMES",      SCOLS_FL_RIGHT},
    {"SUBTREE",    SCOLS_FL_RIGHT},
    {"EXACT",      SCOLS_FL_RIGHT},
    {"RANGES",     SCOLS_FL_RIGHT},
    {"EXCEPT",     SCOLS_FL_RIGHT},
    {"DUPLICATES", SCOLS_FL_RIGHT},
    {"REFUSED",    SCOLS_FL_WRAP },
};

static void set_number(struct libscols_line *line, size_t column, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, number);
    scols_line_set_data(line, column, text);
}

/* Writes `reason 3 (line 17), ...` or the fault into OUT. */
static void write_refused(const struct plan_source *source, char out[CELL_MAX])
{
    const struct report *report = &source->compile.report;
    size_t used = 0;

    out[0] = '\0';
    if (source->failed)
        used = (size_t)snprintf(out, CELL_MAX, "FAILED: %s", source->fault.text);
    for (int i = 0; i < REASONS && used < CELL_MAX; i++) {
        if (report->refused[i] > 0)
            used +=
                (size_t)snprintf(out + used, CELL_MAX - used, "%s%s %" PRIu64 " (line %" PRIu64 ")",
                                 used > 0 ? ", " : "", reason_key((enum reason)i),
                                 report->refused[i], report->first_line[i]);
    }
    if (used == 0)
        snprintf(out, CELL_MAX, "-");
}

static void add_row(struct libscols_table *table, const struct plan_source *source)
{
    const struct compile *compile = &source->compile;
    struct libscols_line *line = scols_table_new_line(table, NULL);
    char text[CELL_MAX];
    size_t column = 0;

    if (line == NULL)
        return;
    scols_line_set_data(line, column++, compile->about.feed);
    scols_line_set_data(line, column++, compile->about.category);
    snprintf(text, sizeof text, "%s%s", compile->format == NULL ? "?" : compile->format->key,
             compile->guessed ? " (guessed)" : "");
    scols_line_set_data(line, column++, text);
    set_number(line, column++, compile->report.lines);
    set_number(line, column++, source->failed ? 0 : compile->about.names);
    set_number(line, column++, compile->report.subtree);
    set_number(line, column++, compile->report.exact);
    set_number(line, column++, compile->report.prefixes);
    set_number(line, column++, compile->report.exceptions);
    set_number(line, column++, compile->about.duplicates);
    write_refused(source, text);
    scols_line_set_data(line, column++, text);
}

static void print_sources(const struct plan *plan)
{
    struct libscols_table *table = scols_new_table();

    if (table == NULL)
        return;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        scols_table_new_column(table, columns[i].head, 0, columns[i].flags);
    for (size_t i = 0; i < plan->source_count; i++)
        add_row(table, &plan->sources[i]);
    scols_print_table(table);
    scols_unref_table(table);
}

void build_summary_print(const struct plan *plan, const struct build *build, int built)
{
    if (plan->source_count > 0)
        print_sources(plan);
    for (size_t i = 0; i < plan->note_count; i++)
        printf("%s: %s: %s\n", plan->notes[i].failed ? "failed" : "skipped", plan->notes[i].name,
               plan->notes[i].why);
    if (built)
        printf("%s: %" PRIu64 " names, %" PRIu64 " ranges, %" PRIu64 " octets, %" PRIu64
               " rows, seed %" PRIu64 "\n",
               build->out, build->result.names, build->result.prefixes, build->result.octets,
               build->result.rows, build->result.seed);
}

static json_t *refused_json(const struct report *report)
{
    json_t *all = json_object();

    for (int i = 0; i < REASONS; i++) {
        if (report->refused[i] > 0)
            json_object_set_new(all, reason_key((enum reason)i),
                                json_pack("{s:I, s:I}", "count", (json_int_t)report->refused[i],
                                          "first_line", (json_int_t)report->first_line[i]));
    }
    return all;
}

static json_t *source_json(const struct plan_source *source)
{
    const struct compile *compile = &source->compile;
    const struct report *report = &compile->report;
    json_t *row = json_pack(
        "{s:s, s:s, s:s*, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "feed",
        compile->about.feed, "category", compile->about.category, "format",
        compile->format == NULL ? NULL : compile->format->key, "guessed", compile->guessed, "lines",
        (json_int_t)report->lines, "blank", (json_int_t)report->blank, "comments",
        (json_int_t)report->comments, "names",
        (json_int_t)(source->failed ? 0 : compile->about.names), "subtree",
        (json_int_t)report->subtree, "exact", (json_int_t)report->exact, "ranges",
        (json_int_t)report->prefixes, "exceptions", (json_int_t)report->exceptions, "duplicates",
        (json_int_t)compile->about.duplicates, "refused", refused_json(report));

    if (source->failed) {
        json_t *fault = json_string(source->fault.text);

        /* NULL where a name in it is no UTF-8. */
        json_object_set_new(row, "fault",
                            fault != NULL ? fault : json_string(err_word(source->fault.code)));
    }
    return row;
}

void build_summary_json(const struct plan *plan, const struct build *build, int built)
{
    json_t *sources = json_array(), *notes = json_array(), *all;
    char seed[24];

    for (size_t i = 0; i < plan->source_count; i++)
        json_array_append_new(sources, source_json(&plan->sources[i]));
    for (size_t i = 0; i < plan->note_count; i++)
        json_array_append_new(notes,
                              json_pack("{s:s, s:b, s:s}", "name", plan->notes[i].name, "failed",
                                        plan->notes[i].failed, "why", plan->notes[i].why));
    all = json_pack("{s:i, s:s, s:b, s:o, s:o}", "schema", JSON_SCHEMA, "out", build->out, "built",
                    built, "sources", sources, "passed_over", notes);
    /* The seed as text: readers of JSON keep 53 bits of a number. */
    snprintf(seed, sizeof seed, "%" PRIu64, build->result.seed);
    if (built)
        json_object_set_new(all, "set",
                            json_pack("{s:I, s:I, s:I, s:I, s:s}", "names",
                                      (json_int_t)build->result.names, "ranges",
                                      (json_int_t)build->result.prefixes, "octets",
                                      (json_int_t)build->result.octets, "rows",
                                      (json_int_t)build->result.rows, "seed", seed));
    json_out_print(all);
}
