#include "store/s3.h"

#include "core/sigv4.h"

#include <pthread.h>
#include <stdlib.h>

struct s3 {
	struct store store;
	struct s3_config config;
	struct creds *creds;
	/* The day's signing key: made once a day, not for every slot. */
	pthread_rwlock_t lock;
	struct sigv4_key key;
	uint64_t key_generation;
	bool has_key;
};

/* Makes the day's key, unless another thread has just done so. */
static void renew_key(
    struct s3 *s3, const struct creds_value *creds, int64_t now)
{
	pthread_rwlock_wrlock(&s3->lock);
	if (!s3->has_key || s3->key_generation != creds->generation ||
	    !sigv4_key_current(&s3->key, now)) {
		if (s3->has_key)
			sigv4_key_done(&s3->key);
		sigv4_key_init(
		    &s3->key, creds->access_key_secret, s3->config.region, now);
		s3->key_generation = creds->generation;
		s3->has_key = true;
	}
	pthread_rwlock_unlock(&s3->lock);
}

/* False when the day or the credentials have changed since. */
static bool presign(struct s3 *s3, const struct sigv4_request *request,
    uint64_t generation, struct buf *out, bool *ret_ok)
{
	bool current;

	pthread_rwlock_rdlock(&s3->lock);
	current = s3->has_key && s3->key_generation == generation &&
		  sigv4_key_current(&s3->key, request->now);
	if (current)
		*ret_ok = sigv4_presign(request, &s3->key, out);
	pthread_rwlock_unlock(&s3->lock);
	return current;
}

static void write_url(
    struct buf *out, const struct uri_base *base, struct span path)
{
	buf_add(out, base->scheme);
	buf_text(out, "://");
	buf_add(out, base->host);
	buf_add(out, path);
}

static enum failure sign_put(struct s3 *s3, const struct store_request *request,
    const struct creds_value *creds, struct span path, struct buf *out)
{
	char length_memory[24];
	struct buf length;
	struct sigv4_pair header = { span_of("content-length"), SPAN_EMPTY };
	const struct sigv4_pair acl = { span_of("x-amz-acl"),
		span_of("public-read") };
	struct sigv4_request put = {
		.method = span_of("PUT"),
		.host = s3->config.bucket.host,
		.path = path,
		.headers = &header,
		.header_count = 1,
		.query = &acl,
		.query_count = s3->config.set_public ? 1 : 0,
		.access_key_id = creds->access_key_id,
		.session_token = creds->session_token,
		.region = s3->config.region,
		.expires = s3->config.put_ttl,
		.now = request->now,
	};
	bool ok;

	buf_init(&length, length_memory, sizeof length_memory);
	buf_u64(&length, request->size);
	header.value = buf_span(&length);
	write_url(out, &s3->config.bucket, path);
	buf_char(out, '?');
	while (!presign(s3, &put, creds->generation, out, &ok))
		renew_key(s3, creds, request->now);
	return ok ? FAILURE_NONE : FAILURE_INTERNAL;
}

static enum failure sign(struct store *store,
    const struct store_request *request, struct store_slot *ret_slot,
    struct refusal *why)
{
	struct s3 *s3 = (struct s3 *)store;
	char path_memory[4096];
	struct buf path;
	struct creds_value creds;
	enum failure failure;

	buf_init(&path, path_memory, sizeof path_memory);
	buf_add(&path, s3->config.bucket.path);
	buf_char(&path, '/');
	uri_encode_path(&path, request->key);
	buf_add(ret_slot->get, s3->config.download.scheme);
	buf_text(ret_slot->get, "://");
	buf_add(ret_slot->get, s3->config.download.host);
	buf_add(ret_slot->get, s3->config.download.path);
	buf_char(ret_slot->get, '/');
	uri_encode_path(ret_slot->get, request->key);
	if (!buf_ok(&path)) {
		why->reason = "the object's path is too long";
		return FAILURE_INTERNAL;
	}
	if (!s3->creds->class->get(s3->creds, request->now, &creds)) {
		why->reason = "no credentials for the store";
		return FAILURE_UNAVAILABLE;
	}
	failure = sign_put(s3, request, &creds, buf_span(&path), ret_slot->put);
	s3->creds->class->put_back(s3->creds, &creds);
	ret_slot->expires = request->now + s3->config.put_ttl;
	return failure;
}

static bool read_url(struct store *store, struct span url, struct buf *out)
{
	const struct s3 *s3 = (const struct s3 *)store;
	char memory[2048];
	struct buf base;

	buf_init(&base, memory, sizeof memory);
	write_url(&base, &s3->config.download, s3->config.download.path);
	buf_char(&base, '/');
	url = span_first(url, span_find(url, '?'));
	url = span_first(url, span_find(url, '#'));
	if (!buf_ok(&base) || !span_starts(url, base.at))
		return false;
	return uri_decode(out, span_from(url, base.len));
}

static void close(struct store *store)
{
	struct s3 *s3 = (struct s3 *)store;

	s3->creds->class->close(s3->creds);
	pthread_rwlock_destroy(&s3->lock);
	if (s3->has_key)
		sigv4_key_done(&s3->key);
	free(s3);
}

static const struct store_class class = { "s3", sign, read_url, close };

struct store *s3_open(const struct s3_config *config, struct creds *creds)
{
	struct s3 *s3 = calloc(1, sizeof *s3);

	if (!s3)
		return NULL;
	s3->store.class = &class;
	s3->config = *config;
	s3->creds = creds;
	pthread_rwlock_init(&s3->lock, NULL);
	return &s3->store;
}
