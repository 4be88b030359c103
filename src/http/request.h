#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "http/server.h"

#define BODY_MAX 16384
/* A body that is too large is read up to here, so that the answer can be
 * given; then the connection is closed. */
#define BODY_SWALLOW_MAX (64 << 20)

struct MHD_Connection;
struct route;
struct endpoint;

enum request_step {
	REQUEST_NEW,      /* the head is complete, nothing was decided */
	REQUEST_GUARDED,  /* nothing is wrong with the head */
	REQUEST_HEAD,     /* it has an endpoint, whose head is called */
	REQUEST_BODY,     /* the body arrives */
	REQUEST_ANSWERED, /* a reply is queued */
};

/* One request, from its first line to its log line. Used by one thread at a
 * time: its event loop's, or a pool's while it is suspended. */
struct request {
	const struct listener *listener;
	struct server *server;
	struct service *service; /* the newest when it began; held */
	struct MHD_Connection *mhd;
	struct conn *conn;
	enum request_step step;
	bool waiting; /* suspended */
	/* Called when it goes on; NULL: what was suspended is called again. */
	void (*then)(struct request *request);
	bool abort; /* to be closed without an answer */
	bool last;  /* the connection ends with its answer */
	bool told;  /* answered by reply_early */
	bool whole; /* at its end: all of the answer went out */

	struct span method;
	struct span target; /* as received, raw */
	struct span path;   /* of the target, raw */
	struct span query;  /* behind the '?'; at == NULL: none */
	const struct route *route;
	const struct endpoint *endpoint;
	const struct caller *share; /* whose base the path is below; or NULL */

	bool many_authorizations; /* more than one such header */
	bool has_body;
	bool chunked;
	bool has_length;
	uint64_t length;
	char *body; /* of endpoints that want it whole */
	size_t body_len;
	size_t body_size;
	uint64_t body_read; /* bytes so far, kept or not */

	/* What the counter shares of a signed request with other processes;
	 * without a caller: nothing. */
	struct quota_nonce nonce;
	const struct caller *signer; /* see authenticate */
	void (*authenticated)(struct request *request);
	enum failure seen; /* whether another process has seen its nonce */
	struct refusal seen_why;

	struct job job;
	void *state; /* the endpoint's own */
	void (*state_free)(struct request *request);

	/* For the log. */
	char id[65];
	int64_t started; /* clock_micros */
	unsigned status;
	const char *code;
	char reason[128];
	char caller[65];
	bool claimed; /* caller is what a refused request says */
	int64_t skew; /* seconds that its clock is ahead, when that is wrong */
	char domain[256];
	char user[KEYRING_TEXT + 1]; /* {user}, where there is a key_file */
	char jid[257];               /* with log.jids alone */
	char slot[9];
	uint64_t size;
	bool has_size;
};

/* The value of a header field, without the white space around it (RFC 9110,
 * section 5.5); at == NULL: there is none. */
struct span request_header(const struct request *request, const char *name);

/* A parameter of the query as it came, at == NULL: there is none; false when
 * it is there twice. */
bool request_raw_query(
    const struct request *request, const char *name, struct span *ret_value);
/* Decoded; false when it is missing (*ret_missing), malformed, or there
 * twice. */
bool request_query(const struct request *request, const char *name,
    struct buf *out, bool *ret_missing);

/*
 * Nothing is called for the request until another thread, or this one,
 * resumes it. It then goes on with `then`, on its event loop. In an
 * endpoint's body, and in the reader of reply_stream, `then` is NULL: they are
 * called again for the bytes that they have not taken or given.
 */
void request_suspend(
    struct request *request, void (*then)(struct request *request));
void request_resume(struct request *request);

/* Suspends the request, runs job on the pool, then resumes it. */
void request_wait(struct request *request, struct pool *pool,
    void (*job)(void *request), void (*then)(struct request *request));

#endif
