#ifndef XMPP_UPLOAD_H
#define XMPP_UPLOAD_H

#include "xmpp/answer.h"
#include "xmpp/component.h"

#define UPLOAD_NAME_MAX 4096 /* bytes of a file's name in a request */

/* A request for a slot (XEP-0363), of either namespace. Its spans point into
 * the stanza. */
struct upload {
	struct answer answer;
	struct stanza_element element;
	struct slot_request request; /* without caller and jid */
	const char *wrong;           /* why it is malformed; NULL: it is not */
	int64_t started;             /* clock_micros */
};

/* Reads it. */
void upload_read(const struct answer *answer, const struct stanza *stanza,
    int64_t now, struct upload *ret_upload);

/* What became of it. */
struct upload_outcome {
	const struct upload *upload;
	const struct issuance *issuance;
};

/* Appends the answer; of is a struct upload_outcome. */
void upload_write(struct buf *out, const void *of);

/* Answers it at once, or hands it to threads that may wait. */
void upload_take(struct component *component, const struct upload *upload);

#endif
