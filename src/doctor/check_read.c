#include "doctor/private.h"

#include "slot/filename.h"

#include <stdio.h>
#include <string.h>

/* As slotd signs them into redirects. */
#define PROBE_TEXT "text/plain; charset=utf-8"
#define PROBE_BINARY "application/octet-stream"
#define PROBE_NAME "pr\303\266be (1).bin"

bool check_is_probe(const struct doctor *doctor)
{
	return doctor->reply.status == 200 &&
	       span_is(ask_body(doctor), PROBE_BODY);
}

/* How the object is read. */
struct object_reading {
	const char *method;
	const struct uri_base *base;
	const char *origin; /* header, or NULL */
	bool attachment;    /* as a file that browsers must save */
	int64_t age;        /* of the signature */
};

static void reading_url(
    struct doctor *doctor, const struct object_reading *reading)
{
	const struct s3_config *s3 = doctor->storage->s3;
	char memory[256];
	struct buf name;
	struct sigv4_pair query[2];
	/* A presigned link is signed for GET, even if a client sends HEAD. */
	struct sigv4_request get = {
		.method = span_of(
		    s3->get == S3_GET_PRESIGNED ? "GET" : reading->method),
		.query = query,
		.expires = s3->get_ttl,
		.now = -reading->age,
	};

	if (s3->get == S3_GET_PUBLIC) {
		ask_url_plain(doctor, reading->base, PROBE);
		return;
	}
	buf_init(&name, memory, sizeof memory);
	filename_attachment(&name, span_of(PROBE_NAME));
	if (reading->attachment)
		query[get.query_count++] = (struct sigv4_pair){
			span_of("response-content-disposition"), buf_span(&name)
		};
	if (s3->get == S3_GET_REDIRECT)
		query[get.query_count++] = (struct sigv4_pair){
			span_of("response-content-type"),
			span_of(reading->attachment ? PROBE_BINARY : PROBE_TEXT)
		};
	ask_url_signed(doctor, reading->base, PROBE, get);
}

void check_url_get(struct doctor *doctor)
{
	const struct object_reading reading = { .method = "GET",
		.base = &doctor->storage->s3->download };

	reading_url(doctor, &reading);
}

/* Reads the object as clients do, at the shared URL or after a redirect. */
static bool read_probe(
    struct doctor *doctor, const struct object_reading *reading)
{
	reading_url(doctor, reading);
	return ask(doctor, (struct fetch_request){ .method = reading->method,
			       .headers = { reading->origin } });
}

void check_read_page(struct doctor *doctor, const char *origin)
{
	char header[128];
	const struct object_reading reading = { .method = "GET",
		.base = &doctor->storage->s3->download,
		.origin = header };

	snprintf(header, sizeof header, "Origin: %s", origin);
	read_probe(doctor, &reading);
}

static void seen_reading(struct doctor *doctor, const char *method)
{
	const struct s3_config *s3 = doctor->storage->s3;
	const bool public = s3->get == S3_GET_PUBLIC;

	seen_reply(doctor, "%s %s: ", method,
	    public ? "as everybody" : "by a presigned URL");
}

static void advice_unreadable(struct doctor *doctor)
{
	const struct s3_config *s3 = doctor->storage->s3;

	if (doctor->reply.result != FETCH_ANSWERED)
		change(doctor,
		    "Files are shared as %.*s://%.*s%.*s/…, so that address "
		    "must answer.\n",
		    ARG(s3->download.scheme), ARG(s3->download.host),
		    ARG(s3->download.path));
	else if (s3->get == S3_GET_PUBLIC)
		advice_read(doctor);
	else
		advice_key(doctor);
}

/* The age of the oldest signature that clients may use: slotd rounds the time
 * of a redirect down to half of get_ttl, and browsers keep it for a quarter. */
static int64_t oldest(const struct s3_config *s3)
{
	if (s3->get == S3_GET_PUBLIC)
		return 0;
	return (int64_t)s3->get_ttl * (s3->get == S3_GET_REDIRECT ? 3 : 2) / 4;
}

static enum verdict fail_get(struct doctor *doctor)
{
	const struct s3_config *s3 = doctor->storage->s3;

	if (doctor->reply.result == FETCH_ANSWERED &&
	    doctor->reply.status == 200) {
		change(doctor, "Does download_url (or bucket_url) lead to this "
			       "bucket, or to a web site?\n");
		return seen_failure(
		    doctor, "GET answers 200, but not with the stored object");
	}
	if (s3->set_public && s3->get == S3_GET_PUBLIC &&
	    doctor->reply.status == 403)
		seen(doctor,
		    "the store answered %u to set_public but the object is "
		    "not publicly readable; ",
		    doctor->put_status);
	seen_reading(doctor, "GET");
	advice_unreadable(doctor);
	return VERDICT_FAILURE;
}

/* Finds out whether a fresh signature would be accepted. */
static enum verdict fail_old(
    struct doctor *doctor, struct object_reading *reading)
{
	const long long age = reading->age;

	reading->age = 0;
	read_probe(doctor, reading);
	if (!age || !check_is_probe(doctor))
		return fail_get(doctor);
	change(doctor,
	    "Some stores (s3proxy, older NooBaa) accept presigned URLs for 15 "
	    "minutes only. Set get = \"redirect\" and get_ttl = 1200.\n");
	return seen_failure(doctor,
	    "the store refuses a URL that was signed %lld s ago, although "
	    "get_ttl is %u s",
	    age, doctor->storage->s3->get_ttl);
}

/* Reads the object like a redirect to a file that browsers must save. */
static enum verdict judge_attachment(
    struct doctor *doctor, struct object_reading *reading)
{
	reading->attachment = true;
	read_probe(doctor, reading);
	if (!check_is_probe(doctor)) {
		seen_reply(doctor, "; as an attachment: ");
		change(doctor,
		    "The store must accept response-content-disposition with a "
		    "file name; otherwise only pictures, audio, video\nand "
		    "text can be downloaded. get = \"public\" works without "
		    "it.\n");
		return VERDICT_FAILURE;
	}
	if (strcmp(doctor->reply.type, PROBE_BINARY) == 0 &&
	    span_starts(span_of(doctor->reply.disposition), "attachment"))
		return VERDICT_OK;
	change(doctor, "Browsers may show files that should be saved. Use a "
		       "host for download_url that serves nothing else.\n");
	return seen_warning(doctor,
	    "; the store ignores response-content-disposition or "
	    "response-content-type");
}

enum verdict check_get(struct doctor *doctor)
{
	const struct s3_config *s3 = doctor->storage->s3;
	struct object_reading reading = {
		.method = "GET", .base = &s3->download, .age = oldest(s3)
	};

	read_probe(doctor, &reading);
	if (!check_is_probe(doctor))
		return fail_old(doctor, &reading);
	doctor->reads = true;
	seen(doctor, "%s can read the object",
	    s3->get == S3_GET_PUBLIC     ? "everybody"
	    : s3->get == S3_GET_REDIRECT ? "clients that follow a redirect"
					 : "everybody with the link");
	if (s3->get == S3_GET_REDIRECT)
		return judge_attachment(doctor, &reading);
	if (s3->get == S3_GET_PUBLIC)
		return VERDICT_OK;
	change(doctor,
	    "With get = \"presigned\", links expire after get_ttl and answer "
	    "HEAD with 403.\nWith get = \"redirect\", links are permanent.\n");
	return VERDICT_WARNING;
}

enum verdict check_head(struct doctor *doctor)
{
	const struct object_reading reading = { .method = "HEAD",
		.base = &doctor->storage->s3->download };

	read_probe(doctor, &reading);
	seen_reading(doctor, "HEAD");
	if (doctor->reply.status == 200)
		return VERDICT_OK;
	change(doctor,
	    "Conversations sends HEAD before a download, and needs 200.\n");
	if (doctor->storage->s3->get != S3_GET_PRESIGNED)
		return VERDICT_FAILURE;
	change(doctor, "Links that are signed for GET cannot answer HEAD. Set "
		       "get = \"redirect\".\n");
	return VERDICT_WARNING;
}

/* Whether download_url leads to the same bucket as bucket_url. */
enum verdict check_download(struct doctor *doctor)
{
	const struct s3_config *s3 = doctor->storage->s3;
	const bool same = span_equal(s3->download.host, s3->bucket.host) &&
			  span_equal(s3->download.path, s3->bucket.path) &&
			  span_equal(s3->download.scheme, s3->bucket.scheme);
	const struct object_reading reading = { .method = "GET",
		.base = &s3->bucket };

	if (same)
		return seen_ok(
		    doctor, "not set: clients download from bucket_url");
	if (!doctor->stored)
		return VERDICT_SKIPPED;
	if (doctor->reads)
		return seen_ok(doctor, "serves the same object as bucket_url");
	read_probe(doctor, &reading);
	if (check_is_probe(doctor)) {
		change(doctor,
		    "The bucket itself is readable. Correct download_url, or "
		    "the CDN or proxy behind it: it must lead to the\nsame "
		    "bucket and prefix%s.\n",
		    s3->get == S3_GET_PUBLIC
			? ""
			: ", and pass on Host and the query unchanged");
		return seen_failure(
		    doctor, "does not serve the object that bucket_url serves");
	}
	return seen_failure(doctor,
	    "bucket_url does not serve the object either; see get above");
}

enum verdict check_list(struct doctor *doctor)
{
	const struct s3_config *s3 = doctor->storage->s3;
	const struct bucket bucket = bucket_of(s3);
	const struct uri_base *const bases[] = { &bucket.base, &s3->bucket,
		&s3->download };
	bool listed = false;

	for (size_t i = 0; i < 3 && !listed; i++) {
		ask_url_plain(doctor, bases[i], "/?list-type=2&max-keys=1");
		ask(doctor, (struct fetch_request){ .method = "GET" });
		if (ask_unsure(doctor))
			return ask_undecided(doctor, "a stranger's listing");
		listed = doctor->reply.status == 200 &&
			 strstr(doctor->reply.body, "<ListBucketResult");
	}
	if (!listed)
		return seen_ok(doctor, "strangers cannot list the bucket");
	seen(doctor, "anybody can list the bucket, and so find every file");
	if (!doctor->swift)
		change(doctor,
		    "Remove s3:ListBucket from the bucket policy, or the "
		    "public-read ACL from the bucket.\n`mc anonymous set "
		    "download` also grants that permission.\n");
	advice_no_strangers(doctor);
	return VERDICT_FAILURE;
}

/* Sends a request without a signature, which the store must refuse. act: what
 * strangers could do otherwise. */
static enum verdict try_stranger(struct doctor *doctor,
    struct fetch_request request, const char *path, const char *act)
{
	ask_url_plain(doctor, &doctor->storage->s3->bucket, path);
	ask(doctor, request);
	if (ask_unsure(doctor)) {
		seen(doctor, "a stranger's ");
		return ask_undecided(doctor, request.method);
	}
	if (!ask_well(doctor))
		return seen_ok(doctor, "strangers cannot %s", act);
	advice_no_strangers(doctor);
	return seen_failure(doctor,
	    "anybody can %s: %s without a signature got %u", act,
	    request.method, doctor->reply.status);
}

enum verdict check_stranger_put(struct doctor *doctor)
{
	const struct fetch_request put = { .method = "PUT",
		.body = span_of(PROBE_BODY) };
	enum verdict verdict;

	/* Set before the request, whose answer may be lost. */
	doctor->stranger_touched = true;
	verdict =
	    try_stranger(doctor, put, PROBE_STRANGER, "write to the bucket");
	doctor->stranger_touched = verdict != VERDICT_OK;
	return verdict;
}

enum verdict check_stranger_delete(struct doctor *doctor)
{
	return try_stranger(doctor,
	    (struct fetch_request){ .method = "DELETE" }, PROBE,
	    "delete files");
}
