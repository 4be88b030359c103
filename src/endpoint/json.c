#include "endpoint/json.h"

#include "core/stamp.h"
#include "core/utf8.h"
#include "endpoint/json_memory.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void json_start(void)
{
	json_set_alloc_funcs(json_memory_take, json_memory_give);
	/* Seeds the hash of object members now, not in the first threads. */
	json_object_seed(0);
}

static bool wrong(struct json_slot *slot, const char *sentence)
{
	snprintf(slot->wrong, sizeof slot->wrong, "%s", sentence);
	return false;
}

static const char *syntax_sentence(json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_duplicate_key:
		return "a member appears twice in an object";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a string contains a NUL character";
	case json_error_invalid_utf8:
		return "invalid UTF-8";
	case json_error_numeric_overflow:
		return "a number is beyond 64 bits";
	case json_error_end_of_input_expected:
		return "there is text after the object";
	case json_error_premature_end_of_input:
		return "the document ends too early";
	default:
		return "not valid JSON";
	}
}

static bool has_nul(struct span text)
{
	return text.len && memchr(text.at, '\0', text.len);
}

/* FAILURE_BAD_REQUEST if the text is not JSON. *ret_root is always set, and to
 * be freed. NUL bytes are looked for here because jansson skips those between
 * tokens. */
static enum failure load(
    struct span text, json_error_t *error, json_t **ret_root)
{
	*ret_root = NULL;
	if (!has_nul(text))
		*ret_root = json_loadb(
		    text.at, text.len, JSON_REJECT_DUPLICATES, error);
	if (json_memory_lacked())
		return FAILURE_UNAVAILABLE;
	return *ret_root ? FAILURE_NONE : FAILURE_BAD_REQUEST;
}

static bool wrong_syntax(struct json_slot *slot, json_error_t *error)
{
	snprintf(slot->wrong, sizeof slot->wrong,
	    "body: %s (line %d, column %d)", syntax_sentence(error),
	    error->line, error->column);
	return false;
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

static bool read_text(json_t *root, const char *name, struct span *ret_text)
{
	return take_text(json_object_get(root, name), ret_text);
}

/* Likewise, but null counts as missing. */
static bool read_hint(json_t *root, const char *name, struct span *ret_text)
{
	json_t *member = json_object_get(root, name);

	return json_is_null(member) || take_text(member, ret_text);
}

static bool read_size(struct json_slot *slot, json_t *root)
{
	json_t *size = json_object_get(root, "size");

	if (!size)
		return wrong(slot, "size: missing");
	if (!json_is_integer(size))
		return wrong(slot, "size: must be an integer");
	if (json_integer_value(size) < 0)
		return wrong(slot, "size: must not be negative");
	slot->size = (uint64_t)json_integer_value(size);
	return true;
}

static bool read_members(struct json_slot *slot, json_t *root)
{
	struct span purpose = { NULL, 0 };

	if (!read_text(root, "jid", &slot->jid))
		return wrong(slot, "jid: must be a string");
	if (!slot->jid.at)
		return wrong(slot, "jid: missing");
	if (!read_text(root, "filename", &slot->filename))
		return wrong(slot, "filename: must be a string");
	if (!slot->filename.at)
		return wrong(slot, "filename: missing");
	if (!read_size(slot, root))
		return false;
	if (!read_hint(root, "content_type", &slot->type))
		return wrong(slot, "content_type: must be a string");
	if (!read_text(root, "purpose", &purpose) ||
	    (purpose.at && !span_is(purpose, "message")))
		return wrong(slot, "purpose: must be \"message\"");
	return true;
}

static bool read_slot(
    struct json_slot *slot, struct span body, json_t *root, json_error_t *error)
{
	if (!body.len)
		return wrong(slot, "body: missing");
	if (has_nul(body))
		return wrong(slot, "body: a NUL byte is not allowed in JSON");
	if (!root)
		return wrong_syntax(slot, error);
	if (!json_is_object(root))
		return wrong(slot, "body: must be a JSON object");
	return read_members(slot, root);
}

enum failure json_slot_read(struct json_slot *slot, struct span body)
{
	json_error_t error = { 0 };
	json_t *root;
	enum failure failure;

	slot->jid = slot->filename = slot->type = (struct span){ NULL, 0 };
	slot->size = 0;
	slot->wrong[0] = '\0';
	slot->memory.used = 0;
	slot->memory.spilled = false;
	json_memory_use(&slot->memory);
	failure = load(body, &error, &root);
	json_memory_use(NULL);
	slot->root = root;
	if (failure == FAILURE_UNAVAILABLE)
		return failure;
	return read_slot(slot, body, root, &error) ? FAILURE_NONE
						   : FAILURE_BAD_REQUEST;
}

void json_slot_done(struct json_slot *slot)
{
	/* Else the document is nowhere but in the arena. */
	if (slot->memory.spilled) {
		json_memory_use(&slot->memory);
		json_decref(slot->root);
		json_memory_use(NULL);
	}
	json_memory_drop(&slot->memory);
}

enum failure json_jwt_header(struct span text)
{
	json_t *root;
	enum failure failure = load(text, NULL, &root);
	struct span alg = { NULL, 0 };

	bool right = json_is_object(root) && read_text(root, "alg", &alg) &&
		     alg.at && span_is(alg, "HS256") &&
		     !json_object_get(root, "crit");

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
	return read_text(root, name, ret_text) && ret_text->at;
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
	jwt->filetype_wrong = !read_hint(root, "filetype", &jwt->filetype);
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return "the token's filesize is missing or wrong";
	jwt->filesize = (uint64_t)json_integer_value(size);
	if (!read_text(root, "sub", &jwt->sub))
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
	enum failure failure = load(text, NULL, &root);

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

char *json_limits_write(const struct policy *policy, uint32_t put_ttl)
{
	json_t *types = json_array();

	for (size_t i = 0; i < policy->allow_type_count; i++)
		json_array_append_new(
		    types, json_stringn(policy->allow_types[i].at,
			       policy->allow_types[i].len));
	return dump(json_pack("{s:I, s:I, s:o}", "max_size",
	    (json_int_t)policy->max_size, "put_ttl", (json_int_t)put_ttl,
	    "allow_types", types));
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

char *json_quota_write(const struct json_quota *quota)
{
	const struct quota_use *use = &quota->use;
	const struct policy *policy = quota->policy;
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
	return dump(root);
}

static void copy_text(const char *text, char *ret_text, size_t size)
{
	struct buf out;

	buf_init(&out, ret_text, size);
	if (text)
		buf_add(&out, utf8_first(span_of(text), size - 1));
}

static void copy_stamp(const json_t *root, const char *name, char ret_text[32])
{
	copy_text(json_string_value(json_object_get(root, name)), ret_text, 32);
}

static json_t *load_object(struct span text)
{
	json_t *root;

	load(text, NULL, &root);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
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
