#ifndef SLOTD_CREDS_H
#define SLOTD_CREDS_H

#include "core/span.h"

#define CREDS_MAX 2048

/* One set of S3 credentials. */
struct creds_value {
	struct span access_key_id;
	struct span access_key_secret;
	struct span session_token; /* empty: long-lived credentials */
	int64_t expires;           /* unix seconds; 0: never */
	uint64_t generation;       /* another number with every other value */
};

struct creds;

/* A source of credentials. One file in src/creds/ for each; struct creds is
 * the first member of the part's own struct. */
struct creds_class {
	const char *name;

	/*
	 * The credentials to sign with now; false when there are none.
	 * Never blocks. What it gives stays valid until put_back.
	 */
	bool (*get)(
	    struct creds *creds, int64_t now, struct creds_value *ret_value);
	void (*put_back)(struct creds *creds, const struct creds_value *value);
	void (*close)(struct creds *creds);
};

struct creds {
	const struct creds_class *class;
};

#endif
