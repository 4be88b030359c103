#include "doctor/private.h"

#include <string.h>

bool is_probe(const struct doctor *doctor)
{
	return doctor->reply.status == 200 &&
	       span_is(
		   (struct span){ doctor->reply.body, doctor->reply.body_len },
		   PROBE_BODY);
}

/* As a client reads it at the end: at the shared URL, or where a redirect
 * leads. */
static bool read_probe(
    struct doctor *doctor, const char *method, const struct uri_base *base)
{
	const struct s3_config *s3 = &doctor->storage->s3;
	const struct sigv4_pair query[] = {
		{ span_of("response-content-disposition"),
		    span_of("attachment") },
		{ span_of("response-content-type"), span_of(PROBE_TYPE) },
	};
	/* A presigned link is one for GET, whatever a client does with it. */
	const struct sigv4_request get = {
		.method = span_of(s3->get == S3_GET_PRESIGNED ? "GET" : method),
		.query = query,
		.query_count = s3->get == S3_GET_REDIRECT ? 2 : 0,
		.expires = s3->get_ttl,
	};
	char memory[URL_SIZE];
	struct buf url;
	const struct fetch_request request = { .method = method,
		.url = memory };

	buf_init(&url, memory, sizeof memory);
	if (s3->get == S3_GET_PUBLIC)
		plain_url(&url, base, PROBE);
	else
		signed_url(doctor, &url, base, PROBE, get);
	return ask(doctor, &request);
}

static void seen_reading(struct doctor *doctor, const char *method)
{
	const struct s3_config *s3 = &doctor->storage->s3;
	const bool public = s3->get == S3_GET_PUBLIC;

	seen(doctor, "%s %s: ", method,
	    public ? "as everybody" : "by a presigned URL");
	seen_answer(doctor);
}

static void advise_unreadable(struct doctor *doctor)
{
	const struct s3_config *s3 = &doctor->storage->s3;

	if (doctor->reply.result != FETCH_ANSWERED)
		change(doctor,
		    "Files are shared as %.*s://%.*s%.*s/…: that "
		    "has to answer.\n",
		    ARG(s3->download.scheme), ARG(s3->download.host),
		    ARG(s3->download.path));
	else if (s3->get == S3_GET_PUBLIC)
		advise_read(doctor);
	else
		advise_key(doctor);
}

static enum verdict judge_get(struct doctor *doctor)
{
	const struct s3_config *s3 = &doctor->storage->s3;

	if (is_probe(doctor)) {
		doctor->reads = true;
		seen(doctor, "%s can read the object",
		    s3->get == S3_GET_PUBLIC     ? "everybody"
		    : s3->get == S3_GET_REDIRECT ? "who follows a redirect"
						 : "who has the link");
		if (s3->get != S3_GET_PRESIGNED)
			return VERDICT_OK;
		change(doctor,
		    "With get = \"presigned\" links die after get_ttl, and "
		    "answer HEAD with 403.\nget = \"redirect\" has permanent "
		    "ones.\n");
		return VERDICT_WARNING;
	}
	if (doctor->reply.result == FETCH_ANSWERED &&
	    doctor->reply.status == 200) {
		seen(doctor, "GET answers 200, but not with what was stored");
		change(doctor, "Does download_url (or bucket_url) lead to "
			       "this bucket, or to a page of a web site?\n");
		return VERDICT_FAILURE;
	}
	if (s3->set_public && s3->get == S3_GET_PUBLIC &&
	    doctor->reply.status == 403)
		seen(doctor,
		    "the store answered %u to set_public but the object is "
		    "not publicly readable; ",
		    doctor->put_status);
	seen_reading(doctor, "GET");
	advise_unreadable(doctor);
	return VERDICT_FAILURE;
}

enum verdict check_get(struct doctor *doctor)
{
	if (!doctor->stored)
		return VERDICT_SKIPPED;
	read_probe(doctor, "GET", &doctor->storage->s3.download);
	return judge_get(doctor);
}

enum verdict check_head(struct doctor *doctor)
{
	if (!doctor->reads)
		return VERDICT_SKIPPED;
	read_probe(doctor, "HEAD", &doctor->storage->s3.download);
	seen_reading(doctor, "HEAD");
	if (doctor->reply.status == 200)
		return VERDICT_OK;
	change(doctor, "Conversations sends HEAD before it downloads, and "
		       "needs 200.\n");
	if (doctor->storage->s3.get != S3_GET_PRESIGNED)
		return VERDICT_FAILURE;
	change(doctor, "Links signed for GET cannot do that: get = "
		       "\"redirect\".\n");
	return VERDICT_WARNING;
}

/* Where download_url is another place: is it the same bucket? */
enum verdict check_download(struct doctor *doctor)
{
	const struct s3_config *s3 = &doctor->storage->s3;
	const bool same = span_equal(s3->download.host, s3->bucket.host) &&
			  span_equal(s3->download.path, s3->bucket.path) &&
			  span_equal(s3->download.scheme, s3->bucket.scheme);

	if (same) {
		seen(doctor, "not set: files are read where they are written");
		return VERDICT_OK;
	}
	if (!doctor->stored)
		return VERDICT_SKIPPED;
	if (doctor->reads) {
		seen(doctor, "it serves the same object");
		return VERDICT_OK;
	}
	read_probe(doctor, "GET", &s3->bucket);
	if (is_probe(doctor)) {
		seen(doctor, "it does not serve what bucket_url does");
		change(doctor,
		    "The bucket itself is readable: correct "
		    "download_url, or what stands behind it (a CDN "
		    "or proxy):\nit must map to the same bucket "
		    "and prefix%s.\n",
		    s3->get == S3_GET_PUBLIC
			? ""
			: ", and pass on Host and query unchanged");
		return VERDICT_FAILURE;
	}
	seen(doctor, "bucket_url does not serve the object either; see get");
	return VERDICT_FAILURE;
}

/* Yes, no, or not known: the last is told at once. */
enum listing { LISTING_NO, LISTING_YES, LISTING_UNSURE };

static enum listing lists(struct doctor *doctor, const struct uri_base *base)
{
	char memory[URL_SIZE];
	struct buf url;
	const struct fetch_request request = { .method = "GET", .url = memory };

	buf_init(&url, memory, sizeof memory);
	plain_url(&url, base, "/?list-type=2&max-keys=1");
	ask(doctor, &request);
	if (unsure_of(doctor))
		return LISTING_UNSURE;
	return doctor->reply.status == 200 &&
		       strstr(doctor->reply.body, "<ListBucketResult")
		   ? LISTING_YES
		   : LISTING_NO;
}

enum verdict check_list(struct doctor *doctor)
{
	const struct s3_config *s3 = &doctor->storage->s3;
	const struct bucket bucket = bucket_of(s3);
	const struct uri_base *const bases[] = { &bucket.base, &s3->bucket,
		&s3->download };
	enum listing listing = LISTING_NO;

	if (!doctor->reached || doctor->no_bucket)
		return VERDICT_SKIPPED;
	for (size_t i = 0; i < 3 && listing == LISTING_NO; i++)
		listing = lists(doctor, bases[i]);
	if (listing == LISTING_UNSURE)
		return unanswered(doctor, "a stranger's listing");
	if (listing == LISTING_NO) {
		seen(doctor, "strangers cannot list the bucket");
		return VERDICT_OK;
	}
	seen(doctor, "anybody can list the bucket, and so find every file");
	change(doctor, "Take s3:ListBucket from the bucket policy (or the "
		       "public-read ACL from the bucket).\n`mc anonymous set "
		       "download` gives that right as well.\n");
	advise_no_strangers(doctor);
	return VERDICT_FAILURE;
}

static bool unsigned_ask(
    struct doctor *doctor, const char *method, const char *path)
{
	char memory[URL_SIZE];
	struct buf url;
	struct fetch_request request = { .method = method, .url = memory };

	buf_init(&url, memory, sizeof memory);
	plain_url(&url, &doctor->storage->s3.bucket, path);
	if (strcmp(method, "PUT") == 0)
		request.body = span_of(PROBE_BODY);
	return ask(doctor, &request) && doctor->reply.status >= 200 &&
	       doctor->reply.status < 300;
}

enum verdict check_stranger_put(struct doctor *doctor)
{
	if (!doctor->reached || doctor->no_bucket)
		return VERDICT_SKIPPED;
	/* Before it is asked for: the answer may be lost. */
	doctor->stranger_touched = true;
	if (!unsigned_ask(doctor, "PUT", PROBE_STRANGER)) {
		if (unsure_of(doctor))
			return unanswered(doctor, "a stranger's PUT");
		doctor->stranger_touched = false;
		seen(doctor, "strangers cannot write");
		return VERDICT_OK;
	}
	seen(doctor,
	    "anybody can write into the bucket: %u without a "
	    "signature",
	    doctor->reply.status);
	advise_no_strangers(doctor);
	return VERDICT_FAILURE;
}

enum verdict check_stranger_delete(struct doctor *doctor)
{
	if (!doctor->stored)
		return VERDICT_SKIPPED;
	if (!unsigned_ask(doctor, "DELETE", PROBE)) {
		if (unsure_of(doctor))
			return unanswered(doctor, "a stranger's DELETE");
		seen(doctor, "strangers cannot delete");
		return VERDICT_OK;
	}
	seen(doctor, "anybody can delete files: %u without a signature",
	    doctor->reply.status);
	advise_no_strangers(doctor);
	return VERDICT_FAILURE;
}
