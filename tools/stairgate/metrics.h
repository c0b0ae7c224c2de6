/* metrics.h - what `status` says, as a monitor reads it: Prometheus's text format, version 0.0.4.
 */
#ifndef TOOLS_STAIRGATE_METRICS_H
#define TOOLS_STAIRGATE_METRICS_H

#include <jansson.h>
#include <stdio.h>

/* Writes the metrics of STATUS (NULL: no server answers) to OUT. */
void metrics_write(FILE *out, const json_t *status);

#endif
