#include "store/s3_private.h"

#include "slot/filename.h"
#include "slot/key_template.h"
#include "slot/link.h"
#include "slot/media_type.h"

/* A presigned URL of download_url, for GET or HEAD. */
static enum failure sign_get(struct s3 *s3, struct day_key *day,
    const struct creds_value *creds, struct span key, int64_t until,
    struct sigv4_request *get, struct buf *out)
{
	get->expires = s3_time_to_live(s3->config.get_ttl, get->now, until);
	return s3_presign(s3, day, &s3->config.download, creds, key, get, out);
}

enum failure s3_write_get(struct s3 *s3, const struct creds_value *creds,
    const struct store_request *request, struct buf *out)
{
	const struct s3_config *config = &s3->config;
	const struct span key = request->key;
	struct sigv4_request get = { .method = span_of("GET"),
		.now = request->now };

	switch (config->get) {
	case S3_GET_PRESIGNED:
		return sign_get(
		    s3, &s3->today, creds, key, request->until, &get, out);
	case S3_GET_REDIRECT:
		if (!config->keyring || !config->keyring->count)
			return FAILURE_INTERNAL;
		buf_add(out, config->public_url);
		buf_text(out, "/f/");
		link_token_write(
		    &config->keyring->roots[0], config->name, key, out);
		buf_char(out, '/');
		uri_encode_path(out, key);
		break;
	case S3_GET_PUBLIC:
		s3_write_plain(out, &config->download, key);
		break;
	}
	return FAILURE_NONE;
}

/* The type of a key's ending, as it is served; a literal. */
static struct span type_of(struct span name)
{
	struct span type = media_type_of_name(name);

	/* With its charset, so that no browser guesses. */
	return span_is(type, "text/plain")
		   ? span_of("text/plain; charset=utf-8")
		   : type;
}

bool s3_knows_links(const struct s3_config *config)
{
	return config->keyring && config->keyring->count &&
	       config->public_url.len;
}

bool s3_link_check(struct store *store, struct span token, struct span key)
{
	const struct s3_config *config = &((const struct s3 *)store)->config;

	return s3_knows_links(config) &&
	       link_token_check(config->keyring, token, config->name, key);
}

/*
 * How long a browser may keep where a link leads. The URL was signed up to
 * half of get_ttl ago and so lives for another half at least: a browser that
 * follows it at the end of this quarter still has a quarter. Where the
 * credentials end before, it is half of what is left.
 */
static int64_t keep_for(
    uint32_t get_ttl, int64_t now, int64_t ends, int64_t until)
{
	int64_t keep = get_ttl / 4;

	if (keep > until - now)
		keep = until - now;
	if (ends && (ends - now) / 2 < keep)
		keep = (ends - now) / 2;
	return keep > 0 ? keep : 0;
}

enum failure s3_lead(struct store *store, struct span method, struct span key,
    int64_t now, struct store_lead *ret_lead, struct refusal *why)
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
	const int64_t until =
	    store->template ? key_until(store->template, key) : INT64_MAX;
	struct creds_value creds;
	enum failure failure;

	if (until <= now)
		return FAILURE_GONE;
	ret_lead->type = type.at;
	/* Links that were shared before the bucket became public: its own
	 * address needs no right to read. An ACL is the newer files' alone. */
	if (s3->config.get == S3_GET_PUBLIC && !s3->config.set_public) {
		s3_write_plain(ret_lead->url, &s3->config.download, key);
		ret_lead->keep = keep_for(s3->config.get_ttl, now, 0, until);
		return FAILURE_NONE;
	}
	if (!media_type_inline(type)) {
		buf_init(&disposition, memory, sizeof memory);
		filename_attachment(&disposition, name);
		if (!buf_ok(&disposition))
			return FAILURE_INTERNAL;
		query[get.query_count++] = (struct sigv4_pair){
			span_of("response-content-disposition"),
			buf_span(&disposition)
		};
	}
	query[get.query_count++] =
	    (struct sigv4_pair){ span_of("response-content-type"), type };
	if (!s3_creds_get(s3, now, &creds, why))
		return FAILURE_UNAVAILABLE;
	failure =
	    sign_get(s3, &s3->before, &creds, key, until, &get, ret_lead->url);
	ret_lead->keep =
	    keep_for(s3->config.get_ttl, now, get.now + get.expires, until);
	return s3_creds_done(s3, &creds, failure, why);
}

/* What stands behind public_url/f/: a token and a key. */
static bool read_link(
    const struct s3_config *config, struct span url, struct buf *out)
{
	char memory[LINK_PATH_MAX + 1];
	struct buf rest = buf_of(memory, sizeof memory);
	struct span token, key;

	if (!s3_knows_links(config) ||
	    !link_file_read(url, config->public_url, &rest))
		return false;
	key = buf_span(&rest);
	token = span_cut(&key, '/');
	if (!key.at ||
	    !link_token_check(config->keyring, token, config->name, key))
		return false;
	buf_add(out, key);
	return buf_ok(out);
}

static bool read_plain(
    const struct uri_base *base, struct span url, struct buf *out)
{
	char memory[LINK_PATH_MAX + 1], prefix_memory[S3_PATH_SIZE];
	struct buf prefix = buf_of(prefix_memory, sizeof prefix_memory);
	struct buf key = buf_of(memory, sizeof memory);

	buf_add(&prefix, base->scheme);
	buf_text(&prefix, "://");
	buf_add(&prefix, base->host);
	buf_add(&prefix, base->path);
	if (!buf_ok(&prefix) || !link_below(url, buf_span(&prefix), &key))
		return false;
	buf_add(out, buf_span(&key));
	return buf_ok(out);
}

/* Also what was shared when `get` was another. */
bool s3_read_url(struct store *store, struct span url, struct buf *out)
{
	const struct s3_config *config = &((const struct s3 *)store)->config;

	return read_link(config, url, out) ||
	       read_plain(&config->download, url, out) ||
	       read_plain(&config->bucket, url, out);
}

enum failure s3_share(struct store *store, struct span key, int64_t now,
    struct buf *out, struct refusal *why)
{
	struct s3 *s3 = (struct s3 *)store;
	const int64_t until =
	    store->template ? key_until(store->template, key) : INT64_MAX;
	const struct store_request request = {
		.key = key,
		.now = now,
		.until = until == INT64_MAX ? 0 : until,
	};
	struct creds_value creds;
	enum failure failure;

	if (s3->config.get != S3_GET_PRESIGNED)
		return s3_write_get(s3, NULL, &request, out);
	if (!s3_creds_get(s3, now, &creds, why))
		return FAILURE_UNAVAILABLE;
	failure = s3_write_get(s3, &creds, &request, out);
	return s3_creds_done(s3, &creds, failure, why);
}
