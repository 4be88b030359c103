#include "doctor/private.h"

#include <string.h>
#include <strings.h>

/* A preflight, as a browser sends it: for the same URL as the request, since
 * Swift looks at the presigned query, and with Origin and method, which RGW
 * requires. */
static bool preflight(struct doctor *doctor, const char *origin,
    const char *method, const char *headers)
{
	const struct fetch_request request = {
		.method = "OPTIONS",
		.headers = { origin, method, headers },
	};

	return ask(doctor, request) && !ask_unsure(doctor);
}

static bool origin_allowed(const char *answer, const char *origin)
{
	return strcmp(answer, "*") == 0 || strcmp(answer, origin) == 0;
}

static bool allowed(const struct doctor *doctor, const char *origin,
    const char *method, const char *header)
{
	const struct fetch_reply *reply = &doctor->reply;

	return reply->result == FETCH_ANSWERED && reply->status < 300 &&
	       origin_allowed(reply->allow_origin, origin) &&
	       (strstr(reply->allow_methods, method) ||
		   strcmp(reply->allow_methods, "*") == 0) &&
	       (!header || strcasestr(reply->allow_headers, header) ||
		   strcmp(reply->allow_headers, "*") == 0);
}

static enum verdict web_fails(struct doctor *doctor)
{
	doctor->web_fails = true;
	advice_cors(doctor);
	return VERDICT_WARNING;
}

enum verdict check_cors_put(struct doctor *doctor)
{
	if (doctor->storage->s3->relay)
		return seen_ok(
		    doctor, "web pages upload to slotd, which allows it");
	ask_url_put(doctor, 0);
	if (!preflight(doctor, "Origin: " BROWSER_ORIGIN,
		"Access-Control-Request-Method: PUT",
		"Access-Control-Request-Headers: content-type"))
		return ask_undecided(doctor, "the preflight of an upload");
	if (!allowed(doctor, BROWSER_ORIGIN, "PUT", "content-type")) {
		seen(doctor,
		    "web pages may not upload: the preflight got %u, %s",
		    doctor->reply.status,
		    *doctor->reply.allow_origin
			? "which does not allow PUT with Content-Type"
			: "no Access-Control-Allow-Origin");
		return web_fails(doctor);
	}
	if (doctor->stored &&
	    !origin_allowed(doctor->put_origin, BROWSER_ORIGIN)) {
		seen(doctor,
		    "web pages may not upload: the preflight succeeds, but the "
		    "PUT has no Access-Control-Allow-Origin, so the page sees "
		    "a failure although the file is stored");
		return web_fails(doctor);
	}
	return seen_ok(doctor, "web pages may upload");
}

/* A simple GET needs no preflight, so its own answer decides. */
static enum verdict judge_get(
    struct doctor *doctor, const char *origin, bool asked)
{
	const unsigned status = doctor->reply.status;
	char answer[sizeof doctor->reply.allow_origin];

	memcpy(answer, doctor->reply.allow_origin, sizeof answer);
	if (doctor->reads) {
		check_read_page(doctor, origin);
		if (ask_unsure(doctor))
			return ask_undecided(doctor, "a page's download");
		memcpy(answer, doctor->reply.allow_origin, sizeof answer);
	}
	if (doctor->reads ? origin_allowed(answer, origin) : asked) {
		seen(doctor, "web pages may download, after a redirect too");
		if (!asked)
			seen(doctor,
			    " (but not with additional headers: the preflight "
			    "got %u)",
			    status);
		return VERDICT_OK;
	}
	seen(doctor,
	    "web pages may not download: with Origin: %s the %s got %u, %s%s",
	    origin, doctor->reads ? "GET" : "preflight", doctor->reply.status,
	    *answer ? "Access-Control-Allow-Origin "
		    : "no Access-Control-Allow-Origin",
	    answer);
	if (!doctor->swift)
		change(doctor, "AllowedOrigins must be \"*\", because browsers "
			       "send \"Origin: null\" after a redirect.\n");
	return web_fails(doctor);
}

enum verdict check_cors_get(struct doctor *doctor)
{
	/* A browser sends Origin: null after a redirect to another host. */
	const bool redirect = doctor->storage->s3->get == S3_GET_REDIRECT;
	const char *origin = redirect ? "null" : BROWSER_ORIGIN;

	check_url_get(doctor);
	if (!preflight(doctor,
		redirect ? "Origin: null" : "Origin: " BROWSER_ORIGIN,
		"Access-Control-Request-Method: GET", NULL))
		return ask_undecided(doctor, "the preflight of a download");
	return judge_get(doctor, origin, allowed(doctor, origin, "GET", NULL));
}

static bool plain(const struct doctor *doctor)
{
	const struct s3_config *s3 = doctor->storage->s3;
	const bool http = span_starts(doctor->conf->public_url, "http://");

	if (!s3)
		return http;
	return (s3->relay ? http : span_is(s3->bucket.scheme, "http")) ||
	       span_is(s3->download.scheme, "http") ||
	       (s3->get == S3_GET_REDIRECT && http);
}

static void add_client(
    struct doctor *doctor, const char *seen, const char *change)
{
	struct finding *finding = &doctor->finding;

	say(&finding->seen, "%s%s", finding->seen.len ? "; " : "", seen);
	buf_text(&finding->change, change);
}

/* These are notes, not warnings: their solutions have drawbacks. */
static void note_clients(struct doctor *doctor)
{
	const struct s3_config *s3 = doctor->storage->s3;

	if (doctor->put_status == 200 && !s3->relay)
		add_client(doctor,
		    "Siskin and Snikket for iOS need 201, and treat S3's 200 "
		    "as a failure",
		    "For these clients set relay = true: uploads then go "
		    "through slotd, which answers 201.\n");
	if (s3->sign_content_type && !s3->relay)
		add_client(doctor,
		    "Movim, Psi and others send no Content-Type, or another "
		    "one than they requested, which sign_content_type refuses",
		    "Set sign_content_type = false or relay = true.\n");
	if (s3->get == S3_GET_PRESIGNED)
		add_client(doctor,
		    "Conversations sends HEAD first, which a presigned link "
		    "refuses",
		    "Set get = \"redirect\", whose links answer HEAD.\n");
	if (doctor->web_fails)
		add_client(doctor,
		    "Converse.js and other web clients fail: "
		    "see cors-put and cors-get",
		    "");
}

/* Known from tests with the clients, or from their sources. */
enum verdict check_clients(struct doctor *doctor)
{
	const bool s3 = doctor->storage->s3;
	const bool http = plain(doctor);

	if (http)
		add_client(doctor,
		    "Gajim, Dino, go-sendxmpp and others refuse plain http",
		    s3 ? "Give the store a certificate, and use https:// in "
			 "bucket_url, download_url and public_url.\n"
		       : "Put a TLS proxy in front of slotd, or give `public` "
			 "a certificate; then use https:// in public_url.\n");
	if (s3)
		note_clients(doctor);
	if (!doctor->finding.seen.len)
		seen(doctor,
		    "no known client has a problem with this configuration");
	return http ? VERDICT_WARNING : VERDICT_OK;
}

static const char *without_rules(const struct doctor *doctor)
{
	return check_keep_applies(doctor)
		   ? "removing what has ended is up to slotd sweep"
		   : "files stay for ever";
}

enum verdict check_lifecycle(struct doctor *doctor)
{
	const struct bucket bucket = bucket_of(doctor->storage->s3);

	ask_signed(doctor, "GET", &bucket.base, "", "lifecycle", false);
	if (ask_unsure(doctor))
		return ask_undecided(doctor, "the lifecycle rules");
	doctor->has_rules =
	    doctor->reply.status == 200 && strstr(doctor->reply.body, "<Rule>");
	doctor->no_rules = !doctor->has_rules && doctor->reply.status != 403;
	if (doctor->has_rules)
		seen(doctor, "the bucket has rules, which remove old files");
	else if (doctor->reply.status == 404 || doctor->reply.status == 200)
		seen(doctor, "the bucket has no rules: %s",
		    without_rules(doctor));
	else if (doctor->reply.status == 403)
		seen(doctor, "slotd's key may not read the rules, as it should "
			     "be; look with another key");
	else
		seen_reply(doctor, "this store has no lifecycle rules, so %s: ",
		    without_rules(doctor));
	if (doctor->conf->has_key_file && !check_janitor_applies(doctor))
		change(doctor,
		    "The files of deleted accounts are removed by slotd sweep "
		    "alone: let it run, with a key in storage.janitor.\n");
	return VERDICT_OK;
}
