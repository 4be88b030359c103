#ifndef SLOT_AUTH_H
#define SLOT_AUTH_H

#include "core/buf.h"
#include "core/hash.h"
#include "core/names.h"
#include "slot/rate.h"
#include "slot/replay.h"
#include "slotd/failure.h"

#define AUTH_SCHEME "Slot-HMAC-SHA256"
#define AUTH_HEADER_MAX 512
#define AUTH_SECRETS_MAX 2
#define AUTH_SECRET_MIN 16

/* The protocol that a caller speaks. Its secret is valid in this one only. */
enum dialect {
	DIALECT_SLOTD,    /* JSON, signed as below */
	DIALECT_EJABBERD, /* mod_http_upload's service_url: see slot/basic.h */
	/* The XMPP server makes the URLs, and slotd takes the uploads: see
	 * slot/dialect.h. */
	DIALECT_EXTERNAL_V1,
	DIALECT_EXTERNAL_V2,
	DIALECT_TOKEN,
	DIALECT_JWT,
};

/* Who may ask for slots. */
struct caller {
	struct span id;
	enum dialect dialect;
	size_t secret_count; /* 1 or 2 */
	struct hmac_key secrets[AUTH_SECRETS_MAX];
	uint8_t passwords[AUTH_SECRETS_MAX][HASH_SIZE]; /* basic_digest */
	const struct span *allow_domains; /* none: any; lower-case patterns */
	size_t allow_domain_count;
	struct names allowed; /* has allow_domains */
	bool plain_urls;
	uint32_t number;   /* in the replay table, see replay_caller */
	struct rate *rate; /* limit of its requests; NULL: none */
	struct span base;  /* such as "/share/", if the XMPP server makes the
	                   * URLs; else empty */
	uint32_t keep;     /* seconds for which files below base are kept, from
	                   * when they were stored; 0: for ever */
};

struct auth {
	const struct caller *callers;
	struct names ids; /* has the number of each of callers */
	/* Used for unknown ids, so that they take the same time. */
	struct hmac_key nobody;
	struct replay *replay;
};

/* ids has the number of each caller. The key `nobody` comes from random. What
 * the others point to must outlive auth. */
void auth_init(struct auth *auth, const struct caller *callers,
    const struct names *ids, struct replay *replay, const uint8_t random[32]);
void auth_done(struct auth *auth);

struct auth_request {
	struct span header; /* the value of Authorization; at == NULL: none */
	struct span method;
	struct span base_path; /* put before target; may be empty */
	struct span target;    /* as received */
	struct span body;
	int64_t now;
	int64_t clock; /* of rates: microseconds that only go forward */
};

/* What a header claims. */
struct auth_claim {
	const struct caller *caller; /* NULL: unknown */
	int64_t ts;                  /* 0: none */
	struct span nonce;           /* in the header */
};

/*
 * Authenticates one request. Checks the signature, then the caller's rate
 * (without counting, so a refused request may be sent again), the time stamp
 * and the nonce. *ret_claim is what a well-formed header claims, genuine only
 * on success; untouched when the header is malformed. On failure why->reason
 * has the cause for the log; clients without a valid signature always get
 * FAILURE_UNAUTHORIZED.
 */
enum failure auth_check(const struct auth *auth,
    const struct auth_request *request, struct auth_claim *ret_claim,
    struct refusal *why);

/* For clients: appends "Slot-HMAC-SHA256 id=…, ts=…, nonce=…, sig=…". */
void auth_sign(const struct caller *caller, const struct auth_request *request,
    struct span nonce, struct buf *out);

/* The caller with this id; NULL: there is none. */
const struct caller *auth_find(const struct auth *auth, struct span id);

/* Whether a text is [A-Za-z0-9._-]{1,64}, as callers' ids must be. */
bool auth_id_valid(struct span id);

/* Whether a caller gets slots for JIDs of this (lower-case) domain. */
bool auth_allows(const struct caller *caller, struct span domain);

#endif
