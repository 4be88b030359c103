#ifndef SLOT_AUTH_H
#define SLOT_AUTH_H

#include "core/buf.h"
#include "core/hash.h"
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
	/* The XMPP server makes the URLs, and slotd takes the PUT that they
	 * allow: see slot/dialect.h. */
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
	bool plain_urls;
	uint32_t number;   /* in the replay table, see replay_caller */
	struct rate *rate; /* of its requests; NULL: no limit */
	struct span base;  /* of dialects with URLs of the XMPP server's: such
	                   * as "/share/"; else empty */
};

struct auth {
	const struct caller *callers;
	size_t caller_count;
	/* For ids that nobody has: the same work as for two secrets. */
	struct hmac_key nobody;
	struct replay *replay;
};

/* nobody's key comes from `random`. The rest is the caller's to keep. */
void auth_init(struct auth *auth, const struct caller *callers,
    size_t caller_count, struct replay *replay, const uint8_t random[32]);
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
	const struct caller *caller; /* NULL: nobody that is known */
	int64_t ts;                  /* 0: none */
	struct span nonce;           /* in the header */
};

/*
 * Authenticates one request: signature, then the caller's rate (of which
 * nothing is taken; what is over it may come again), then skew, then nonce.
 * *ret_claim is what a well-formed header claims, true only on success;
 * untouched where the header is malformed. On failure why->reason has the
 * truth for the log, while the code tells an unsigned client one thing only
 * (FAILURE_UNAUTHORIZED).
 */
enum failure auth_check(const struct auth *auth,
    const struct auth_request *request, struct auth_claim *ret_claim,
    struct refusal *why);

/* The other side: appends "Slot-HMAC-SHA256 id=…, ts=…, nonce=…, sig=…". */
void auth_sign(const struct caller *caller, const struct auth_request *request,
    struct span nonce, struct buf *out);

/* The caller with this id; NULL: nobody. */
const struct caller *auth_find(const struct auth *auth, struct span id);

/* [A-Za-z0-9._-]{1,64}, of callers' ids. */
bool auth_id_valid(struct span id);

/* Whether a caller gets slots for JIDs of this (lower-case) domain. */
bool auth_allows(const struct caller *caller, struct span domain);

#endif
