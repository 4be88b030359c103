#include "slot/slot.h"

#include "slot/filename.h"

#include <string.h>

static enum failure read_request(const struct slot_request *request,
    int64_t now, struct buf *filename, struct refusal *why)
{
	if (request->purpose == PURPOSE_EPHEMERAL &&
	    request->expire_before <= now)
		return failure_detail(FAILURE_BAD_REQUEST,
		    "expire_before: an ephemeral slot needs a time in the "
		    "future",
		    why);
	filename_clean(request->filename, filename);
	if (!buf_ok(filename))
		return failure_detail(
		    FAILURE_BAD_REQUEST, "filename: must be valid UTF-8", why);
	if (!auth_allows(request->caller, request->jid->domain))
		return failure_detail(FAILURE_FORBIDDEN,
		    "jid: this caller gets no slots for this domain", why);
	return FAILURE_NONE;
}

/* When the file has to go. */
static int64_t find_until(const struct policy *policy,
    const struct slot_request *request, int64_t now)
{
	int64_t until = policy->keep ? now + policy->keep : 0;

	if (request->purpose == PURPOSE_EPHEMERAL &&
	    (!until || request->expire_before < until))
		until = request->expire_before;
	return until;
}

static enum failure make_key(const struct issuer *issuer,
    const struct slot_request *request, struct span filename,
    const struct store_request *put, const uint8_t *random, struct buf *key)
{
	struct key_input input = {
		.jid = request->jid,
		.filename = filename,
		.now = put->now,
		.until = put->until,
		.purpose = request->purpose,
		.plain = request->caller->plain_urls,
	};

	if (issuer->keyring && issuer->keyring->count)
		input.root = &issuer->keyring->roots[0];
	memcpy(input.random, random, sizeof input.random);
	key_template_make(issuer->template, &input, key);
	return buf_ok(key) ? FAILURE_NONE : FAILURE_BAD_REQUEST;
}

const struct issuer *slot_find_issuer(
    const struct issuers *issuers, struct span domain)
{
	const uint32_t number = names_find_domain(&issuers->domains, domain);

	return &issuers->list[number == NAMES_NONE ? 0 : number + 1];
}

/* Whether this slot raises bytes above SLOT_NEARLY percent of the limit. */
static bool is_nearly(uint64_t bytes, uint64_t size, uint64_t limit)
{
	uint64_t mark = limit / 100 * SLOT_NEARLY;

	return limit && bytes >= mark && bytes - size < mark;
}

static enum failure count(struct quota *quota, const struct policy *policy,
    struct quota_charge *charge, uint64_t *ret_nearly, struct refusal *why)
{
	uint64_t bytes = 0;
	enum failure failure;

	charge->slots_per_minute = policy->slots_per_minute;
	charge->bytes_per_day = policy->bytes_per_day;
	charge->domain_bytes_per_day = policy->domain_bytes_per_day;
	failure = quota->class->take(quota, charge, &bytes, why);
	if (failure == FAILURE_NONE &&
	    is_nearly(bytes, charge->size, policy->bytes_per_day))
		*ret_nearly = bytes;
	return failure;
}

static enum failure sign(struct store *store, const struct store_request *put,
    struct slot *slot, struct refusal *why)
{
	struct store_slot urls = { &slot->put, &slot->get, 0, &slot->type };
	enum failure failure = store->class->sign(store, put, &urls, why);

	if (failure != FAILURE_NONE)
		return failure;
	if (!buf_ok(&slot->put) || !buf_ok(&slot->get) || !buf_ok(&slot->type))
		return failure_reason(
		    FAILURE_INTERNAL, "a URL is longer than SLOT_URL_MAX", why);
	slot->expires = urls.expires;
	return FAILURE_NONE;
}

/* Names for whom it counts. A bare JID has no slash. */
static struct quota_charge make_charge(const struct policy *policy,
    const struct slot_request *request, struct slot *slot)
{
	struct buf account =
	    buf_of(slot->account_memory, sizeof slot->account_memory);
	struct span user, own = SPAN_EMPTY;

	jid_bare(request->jid, &account);
	user = buf_span(&account);
	if (policy->own_bytes) {
		buf_char(&account, '/');
		buf_text(&account, purpose_name(request->purpose));
		own = buf_span(&account);
	}
	return (struct quota_charge){
		.user = user,
		.account = own,
		.domain = span_from(user, user.len - request->jid->domain.len),
		.nonce = request->nonce,
	};
}

static enum failure count_and_sign(struct quota *quota,
    const struct issuer *issuer, const struct policy *policy,
    const struct slot_request *request, const struct store_request *put,
    int64_t now, struct slot *slot, struct refusal *why)
{
	struct quota_charge *charge = &slot->charge;
	enum failure failure;

	if (!quota || !policy_counts(policy))
		return sign(issuer->store, put, slot, why);
	*charge = make_charge(policy, request, slot);
	charge->size = put->size;
	charge->now = now;
	slot->counted = true;
	failure = count(quota, policy, charge, &slot->nearly, why);
	charge->nonce = NULL;
	if (failure != FAILURE_NONE)
		return failure;
	slot->charged = true;
	failure = sign(issuer->store, put, slot, why);
	if (failure != FAILURE_NONE)
		slot_give_back(quota, slot);
	return failure;
}

void slot_give_back(struct quota *quota, struct slot *slot)
{
	if (slot->charged)
		quota->class->give_back(quota, &slot->charge);
	slot->charged = false;
}

static void slot_init(struct slot *slot)
{
	buf_init(&slot->put, slot->put_memory, SLOT_URL_MAX);
	buf_init(&slot->get, slot->get_memory, SLOT_URL_MAX);
	buf_init(&slot->type, slot->type_memory, sizeof slot->type_memory);
	slot->nearly = 0;
	slot->counted = slot->charged = false;
}

enum failure slot_issue(const struct issuers *issuers,
    const struct slot_request *request, int64_t now,
    const uint8_t random[RANDOM_BYTES], struct slot *ret_slot,
    struct refusal *why)
{
	char filename_memory[FILENAME_MAX_BYTES + 1];
	char key_memory[OBJECT_KEY_MAX + 1];
	struct buf filename = buf_of(filename_memory, sizeof filename_memory);
	struct buf key = buf_of(key_memory, sizeof key_memory);
	struct store_request put = {
		.size = request->size,
		.type = media_type_hint(request->type),
		.now = now / 1000,
	};
	const struct issuer *issuer;
	const struct policy *policy;
	enum failure failure;

	slot_init(ret_slot);
	failure = read_request(request, put.now, &filename, why);
	if (failure != FAILURE_NONE)
		return failure;
	issuer = slot_find_issuer(issuers, request->jid->domain);
	policy = policies_for(issuer->policies, request->purpose);
	if (!policy)
		return failure_detail(FAILURE_FORBIDDEN,
		    "purpose: it is not offered for this domain", why);
	failure = policy_check(policy, buf_span(&filename),
	    put.type.len ? put.type : span_of(MEDIA_TYPE_UNKNOWN),
	    request->size, why);
	if (failure != FAILURE_NONE)
		return failure;
	put.until = ret_slot->until = find_until(policy, request, put.now);
	failure =
	    make_key(issuer, request, buf_span(&filename), &put, random, &key);
	if (failure != FAILURE_NONE)
		return failure_detail(failure,
		    "filename, jid: the object key would be over 1024 bytes",
		    why);
	put.key = buf_span(&key);
	put.type = policy_type(policy, put.type);
	return count_and_sign(
	    issuers->quota, issuer, policy, request, &put, now, ret_slot, why);
}
