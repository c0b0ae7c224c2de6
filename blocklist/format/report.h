/* report.h - what became of each line of a source: taken, or refused and why.
 *
 * Everything is counted by item: a line is one item, except that each name of a hosts line is one.
 * Blank lines, remarks, and lines that complete another one or are of another part of the source,
 * are no items, so that items taken + items refused + blank + comments + passed >= lines. */
#ifndef BLOCKLIST_FORMAT_REPORT_H
#define BLOCKLIST_FORMAT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct segment_about;

/* Why an item was refused: enum, stable key, words for a person. The order is that of
 * segment_about.refused and never changes. */
#define REASON_LIST(X)                                                                             \
    X(REASON_IP_ADDRESS, "ip_address", "an address where none can stand, or a range too wide")     \
    X(REASON_PAGE_RULE, "page_rule", "a rule for parts of pages, or a page")                       \
    X(REASON_PATTERN, "pattern", "a pattern, not a name")                                          \
    X(REASON_MODIFIER, "modifier", "a rule narrowed by a modifier")                                \
    X(REASON_PUBLIC_SUFFIX, "public_suffix", "a public suffix")                                    \
    X(REASON_SINGLE_LABEL, "single_label", "a name of one label")                                  \
    X(REASON_MALFORMED, "malformed", "no name by the rules for names")                             \
    X(REASON_BOILERPLATE, "boilerplate", "a name that a machine gives itself")                     \
    X(REASON_MAPPING, "mapping", "a mapping to a real address")                                    \
    X(REASON_OTHER_SYNTAX, "other_syntax", "a directive of another format")                        \
    X(REASON_FORWARD, "forward", "a forward to a server, not a block")                             \
    X(REASON_TRIGGER, "trigger", "a rule on clients or servers, not on names")                     \
    X(REASON_INCLUDE, "include", "another list, which is not in this source")                      \
    X(REASON_EXCEPTION, "exception",                                                               \
      "an exception that cannot be honoured: more is blocked than meant")                          \
    X(REASON_DISABLED, "disabled", "a rule that its own list takes back, or what takes it back")

enum reason {
#define X(reason, key, text) reason,
    REASON_LIST(X)
#undef X
        REASONS
};

struct report {
    uint64_t lines, blank, comments, passed;
    uint64_t subtree, exact, exceptions, prefixes; /* items taken, duplicates included */
    uint64_t refused[REASONS];
    uint64_t first_line[REASONS]; /* 1-based, of the first one refused; 0 where there is none */
};

/* Return the stable key, and the words, for REASON. */
const char *reason_key(enum reason reason);
const char *reason_text(enum reason reason);

/* Counts one item of line LINE as refused for REASON. */
void report_refuse(struct report *report, enum reason reason, uint64_t line);

/* Return how many items were taken, and how many were refused. */
uint64_t report_taken(const struct report *report);
uint64_t report_refused(const struct report *report);

/* Decides whether the source may go into a set: not when nothing was taken, nor when more than one
 * item in five of at least 100 lines is malformed. Errors: -1 with ERR_GATE and the figures. */
int report_judge(const struct report *report, struct err *err);

/* Copies the counts that a set file keeps into ABOUT. */
void report_to_about(const struct report *report, struct segment_about *about);

#endif
