/* The table of docs/formats.md against the parsers: each row's lines, read as its section says,
 * give exactly the entries and the reasons that stand there. */
#include "tests/unit/format_rig.h"
#include "config/base/file.h"

enum { PAGE_MAX = 1 << 20, CELL_MAX = 2048, CELLS = 4 };
enum { CELL_LINE, CELL_OUTCOME, CELL_BECOMES };

static struct rig rig;

struct row {
    char cells[CELLS][CELL_MAX];
    char option[64]; /* *in italics* in front of the line */
};

/* Copies the code spans of CELL to OUT, each as a line. */
static void code_of(const char *cell, char *out)
{
    bool inside = false;
    size_t used = 0;

    for (; *cell != '\0'; cell++) {
        if (*cell == '`') {
            if (inside)
                out[used++] = '\n';
            inside = !inside;
        } else if (inside) {
            out[used++] = *cell;
        }
    }
    assert_false(inside);
    out[used] = '\0';
}

/* Splits LINE at the bars that have no backslash in front. Returns false where it is no row. */
static bool split(const char *line, struct row *row)
{
    size_t cell = 0, used = 0;

    memset(row, 0, sizeof *row);
    if (line[0] != '|' || line[1] == '-')
        return false;
    for (const char *at = line + 1; *at != '\0' && *at != '\n' && cell < CELLS; at++) {
        if (at[0] == '\\' && at[1] == '|') {
            row->cells[cell][used++] = *++at;
        } else if (*at == '|') {
            cell++;
            used = 0;
        } else {
            row->cells[cell][used++] = *at;
        }
        assert_true(used < CELL_MAX - 1);
    }
    assert_int_equal(cell, CELLS);
    sscanf(row->cells[CELL_LINE], " *%63[^*]*", row->option);
    return strchr(row->cells[CELL_LINE], '`') != NULL;
}

static struct intake_rules rules_of(const char *option)
{
    struct intake_rules rules = {.match = MATCH_BY_FORMAT};

    rules.rewrites = strcmp(option, "rewrites") == 0;
    if (strncmp(option, "column=", 7) == 0)
        rules.column = option + 7;
    if (strncmp(option, "part=", 5) == 0)
        rules.part = option + 5;
    assert_true(option[0] == '\0' || rules.rewrites || rules.column != NULL || rules.part != NULL);
    return rules;
}

/* Takes the reasons of OUTCOME off the report; returns how many there were. */
static uint64_t take_reasons(char *outcome)
{
    uint64_t found = 0;
    char *rest = strchr(outcome, ':'), *word;

    if (rest == NULL)
        return 0;
    for (rest++; (word = strtok_r(rest, ", ", &rest)) != NULL; found++) {
        int reason = 0;

        while (reason < REASONS && strcmp(reason_key((enum reason)reason), word) != 0)
            reason++;
        if (reason == REASONS || rig.intake.report.refused[reason] == 0)
            fail_msg("not refused as %s", word);
        rig.intake.report.refused[reason]--;
    }
    return found;
}

static void check_row(const char *format, struct row *row)
{
    char lines[CELL_MAX], becomes[CELL_MAX];
    char *outcome = row->cells[CELL_OUTCOME];
    uint64_t items;

    code_of(row->cells[CELL_LINE], lines);
    code_of(row->cells[CELL_BECOMES], becomes);
    print_message("%s: %s", format, lines);
    rig_read_octets(&rig, format, rules_of(row->option), lines, strlen(lines));
    if (rig.result != 0)
        fail_msg("%s", rig.err.text);
    assert_string_equal(rig.taken, becomes);
    items = report_taken(&rig.intake.report) + report_refused(&rig.intake.report) +
            rig.intake.report.blank + rig.intake.report.comments + rig.intake.report.passed;
    assert_true(items >= rig.intake.report.lines);
    assert_true((take_reasons(outcome) > 0) == (strstr(outcome, "refused") != NULL));
    assert_int_equal(report_refused(&rig.intake.report), 0);
    assert_true((strstr(outcome, "comment") != NULL) ==
                (rig.taken[0] == '\0' && rig.intake.report.comments > 0));
}

/* Checks each row and counts them by format. */
static void each_row(char *page, size_t counts[])
{
    char format[32] = "";
    struct row row;
    char *line;

    while ((line = strsep(&page, "\n")) != NULL) {
        if (strncmp(line, "## ", 3) == 0)
            snprintf(format, sizeof format, "%s", line + 3);
        if (format_find(format) == NULL || !split(line, &row))
            continue;
        check_row(format, &row);
        counts[format_find(format) - formats]++;
    }
}

static void every_row_of_the_page_is_what_the_parsers_do(void **state)
{
    size_t length, counts[64] = {0};
    char *page = file_read(SOURCE_DIR "/docs/formats.md", PAGE_MAX, &length, &rig.err);

    (void)state;
    rig_in_detail = true;
    assert_non_null(page);
    each_row(page, counts);
    free(page);
    for (size_t i = 0; formats[i].key != NULL; i++) {
        bool is_read = formats[i].line != NULL || formats[i].read != NULL;

        /* quantumult is surge; a UT1 tree has a page of its own. */
        if (!is_read || strcmp(formats[i].key, "quantumult") == 0 ||
            strcmp(formats[i].key, "ut1") == 0)
            continue;
        if (counts[i] == 0)
            fail_msg("docs/formats.md has no row for %s", formats[i].key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_page_is_what_the_parsers_do),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
