#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include <stdio.h>

#include "doctor/doctor.h"

/* What a person sees, or a machine reads. */
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
	FILE *progress;    /* a terminal; NULL: none is wanted */
	size_t width;      /* of the terminal, in columns; 0: it is none */
	unsigned storages; /* begun so far */
	bool first;        /* no finding of this one yet */
	struct span storage;
	struct buf untried; /* names of checks, for the summary */
	char untried_memory[512];
};

/* Fills it; colours and progress only on a terminal and without NO_COLOR. */
void report_init(struct report *report, FILE *out, enum report_format format);
/* What stands before all storages; before each; after each, with the summary
 * line in text; after all, unless it was interrupted (now: unix seconds). */
void report_open(struct report *report);
void report_begin(struct report *report, struct span storage);
void report_end(struct report *report, const unsigned counts[VERDICT_COUNT]);
void report_close(struct report *report, bool whole, int64_t now);
/* Columns of a terminal; 0 where out is none. */
size_t report_width(FILE *out);
/* The text's lines behind an indent. Sentences are broken at blanks to fit
 * the width (0: never); what begins with a blank or a brace is there to be
 * pasted, and stays whole. */
void report_lines(FILE *out, struct span text, size_t indent, size_t width);
#endif
