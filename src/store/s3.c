#include "store/s3.h"

#include "core/sigv4.h"
#include "slot/disposition.h"
#include "slot/filename.h"
#include "slot/key_template.h"
#include "slot/link.h"
#include "slot/media_type.h"

#include <pthread.h>
#include <stdlib.h>

#define PATH_SIZE 4096

/* A day's signing key: made once a day, not for every slot. */
struct day_key {
	pthread_rwlock_t lock;
	struct sigv4_key key;
	uint64_t generation;
	bool made;
};

struct s3 {
	struct store store;
	struct s3_config config;
	struct creds *creds;
	struct day_key today;
	/* Redirects are signed with a time that has passed, mostly of another
	 * day: one key for both would be made anew for every slot. */
	struct day_key before;
};

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

/* Appends the whole URL, made with what is common to all requests. */
static enum failure presign(struct s3 *s3, struct day_key *day,
    const struct uri_base *base, const struct creds_value *creds,
    struct sigv4_request *request, struct buf *out)
{
	bool ok;

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

static void write_path(
    struct buf *out, const struct uri_base *base, struct span key)
{
	buf_add(out, base->path);
	buf_char(out, '/');
	uri_encode_path(out, key);
}

/* The URL that needs no signature. */
static void write_plain(
    struct buf *out, const struct uri_base *base, struct span key)
{
	write_base(out, base);
	write_path(out, base, key);
}

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

static enum failure sign_put(struct s3 *s3, const struct store_request *request,
    const struct creds_value *creds, struct store_slot *ret_slot)
{
	const struct s3_config *config = &s3->config;
	char path_memory[PATH_SIZE], length_memory[24];
	struct buf path, length;
	struct sigv4_pair headers[2] = { { span_of("content-length"),
	    SPAN_EMPTY } };
	const struct sigv4_pair acl = { span_of("x-amz-acl"),
		span_of("public-read") };
	struct sigv4_request put = {
		.method = span_of("PUT"),
		.headers = headers,
		.header_count = 1,
		.query = &acl,
		.query_count = config->set_public ? 1 : 0,
		.expires = config->put_ttl,
		.now = request->now,
	};

	buf_init(&path, path_memory, sizeof path_memory);
	buf_init(&length, length_memory, sizeof length_memory);
	write_path(&path, &config->bucket, request->key);
	if (!buf_ok(&path))
		return FAILURE_INTERNAL;
	put.path = buf_span(&path);
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
	return presign(
	    s3, &s3->today, &config->bucket, creds, &put, ret_slot->put);
}

/* A presigned URL of download_url, for GET or HEAD. */
static enum failure sign_get(struct s3 *s3, struct day_key *day,
    const struct creds_value *creds, struct span key, struct sigv4_request *get,
    struct buf *out)
{
	char path_memory[PATH_SIZE];
	struct buf path;

	buf_init(&path, path_memory, sizeof path_memory);
	write_path(&path, &s3->config.download, key);
	if (!buf_ok(&path))
		return FAILURE_INTERNAL;
	get->path = buf_span(&path);
	get->expires = s3->config.get_ttl;
	return presign(s3, day, &s3->config.download, creds, get, out);
}

static enum failure write_get(struct s3 *s3, const struct creds_value *creds,
    const struct store_request *request, struct buf *out)
{
	const struct s3_config *config = &s3->config;
	struct sigv4_request get = { .method = span_of("GET"),
		.now = request->now };

	switch (config->get) {
	case S3_GET_PRESIGNED:
		return sign_get(s3, &s3->today, creds, request->key, &get, out);
	case S3_GET_REDIRECT:
		if (!config->keyring || !config->keyring->count)
			return FAILURE_INTERNAL;
		buf_add(out, config->public_url);
		buf_text(out, "/f/");
		link_token_write(&config->keyring->roots[0], config->name,
		    request->key, out);
		buf_char(out, '/');
		uri_encode_path(out, request->key);
		break;
	case S3_GET_PUBLIC:
		write_plain(out, &config->download, request->key);
		break;
	}
	return FAILURE_NONE;
}

static bool get_creds(struct s3 *s3, int64_t now, struct creds_value *ret_value,
    struct refusal *why)
{
	if (s3->creds->class->get(s3->creds, now, ret_value))
		return true;
	why->reason = "no credentials for the store";
	return false;
}

static enum failure sign(struct store *store,
    const struct store_request *request, struct store_slot *ret_slot,
    struct refusal *why)
{
	struct s3 *s3 = (struct s3 *)store;
	struct creds_value creds;
	enum failure failure;

	if (!get_creds(s3, request->now, &creds, why))
		return FAILURE_UNAVAILABLE;
	failure = sign_put(s3, request, &creds, ret_slot);
	if (failure == FAILURE_NONE)
		failure = write_get(s3, &creds, request, ret_slot->get);
	s3->creds->class->put_back(s3->creds, &creds);
	if (failure == FAILURE_INTERNAL)
		why->reason = "a URL is too long to be signed";
	ret_slot->expires = request->now + s3->config.put_ttl;
	return failure;
}

/* The type of a key's ending, as it is served. */
static struct span type_of(struct span name)
{
	char memory[FILENAME_ENDING_MAX + 1];
	struct buf ending;
	struct span type;

	buf_init(&ending, memory, sizeof memory);
	filename_ending(name, &ending);
	type = media_type_of_ending(buf_span(&ending));
	/* With its charset, so that no browser guesses. */
	return span_is(type, "text/plain")
		   ? span_of("text/plain; charset=utf-8")
		   : type;
}

enum failure s3_redirect(struct store *store, struct span method,
    struct span key, int64_t now, struct buf *out, struct refusal *why)
{
	struct s3 *s3 = (struct s3 *)store;
	size_t slash = span_find_last(key, '/');
	struct span name = slash < key.len ? span_from(key, slash + 1) : key;
	struct span type = type_of(name);
	int64_t step = s3->config.get_ttl > 1 ? s3->config.get_ttl / 2 : 1;
	char memory[OBJECT_KEY_MAX * 4 + 64];
	struct buf disposition;
	struct sigv4_pair query[2];
	struct sigv4_request get = {
		.method = method, .query = query, .now = now - now % step
	};
	struct creds_value creds;
	enum failure failure;

	/* Links that were shared before the bucket became public: its own
	 * address needs no right to read. An ACL is the newer files' alone. */
	if (s3->config.get == S3_GET_PUBLIC && !s3->config.set_public) {
		write_plain(out, &s3->config.download, key);
		return FAILURE_NONE;
	}
	if (!media_type_inline(type)) {
		buf_init(&disposition, memory, sizeof memory);
		disposition_attachment(&disposition, name);
		if (!buf_ok(&disposition))
			return FAILURE_INTERNAL;
		query[get.query_count++] = (struct sigv4_pair){
			span_of("response-content-disposition"),
			buf_span(&disposition)
		};
	}
	query[get.query_count++] =
	    (struct sigv4_pair){ span_of("response-content-type"), type };
	if (!get_creds(s3, now, &creds, why))
		return FAILURE_UNAVAILABLE;
	failure = sign_get(s3, &s3->before, &creds, key, &get, out);
	s3->creds->class->put_back(s3->creds, &creds);
	if (failure == FAILURE_INTERNAL)
		why->reason = "a URL is too long to be signed";
	return failure;
}

static bool read_link(
    const struct s3_config *config, struct span path, struct buf *out)
{
	struct span token = span_first(path, LINK_TOKEN);

	path = span_from(path, LINK_TOKEN);
	return span_starts(path, "/") && uri_decode(out, span_from(path, 1)) &&
	       link_token_check(
		   config->keyring, token, config->name, buf_span(out));
}

/* Also what was shared when `get` was another. */
static bool read_url(struct store *store, struct span url, struct buf *out)
{
	const struct s3_config *config = s3_config_of(store);
	char memory[2048];
	struct buf base;

	url = span_first(url, span_find(url, '?'));
	url = span_first(url, span_find(url, '#'));
	buf_init(&base, memory, sizeof memory);
	if (config->keyring && config->public_url.len) {
		buf_add(&base, config->public_url);
		buf_text(&base, "/f/");
		if (buf_ok(&base) && span_starts(url, base.at) &&
		    read_link(config, span_from(url, base.len), out))
			return true;
		buf_reset(&base);
		buf_reset(out);
	}
	write_base(&base, &config->download);
	buf_add(&base, config->download.path);
	buf_char(&base, '/');
	if (!buf_ok(&base) || !span_starts(url, base.at))
		return false;
	return uri_decode(out, span_from(url, base.len));
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

	s3->creds->class->close(s3->creds);
	close_key(&s3->today);
	close_key(&s3->before);
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
	pthread_rwlock_init(&s3->today.lock, NULL);
	pthread_rwlock_init(&s3->before.lock, NULL);
	return &s3->store;
}

const struct s3_config *s3_config_of(const struct store *store)
{
	return store->class == &class ? &((const struct s3 *)store)->config
				      : NULL;
}
