#ifndef XMPP_ANSWER_H
#define XMPP_ANSWER_H

#include "slotd/failure.h"
#include "xmpp/stanza.h"

/* Answers to IQs (RFC 6120, section 8). */

#define ANSWER_ELEMENT_MAX 4096 /* bytes of a request that an error repeats */

/* Whom it is to, and from whom. */
struct answer {
	struct span id; /* at == NULL: none */
	struct span from;
	struct span to;
};

/* Appends the beginning and the end of a result, between which its element
 * is. */
void answer_begin(struct buf *out, const struct answer *answer);
void answer_end(struct buf *out);

/* A stanza error. */
struct answer_error {
	struct answer answer;
	const struct stanza_element *element; /* of the request; or NULL */
	const char *type;
	const char *condition;
	struct span text; /* for people, in English; empty: none */
	/* What XEP-0363 adds, in this namespace; empty: nothing. */
	struct span space;
	uint64_t max_size; /* <file-too-large>; 0: none */
	int64_t retry_at;  /* <retry>, unix seconds; 0: none */
};

/* Appends the error; of is a struct answer_error. */
void answer_error(struct buf *out, const void *of);

#endif
