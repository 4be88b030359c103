#include "store/s3_private.h"

/* Makes the key, unless another thread has just done so. */
static void renew_key(struct day_key *day, struct span region,
    const struct creds_value *creds, int64_t now)
{
	pthread_rwlock_wrlock(&day->lock);
	if (!day->made || day->generation != creds->generation ||
	    !sigv4_key_current(&day->key, now)) {
		if (day->made)
			sigv4_key_done(&day->key);
		sigv4_key_init(
		    &day->key, creds->access_key_secret, region, now);
		day->generation = creds->generation;
		day->made = true;
	}
	pthread_rwlock_unlock(&day->lock);
}

/* False when the day or the credentials have changed since. */
static bool try_key(struct day_key *day, const struct sigv4_request *request,
    uint64_t generation, struct buf *out, bool *ret_ok)
{
	bool current;

	pthread_rwlock_rdlock(&day->lock);
	current = day->made && day->generation == generation &&
		  sigv4_key_current(&day->key, request->now);
	if (current)
		*ret_ok = sigv4_presign(request, &day->key, out);
	pthread_rwlock_unlock(&day->lock);
	return current;
}

static void write_base(struct buf *out, const struct uri_base *base)
{
	buf_add(out, base->scheme);
	buf_text(out, "://");
	buf_add(out, base->host);
}

enum failure s3_presign(struct s3 *s3, struct day_key *day,
    const struct uri_base *base, const struct creds_value *creds,
    struct sigv4_request *request, struct buf *out)
{
	int64_t left = creds->expires - request->now;
	bool ok;

	/* With the credentials end all URLs that they signed. */
	if (creds->expires && left < request->expires)
		request->expires = (uint32_t)(left > 0 ? left : 1);
	request->host = base->host;
	request->access_key_id = creds->access_key_id;
	request->session_token = creds->session_token;
	request->region = s3->config.region;
	write_base(out, base);
	buf_add(out, request->path);
	buf_char(out, '?');
	while (!try_key(day, request, creds->generation, out, &ok))
		renew_key(day, s3->config.region, creds, request->now);
	return ok ? FAILURE_NONE : FAILURE_INTERNAL;
}

void s3_write_path(
    struct buf *out, const struct uri_base *base, struct span key)
{
	buf_add(out, base->path);
	buf_char(out, '/');
	uri_encode_path(out, key);
}

void s3_write_plain(
    struct buf *out, const struct uri_base *base, struct span key)
{
	write_base(out, base);
	s3_write_path(out, base, key);
}

bool s3_creds_get(struct s3 *s3, int64_t now, struct creds_value *ret_value,
    struct refusal *why)
{
	if (s3->store.creds->class->get(s3->store.creds, now, ret_value))
		return true;
	why->reason = "no credentials for the store; /readyz says why";
	return false;
}

enum failure s3_creds_done(struct s3 *s3, const struct creds_value *creds,
    enum failure failure, struct refusal *why)
{
	s3->store.creds->class->put_back(s3->store.creds, creds);
	return failure == FAILURE_INTERNAL
		   ? failure_reason(
			 failure, "a URL is too long to be signed", why)
		   : failure;
}
