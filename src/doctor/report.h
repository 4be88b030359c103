#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include <stdio.h>

#include "doctor/doctor.h"

enum report_format {
	REPORT_TEXT,
	REPORT_JSON,
	REPORT_PROMETHEUS, /* its text format 0.0.4 */
};

struct report {
	struct doctor_view view;
	FILE *out;
	enum report_format format;
	bool colours;
	FILE *progress;   /* a terminal; NULL: do not show progress */
	size_t width;     /* columns of the terminal; 0: out is none */
	unsigned groups;  /* storages and components, started so far */
	bool first;       /* no finding of this one yet */
	const char *kind; /* "storage" or "component" */
	struct span name;
	struct buf untried; /* names of skipped checks */
	char untried_memory[512];
};

/* Uses colours and progress on a terminal only; no colours with NO_COLOR. */
void report_init(struct report *report, FILE *out, enum report_format format);
/* Print what comes before all storages and components, before each, after each
 * (the summary) and after all. kind: "storage" or "component". whole: not
 * interrupted. now: unix seconds. */
void report_open(struct report *report);
void report_begin(struct report *report, const char *kind, struct span name);
void report_end(struct report *report, const unsigned counts[VERDICT_COUNT]);
void report_close(struct report *report, bool whole, int64_t now);
/* The columns of a terminal; 0: out is none. */
size_t report_width(FILE *out);
/* Prints the text's lines with an indent. Long lines are wrapped at spaces to
 * fit the width (0: never), except those that start with a space or a brace,
 * which people paste. */
void report_lines(FILE *out, struct span text, size_t indent, size_t width);
#endif
