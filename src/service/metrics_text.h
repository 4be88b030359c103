#ifndef SERVICE_METRICS_TEXT_H
#define SERVICE_METRICS_TEXT_H

#include <stdio.h>

#include "core/span.h"

/* Pieces of Prometheus' text format 0.0.4. */

/* Writes the HELP and TYPE lines of a metric. type is counter, gauge or
 * histogram. */
void metrics_head(
    FILE *out, const char *name, const char *type, const char *help);

/* Writes a metric with a single sample, its head included. */
void metrics_u64(FILE *out, const char *name, const char *type,
    const char *help, uint64_t value);

/* Writes name="value", escaped. */
void metrics_label(FILE *out, const char *name, struct span value);

/* Writes microseconds as seconds, with the end of the line. */
void metrics_seconds(FILE *out, uint64_t micros);

/* A histogram of durations. labels is text such as route="/slot", or empty.
 * counts has one number more than there are bounds, each for its own bucket;
 * bounds and micros, the sum of all durations, are in microseconds. */
struct metrics_histogram {
	const char *name;
	const char *labels;
	const int64_t *bounds;
	unsigned bound_count;
	const uint64_t *counts;
	uint64_t micros;
};

/* Writes the samples of a histogram, without its head. */
void metrics_histogram(FILE *out, const struct metrics_histogram *histogram);

/* Writes the metrics of the process itself: process_… */
void metrics_process(FILE *out, int64_t start);

#endif
