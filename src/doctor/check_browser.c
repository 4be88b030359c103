#include "doctor/private.h"

#include <string.h>
#include <strings.h>

/* A web client's question before its request. RGW answers only to who
 * asks with an Origin and for a method. */
static bool preflight(struct doctor *doctor, const struct uri_base *base,
    const char *origin, const char *method, const char *headers)
{
	char memory[URL_SIZE];
	struct buf url;
	const struct fetch_request request = {
		.method = "OPTIONS",
		.url = memory,
		.headers = { origin, method, headers },
	};

	buf_init(&url, memory, sizeof memory);
	plain_url(&url, base, PROBE);
	return ask(doctor, &request) && !unsure_of(doctor);
}

static bool allowed(const struct doctor *doctor, const char *origin,
    const char *method, const char *header)
{
	const struct fetch_reply *reply = &doctor->reply;

	return reply->result == FETCH_ANSWERED && reply->status < 300 &&
	       (strcmp(reply->allow_origin, "*") == 0 ||
		   strcmp(reply->allow_origin, origin) == 0) &&
	       (strstr(reply->allow_methods, method) ||
		   strcmp(reply->allow_methods, "*") == 0) &&
	       (!header || strcasestr(reply->allow_headers, header) ||
		   strcmp(reply->allow_headers, "*") == 0);
}

enum verdict check_cors_put(struct doctor *doctor)
{
	static const char origin[] = "https://web-client.example";

	if (!doctor->reached || doctor->no_bucket)
		return VERDICT_SKIPPED;
	if (doctor->storage->s3.relay) {
		seen(doctor, "web pages upload to slotd, which lets them");
		return VERDICT_OK;
	}
	if (!preflight(doctor, &doctor->storage->s3.bucket,
		"Origin: https://web-client.example",
		"Access-Control-Request-Method: PUT",
		"Access-Control-Request-Headers: content-type"))
		return unanswered(doctor, "the preflight of an upload");
	if (allowed(doctor, origin, "PUT", "content-type")) {
		seen(doctor, "web pages may upload");
		return VERDICT_OK;
	}
	seen(doctor, "web pages may not upload: the preflight got %u, %s",
	    doctor->reply.status,
	    *doctor->reply.allow_origin ? "not for PUT with Content-Type"
					: "no Access-Control-Allow-Origin");
	advise_cors(doctor);
	return VERDICT_WARNING;
}

enum verdict check_cors_get(struct doctor *doctor)
{
	if (!doctor->reached || doctor->no_bucket)
		return VERDICT_SKIPPED;
	/* So does a browser call itself after a redirect to elsewhere. */
	if (!preflight(doctor, &doctor->storage->s3.download, "Origin: null",
		"Access-Control-Request-Method: GET", NULL))
		return unanswered(doctor, "the preflight of a download");
	if (allowed(doctor, "null", "GET", NULL)) {
		seen(doctor, "web pages may download, after a redirect too");
		return VERDICT_OK;
	}
	seen(doctor,
	    "web pages may not download: with Origin: null the preflight got "
	    "%u, %s%s",
	    doctor->reply.status,
	    *doctor->reply.allow_origin ? "Access-Control-Allow-Origin "
					: "no Access-Control-Allow-Origin",
	    doctor->reply.allow_origin);
	change(doctor, "AllowedOrigins must be \"*\": after a redirect "
		       "browsers send Origin: null.\n");
	advise_cors(doctor);
	return VERDICT_WARNING;
}

static bool plain(const struct doctor *doctor)
{
	const struct s3_config *s3 = &doctor->storage->s3;
	const bool http = span_starts(doctor->conf->public_url, "http://");

	if (doctor->storage->type == CONF_STORE_FS)
		return http;
	return (s3->relay ? http : span_is(s3->bucket.scheme, "http")) ||
	       span_is(s3->download.scheme, "http") ||
	       (s3->get == S3_GET_REDIRECT && http);
}

/* Measured, or read in their sources. */
enum verdict check_clients(struct doctor *doctor)
{
	const bool s3 = doctor->storage->type == CONF_STORE_S3;
	const bool http = plain(doctor);

	if (s3 && !doctor->reached)
		return VERDICT_SKIPPED;
	if (http) {
		seen(doctor, "Gajim and Dino refuse plain http");
		change(doctor, "%s",
		    s3 ? "Give the store a certificate, and https:// URLs "
			 "here.\n"
		       : "Put TLS in front of slotd, or give `public` a "
			 "certificate; then https:// in public_url.\n");
	}
	/* It has its price: a note, and no warning. */
	if (s3 && doctor->put_status == 200 && !doctor->storage->s3.relay) {
		seen(doctor,
		    "%sSiskin and Snikket for iOS want 201, and take S3's 200 "
		    "for a failure",
		    http ? "; " : "");
		change(doctor, "For these, relay = true: uploads then pass "
			       "slotd, which answers 201.\n");
	}
	if (!doctor->finding.seen.len)
		seen(doctor, "no known client has trouble with this");
	return http ? VERDICT_WARNING : VERDICT_OK;
}

enum verdict check_lifecycle(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(&doctor->storage->s3);
	char memory[64];
	struct buf code;

	if (!doctor->stored)
		return VERDICT_SKIPPED;
	buf_init(&code, memory, sizeof memory);
	ask_signed(doctor, "GET", &bucket.base, "", "lifecycle", false);
	if (unsure_of(doctor))
		return unanswered(doctor, "the lifecycle rules");
	answer_code(doctor, &code);
	if (doctor->reply.status == 200 && strstr(doctor->reply.body, "<Rule>"))
		seen(doctor, "the bucket has rules; old files go as they say");
	else if (doctor->reply.status == 404 || doctor->reply.status == 200)
		seen(doctor, "the bucket has no rules: files stay for ever");
	else if (doctor->reply.status == 403)
		seen(doctor, "this key may not look, which is right; see the "
			     "bucket's rules with another");
	else
		seen(doctor,
		    "this store has no lifecycle rules (%u %s): "
		    "files stay for ever",
		    doctor->reply.status, code.at);
	return VERDICT_OK;
}
