#include "doctor/private.h"

#include "net/input.h"
#include "slot/grant.h"
#include "slot/link.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*
 * Does at public_url what clients do. A proxy's error page or another slotd
 * may answer there, so the running slotd is recognised by its key_file: an
 * upload whose token expired in 1970 is "slot-expired" for a process with the
 * same key, and "slot-invalid" for any other. Neither stores anything.
 */

#define KEY_MAX 4096

bool check_public_applies(const struct doctor *doctor)
{
	return doctor->storage->takes_uploads || doctor->storage->gives_files ||
	       check_has_bases(doctor);
}

bool check_redirect_applies(const struct doctor *doctor)
{
	return doctor->storage->s3 && doctor->storage->gives_files;
}

/* --- uploads --------------------------------------------------------------*/

/* The key that the embedded store made for itself, without key_file. */
static bool read_own_key(const char *folder, struct keyring *keyring)
{
	char text[KEY_MAX], path[KEY_MAX];
	struct buf name;
	const char *wrong;
	ssize_t len;
	bool ok;
	int fd;

	buf_init(&name, path, sizeof path);
	say(&name, "%s/.key", folder);
	fd = buf_ok(&name) ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	len = input_read(fd, text, sizeof text);
	close(fd);
	ok = len > 0 &&
	     keyring_read(keyring, (struct span){ text, (size_t)len }, &wrong);
	wipe(text, sizeof text);
	return ok;
}

/* Appends a genuine token that has expired; false: no key is known. */
static bool late_token(const struct doctor *doctor, struct buf *out)
{
	struct keyring own;

	if (doctor->conf->has_key_file) {
		grant_write(&doctor->conf->keyring.roots[0],
		    doctor->storage->folder ? SPAN_EMPTY
					    : doctor->storage->name,
		    span_of(PROBE_KEY), 0, SPAN_EMPTY, 1, out);
		return true;
	}
	if (!doctor->storage->folder ||
	    !read_own_key(doctor->storage->folder->path, &own))
		return false;
	grant_write(&own.roots[0], SPAN_EMPTY, span_of(PROBE_KEY), 0,
	    SPAN_EMPTY, 1, out);
	keyring_done(&own);
	return true;
}

/* Whether the slotd at public_url has our key, by an upload. */
static enum verdict know_by_upload(struct doctor *doctor)
{
	char token_memory[512];
	struct buf token;

	buf_init(&token, token_memory, sizeof token_memory);
	if (!late_token(doctor, &token))
		return VERDICT_OK;
	say(ask_url(doctor), "%.*s/u/%s" PROBE, ARG(doctor->conf->public_url),
	    token.at);
	ask(doctor,
	    (struct fetch_request){ .method = "PUT", .body = span_of("") });
	if (check_says(doctor, "slot-expired"))
		return VERDICT_OK;
	return check_says(doctor, "slot-invalid")
		   ? check_fail_other(doctor)
		   : check_fail_foreign(doctor, "/u/ and /f/");
}

/* By a token that no slotd has made. */
static enum verdict limit_of_uploads(struct doctor *doctor)
{
	say(ask_url(doctor), "%.*s/u/" PROBE_FOLDER,
	    ARG(doctor->conf->public_url));
	return check_limit(doctor, NULL);
}

/* --- downloads ------------------------------------------------------------*/

static void link_url(struct doctor *doctor)
{
	struct buf *out = ask_url(doctor);

	say(out, "%.*s/f/", ARG(doctor->conf->public_url));
	link_token_write(&doctor->conf->keyring.roots[0], doctor->storage->name,
	    span_of(PROBE_KEY), out);
	buf_text(out, PROBE);
}

/* The same, by a link that it redirects. */
static enum verdict know_by_link(struct doctor *doctor)
{
	link_url(doctor);
	ask(doctor, (struct fetch_request){ .method = "GET" });
	if (doctor->reply.status == 302 && *doctor->reply.location)
		return VERDICT_OK;
	if (check_says(doctor, "not-found")) {
		/* Another key, unless a proxy changes the path: slotd refuses
		 * POST below /f/ only. */
		ask(doctor, (struct fetch_request){ .method = "POST" });
		if (check_says(doctor, "method-not-allowed"))
			return check_fail_other(doctor);
	}
	if (!check_says(doctor, "unavailable"))
		return check_fail_foreign(doctor, "/u/ and /f/");
	change(doctor, "See the service's log: journalctl -u slotd\n");
	return seen_failure(doctor, "%s: slotd has no credentials to sign with",
	    doctor->url.at);
}

/* --- both -----------------------------------------------------------------*/

/* Asks for a missing file below a path that clients need, and expects slotd's
 * own error code. */
static enum verdict passes(
    struct doctor *doctor, const char *path, const char *code)
{
	say(ask_url(doctor), "%.*s%s" PROBE_FOLDER,
	    ARG(doctor->conf->public_url), path);
	ask(doctor, (struct fetch_request){ .method = "GET" });
	return check_says(doctor, code)
		   ? VERDICT_OK
		   : check_fail_foreign(doctor, "/u/ and /f/");
}

enum verdict check_public_url(struct doctor *doctor)
{
	const bool up = doctor->storage->takes_uploads;
	const bool down = doctor->storage->gives_files;
	enum verdict verdict = VERDICT_OK;

	if (down)
		verdict = passes(doctor, "/f/", "not-found");
	if (verdict == VERDICT_OK && up)
		verdict = passes(doctor, "/u/", "method-not-allowed");
	if (verdict == VERDICT_OK && up)
		verdict = know_by_upload(doctor);
	if (verdict == VERDICT_OK && check_redirect_applies(doctor))
		verdict = know_by_link(doctor);
	if (verdict != VERDICT_OK)
		return verdict;
	doctor->public_leads = true;
	if (up)
		verdict = limit_of_uploads(doctor);
	if (verdict == VERDICT_OK)
		verdict = check_bases(doctor);
	if (verdict != VERDICT_OK)
		return verdict;
	seen(doctor, "%.*s leads to slotd, with%s%s%s",
	    ARG(doctor->conf->public_url), up ? " /u/" : "",
	    up && down ? " and" : "", down ? " /f/" : "");
	check_seen_bases(doctor);
	return VERDICT_OK;
}

/* --- a redirect, to its end -----------------------------------------------*/

static enum verdict fail_follow(struct doctor *doctor, const char *method)
{
	struct span place = buf_span(&doctor->url);

	place = span_first(place, span_find(place, '?'));
	seen_reply(doctor, "%s of a link leads to %.*s: ", method, ARG(place));
	change(doctor, "slotd must run with this configuration (systemctl "
		       "reload slotd) and the right time. No cache in front of "
		       "slotd\nmay keep its answers, since each is for GET or "
		       "HEAD only. See also get and head above.\n");
	return VERDICT_FAILURE;
}

/* Follows a link as a client does, with the same method. */
static enum verdict follow(struct doctor *doctor, const char *method)
{
	struct fetch_request request = {
		.method = method,
		.headers = { "Origin: " BROWSER_ORIGIN },
	};

	link_url(doctor);
	if (!ask(doctor, request) || doctor->reply.status != 302 ||
	    !*doctor->reply.location)
		return check_fail_foreign(doctor, "/f/");
	if (strcmp(doctor->reply.allow_origin, "*") != 0) {
		change(doctor, "Configure the proxy to pass slotd's response "
			       "headers on unchanged.\n");
		return seen_failure(doctor,
		    "the proxy at public_url removes "
		    "Access-Control-Allow-Origin, so web pages cannot "
		    "follow links");
	}
	buf_text(ask_url(doctor), doctor->reply.location);
	request.headers[0] = "Origin: null";
	ask(doctor, request);
	if (strcmp(method, "HEAD") == 0 ? doctor->reply.status == 200
					: check_is_probe(doctor))
		return VERDICT_OK;
	return fail_follow(doctor, method);
}

enum verdict check_redirect(struct doctor *doctor)
{
	enum verdict verdict;

	verdict = follow(doctor, "GET");
	if (verdict == VERDICT_OK)
		verdict = follow(doctor, "HEAD");
	if (verdict == VERDICT_OK)
		seen(doctor, "a link leads to the object, for GET and HEAD");
	return verdict;
}
