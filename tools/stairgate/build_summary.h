/* build_summary.h - what a build read, took and refused, as tables or JSON. */
#ifndef TOOLS_STAIRGATE_BUILD_SUMMARY_H
#define TOOLS_STAIRGATE_BUILD_SUMMARY_H

struct build;
struct plan;

/* Print PLAN's sources, what was passed over, and BUILD's result where BUILT, to standard output.
 */
void build_summary_print(const struct plan *plan, const struct build *build, int built);
void build_summary_json(const struct plan *plan, const struct build *build, int built);

#endif
