#ifndef ENDPOINT_JSON_H
#define ENDPOINT_JSON_H

#include "endpoint/json_memory.h"
#include "slot/policy.h"
#include "slot/slot.h"

/*
 * All JSON documents except answers with credentials (creds/json.h). A function
 * that reads a document returns FAILURE_NONE, FAILURE_UNAVAILABLE without
 * memory, or the failure named at the function. Any thread may call these
 * functions.
 */

/* Makes jansson, in all of the program, wipe memory and tell when it lacks any.
 * Called once, before there are threads. */
void json_start(void);

/* The body of POST /slot. The spans are valid as long as the body, until
 * json_slot_done; some point into the struct, which must not be copied. */
struct json_slot {
	struct span jid;
	struct span filename;
	struct span type; /* as received; may be empty */
	uint64_t size;
	enum purpose purpose;
	int64_t expire_before; /* unix seconds; 0: none, or not needed */
	char wrong[192];       /* if reading failed: a sentence */
	void *root;
	struct json_arena memory;
};

/* Returns FAILURE_BAD_REQUEST with a sentence in slot->wrong that names the
 * member. json_slot_done must follow in any case. */
enum failure json_slot_read(struct json_slot *slot, struct span body);
void json_slot_done(struct json_slot *slot);

/* Checks the header of a JSON Web Token (RFC 7515). Returns
 * FAILURE_UNAUTHORIZED if the algorithm is not HS256 or "crit" is present. */
enum failure json_jwt_header(struct span text);

/* The claims of mod_http_file_share. The spans are valid until
 * json_jwt_done. */
struct json_jwt {
	void *root;
	struct span slot;
	struct span filename;
	struct span filetype; /* as received; may be empty */
	bool filetype_wrong;  /* it is not a string */
	struct span sub;      /* at == NULL: none */
	uint64_t filesize;
	int64_t exp;     /* unix seconds */
	int64_t expires; /* 0: none */
};

/* Returns FAILURE_UNAUTHORIZED with a reason for the log. json_jwt_done must
 * follow in any case. */
enum failure json_jwt_read(
    struct json_jwt *jwt, struct span text, const char **ret_wrong);
void json_jwt_done(struct json_jwt *jwt);

/* These return documents as malloc'ed text, or NULL without memory. The URLs of
 * a slot are written as they are (slotd/store.h: RFC 3986, so JSON has nothing
 * to escape in them). */
char *json_slot_write(const struct slot *slot);
char *json_limits_write(const struct policies *policies, uint32_t put_ttl);

/* The answer to GET /quota. */
struct json_quota {
	struct quota_use use;
	const struct policies *policies;
	/* Of the purposes whose bytes are counted by themselves. */
	struct quota_use own[PURPOSE_COUNT];
};
char *json_quota_write(const struct json_quota *quota);

/* The same, read from text. A time stamp is empty if nothing is used, or if
 * the text there is no time stamp. False: the text is not such a document. */
struct json_quota_read {
	uint64_t slots, bytes, domain_bytes;
	uint64_t slots_per_minute, bytes_per_day, domain_bytes_per_day;
	char slots_free_at[32];
	char bytes_free_at[32];
	char domain_free_at[32];
	struct {
		uint64_t bytes, bytes_per_day; /* 0: not counted by itself */
		char free_at[32];
	} own[PURPOSE_COUNT];
};
bool json_quota_read(struct span text, struct json_quota_read *ret_quota);
/* The detail of a problem document, cut to size; false: there is none. */
bool json_problem_read(struct span text, char *ret_detail, size_t size);

#endif
