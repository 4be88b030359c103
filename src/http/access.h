#ifndef HTTP_ACCESS_H
#define HTTP_ACCESS_H

#include "service/throttle.h"
#include "slot/jid.h"
#include "slot/key_template.h"

struct request;
struct server;

/* The account of requests: their ids, their log lines and their counts. */
struct access {
	uint64_t seed;
	_Atomic(uint64_t) count; /* ids made */
	/* Lines about strangers: who failed to authenticate; all else that
	 * was refused to them. */
	struct throttle failed;
	struct throttle refused;
};

void access_init(struct access *access);
/* Says what is left to be said. */
void access_done(struct server *server);

/* Gives a request an id of its own; then, once its head is there, the one
 * that X-Request-Id names, if it is [A-Za-z0-9._-]{1,64}. */
void access_number(struct request *request);
void access_name(struct request *request);

/* What is known of the request, for its line: whose file it is, and (from the
 * key of its object) which slot. */
void access_jid(struct request *request, const struct jid *jid);
void access_slot(struct request *request, const struct key_template *template,
    struct span key);

/* Its status is known: counts it. To be called once. */
void access_answered(struct request *request);

/*
 * Its line, when it is over. There is none for /healthz and /readyz that say
 * 200. Failed authentications are lines of a fixed begin,
 *   ts=… level=warn msg=unauthorized client=ADDRESS
 * that nothing of the request can imitate (deploy/fail2ban). What strangers
 * cause by refused requests is limited, see service/throttle.h.
 */
void access_log(struct request *request);

#endif
