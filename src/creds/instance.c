#include "core/hash.h"
#include "core/uri.h"
#include "creds/fetch.h"
#include "creds/json.h"

#define WHERE "instance metadata"
#define TOKEN_HEADER "X-aws-ec2-metadata-token: "
#define LIST "/latest/meta-data/iam/security-credentials/"

/* One question to the instance metadata service. */
struct question {
	const struct creds_round *round;
	struct fetch_reply reply;
	char token[256]; /* the whole header; a secret */
	char url[1024];
};

static struct span body_of(const struct question *question)
{
	return (struct span){ question->reply.body, question->reply.body_len };
}

/* Asks for something, which `what` names in a sentence. */
static bool ask(struct question *question, struct fetch_request request,
    const char *path, struct span name, const char *what,
    struct creds_draft *draft)
{
	const struct fetch_reply *reply = &question->reply;
	struct buf url;

	buf_init(&url, question->url, sizeof question->url);
	buf_add(&url, question->round->settings->text[CREDS_INSTANCE_URL]);
	buf_text(&url, path);
	uri_encode(&url, name);
	if (!buf_ok(&url))
		return creds_draft_wrong(
		    draft, WHERE " answered a name that is too long");
	request.url = url.at;
	if (!creds_fetch(
		question->round, request, true, WHERE, &question->reply, draft))
		return false;
	return reply->status == 200 ||
	       creds_draft_wrong(draft, WHERE " answered %u to the request %s",
		   reply->status, what);
}

/* IMDSv2: every other question needs a token. */
static bool get_token(struct question *question, struct creds_draft *draft)
{
	const struct fetch_request request = { .method = "PUT",
		.headers = { "X-aws-ec2-metadata-token-ttl-seconds: 21600" },
		.body = SPAN_EMPTY };
	struct buf header;

	if (!ask(question, request, "/latest/api/token", SPAN_EMPTY,
		"for a token", draft))
		return false;
	buf_init(&header, question->token, sizeof question->token);
	buf_text(&header, TOKEN_HEADER);
	buf_add(&header, span_trim(body_of(question), " \t\r\n"));
	if (!buf_ok(&header) || !span_printable(buf_span(&header)) ||
	    header.len == sizeof TOKEN_HEADER - 1)
		return creds_draft_wrong(
		    draft, WHERE " did not answer with a token");
	return true;
}

/* The instance's role, or the credentials of a role. */
static bool get(struct question *question, struct span role, const char *what,
    struct creds_draft *draft)
{
	const struct fetch_request request = { .method = "GET",
		.headers = { question->token } };

	return ask(question, request, LIST, role, what, draft);
}

/* The name of the instance's role: the first line of the answer. */
static bool get_role(
    struct question *question, struct buf *role, struct creds_draft *draft)
{
	struct span rest;

	if (!get(question, SPAN_EMPTY, "for the role's name", draft))
		return question->reply.status == 404 &&
		       creds_draft_wrong(draft,
			   WHERE " answered 404: the instance has no role");
	rest = body_of(question);
	buf_add(role, span_trim(span_cut(&rest, '\n'), " \t\r"));
	if (!buf_ok(role) || !role->len)
		return creds_draft_wrong(
		    draft, WHERE " did not answer with the name of a role");
	return true;
}

bool creds_try_instance(
    const struct creds_round *round, struct creds_draft *draft)
{
	struct question question = { .round = round };
	char memory[256];
	struct buf role = buf_of(memory, sizeof memory);
	bool ok;

	if (!round->network)
		return false;
	if (!round->settings->text[CREDS_INSTANCE_URL].len)
		return creds_draft_wrong(draft,
		    "AWS_EC2_METADATA_DISABLED is set: " WHERE " is not asked");
	ok = get_token(&question, draft) && get_role(&question, &role, draft) &&
	     get(&question, buf_span(&role), "for credentials", draft) &&
	     creds_json_read(body_of(&question), WHERE, round->now, draft);
	wipe(&question, sizeof question);
	return ok;
}
