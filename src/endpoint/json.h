#ifndef ENDPOINT_JSON_H
#define ENDPOINT_JSON_H

#include "slot/policy.h"
#include "slot/slot.h"

/*
 * The door to jansson. What reads documents of others gives FAILURE_NONE,
 * FAILURE_UNAVAILABLE when memory is lacking, or else what it names.
 */

/* To be called once, before threads. */
void json_start(void);

/* The body of POST /slot. The spans live until json_slot_done. */
struct json_slot {
	void *root;
	struct span jid;
	struct span filename;
	struct span type; /* as it was written; may be empty */
	uint64_t size;
	char wrong[192]; /* when reading failed: a sentence */
};

/* FAILURE_BAD_REQUEST with a sentence in slot->wrong that names the member.
 * To be done in either case. */
enum failure json_slot_read(struct json_slot *slot, struct span body);
void json_slot_done(struct json_slot *slot);

/* FAILURE_UNAUTHORIZED unless the header of a JSON Web Token (RFC 7515) asks
 * for HS256, and for nothing critical that is not known here. */
enum failure json_jwt_header(struct span text);

/* The claims of mod_http_file_share. The spans live until json_jwt_done. */
struct json_jwt {
	void *root;
	struct span slot;
	struct span filename;
	struct span filetype; /* as it was written; may be empty */
	bool filetype_wrong;  /* it is no string */
	struct span sub;      /* at == NULL: none */
	uint64_t filesize;
	int64_t exp;     /* unix seconds */
	int64_t expires; /* 0: none */
};

/* FAILURE_UNAUTHORIZED with a reason for the log. To be done in either case. */
enum failure json_jwt_read(
    struct json_jwt *jwt, struct span text, const char **ret_wrong);
void json_jwt_done(struct json_jwt *jwt);

/* Documents as malloc'ed text; NULL: no memory. */
char *json_slot_write(const struct slot *slot);
char *json_limits_write(const struct policy *policy, uint32_t put_ttl);

/* GET /quota. */
struct json_quota {
	struct quota_use use;
	const struct policy *policy;
};
char *json_quota_write(const struct json_quota *quota);

/* The same as it arrives; stamps are empty when nothing is used. */
struct json_quota_read {
	uint64_t slots, bytes, domain_bytes;
	uint64_t slots_per_minute, bytes_per_day, domain_bytes_per_day;
	char slots_free_at[32];
	char bytes_free_at[32];
	char domain_free_at[32];
};
bool json_quota_read(struct span text, struct json_quota_read *ret_quota);
/* The detail of a problem document, cut if it is long; false: it is none. */
bool json_problem_read(struct span text, char *ret_detail, size_t size);

#endif
