/* report.h - why lines of a list were not taken (placeholder: see segment_about.refused). */
#ifndef BLOCKLIST_FORMAT_REPORT_H
#define BLOCKLIST_FORMAT_REPORT_H
#endif
