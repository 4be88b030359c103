#ifndef DOCTOR_FIX_PRIVATE_H
#define DOCTOR_FIX_PRIVATE_H

#include "doctor/fix.h"
#include "doctor/private.h"

/* What a bucket has under one query, and what the doctor wants there. */
struct fix_kind {
	const char *name;   /* of the finding */
	const char *query;  /* "cors" */
	const char *what;   /* "the CORS rules" */
	const char *none;   /* the code of 404 where there is none */
	const char *reads;  /* the right to read it, */
	const char *writes; /* and that to write it */
	/* Before it is read: whether it may be needed. Else says why not. */
	bool (*needed)(struct fix *fix);
	/* Of what was read: VERDICT_OK, it is as it should be;
	 * VERDICT_WARNING, it is not, and step->next is; VERDICT_FAILURE. Says
	 * why. */
	enum verdict (*judge)(struct fix *fix, struct fix_step *step);
	/* It was read, and nothing is to be set; gives the finding's verdict.
	 * NULL: it is what judge said. */
	enum verdict (*settled)(struct fix *fix, enum verdict judged);
	/* The store does not have it; gives the finding's verdict. */
	enum verdict (*lacks)(struct fix *fix);
};

extern const struct fix_kind fix_cors;
extern const struct fix_kind fix_lifecycle;
extern const struct fix_kind fix_public;

/* Asks for what the bucket has under a query; true when there is an answer. */
bool fix_ask(struct fix *fix, const char *query);
/* Says that the last reply refuses what was asked for, and which right that
 * needs. Gives VERDICT_FAILURE. */
enum verdict fix_refused(
    struct fix *fix, const char *doing, const char *what, const char *right);

#endif
