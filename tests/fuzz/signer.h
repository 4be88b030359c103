#ifndef FUZZ_SIGNER_H
#define FUZZ_SIGNER_H

#include "core/span.h"

/*
 * A second opinion of presigned URLs: Signature Version 4 in a query string, as
 * AWS documents it, with the SHA-256 of GnuTLS and without any code of slotd's.
 * docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */

struct signer {
	const char *id;
	const char *secret;
	const char *token; /* NULL: none */
	const char *region;
};

struct signer_header {
	const char *name; /* lower case */
	const char *value;
};

/* The parts of an http or https URL; false: it is none, or has a fragment. */
struct signer_url {
	struct span host;
	struct span path;
	struct span query;
};
bool signer_read(struct span url, struct signer_url *ret_url);

/* The decoded value of a parameter, with a NUL; false: it is not there exactly
 * once, or does not fit. */
bool signer_value(const struct signer_url *url, const char *name,
    char *ret_value, size_t size);

/* Whether this URL carries the signature of this method. `headers` has all
 * headers of the request beside host, up to one without a name; those that are
 * signed must be among them. */
bool signer_agrees(const struct signer *signer, const char *method,
    const struct signer_url *url, const struct signer_header *headers);

#endif
