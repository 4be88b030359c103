#include "core/chars.h"
#include "core/hash.h"
#include "core/ip.h"
#include "creds/fetch.h"
#include "creds/json.h"
#include "creds/read.h"
#include "net/forget.h"

#include <string.h>

#define TOKEN_MAX 16384
#define WHERE "the container endpoint"
#define AUTHORIZATION "Authorization: "

/* The host of "host:port/path"; empty when it is not understood. */
static struct span host_of(struct span rest)
{
	const struct chars authority = chars_of(CHARS_ALNUM "._-:[]");
	const struct chars behind = chars_of("/?#");
	size_t end = span_run(rest, &authority);
	struct span host = span_first(rest, end);

	/* A user name or a backslash: other readers may see another host. */
	if (end < rest.len && !chars_have(&behind, rest.at[end]))
		return SPAN_EMPTY;
	if (!span_starts(host, "["))
		return span_first(host, span_find(host, ':'));
	host = span_from(host, 1);
	return span_first(host, span_find(host, ']'));
}

static bool is_near(struct span host)
{
	static const char *const links[] = { "169.254.170.2", "169.254.170.23",
		"fd00:ec2::23" };
	struct ip ip, link;

	if (span_equal_nocase(host, span_of("localhost")))
		return true;
	/* An IPv4 address that is written as an IPv6 one is neither. */
	if (!ip_parse(host, &ip) ||
	    ip_is_v4(&ip) != (span_find(host, ':') == host.len))
		return false;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (ip_parse(span_of(links[i]), &link) &&
		    memcmp(&ip, &link, sizeof ip) == 0)
			return true;
	return ip_is_loopback(&ip);
}

bool creds_container_allowed(struct span url)
{
	if (span_starts(url, "https://"))
		return url.len > strlen("https://");
	return span_starts(url, "http://") &&
	       is_near(host_of(span_from(url, strlen("http://"))));
}

/* Writes the header; it stays empty when the environment names no token. */
static bool read_authorization(const struct creds_round *round,
    struct buf *header, struct creds_draft *draft)
{
	const struct span *text = round->settings->text;
	struct span token = text[CREDS_CONTAINER_TOKEN];
	const char *path = text[CREDS_CONTAINER_TOKEN_FILE].at;
	char memory[TOKEN_MAX + 1];
	bool ok = true;

	if (text[CREDS_CONTAINER_TOKEN_FILE].len)
		ok = creds_read_one(path, memory, sizeof memory, draft, &token);
	token = span_trim(token, " \t\r\n");
	if (ok && token.len) {
		buf_text(header, AUTHORIZATION);
		buf_add(header, token);
		if (span_find(token, '\n') < token.len ||
		    span_find(token, '\r') < token.len ||
		    span_find(token, '\0') < token.len || !buf_ok(header))
			ok = creds_draft_wrong(draft,
			    "the container endpoint's authorization token is "
			    "not a single line");
	}
	wipe(memory, sizeof memory);
	return ok;
}

bool creds_try_container(
    const struct creds_round *round, struct creds_draft *draft)
{
	const struct span url = round->settings->text[CREDS_CONTAINER_URL];
	char memory[TOKEN_MAX + sizeof AUTHORIZATION];
	struct buf header = buf_of(memory, sizeof memory);
	struct fetch_request request = { .method = "GET",
		.url = url.at,
		.headers = { "Accept: application/json" } };
	struct fetch_reply reply;
	bool ok;

	if (!round->network)
		return false;
	if (!url.len)
		return creds_draft_wrong(
		    draft, "the environment names no container endpoint");
	if (!creds_container_allowed(url))
		return creds_draft_wrong(draft,
		    "the container endpoint is neither https nor this "
		    "machine nor an address of ECS or EKS");
	/* The token's file changes from time to time, too. */
	ok = read_authorization(round, &header, draft);
	if (header.len)
		request.headers[1] = header.at;
	ok = ok && creds_fetch(round, request, !span_starts(url, "https://"),
		       WHERE, &reply, draft);
	if (ok) {
		const struct span body = { reply.body, reply.body_len };

		ok = reply.status == 200
			 ? creds_json_read(body, WHERE, round->now, draft)
			 : creds_json_refused(reply.status, body, WHERE,
			       span_from(
				   buf_span(&header), strlen(AUTHORIZATION)),
			       draft);
		wipe(&reply, sizeof reply);
		forget_stack();
	}
	wipe(memory, sizeof memory);
	return ok;
}
