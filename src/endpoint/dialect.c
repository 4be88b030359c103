#include "core/uri.h"
#include "endpoint/file.h"
#include "endpoint/jwt.h"
#include "endpoint/receive.h"
#include "endpoint/redirect.h"
#include "http/reply.h"
#include "endpoint/routes.h"
#include "service/clock.h"
#include "slot/dialect.h"

#include <string.h>

/* PUT, GET and HEAD below a caller's base: of URLs that its XMPP server makes
 * itself (see slot/dialect.h). */

/* What the MAC or the token says about one PUT. */
struct put {
	struct receive_plan plan; /* without key */
	struct span type;         /* as the policy sees it */
	struct jid jid;
	bool has_jid; /* false: the dialect does not name the user */
};

/* The path below the base, decoded because some clients re-encode URLs. */
static bool read_path(const struct request *request, struct buf *path)
{
	return uri_decode(
	    path, span_from(request->path, request->base_caller->base.len));
}

static enum failure bad(struct refusal *why, const char *detail)
{
	why->detail = detail;
	return FAILURE_BAD_REQUEST;
}

/* For the log, once the caller is authenticated. */
static void note_caller(struct request *request)
{
	const struct span id = request->base_caller->id;

	memcpy(request->caller, id.at, id.len);
	request->caller[id.len] = '\0';
}

static void note_domain(struct request *request, struct span domain)
{
	struct buf out;

	buf_init(&out, request->who.domain, sizeof request->who.domain);
	buf_add(&out, domain);
}

static struct span known_type(struct span hint)
{
	struct span type = media_type_hint(hint);

	return type.len ? type : span_of(MEDIA_TYPE_UNKNOWN);
}

/* --- authentication: a MAC in the query, or a bearer token ---------------*/

static enum failure check_mac(struct request *request, struct span path,
    struct put *put, struct refusal *why)
{
	struct dialect_upload upload = { path, request->length,
		request->content_type };
	const char *name = dialect_parameter(request->base_caller->dialect);
	char memory[2 * HASH_SIZE + 1];
	struct buf mac;
	bool missing;

	/* The MAC covers the size, which no parameter names. */
	if (!request->has_length)
		return FAILURE_LENGTH_REQUIRED;
	buf_init(&mac, memory, sizeof memory);
	if (!request_query(request, name, &mac, &missing)) {
		why->reason =
		    missing ? "no MAC in the query" : "the MAC is malformed";
		return FAILURE_SLOT_INVALID;
	}
	if (!dialect_mac_right(request->base_caller, &upload, buf_span(&mac))) {
		why->reason =
		    "wrong MAC: made with another secret, path, size or type";
		return FAILURE_SLOT_INVALID;
	}
	note_caller(request);
	put->plan.size = request->length;
	put->type = known_type(upload.type);
	return FAILURE_NONE;
}

static enum failure check_claims(const struct json_jwt *jwt, struct span path,
    struct put *put, struct refusal *why)
{
	struct span name = path;
	struct span slot = span_cut(&name, '/');
	const char *wrong;

	if (jwt->exp <= clock_unix())
		return FAILURE_SLOT_EXPIRED;
	if (!span_equal(slot, jwt->slot))
		return bad(
		    why, "target: its folder is not the slot of the token");
	if (!name.at || !span_equal(name, jwt->filename))
		return bad(why,
		    "target: its file name is not the filename of the token");
	if (jwt->filetype_wrong)
		return bad(why, "filetype of the token: must be a string");
	put->type = known_type(jwt->filetype);
	if (jwt->sub.at && !jid_parse(jwt->sub, &put->jid, &wrong))
		return jid_refuse(wrong, "sub of the token: not a JID", why);
	put->has_jid = jwt->sub.at != NULL;
	put->plan.size = jwt->filesize;
	put->plan.type = put->type;
	put->plan.until = jwt->expires;
	return FAILURE_NONE;
}

static enum failure check_jwt(struct request *request, struct span path,
    struct json_jwt *jwt, struct put *put, struct refusal *why)
{
	enum failure failure;

	if (request->many_authorizations) {
		why->reason = "more than one Authorization header";
		return FAILURE_UNAUTHORIZED;
	}
	failure = jwt_read(
	    request->base_caller, request->authorization, jwt, &why->reason);
	if (failure != FAILURE_NONE)
		return failure;
	note_caller(request);
	return check_claims(jwt, path, put, why);
}

/* --- PUT -----------------------------------------------------------------*/

/* Whether the caller may upload for the token's domain. MACs name no user. */
static bool domain_allowed(const struct request *request, const struct put *put)
{
	const struct caller *caller = request->base_caller;

	if (put->has_jid)
		return auth_allows(caller, put->jid.domain);
	return caller->dialect != DIALECT_JWT || !caller->allow_domain_count;
}

/* The same rules as for a slot. */
static enum failure check_policy(struct request *request, const struct put *put,
    struct span filename, struct refusal *why)
{
	const struct service *service = request->service;
	const struct issuer *issuer =
	    service_base_issuer(service, request->base_caller);

	if (!domain_allowed(request, put)) {
		why->detail =
		    put->has_jid ? "sub of the token: this caller gets no "
				   "slots for its domain"
				 : "sub of the token: missing, and this caller "
				   "has allow_domains";
		return FAILURE_FORBIDDEN;
	}
	if (put->has_jid)
		issuer = service_issuer(service, put->jid.domain);
	return policy_check(&issuer->policies->of[PURPOSE_MESSAGE], filename,
	    put->type, put->plan.size, why);
}

static enum failure plan(struct request *request, struct json_jwt *jwt,
    struct put *put, struct buf *key, struct refusal *why)
{
	char memory[OBJECT_KEY_MAX + 1];
	struct span filename;
	struct buf path;
	enum failure failure;

	buf_init(&path, memory, sizeof memory);
	if (!read_path(request, &path))
		return bad(why, "target: too long, or its percent-encoding is "
				"malformed");
	if (request->base_caller->dialect == DIALECT_JWT)
		failure = check_jwt(request, buf_span(&path), jwt, put, why);
	else
		failure = check_mac(request, buf_span(&path), put, why);
	if (failure != FAILURE_NONE)
		return failure;
	if (put->has_jid)
		who_name(request->service, &put->jid, &request->who);
	else
		note_domain(request, span_of("unknown"));
	request->size = put->plan.size;
	request->has_size = true;
	if (!dialect_key(request->base_caller, buf_span(&path), key, &filename))
		return bad(why, "target: must be a folder and a file name that "
				"can be an object key");
	return check_policy(request, put, filename, why);
}

/* The caller's keep: a store that serves its files itself keeps the end with
 * each; from others `slotd sweep` removes them by their age. */
static void limit_time(const struct caller *caller, struct receive_plan *plan)
{
	const int64_t end = clock_unix() + caller->keep;

	if (caller->keep && plan->store->class->file_open &&
	    (!plan->until || end < plan->until))
		plan->until = end;
}

static void head(struct request *request)
{
	char memory[OBJECT_KEY_MAX + 1];
	struct json_jwt jwt = { 0 };
	struct put put = { 0 };
	struct refusal why = { 0 };
	enum failure failure;
	struct buf key;

	buf_init(&key, memory, sizeof memory);
	failure = plan(request, &jwt, &put, &key, &why);
	if (failure == FAILURE_NONE) {
		put.plan.key = buf_span(&key);
		put.plan.store =
		    service_base_issuer(request->service, request->base_caller)
			->store;
		limit_time(request->base_caller, &put.plan);
		receive_begin(request, &put.plan);
	} else {
		reply_failure(request, failure, &why);
	}
	json_jwt_done(&jwt);
}

const struct endpoint dialect_put = {
	.method = "PUT", .head = head, .body = receive_body, .end = receive_end
};

/* --- GET, HEAD -----------------------------------------------------------*/

static void end(struct request *request)
{
	char path_memory[OBJECT_KEY_MAX + 1], key_memory[OBJECT_KEY_MAX + 1];
	struct store *store;
	struct span filename;
	struct buf path, key;

	buf_init(&path, path_memory, sizeof path_memory);
	buf_init(&key, key_memory, sizeof key_memory);
	if (!read_path(request, &path) ||
	    !dialect_key(
		request->base_caller, buf_span(&path), &key, &filename)) {
		reply_failure(
		    request, FAILURE_NOT_FOUND, &(struct refusal){ 0 });
		return;
	}
	store =
	    service_base_issuer(request->service, request->base_caller)->store;
	if (store->class->lead)
		redirect_lead(request, store, buf_span(&key));
	else
		file_give(request, store, buf_span(&key));
}

const struct endpoint dialect_get = { .method = "GET", .end = end };
