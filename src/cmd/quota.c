#include "cmd/command.h"
#include "core/base64.h"
#include "core/uri.h"
#include "endpoint/json.h"
#include "http/socket.h"
#include "net/fetch.h"
#include "service/clock.h"
#include "service/random.h"
#include "term/term.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "slots in the last minute". */
#define WHAT_WIDTH 24

/* Room for a JID with every byte escaped. */
#define TARGET_MAX (3 * JID_BARE_SIZE + 64)

static bool reset;
static struct jid jid;

/* The first caller that signs its requests and is allowed this domain. */
static const struct caller *find(const struct conf *conf, struct span domain)
{
	for (size_t i = 0; i < conf->caller_count; i++) {
		const struct caller *caller = &conf->callers[i];

		if (caller->dialect == DIALECT_SLOTD &&
		    auth_allows(caller, domain))
			return caller;
	}
	command_fault(&command_quota, "no caller that signs its requests is "
				      "allowed this domain: see "
				      "callers[].allow_domains");
	return NULL;
}

static void write_header(const struct conf *conf, const struct caller *caller,
    struct auth_request *request, struct buf *header)
{
	uint8_t random[16];
	char memory[32];
	struct buf nonce;

	buf_init(&nonce, memory, sizeof memory);
	random_bytes(random, sizeof random);
	base64url_encode(&nonce, random, sizeof random);
	request->base_path = conf->base_path;
	request->body = SPAN_EMPTY;
	request->now = clock_unix();
	buf_text(header, "Authorization: ");
	auth_sign(caller, request, buf_span(&nonce), header);
}

/* False when there is no answer; stderr says why. */
static bool ask(const struct conf *conf, const struct caller *caller,
    struct fetch_reply *ret_reply)
{
	const char *method = reset ? "DELETE" : "GET";
	char target_memory[TARGET_MAX], url_memory[TARGET_MAX + 256];
	char header_memory[1024], jid_memory[JID_BARE_SIZE];
	struct buf target, url, header, user;
	struct auth_request signed_request = { .method = span_of(method) };
	struct fetch_request request = { .method = method,
		.direct = true,
		.any_certificate = true,
		.unix_path = conf->listen.unix_path };

	buf_init(&user, jid_memory, sizeof jid_memory);
	buf_init(&target, target_memory, sizeof target_memory);
	buf_init(&url, url_memory, sizeof url_memory);
	buf_init(&header, header_memory, sizeof header_memory);
	jid_bare(&jid, &user);
	buf_text(&target, "/quota?jid=");
	uri_encode(&target, buf_span(&user));
	socket_url(&conf->listen, &url);
	buf_add(&url, buf_span(&target));
	signed_request.target = buf_span(&target);
	write_header(conf, caller, &signed_request, &header);
	request.url = url.at;
	request.headers[0] = header.at;
	if (!fetch_start())
		return false;
	fetch(&request, -1, ret_reply);
	fetch_end();
	if (ret_reply->result == FETCH_ANSWERED)
		return true;
	fprintf(stderr, "slotd quota: the service does not answer: %s\n",
	    ret_reply->error);
	return false;
}

/* A line: what is counted, and what was used of it. limit 0: none. */
static void print_line(
    const char *what, uint64_t used, uint64_t limit, const char *text)
{
	const struct term term = term_of(stdout);
	const bool full = limit && used >= limit;

	if (term.width)
		term_row(&term,
		    full    ? TERM_RED
		    : limit ? TERM_GREEN
			    : TERM_DIM,
		    full ? "used up" : "ok", WHAT_WIDTH, span_of(what),
		    span_of(text));
	else
		printf("  %s: %s\n", what, text);
}

static void print_slots(const struct json_quota_read *quota)
{
	char text[128] = "no limit";

	if (quota->slots_per_minute)
		snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64 "%s%s",
		    quota->slots, quota->slots_per_minute,
		    quota->slots ? ", frees from " : "", quota->slots_free_at);
	print_line("slots in the last minute", quota->slots,
	    quota->slots_per_minute, text);
}

static void print_bytes(
    const char *what, uint64_t bytes, uint64_t limit, const char *free_at)
{
	char text[256] = "no limit", used[TERM_SIZE], most[TERM_SIZE];

	term_size(bytes, used);
	term_size(limit, most);
	if (limit && bytes)
		snprintf(text, sizeof text,
		    "%s of %s (%" PRIu64 " of %" PRIu64
		    " bytes), frees from %s",
		    used, most, bytes, limit, free_at);
	else if (limit)
		snprintf(text, sizeof text, "%s of %s", used, most);
	print_line(what, bytes, limit, text);
}

static void print(const struct json_quota_read *quota)
{
	char memory[JID_BARE_SIZE], what[64];
	struct buf user;

	buf_init(&user, memory, sizeof memory);
	jid_bare(&jid, &user);
	command_line(user.at);
	print_slots(quota);
	print_bytes("bytes in the last day", quota->bytes, quota->bytes_per_day,
	    quota->bytes_free_at);
	for (unsigned i = 0; i < PURPOSE_COUNT; i++) {
		if (!quota->own[i].bytes_per_day)
			continue;
		snprintf(what, sizeof what, "for %s", purpose_name(i));
		print_bytes(what, quota->own[i].bytes,
		    quota->own[i].bytes_per_day, quota->own[i].free_at);
	}
	print_bytes("of the whole domain", quota->domain_bytes,
	    quota->domain_bytes_per_day, quota->domain_free_at);
}

static int show(const struct fetch_reply *reply)
{
	const struct span body = { reply->body, reply->body_len };
	struct json_quota_read quota;
	char status[32], detail[256];

	if (reply->status == 200 && json_quota_read(body, &quota)) {
		print(&quota);
		return EXIT_OK;
	}
	if (!json_problem_read(body, detail, sizeof detail))
		snprintf(detail, sizeof detail, "the answer is not from slotd");
	snprintf(status, sizeof status, "status %u", reply->status);
	command_about(&command_quota, status, detail);
	return EXIT_FAULT;
}

static bool check(char **operands)
{
	const char *wrong;

	if (jid_parse(span_of(operands[0]), &jid, &wrong))
		return true;
	command_about(&command_quota, operands[0], wrong);
	return false;
}

static int run(const struct conf *conf, char **operands)
{
	static struct fetch_reply reply;
	const struct caller *caller = find(conf, jid.domain);

	(void)operands;
	if (!caller || !ask(conf, caller, &reply))
		return EXIT_FAULT;
	return show(&reply);
}

static const struct command_option options[] = {
	{ "reset", .flag = &reset },
	{ 0 },
};

const struct command command_quota = {
	"quota",
	"show what a user has used of quotas, or forget it",
	"usage: slotd quota [-c FILE] [--reset] JID\n"
	"\n"
	"Asks the service that runs with this configuration how much a user\n"
	"has used of policy.slots_per_minute and policy.bytes_per_day, and\n"
	"when the next part of it is free again. What has no limit is not\n"
	"counted. A domain alone, as gateways have, is a user of its own.\n"
	"With --reset the service forgets what the user has used; for a\n"
	"domain alone, also what all users of the domain have used together.\n"
	"Exits with 1 if the service cannot be asked or refuses.\n",
	.options = options,
	.operands_max = 1,
	.operand = "the JID",
	.check = check,
	.with_conf = run,
};
