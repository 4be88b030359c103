#include "doctor/check_public.h"

#include "net/input.h"
#include "slot/grant.h"
#include "slot/link.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*
 * What clients do at public_url, tried from outside. A page of a proxy and
 * another slotd answer there, too: this one is known by what only a process
 * with the same key_file can tell. A token of an upload that ended in 1970 is
 * late for it, and forged for any other; nothing can come of such an upload.
 */

#define KEY_MAX 4096

bool of_s3(const struct doctor *doctor)
{
	return doctor->storage->type == CONF_STORE_S3;
}

static bool takes_uploads(const struct doctor *doctor)
{
	return !of_s3(doctor) || doctor->storage->s3.relay;
}

static bool gives_files(const struct doctor *doctor)
{
	return !of_s3(doctor) || doctor->storage->s3.get == S3_GET_REDIRECT;
}

bool public_applies(const struct doctor *doctor)
{
	return takes_uploads(doctor) || gives_files(doctor) ||
	       has_bases(doctor);
}

bool redirect_applies(const struct doctor *doctor)
{
	return of_s3(doctor) && gives_files(doctor);
}

/* --- the words of slotd ---------------------------------------------------*/

/* Whether slotd has answered with this code: a proxy may have a 404 of its
 * own. */
bool says_code(const struct doctor *doctor, const char *code)
{
	char memory[64];
	struct buf wanted;

	buf_init(&wanted, memory, sizeof memory);
	say(&wanted, "\"code\":\"%s\"", code);
	return doctor->reply.result == FETCH_ANSWERED &&
	       strstr(doctor->reply.body, wanted.at);
}

static void tell_silence(struct doctor *doctor, const char *url)
{
	seen(doctor, "%s: ", url);
	seen_answer(doctor);
	change(doctor,
	    "Start the service first. Else: does public_url lead to it (DNS, "
	    "proxy, certificate)?\n"
	    "Try: curl -v %s\n",
	    url);
}

enum verdict fail_foreign(
    struct doctor *doctor, const char *url, const char *below)
{
	if (doctor->reply.result != FETCH_ANSWERED) {
		tell_silence(doctor, url);
		return VERDICT_FAILURE;
	}
	seen(doctor, "%s: this is not slotd's answer: ", url);
	seen_answer(doctor);
	change(doctor,
	    "A proxy must pass %s below public_url to slotd, with the path "
	    "unchanged (see base_path).\n",
	    below);
	return VERDICT_FAILURE;
}

enum verdict fail_other(struct doctor *doctor, const char *url)
{
	seen(doctor, "%s: another slotd answers, or one with another key_file",
	    url);
	change(doctor,
	    "public_url must lead to the slotd of this configuration. Has it "
	    "been reloaded since key_file or the storage's name was changed? "
	    "systemctl reload slotd\n");
	return VERDICT_FAILURE;
}

/* --- uploads --------------------------------------------------------------*/

/* What the embedded store made for itself, where there is no key_file. */
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

/* Appends a token that is genuine and late; false: no key is known. */
static bool late_token(const struct doctor *doctor, struct buf *out)
{
	struct keyring own;

	if (doctor->conf->has_key_file) {
		grant_write(&doctor->conf->keyring.roots[0],
		    of_s3(doctor) ? doctor->storage->name : SPAN_EMPTY,
		    span_of(PROBE_KEY), 0, SPAN_EMPTY, 1, out);
		return true;
	}
	if (of_s3(doctor) || !read_own_key(doctor->storage->fs.path, &own))
		return false;
	grant_write(&own.roots[0], SPAN_EMPTY, span_of(PROBE_KEY), 0,
	    SPAN_EMPTY, 1, out);
	keyring_done(&own);
	return true;
}

/* Whether the slotd that takes uploads there has our key. */
static enum verdict know_by_upload(struct doctor *doctor)
{
	char url_memory[4096], token_memory[512];
	struct buf url, token;
	const struct fetch_request request = {
		.method = "PUT", .url = url_memory, .body = span_of("")
	};

	buf_init(&url, url_memory, sizeof url_memory);
	buf_init(&token, token_memory, sizeof token_memory);
	if (!late_token(doctor, &token))
		return VERDICT_OK;
	say(&url, "%.*s/u/%s" PROBE, ARG(doctor->conf->public_url), token.at);
	ask(doctor, &request);
	if (says_code(doctor, "slot-expired"))
		return VERDICT_OK;
	return says_code(doctor, "slot-invalid")
		   ? fail_other(doctor, url_memory)
		   : fail_foreign(doctor, url_memory, "/u/ and /f/");
}

/* --- downloads ------------------------------------------------------------*/

static void link_url(const struct doctor *doctor, struct buf *out)
{
	say(out, "%.*s/f/", ARG(doctor->conf->public_url));
	link_token_write(&doctor->conf->keyring.roots[0], doctor->storage->name,
	    span_of(PROBE_KEY), out);
	buf_text(out, PROBE);
}

/* Whether the slotd that redirects there has made our links. */
static enum verdict know_by_link(struct doctor *doctor)
{
	char memory[4096];
	struct buf url;
	struct fetch_request request = { .method = "GET", .url = memory };

	buf_init(&url, memory, sizeof memory);
	link_url(doctor, &url);
	ask(doctor, &request);
	if (doctor->reply.status == 302 && *doctor->reply.location)
		return VERDICT_OK;
	if (says_code(doctor, "not-found")) {
		/* Or is the path another one when it gets there? */
		request.method = "POST";
		ask(doctor, &request);
		if (says_code(doctor, "method-not-allowed"))
			return fail_other(doctor, memory);
	}
	if (!says_code(doctor, "unavailable"))
		return fail_foreign(doctor, memory, "/u/ and /f/");
	seen(doctor, "%s: slotd has no credentials to sign with", memory);
	change(doctor, "See the service's log: journalctl -u slotd\n");
	return VERDICT_FAILURE;
}

/* --- both -----------------------------------------------------------------*/

/* Asks for what is never there, below a path that clients need, and looks for
 * slotd's own words: a proxy need pass nothing else. */
static enum verdict passes(
    struct doctor *doctor, const char *path, const char *code)
{
	char memory[4096];
	struct buf url;
	const struct fetch_request request = { .method = "GET", .url = memory };

	buf_init(&url, memory, sizeof memory);
	say(&url, "%.*s%s" PROBE_FOLDER, ARG(doctor->conf->public_url), path);
	ask(doctor, &request);
	return says_code(doctor, code)
		   ? VERDICT_OK
		   : fail_foreign(doctor, memory, "/u/ and /f/");
}

enum verdict check_public_url(struct doctor *doctor)
{
	const bool up = takes_uploads(doctor), down = gives_files(doctor);
	enum verdict verdict = VERDICT_OK;

	if (down)
		verdict = passes(doctor, "/f/", "not-found");
	if (verdict == VERDICT_OK && up)
		verdict = passes(doctor, "/u/", "method-not-allowed");
	if (verdict == VERDICT_OK && up)
		verdict = know_by_upload(doctor);
	if (verdict == VERDICT_OK && redirect_applies(doctor))
		verdict = know_by_link(doctor);
	if (verdict != VERDICT_OK)
		return verdict;
	doctor->public_leads = true;
	verdict = try_bases(doctor);
	if (verdict != VERDICT_OK)
		return verdict;
	seen(doctor, "%.*s leads to slotd, with%s%s%s",
	    ARG(doctor->conf->public_url), up ? " /u/" : "",
	    up && down ? " and" : "", down ? " /f/" : "");
	seen_bases(doctor);
	return VERDICT_OK;
}

/* --- a redirect, to its end -----------------------------------------------*/

static enum verdict fail_follow(
    struct doctor *doctor, const char *method, const char *to)
{
	struct span place = span_of(to);

	place = span_first(place, span_find(place, '?'));
	seen(doctor, "%s of a link leads to %.*s: ", method, ARG(place));
	seen_answer(doctor);
	change(doctor,
	    "slotd must run with this file (systemctl reload slotd), and with "
	    "the right time. No cache before it may\n"
	    "keep its answers: each is for GET or HEAD alone. See also what "
	    "stands above at get and head.\n");
	return VERDICT_FAILURE;
}

/* One request as a client's: its method does not change on the way. */
static enum verdict follow(struct doctor *doctor, const char *method)
{
	static char to[FETCH_LOCATION];
	char memory[4096];
	struct buf url;
	struct fetch_request request = {
		.method = method,
		.url = memory,
		.headers = { "Origin: " BROWSER_ORIGIN },
	};

	buf_init(&url, memory, sizeof memory);
	link_url(doctor, &url);
	if (!ask(doctor, &request) || doctor->reply.status != 302 ||
	    !*doctor->reply.location)
		return fail_foreign(doctor, memory, "/f/");
	if (strcmp(doctor->reply.allow_origin, "*") != 0) {
		seen(doctor, "the proxy at public_url takes away "
			     "Access-Control-Allow-Origin: web pages cannot "
			     "follow links");
		change(doctor, "Pass slotd's headers on as they are.\n");
		return VERDICT_FAILURE;
	}
	memcpy(to, doctor->reply.location, sizeof to);
	request.url = to;
	request.headers[0] = "Origin: null";
	ask(doctor, &request);
	if (strcmp(method, "HEAD") == 0 ? doctor->reply.status == 200
					: is_probe(doctor))
		return VERDICT_OK;
	return fail_follow(doctor, method, to);
}

enum verdict check_redirect(struct doctor *doctor)
{
	enum verdict verdict;

	if (!doctor->public_leads || !doctor->stored)
		return VERDICT_SKIPPED;
	verdict = follow(doctor, "GET");
	if (verdict == VERDICT_OK)
		verdict = follow(doctor, "HEAD");
	if (verdict == VERDICT_OK)
		seen(doctor, "a link leads to the object, for GET and HEAD");
	return verdict;
}
