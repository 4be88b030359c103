#ifndef CORE_SIGV4_H
#define CORE_SIGV4_H

#include "core/buf.h"
#include "core/hash.h"

/*
 * AWS Signature Version 4 in the query string of a URL ("presigned"), for
 * S3: the path is encoded once, the payload is UNSIGNED-PAYLOAD.
 * docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */

#define SIGV4_TIME_SIZE 17 /* with its NUL */

/* What all that is signed in one second has in common. */
struct sigv4_moment {
	int64_t now;
	char time[SIGV4_TIME_SIZE]; /* 20130524T000000Z */
	struct hash begun; /* the MAC of the string to sign, up to its hash */
};

/* The signing key of one day and region. */
struct sigv4_key {
	struct hmac_key key;
	int64_t day; /* since 1970-01-01 */
	struct sigv4_moment moment;
};

/* Four HMACs from the secret access key: do it once a day. */
void sigv4_key_init(
    struct sigv4_key *key, struct span secret, struct span region, int64_t now);
void sigv4_key_done(struct sigv4_key *key);
/* True when the key is of the day of `now`. */
bool sigv4_key_current(const struct sigv4_key *key, int64_t now);
/* Moves a key to another second of its day. It signs for all seconds, but
 * saves a block of SHA-256 for each signature of this one. */
void sigv4_key_move(struct sigv4_key *key, struct span region, int64_t now);

struct sigv4_pair {
	struct span name;
	struct span value;
};

struct sigv4_request {
	struct span method;
	struct span host; /* as in the Host header */
	struct span path; /* percent-encoded already, starts with '/' */
	/* Headers to sign beside host: lower-case names, sorted, values
	 * trimmed. */
	const struct sigv4_pair *headers;
	size_t header_count;
	/* More parameters of the query, not yet encoded: lower-case names,
	 * sorted; they follow X-Amz-*. */
	const struct sigv4_pair *query;
	size_t query_count;
	struct span access_key_id;
	struct span session_token; /* empty: none */
	struct span region;
	uint32_t expires; /* seconds, 1 to 604800 */
	int64_t now;      /* unix seconds, UTC */
};

/* The stages one by one, for tests: the query without its signature, the
 * canonical request, the string to sign. Check buf_ok of out. */
void sigv4_query(struct buf *out, const struct sigv4_request *request);
void sigv4_canonical_request(
    struct buf *out, const struct sigv4_request *request, struct span query);
void sigv4_string_to_sign(struct buf *out, const struct sigv4_request *request,
    struct span canonical_request);

/* Appends the whole query, X-Amz-Signature last, without a '?'. False when
 * out or the working memory (24 KiB) is too small, or the key is of another
 * day. */
bool sigv4_presign(const struct sigv4_request *request,
    const struct sigv4_key *key, struct buf *out);

#endif
