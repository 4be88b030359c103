#include "doctor/private.h"

#include "core/uri.h"

/* Whether a label of a host name marks a store, not a bucket. */
static bool is_store_label(struct span label)
{
	static const char *const known[] = { "s3", "cos", "oss" };

	if (span_starts(label, "s3-") || span_starts(label, "oss-"))
		return true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (span_is(label, known[i]))
			return true;
	return false;
}

/* The length of the bucket's name at the start of a host, before a label that
 * marks a store; 0: there is none. */
static size_t before_store(struct span host)
{
	for (size_t at = span_find(host, '.'); at < host.len;) {
		struct span rest = span_from(host, at + 1);
		size_t len = span_find(rest, '.');

		if (is_store_label(span_first(rest, len)))
			return at;
		at += 1 + len;
	}
	return 0;
}

static size_t bucket_in_host(const struct s3_config *s3)
{
	const struct span host = s3->bucket.host;
	const size_t len = s3->place == S3_PLACE_PATH ? 0 : before_store(host);

	if (s3->place != S3_PLACE_HOST || len)
		return len;
	return span_find(span_first(host, span_find_last(host, ':')), '.');
}

struct bucket bucket_of(const struct s3_config *s3)
{
	struct span host = s3->bucket.host;
	struct span path = s3->bucket.path;
	size_t in_host = bucket_in_host(s3);
	struct bucket bucket = { .base = s3->bucket };

	if (!in_host && path.len) {
		struct span rest = span_from(path, 1);
		size_t len = span_find(rest, '/');

		bucket.path_style = true;
		bucket.name = span_first(rest, len);
		bucket.prefix = span_from(rest, len + 1);
		bucket.base.path = span_first(path, len + 1);
		return bucket;
	}
	bucket.prefix = span_from(path, 1);
	bucket.base.path = SPAN_EMPTY;
	if (!in_host &&
	    !uri_address_valid(span_first(host, span_find_last(host, ':'))) &&
	    !span_is(span_first(host, span_find(host, '.')), "s3"))
		in_host = span_find(host, '.');
	if (in_host < host.len)
		bucket.name = span_first(host, in_host);
	return bucket;
}

bool bucket_is_aws(const struct bucket *bucket)
{
	static const char ending[] = ".amazonaws.com";
	const struct span host = bucket->base.host;

	return host.len >= sizeof ending &&
	       span_is(span_from(host, host.len - (sizeof ending - 1)), ending);
}

/* The store's own part of the host. */
static struct span store_host(const struct bucket *bucket)
{
	if (bucket->path_style || !bucket->name.len)
		return bucket->base.host;
	return span_from(bucket->base.host, bucket->name.len + 1);
}

bool bucket_is_shared(
    const struct s3_config *one, const struct s3_config *other)
{
	const struct bucket a = bucket_of(one), b = bucket_of(other);

	return span_equal(a.name, b.name) &&
	       span_equal(store_host(&a), store_host(&b));
}
