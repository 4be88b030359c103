#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include <stdio.h>

#include "doctor/doctor.h"

/* What a person sees, or a machine reads. */
struct report {
	struct doctor_view view;
	FILE *out;
	bool json;
	bool colours;
	FILE *progress; /* a terminal; NULL: none is wanted */
	bool first;
	struct buf untried; /* names of checks, for the summary */
	char untried_memory[512];
};

/* Fills it; colours and progress only on a terminal and without NO_COLOR. */
void report_init(struct report *report, FILE *out, bool json);
void report_begin(struct report *report, struct span storage);
/* The summary line; text that ends with it. */
void report_end(struct report *report, const unsigned counts[VERDICT_COUNT]);

#endif
