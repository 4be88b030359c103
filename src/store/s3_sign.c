#include "store/s3_private.h"

static bool is_of_day(
    const struct day_key *day, uint64_t generation, int64_t now)
{
	return day->made && day->generation == generation &&
	       sigv4_key_current(&day->key, now);
}

/* Another thread may have made or moved it meanwhile. */
static void renew_key(struct day_key *day, struct span region,
    const struct creds_value *creds, int64_t now)
{
	if (is_of_day(day, creds->generation, now)) {
		sigv4_key_move(&day->key, region, now);
		return;
	}
	if (day->made)
		sigv4_key_done(&day->key);
	sigv4_key_init(&day->key, creds->access_key_secret, region, now);
	day->generation = creds->generation;
	day->made = true;
}

/* The first of a second makes the key ready for those that follow it, and
 * signs before another second's could change that. */
static bool sign(struct day_key *day, const struct creds_value *creds,
    const struct sigv4_request *request, struct buf *out)
{
	bool ready, ok = false;

	pthread_rwlock_rdlock(&day->lock);
	ready = is_of_day(day, creds->generation, request->now) &&
		day->key.moment.now == request->now;
	if (ready)
		ok = sigv4_presign(request, &day->key, out);
	pthread_rwlock_unlock(&day->lock);
	if (ready)
		return ok;
	pthread_rwlock_wrlock(&day->lock);
	renew_key(day, request->region, creds, request->now);
	ok = sigv4_presign(request, &day->key, out);
	pthread_rwlock_unlock(&day->lock);
	return ok;
}

static void write_base(struct buf *out, const struct uri_base *base)
{
	buf_add(out, base->scheme);
	buf_text(out, "://");
	buf_add(out, base->host);
}

static void write_path(
    struct buf *out, const struct uri_base *base, struct span key)
{
	buf_add(out, base->path);
	buf_char(out, '/');
	uri_encode_path(out, key);
}

enum failure s3_presign(struct s3 *s3, struct day_key *day,
    const struct uri_base *base, const struct creds_value *creds,
    struct span key, struct sigv4_request *request, struct buf *out)
{
	int64_t left = creds->expires - request->now;
	size_t path;

	/* With the credentials end all URLs that they signed. */
	if (creds->expires && left < request->expires)
		request->expires = (uint32_t)(left > 0 ? left : 1);
	request->host = base->host;
	request->access_key_id = creds->access_key_id;
	request->session_token = creds->session_token;
	request->region = s3->config.region;
	write_base(out, base);
	path = out->len;
	write_path(out, base, key);
	request->path = span_from(buf_span(out), path);
	buf_char(out, '?');
	return sign(day, creds, request, out) ? FAILURE_NONE : FAILURE_INTERNAL;
}

uint32_t s3_time_to_live(uint32_t ttl, int64_t now, int64_t until)
{
	if (!until || until - now >= ttl)
		return ttl;
	return until - now > 1 ? (uint32_t)(until - now) : 1;
}

void s3_write_plain(
    struct buf *out, const struct uri_base *base, struct span key)
{
	write_base(out, base);
	write_path(out, base, key);
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
