#ifndef JANITOR_TALLY_H
#define JANITOR_TALLY_H

#include "term/term.h"

/* What was done in one store. */
struct tally {
	struct span storage; /* its name */
	bool dry_run;        /* removed and bytes are what would have been */
	bool ok;             /* all that was to go is gone */
	uint64_t listed;     /* objects that were looked at */
	uint64_t removed;
	uint64_t failed;  /* could not be removed */
	uint64_t erased;  /* of the removed: for erasures */
	uint64_t pending; /* erasures whose notes stay */
	/* What lies among the notes of erasures and is none that a line of
	 * key_file made. */
	uint64_t strange;
	uint64_t bytes; /* of the removed */
	int64_t micros;
	char why[2048]; /* the first that went wrong; "": nothing */
};

void tally_init(struct tally *tally, struct span storage, bool dry_run);
/* Something went wrong; only the first is kept. */
void tally_fault(struct tally *tally, const char *before, const char *what);

enum tally_format {
	TALLY_JSON,       /* {"stores": […]} */
	TALLY_PROMETHEUS, /* its text format 0.0.4 */
};

/* Writes the tallies of all stores; now: unix seconds. */
void tally_write(FILE *out, enum tally_format format,
    const struct tally *tallies, size_t count, int64_t now);
/* The line of one store; on a terminal a row (term_row). */
void tally_line(FILE *out, const struct tally *tally);
/* What is shown of it meanwhile on a terminal. */
void tally_progress(const struct term *term, const struct tally *tally);

#endif
