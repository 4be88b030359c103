#include "core/chars.h"
#include "core/hash.h"
#include "creds/fetch.h"
#include "creds/json.h"
#include "creds/read.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_MAX 16384
#define WHERE "the container endpoint"
#define AUTHORIZATION "Authorization: "

/* The host of "host:port/path"; "" when it is not understood. */
static void host_of(struct span rest, char out[64])
{
	size_t end = span_run(rest, CHARS_ID ":[]");
	struct span host = span_first(rest, end);

	out[0] = '\0';
	/* A user name or a backslash: other readers may see another host. */
	if (end < rest.len && span_run(span_from(rest, end), "/?#") == 0)
		return;
	if (span_starts(host, "[")) {
		host = span_from(host, 1);
		host = span_first(host, span_find(host, ']'));
	} else {
		host = span_first(host, span_find(host, ':'));
	}
	if (host.len < 64)
		snprintf(out, 64, "%.*s", (int)host.len, host.at);
}

static bool is_near(const char *host)
{
	static const char *const four[] = { "169.254.170.2", "169.254.170.23" };
	struct in6_addr six, eks;
	struct in_addr address;

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return inet_pton(AF_INET6, "fd00:ec2::23", &eks) == 1 &&
		       (IN6_IS_ADDR_LOOPBACK(&six) ||
			   memcmp(&six, &eks, sizeof six) == 0);
	if (inet_pton(AF_INET, host, &address) != 1)
		return false;
	for (size_t i = 0; i < sizeof four / sizeof *four; i++)
		if (strcmp(host, four[i]) == 0)
			return true;
	return ntohl(address.s_addr) >> 24 == 127;
}

bool creds_container_allowed(struct span url)
{
	char host[64];

	if (span_starts(url, "https://"))
		return url.len > strlen("https://");
	if (!span_starts(url, "http://"))
		return false;
	host_of(span_from(url, strlen("http://")), host);
	return is_near(host);
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

static bool take(const struct creds_round *round,
    const struct fetch_reply *reply, struct span secret,
    struct creds_draft *draft)
{
	const struct span body = { reply->body, reply->body_len };

	if (reply->status != 200)
		return creds_json_refused(
		    reply->status, body, WHERE, secret, draft);
	return creds_json_read(body, WHERE, round->now, draft);
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
		ok = take(round, &reply,
		    span_from(buf_span(&header), strlen(AUTHORIZATION)), draft);
		wipe(&reply, sizeof reply);
	}
	wipe(memory, sizeof memory);
	return ok;
}
