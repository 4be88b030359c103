#ifndef CREDS_FETCH_H
#define CREDS_FETCH_H

#include "creds/draft.h"

/* The door to libcurl for sources of credentials: small requests, each ended
 * after 10 seconds, without following redirects. */

#define CREDS_FETCH_HEADERS 3
#define CREDS_FETCH_BODY 32768

struct creds_call {
	const char *method;
	const char *url;                          /* http or https */
	const char *headers[CREDS_FETCH_HEADERS]; /* NULL: no more */
	struct span body; /* of a POST or PUT; a form's */
	/* The address is the machine's own, or on the link: no proxy, and who
	 * does not answer within 2 seconds is not there. */
	bool near;
};

struct creds_answer {
	unsigned status;
	struct span body;
	char memory[CREDS_FETCH_BODY + 1]; /* a NUL behind the body */
};

/* Once before threads, once at the end. */
bool creds_fetch_start(void);
void creds_fetch_end(void);

/* One for each thread that fetches. What it does ends at once when the file
 * descriptor stop becomes readable. NULL: no memory. */
struct creds_fetcher *creds_fetcher_open(int stop);
void creds_fetcher_close(struct creds_fetcher *fetcher);

/* False with a sentence about `where` in the draft when there was no answer.
 * The answer may hold secrets: wipe it. */
bool creds_fetch(struct creds_fetcher *fetcher, const struct creds_call *call,
    const char *where, struct creds_answer *ret_answer,
    struct creds_draft *draft);

#endif
