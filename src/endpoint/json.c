#include "endpoint/json.h"

#include "core/stamp.h"
#include "core/utf8.h"
#include "endpoint/json_memory.h"
#include "endpoint/json_read.h"

#include <stdlib.h>
#include <string.h>

void json_start(void)
{
	json_set_alloc_funcs(json_memory_take, json_memory_give);
	/* Seeds the hash of object members now, not in the first threads. */
	json_object_seed(0);
}

bool json_has_nul(struct span text)
{
	return text.len && memchr(text.at, '\0', text.len);
}

/* NUL bytes are looked for here because jansson skips those between tokens. */
enum failure json_load_text(
    struct span text, json_error_t *error, json_t **ret_root)
{
	*ret_root = NULL;
	if (!json_has_nul(text))
		*ret_root = json_loadb(
		    text.at, text.len, JSON_REJECT_DUPLICATES, error);
	if (json_memory_lacked())
		return FAILURE_UNAVAILABLE;
	return *ret_root ? FAILURE_NONE : FAILURE_BAD_REQUEST;
}

/* False if the member exists and is not a string. */
static bool take_text(const json_t *member, struct span *ret_text)
{
	if (!member)
		return true;
	if (!json_is_string(member))
		return false;
	*ret_text = (struct span){ json_string_value(member),
		json_string_length(member) };
	return true;
}

bool json_read_text(json_t *root, const char *name, struct span *ret_text)
{
	return take_text(json_object_get(root, name), ret_text);
}

bool json_read_hint(json_t *root, const char *name, struct span *ret_text)
{
	json_t *member = json_object_get(root, name);

	return json_is_null(member) || take_text(member, ret_text);
}

enum failure json_jwt_header(struct span text)
{
	json_t *root;
	enum failure failure = json_load_text(text, NULL, &root);
	struct span alg = { NULL, 0 };

	bool right = json_is_object(root) &&
		     json_read_text(root, "alg", &alg) && alg.at &&
		     span_is(alg, "HS256") && !json_object_get(root, "crit");

	json_decref(root);
	if (failure == FAILURE_UNAVAILABLE)
		return failure;
	return right ? FAILURE_NONE : FAILURE_UNAUTHORIZED;
}

/* A NumericDate (RFC 7519): seconds, possibly with a fraction. */
static bool read_date(json_t *root, const char *name, int64_t *ret_seconds)
{
	json_t *member = json_object_get(root, name);
	double seconds = json_number_value(member);

	if (!json_is_number(member) || seconds < 0 || seconds > 253402300799.0)
		return false;
	*ret_seconds = (int64_t)seconds;
	return true;
}

static bool read_claim(json_t *root, const char *name, struct span *ret_text)
{
	return json_read_text(root, name, ret_text) && ret_text->at;
}

static const char *read_claims(struct json_jwt *jwt, json_t *root)
{
	json_t *size = json_object_get(root, "filesize");

	if (!read_date(root, "exp", &jwt->exp))
		return "the token's exp is missing or wrong";
	if (!read_claim(root, "slot", &jwt->slot))
		return "the token's slot is missing or wrong";
	if (!read_claim(root, "filename", &jwt->filename))
		return "the token's filename is missing or wrong";
	jwt->filetype_wrong = !json_read_hint(root, "filetype", &jwt->filetype);
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return "the token's filesize is missing or wrong";
	jwt->filesize = (uint64_t)json_integer_value(size);
	if (!json_read_text(root, "sub", &jwt->sub))
		return "the token's sub is wrong";
	if (!json_object_get(root, "expires"))
		return NULL;
	if (!read_date(root, "expires", &jwt->expires))
		return "the token's expires is wrong";
	/* 0 would mean "never"; 1 is in the past like 0. */
	if (!jwt->expires)
		jwt->expires = 1;
	return NULL;
}

enum failure json_jwt_read(
    struct json_jwt *jwt, struct span text, const char **ret_wrong)
{
	json_t *root;
	enum failure failure = json_load_text(text, NULL, &root);

	*jwt = (struct json_jwt){ .root = root };
	if (failure == FAILURE_UNAVAILABLE)
		return failure;
	*ret_wrong = json_is_object(root)
			 ? read_claims(jwt, root)
			 : "the token's payload is not a JSON object";
	return *ret_wrong ? FAILURE_UNAUTHORIZED : FAILURE_NONE;
}

void json_jwt_done(struct json_jwt *jwt)
{
	json_decref(jwt->root);
}

/* Writes the document and frees it. Without memory the result is NULL, not a
 * document that lacks members. */
static char *dump(json_t *root)
{
	char *text = NULL;

	if (root)
		text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!json_memory_lacked())
		return text;
	free(text);
	return NULL;
}

/* Those that are offered. */
static json_t *purposes_of(const struct policies *policies)
{
	json_t *purposes = json_object();

	for (unsigned i = 0; purposes && i < PURPOSE_COUNT; i++) {
		const struct policy *policy = policies_for(policies, i);

		if (policy)
			json_object_set_new(purposes, purpose_name(i),
			    json_pack("{s:I, s:o}", "max_size",
				(json_int_t)policy->max_size, "keep",
				policy->keep ? json_integer(policy->keep)
					     : json_null()));
	}
	return purposes;
}

char *json_limits_write(const struct policies *policies, uint32_t put_ttl)
{
	const struct policy *policy = &policies->of[PURPOSE_MESSAGE];
	json_t *types = json_array();

	for (size_t i = 0; i < policy->allow_type_count; i++)
		json_array_append_new(
		    types, json_stringn(policy->allow_types[i].at,
			       policy->allow_types[i].len));
	return dump(json_pack("{s:I, s:I, s:o, s:o}", "max_size",
	    (json_int_t)policy->max_size, "put_ttl", (json_int_t)put_ttl,
	    "allow_types", types, "purposes", purposes_of(policies)));
}

/* Milliseconds rounded up to the second, so that the time is never early; null
 * for 0. */
static json_t *stamp_or_null(int64_t millis)
{
	char memory[32];
	struct buf text;

	if (!millis)
		return json_null();
	buf_init(&text, memory, sizeof memory);
	stamp_rfc3339(&text, (millis + 999) / 1000);
	return json_string(text.at);
}

/* The purposes whose bytes are counted by themselves. */
static json_t *own_of(const struct json_quota *quota)
{
	json_t *purposes = json_object();

	for (unsigned i = 0; purposes && i < PURPOSE_COUNT; i++) {
		const struct policy *policy = policies_for(quota->policies, i);
		const struct quota_use *use = &quota->own[i];

		if (policy && policy->own_bytes)
			json_object_set_new(purposes, purpose_name(i),
			    json_pack("{s:I, s:o, s:I}", "bytes",
				(json_int_t)use->bytes, "bytes_free_at",
				stamp_or_null(use->bytes_free_at),
				"bytes_per_day",
				(json_int_t)policy->bytes_per_day));
	}
	return purposes;
}

char *json_quota_write(const struct json_quota *quota)
{
	const struct quota_use *use = &quota->use;
	const struct policy *policy = &quota->policies->of[PURPOSE_MESSAGE];
	json_t *root = json_pack("{s:I, s:o, s:I, s:o, s:I, s:o}", "slots",
	    (json_int_t)use->slots, "slots_free_at",
	    stamp_or_null(use->slots_free_at), "bytes", (json_int_t)use->bytes,
	    "bytes_free_at", stamp_or_null(use->bytes_free_at), "domain_bytes",
	    (json_int_t)use->domain_bytes, "domain_free_at",
	    stamp_or_null(use->domain_free_at));

	if (root)
		json_object_set_new(root, "limits",
		    json_pack("{s:I, s:I, s:I}", "slots_per_minute",
			(json_int_t)policy->slots_per_minute, "bytes_per_day",
			(json_int_t)policy->bytes_per_day,
			"domain_bytes_per_day",
			(json_int_t)policy->domain_bytes_per_day));
	if (root)
		json_object_set_new(root, "purposes", own_of(quota));
	return dump(root);
}

static void copy_text(const char *text, char *ret_text, size_t size)
{
	struct buf out;

	buf_init(&out, ret_text, size);
	if (text)
		buf_add(&out, utf8_first(span_of(text), size - 1));
}

/* People see it: whatever answers, nothing but a time stamp is copied. */
static void copy_stamp(const json_t *root, const char *name, char ret_text[32])
{
	const char *text = json_string_value(json_object_get(root, name));
	int64_t seconds;

	if (text && !stamp_read(span_of(text), &seconds))
		text = NULL;
	copy_text(text, ret_text, 32);
}

static json_t *load_object(struct span text)
{
	json_t *root;

	json_load_text(text, NULL, &root);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

/* False: a member is not as it is written. */
static bool read_own(const json_t *root, struct json_quota_read *ret_quota)
{
	const json_t *purposes = json_object_get(root, "purposes");

	for (unsigned i = 0; i < PURPOSE_COUNT; i++) {
		json_t *own = json_object_get(purposes, purpose_name(i));
		json_int_t bytes, limit;

		ret_quota->own[i].bytes_per_day = 0;
		if (!own)
			continue;
		if (json_unpack(own, "{s:I, s:I}", "bytes", &bytes,
			"bytes_per_day", &limit) != 0)
			return false;
		ret_quota->own[i].bytes = (uint64_t)bytes;
		ret_quota->own[i].bytes_per_day = (uint64_t)limit;
		copy_stamp(own, "bytes_free_at", ret_quota->own[i].free_at);
	}
	return true;
}

bool json_quota_read(struct span text, struct json_quota_read *ret_quota)
{
	json_t *root = load_object(text);
	json_int_t slots, bytes, domain_bytes, minute, day, domain_day;
	bool well =
	    root &&
	    json_unpack(root, "{s:I, s:I, s:I, s:{s:I, s:I, s:I}}", "slots",
		&slots, "bytes", &bytes, "domain_bytes", &domain_bytes,
		"limits", "slots_per_minute", &minute, "bytes_per_day", &day,
		"domain_bytes_per_day", &domain_day) == 0;

	if (well) {
		ret_quota->slots = (uint64_t)slots;
		ret_quota->bytes = (uint64_t)bytes;
		ret_quota->domain_bytes = (uint64_t)domain_bytes;
		ret_quota->slots_per_minute = (uint64_t)minute;
		ret_quota->bytes_per_day = (uint64_t)day;
		ret_quota->domain_bytes_per_day = (uint64_t)domain_day;
		copy_stamp(root, "slots_free_at", ret_quota->slots_free_at);
		copy_stamp(root, "bytes_free_at", ret_quota->bytes_free_at);
		copy_stamp(root, "domain_free_at", ret_quota->domain_free_at);
		well = read_own(root, ret_quota);
	}
	json_decref(root);
	return well;
}

bool json_problem_read(struct span text, char *ret_detail, size_t size)
{
	json_t *root = load_object(text);
	const char *detail = json_string_value(json_object_get(root, "detail"));

	if (detail)
		copy_text(detail, ret_detail, size);
	json_decref(root);
	return detail != NULL;
}
