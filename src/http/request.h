#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "http/server.h"
#include "service/who.h"

/* The largest body that is collected for an endpoint. */
#define BODY_MAX 16384
/* A larger body is read up to here and dropped, so that the client gets its
 * answer; beyond, the connection is closed. */
#define BODY_SWALLOW_MAX (64 << 20)

struct MHD_Connection;
struct route;
struct endpoint;

enum request_step {
	REQUEST_NEW,      /* the head is complete; nothing is decided */
	REQUEST_GUARDED,  /* guard_check has accepted the head */
	REQUEST_HEAD,     /* the endpoint is known; its `head` is to run */
	REQUEST_BODY,     /* the body arrives */
	REQUEST_ANSWERED, /* a reply is queued */
};

/*
 * One request, from its first line to its log line.
 *
 * Its life: handler.c makes it when libmicrohttpd has read the first line, and
 * frees it after access_log, when libmicrohttpd reports its end. In between one
 * thread at a time has it and may touch all members: the thread of its event
 * loop, or, from request_suspend to request_resume, the pool thread that does
 * its job. request_resume gives it back to the loop; the thread that called it
 * must not touch the request afterwards. The loop then calls `then`, once. No
 * other thread reads a request; what the watchdog needs is in its connection.
 */
struct request {
	const struct listener *listener;
	struct server *server;
	struct service *service; /* the newest when it began; held */
	struct MHD_Connection *mhd;
	struct conn *conn;
	enum request_step step;
	bool waiting; /* suspended */
	/* Called when it is resumed. NULL: the function that suspended it is
	 * called again. */
	void (*then)(struct request *request);
	bool abort; /* the connection is closed without an answer */
	bool last;  /* the connection ends with the answer */
	bool told;  /* answered by reply_early */
	bool whole; /* at the end: the whole answer was sent */

	struct span method;
	struct span target; /* as received, raw */
	struct span path;   /* of the target, raw */
	struct span query;  /* behind the '?'; at == NULL: none */
	const struct route *route;
	const struct endpoint *endpoint;
	const struct caller
	    *base_caller; /* the path is below its `base`; or NULL */

	/* Headers that are asked for often, like request_header; of several
	 * the first. */
	struct span authorization;
	struct span content_type;
	struct span named_id;     /* X-Request-Id */
	bool many_authorizations; /* more than one such header */
	bool has_body;
	bool chunked;
	bool has_length;
	uint64_t length;
	char *body; /* collected for endpoints without a `body` function */
	size_t body_len;
	uint64_t body_read; /* bytes so far, collected or not */

	/* What a shared counter tells other processes of a signed request, so
	 * that it is not replayed there; without a caller: nothing. */
	struct quota_nonce nonce;
	const struct caller *signer; /* see authenticate */
	void (*authenticated)(struct request *request);
	enum failure seen; /* whether another process has seen its nonce */
	struct refusal seen_why;

	/* Of reply_file; NULL: no file is sent. */
	long (*ready)(struct request *request, uint64_t offset, size_t size);
	int file;

	struct pool_job job;
	void *state; /* the endpoint's own */
	void (*state_free)(struct request *request);

	/* For the log: */
	char id[65];
	int64_t started; /* clock_micros */
	unsigned status;
	enum failure failure; /* why it is refused; or FAILURE_NONE */
	char reason[128];
	char caller[65];
	bool claimed; /* the request was refused: its caller is unproven */
	int64_t
	    skew; /* how many seconds its clock is ahead, if refused for it */
	struct who who;
	char slot[9];
	uint64_t size;
	bool has_size;
};

/* The value of a header field, without the white space around it (RFC 9110,
 * section 5.5); at == NULL: there is none. */
struct span request_header(const struct request *request, const char *name);

/*
 * The client's address: the peer's, or, when the peer is in trusted_proxies or
 * is a unix socket, the one that X-Forwarded-For names. False: the peer is a
 * unix socket, and there is no such name. The headers are needed for it, so it
 * can be asked until access_log, not later.
 */
bool request_client(const struct request *request, struct ip *ret_client);

/* A parameter of the query, raw; at == NULL: there is none. False: it is there
 * twice. */
bool request_raw_query(
    const struct request *request, const char *name, struct span *ret_value);
/* The same, decoded into out. False: it is missing (*ret_missing), malformed,
 * or there twice. */
bool request_query(const struct request *request, const char *name,
    struct buf *out, bool *ret_missing);

/*
 * Suspends the request: libmicrohttpd calls nothing for it until any thread,
 * this one included, resumes it. It then goes on with `then`, on its event
 * loop. From an endpoint's `body` and from the reader of reply_stream, `then`
 * is NULL: these are called again for the bytes that they have not taken or
 * given.
 */
void request_suspend(
    struct request *request, void (*then)(struct request *request));
void request_resume(struct request *request);

/* Suspends the request, runs job on the pool, then resumes it. */
void request_wait(struct request *request, struct pool *pool,
    void (*job)(void *request), void (*then)(struct request *request));

#endif
