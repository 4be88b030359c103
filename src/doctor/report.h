#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include <stdio.h>

#include "doctor/doctor.h"
#include "term/term.h"

enum report_format {
	REPORT_TEXT,
	REPORT_JSON,
	REPORT_PROMETHEUS, /* its text format 0.0.4 */
};

struct report {
	struct doctor_view view;
	FILE *out;
	enum report_format format;
	struct term term; /* out, for texts */
	unsigned groups;  /* storages and components, started so far */
	bool first;       /* no finding of this one yet */
	const char *kind; /* "storage" or "component" */
	struct span name;
	struct buf untried; /* names of skipped checks */
	char untried_memory[512];
};

/* Shows progress on a terminal. */
void report_init(struct report *report, FILE *out, enum report_format format);
/* Print what comes before all storages and components, before each, after each
 * (the summary) and after all. kind: "storage" or "component". whole: not
 * interrupted. now: unix seconds. */
void report_open(struct report *report);
void report_begin(struct report *report, const char *kind, struct span name);
void report_end(struct report *report, const unsigned counts[VERDICT_COUNT]);
void report_close(struct report *report, bool whole, int64_t now);

#endif
