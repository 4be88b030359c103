#include "slot/slot.h"

#include "slot/filename.h"

#include <string.h>

static enum failure refuse(
    enum failure failure, struct refusal *why, const char *detail)
{
	why->detail = detail;
	return failure;
}

static enum failure read_request(const struct slot_request *request,
    struct jid *jid, struct buf *filename, struct refusal *why)
{
	const char *wrong;

	if (!jid_parse(request->jid, jid, &wrong))
		return refuse(FAILURE_BAD_REQUEST, why, wrong);
	filename_clean(request->filename, filename);
	if (!buf_ok(filename))
		return refuse(
		    FAILURE_BAD_REQUEST, why, "filename: must be valid UTF-8");
	if (request->type.at && !media_type_valid(request->type))
		return refuse(FAILURE_BAD_REQUEST, why,
		    "content_type: must be a media type (RFC 9110) of at "
		    "most 255 printable ASCII characters");
	if (!caller_allows(request->caller, jid->domain))
		return refuse(FAILURE_FORBIDDEN, why,
		    "jid: this caller gets no slots for this domain");
	return FAILURE_NONE;
}

static enum failure make_key(const struct issuer *issuer,
    const struct slot_request *request, const struct jid *jid,
    struct span filename, int64_t now, const uint8_t *random, struct buf *key)
{
	struct key_input input = {
		.jid = jid,
		.filename = filename,
		.now = now,
		.plain = request->caller->plain_urls,
	};

	if (issuer->keyring && issuer->keyring->count)
		input.root = &issuer->keyring->roots[0];
	memcpy(input.random, random, sizeof input.random);
	key_template_make(issuer->template, &input, key);
	return buf_ok(key) ? FAILURE_NONE : FAILURE_BAD_REQUEST;
}

const struct issuer *issuers_find(
    const struct issuers *issuers, struct span domain)
{
	const struct issuer *found = &issuers->list[0];

	for (size_t i = 1; i < issuers->count; i++) {
		const struct issuer *issuer = &issuers->list[i];

		if (span_equal(domain, issuer->domain))
			return issuer;
		if (found == &issuers->list[0] &&
		    jid_domain_matches(domain, issuer->domain))
			found = issuer;
	}
	return found;
}

enum failure slot_issue(const struct issuers *issuers,
    const struct slot_request *request, int64_t now,
    const uint8_t random[RANDOM_BYTES], struct slot *ret_slot,
    struct refusal *why)
{
	char filename_memory[FILENAME_MAX_BYTES + 1];
	char key_memory[OBJECT_KEY_MAX + 1];
	struct buf filename, key;
	struct jid jid;
	struct store_request put = {
		.size = request->size,
		.type = request->type.at ? request->type : SPAN_EMPTY,
		.now = now,
	};
	struct store_slot urls = { &ret_slot->put, &ret_slot->get, 0,
		&ret_slot->type };
	const struct issuer *issuer;
	enum failure failure;

	buf_init(&filename, filename_memory, sizeof filename_memory);
	buf_init(&key, key_memory, sizeof key_memory);
	buf_init(&ret_slot->put, ret_slot->put_memory, SLOT_URL_MAX);
	buf_init(&ret_slot->get, ret_slot->get_memory, SLOT_URL_MAX);
	buf_init(&ret_slot->type, ret_slot->type_memory,
	    sizeof ret_slot->type_memory);

	failure = read_request(request, &jid, &filename, why);
	if (failure != FAILURE_NONE)
		return failure;
	issuer = issuers_find(issuers, jid.domain);
	failure = policy_check(issuer->policy, buf_span(&filename),
	    put.type.len ? put.type : span_of(MEDIA_TYPE_UNKNOWN),
	    request->size, why);
	if (failure != FAILURE_NONE)
		return failure;
	failure = make_key(
	    issuer, request, &jid, buf_span(&filename), now, random, &key);
	if (failure != FAILURE_NONE)
		return refuse(failure, why,
		    "filename, jid: the object key would be over 1024 bytes");
	put.key = buf_span(&key);
	failure = issuer->store->class->sign(issuer->store, &put, &urls, why);
	if (failure != FAILURE_NONE)
		return failure;
	if (!buf_ok(&ret_slot->put) || !buf_ok(&ret_slot->get) ||
	    !buf_ok(&ret_slot->type)) {
		why->reason = "a URL is longer than SLOT_URL_MAX";
		return FAILURE_INTERNAL;
	}
	ret_slot->expires = urls.expires;
	return FAILURE_NONE;
}
