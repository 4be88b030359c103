#ifndef SLOTD_CREDS_H
#define SLOTD_CREDS_H

#include "core/span.h"

/* Bytes at the most, wherever they come from. */
#define CREDS_MAX 2048       /* of a secret */
#define CREDS_TOKEN_MAX 4096 /* of a session token */
#define CREDS_WHY 320        /* of a sentence, its NUL included */

/* One set of S3 credentials. */
struct creds_value {
	struct span access_key_id;
	struct span access_key_secret;
	struct span session_token; /* empty: long-lived credentials */
	int64_t expires;           /* unix seconds; 0: never */
	uint64_t generation;       /* changes whenever the value does */
};

/* What /readyz and metrics tell of a source. */
struct creds_status {
	bool ready;      /* get would give some */
	int64_t expires; /* when these end, unix seconds; 0: never, or none */
	/* A sentence without secrets: why there are none, or why they could
	 * not be renewed. "": all is well. */
	char why[CREDS_WHY];
};

struct creds;

/*
 * A source of credentials. struct creds is the first member of the part's own
 * struct. All functions may be called from any number of threads at once.
 */
struct creds_class {
	/*
	 * The credentials to sign with now; false when there are none.
	 * Never blocks. They stay valid until put_back.
	 */
	bool (*get)(
	    struct creds *creds, int64_t now, struct creds_value *ret_value);
	void (*put_back)(struct creds *creds, const struct creds_value *value);

	/* Gives up one use of the source; the last use ends it. Never blocks.
	 * Everything it gave must have been put back. */
	void (*close)(struct creds *creds);

	/* Never blocks. */
	void (*status)(
	    struct creds *creds, int64_t now, struct creds_status *ret_status);

	/* Waits until the first attempt to get credentials has succeeded or
	 * failed, at most so many milliseconds; false: it has not yet. Not
	 * for an event loop. */
	bool (*wait)(struct creds *creds, int milliseconds);
};

struct creds {
	const struct creds_class *class;
};

#endif
