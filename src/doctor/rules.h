#ifndef DOCTOR_RULES_H
#define DOCTOR_RULES_H

#include "core/buf.h"

/*
 * The documents of S3 that are lists of rules: CORSConfiguration and
 * LifecycleConfiguration. A PUT replaces the whole document, so the rules of
 * others are kept byte for byte. slotd's own rules are known by their ID.
 */

/* With which every ID of slotd's own rules begins. */
#define RULES_OWN "slotd-"
#define RULES_ID_MAX 255
#define RULES_MAX 64
#define RULES_NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

/* A rule that is wanted. */
struct rule {
	struct span id;
	struct span xml; /* the element */
	/* The same with Prefix outside of Filter, as some stores keep it: one
	 * document must not mix both. The same as xml where there is none. */
	struct span old;
	/* It belongs to another storage: it is known, but not set. */
	bool others;
};

struct rules {
	const char *root; /* "CORSConfiguration" */
	const char *name; /* of a rule: "CORSRule" */
	size_t count;
	struct rule list[RULES_MAX]; /* no two with one ID */
};

enum rules_result {
	RULES_SAME,       /* all that is wanted is there */
	RULES_CHANGED,    /* the new document is in out */
	RULES_UNREADABLE, /* this is not a whole document of this kind */
	RULES_STRANGE,    /* it has what slotd does not know, or is too long */
};

/*
 * Adds to a document (empty: there is none) the rules that are missing, behind
 * all others, and replaces those of the same ID that say something else. Only
 * RULES_CHANGED leaves a document in out. stale gets the IDs of rules that
 * begin with RULES_OWN but are not wanted, separated by commas.
 */
enum rules_result rules_merge(const struct rules *rules, struct span document,
    struct buf *out, struct buf *stale);

/* Whether two elements have the same elements with the same texts, in
 * whatever order. */
bool rules_same(struct span one, struct span other);

#endif
