#include "store/s3_private.h"

#include "core/stamp.h"
#include "slot/grant.h"
#include "slot/media_type.h"

#include <stdlib.h>

/* Seconds: the relay sends what it has signed at once. */
#define RELAY_TTL 300

/* As signers canonicalise it: trimmed, each run of blanks is one. */
static void write_type(struct buf *out, struct span type)
{
	type = span_trim(type, " ");
	for (size_t i = 0; i < type.len; i++) {
		char c = type.at[i];

		if (c != ' ' || (out->len && out->at[out->len - 1] != ' '))
			buf_char(out, c);
	}
}

/* The URL to which the client, or the relay, sends the file. */
static enum failure sign_put(struct s3 *s3, const struct store_request *request,
    const struct creds_value *creds, struct store_slot *ret_slot)
{
	const struct s3_config *config = &s3->config;
	char length_memory[24], until_memory[32];
	struct buf length = buf_of(length_memory, sizeof length_memory);
	struct buf until;
	struct sigv4_pair headers[3] = { { span_of("content-length"),
	    SPAN_EMPTY } };
	const struct sigv4_pair acl = { span_of("x-amz-acl"),
		span_of("public-read") };
	enum failure failure;
	struct sigv4_request put = {
		.method = span_of("PUT"),
		.headers = headers,
		.header_count = 1,
		.query = &acl,
		.query_count = config->set_public ? 1 : 0,
		.expires =
		    s3_time_to_live(config->relay ? RELAY_TTL : config->put_ttl,
			request->now, request->until),
		.now = request->now,
	};

	buf_u64(&length, request->size);
	headers[0].value = buf_span(&length);
	if (config->sign_content_type) {
		write_type(ret_slot->type, request->type.len
					       ? request->type
					       : span_of(MEDIA_TYPE_UNKNOWN));
		headers[put.header_count++] =
		    (struct sigv4_pair){ span_of("content-type"),
			    buf_span(ret_slot->type) };
	}
	if (request->note_until) {
		buf_init(&until, until_memory, sizeof until_memory);
		stamp_rfc3339(&until, request->until);
		headers[put.header_count++] =
		    (struct sigv4_pair){ span_of(S3_META_EXPIRES),
			    buf_span(&until) };
	}
	failure = s3_presign(s3, &s3->today, &config->bucket, creds,
	    request->key, &put, ret_slot->put);
	ret_slot->expires = request->now + put.expires;
	return failure;
}

/* The URL where the relay takes the file; it signs anew when that comes. */
static enum failure grant_put(struct s3 *s3,
    const struct store_request *request, struct store_slot *ret_slot)
{
	const struct s3_config *config = &s3->config;

	if (!config->keyring || !config->keyring->count)
		return FAILURE_INTERNAL;
	ret_slot->expires = request->now + s3_time_to_live(config->put_ttl,
					       request->now, request->until);
	grant_url(&config->keyring->roots[0], config->name, config->public_url,
	    request, ret_slot->expires, ret_slot->put);
	return FAILURE_NONE;
}

static enum failure check_upload(struct store *store, struct span token,
    struct span key, int64_t now, struct grant *ret_grant)
{
	const struct s3_config *config = &((const struct s3 *)store)->config;

	if (!config->relay || !config->keyring)
		return FAILURE_SLOT_INVALID;
	return grant_check(
	    config->keyring, config->name, token, key, now, ret_grant);
}

/* Signs with credentials: a PUT where the relay takes the file, or one to the
 * store; and the GET, if the slot has room for one. */
static enum failure sign_slot(struct s3 *s3,
    const struct store_request *request, bool relayed,
    struct store_slot *ret_slot, struct refusal *why)
{
	struct creds_value creds;
	enum failure failure;

	if (!s3_creds_get(s3, request->now, &creds, why))
		return FAILURE_UNAVAILABLE;
	failure = relayed ? grant_put(s3, request, ret_slot)
			  : sign_put(s3, request, &creds, ret_slot);
	if (failure == FAILURE_NONE && ret_slot->get)
		failure = s3_write_get(s3, &creds, request, ret_slot->get);
	return s3_creds_done(s3, &creds, failure, why);
}

static enum failure sign(struct store *store,
    const struct store_request *request, struct store_slot *ret_slot,
    struct refusal *why)
{
	struct s3 *s3 = (struct s3 *)store;

	return sign_slot(s3, request, s3->config.relay, ret_slot, why);
}

/* Stores without relay have it too: callers with some dialects send their
 * uploads through slotd. */
static enum failure forward(struct store *store,
    const struct store_request *request, struct store_forward *ret_forward,
    struct refusal *why)
{
	struct s3 *s3 = (struct s3 *)store;
	struct store_slot slot = { .put = ret_forward->url,
		.type = ret_forward->type };
	enum failure failure = sign_slot(s3, request, false, &slot, why);

	if (failure != FAILURE_NONE)
		return failure;
	/* Signed or not, it is the object's. */
	if (!ret_forward->type->len)
		buf_add(ret_forward->type, request->type);
	if (request->note_until) {
		buf_text(ret_forward->until, S3_META_EXPIRES ": ");
		stamp_rfc3339(ret_forward->until, request->until);
	}
	buf_add(ret_forward->name, s3->config.name);
	buf_char(ret_forward->name, '/');
	buf_add(ret_forward->name, request->key);
	return FAILURE_NONE;
}

static void close_key(struct day_key *day)
{
	pthread_rwlock_destroy(&day->lock);
	if (day->made)
		sigv4_key_done(&day->key);
}

static void close(struct store *store)
{
	struct s3 *s3 = (struct s3 *)store;

	s3->store.creds->class->close(s3->store.creds);
	if (s3->store.janitor)
		s3->store.janitor->class->close(s3->store.janitor);
	close_key(&s3->today);
	close_key(&s3->before);
	close_key(&s3->janitor);
	while (s3->line_count)
		fetch_line_close(s3->lines[--s3->line_count]);
	pthread_mutex_destroy(&s3->lines_lock);
	free(s3);
}

const struct store_class s3_class = {
	.type = "s3",
	.sign = sign,
	.read_url = s3_read_url,
	.close = close,
	.check_upload = check_upload,
	.forward = forward,
	.link_check = s3_link_check,
	.lead = s3_lead,
	.list = s3_list,
	.remove = s3_remove,
	.share = s3_share,
	.read = s3_read,
	.note = s3_note,
};

struct store *s3_open(const struct s3_config *config, struct creds *creds)
{
	struct s3 *s3 = calloc(1, sizeof *s3);

	if (!s3)
		return NULL;
	s3->store = (struct store){
		.class = &s3_class,
		.put_ttl = config->put_ttl,
		.creds = creds,
		.takes_uploads = config->relay,
		.gives_files = s3_knows_links(config),
	};
	s3->config = *config;
	s3->place = config->place;
	pthread_rwlock_init(&s3->today.lock, NULL);
	pthread_rwlock_init(&s3->before.lock, NULL);
	pthread_rwlock_init(&s3->janitor.lock, NULL);
	pthread_mutex_init(&s3->lines_lock, NULL);
	return &s3->store;
}
