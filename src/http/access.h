#ifndef HTTP_ACCESS_H
#define HTTP_ACCESS_H

#include "service/throttle.h"
#include "slot/key_template.h"

struct request;
struct server;

/* The ids, log lines and counts of requests. Each function is for the thread
 * that has the request; what they share is made for many threads. */
struct access {
	uint64_t seed;
	_Atomic(uint64_t) count; /* ids made */
	/* Limit the lines that strangers cause: one for failed
	 * authentications, one for all other refused requests. */
	struct throttle failed;
	struct throttle refused;
};

void access_init(struct access *access);
/* Logs how many lines were left out since that was logged last. */
void access_done(struct server *server);

/* Gives a request a new id. access_name replaces it by that of X-Request-Id,
 * once the head is there, if that is [A-Za-z0-9._-]{1,64}. */
void access_number(struct request *request);
void access_name(struct request *request);

/* Notes for the log line which slot the request is about (from the object
 * key). */
void access_slot(struct request *request, const struct key_template *template,
    struct span key);

/* Counts a request, when its status is known. To be called once. now is
 * clock_micros, as in access_log. */
void access_answered(struct request *request, int64_t now);

/*
 * Logs a request when it is over. /healthz and /readyz have no line when they
 * answer 200. The line of a failed authentication begins with
 *   ts=… level=warn msg=unauthorized client=ADDRESS
 * and nothing in a request can imitate that (deploy/fail2ban). The lines of
 * requests that were refused to strangers are limited, see service/throttle.h.
 */
void access_log(struct request *request, int64_t now);

#endif
