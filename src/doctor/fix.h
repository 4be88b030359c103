#ifndef DOCTOR_FIX_H
#define DOCTOR_FIX_H

#include "doctor/wanted.h"

#include <stdio.h>

/*
 * `slotd doctor --fix`: sets what a bucket lacks, with an administrator's
 * credentials: the CORS rule, lifecycle rules and the public access block. It
 * neither changes nor removes what slotd did not write.
 */

#define FIX_STEPS 3

struct fix;

/* A document of the bucket. */
struct fix_step {
	const struct fix_kind *kind;
	bool due;    /* to be set */
	bool stands; /* the store has one now */
	/* A setting beside the lifecycle rules that a PUT without it resets;
	 * "": the store tells of none. */
	char transition[64];
	struct buf now;  /* as it stands there */
	struct buf next; /* as it is to be */
	char now_memory[FETCH_BODY + 1];
	char next_memory[2 * FETCH_BODY + 1];
};

struct fix {
	struct doctor *doctor; /* doctor_run has ended */
	const struct creds_value *admin;
	struct fix_step steps[FIX_STEPS];
	struct wanted wanted; /* by the last step */
};

/* Whether the doctor came far enough to know what is needed. */
bool fix_possible(const struct doctor *doctor);

/* Looks what is there and what is needed; changes nothing. Each step is a
 * finding: ok, to be set (a warning), or what only a person can mend (a
 * failure). */
void fix_plan(struct fix *fix, struct doctor *doctor,
    const struct creds_value *admin, struct doctor_view *view,
    unsigned ret_counts[VERDICT_COUNT]);

/* Whether something is to be set. */
bool fix_due(const struct fix *fix);

/* Prints the documents that stand there now and those that will be set. */
void fix_show(const struct fix *fix, FILE *out);

/* Sets what is due, unless it has changed since it was read; a finding for
 * each. */
void fix_apply(struct fix *fix, struct doctor_view *view,
    unsigned ret_counts[VERDICT_COUNT]);

#endif
