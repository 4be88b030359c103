#ifndef SERVICE_METRICS_TEXT_H
#define SERVICE_METRICS_TEXT_H

#include <stdio.h>

#include "core/span.h"

/* Pieces of Prometheus' text format 0.0.4. */

/* The lines before a metric's samples. type is counter, gauge or
 * histogram. */
void metrics_head(
    FILE *out, const char *name, const char *type, const char *help);

/* A sample without labels, with its head. */
void metrics_u64(FILE *out, const char *name, const char *type,
    const char *help, uint64_t value);

/* name="value", escaped. */
void metrics_label(FILE *out, const char *name, struct span value);

/* Microseconds as seconds. */
void metrics_seconds(FILE *out, uint64_t micros);

/* What is known of the process itself: process_… */
void metrics_process(FILE *out, int64_t start);

#endif
