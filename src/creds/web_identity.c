#include "core/hash.h"
#include "core/uri.h"
#include "net/xml.h"
#include "creds/fetch.h"
#include "creds/read.h"
#include "net/forget.h"

#define TOKEN_MAX 16384
#define WHERE "STS"

/* A field of the form, percent-encoded. */
static void add(struct buf *out, const char *name, struct span value)
{
	buf_text(out, name);
	uri_encode(out, value);
}

static bool take(struct span xml, const char *name, struct buf *out)
{
	buf_reset(out);
	return xml_text(xml, name, out);
}

bool creds_sts_read(struct span xml, int64_t now, struct creds_draft *draft)
{
	char memory[64];
	struct buf ends = buf_of(memory, sizeof memory);

	if (!take(xml, "AccessKeyId", &draft->key_id) ||
	    !take(xml, "SecretAccessKey", &draft->secret) ||
	    !take(xml, "SessionToken", &draft->token) ||
	    !take(xml, "Expiration", &ends))
		return creds_draft_wrong(
		    draft, WHERE " did not answer with credentials");
	return creds_draft_ends(draft, buf_span(&ends), WHERE) &&
	       creds_draft_check(draft, WHERE, now);
}

bool creds_sts_refused(unsigned status, struct span xml, struct span token,
    struct creds_draft *draft)
{
	char code_memory[128], message_memory[2048];
	char code[CREDS_QUOTE], message[CREDS_QUOTE];
	struct buf text;

	buf_init(&text, code_memory, sizeof code_memory);
	if (!xml_text(xml, "Code", &text))
		buf_reset(&text);
	creds_quote(buf_span(&text), token, code);
	buf_init(&text, message_memory, sizeof message_memory);
	if (!xml_text(xml, "Message", &text))
		buf_reset(&text);
	creds_quote(buf_span(&text), token, message);
	return creds_draft_wrong(draft, WHERE " answered %u%s%s%s%s", status,
	    *code ? " " : "", code, *message ? ": " : "", message);
}

static bool ask(const struct creds_round *round, struct span token,
    struct span form, struct creds_draft *draft)
{
	const struct fetch_request request = { .method = "POST",
		.url = round->settings->text[CREDS_STS_URL].at,
		.headers = { "Accept: text/xml",
		    "Content-Type: application/x-www-form-urlencoded" },
		.body = form };
	struct fetch_reply reply;
	struct span xml;
	bool ok;

	if (!creds_fetch(round, request, false, WHERE, &reply, draft))
		return false;
	xml = (struct span){ reply.body, reply.body_len };
	ok = reply.status == 200
		 ? creds_sts_read(xml, round->now, draft)
		 : creds_sts_refused(reply.status, xml, token, draft);
	wipe(&reply, sizeof reply);
	forget_stack();
	return ok;
}

/* docs.aws.amazon.com/STS/latest/APIReference,
 * API_AssumeRoleWithWebIdentity: a request without a signature. */
bool creds_try_web_identity(
    const struct creds_round *round, struct creds_draft *draft)
{
	const struct span *text = round->settings->text;
	char token_memory[TOKEN_MAX + 1], form_memory[3 * TOKEN_MAX + 8192];
	struct span token;
	struct buf form = buf_of(form_memory, sizeof form_memory);
	bool ok = false;

	if (!round->network)
		return false;
	if (!text[CREDS_ROLE_ARN].len || !text[CREDS_IDENTITY_FILE].len)
		return creds_draft_wrong(draft,
		    "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are not both "
		    "in the environment");
	/* A pod's token changes every hour or so. */
	if (!creds_read_one(text[CREDS_IDENTITY_FILE].at, token_memory,
		sizeof token_memory, draft, &token))
		return false;
	add(&form,
	    "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
	    "&RoleArn=",
	    text[CREDS_ROLE_ARN]);
	add(&form, "&RoleSessionName=", text[CREDS_SESSION_NAME]);
	add(&form, "&WebIdentityToken=", span_trim(token, " \t\r\n"));
	ok = buf_ok(&form) ? ask(round, token, buf_span(&form), draft)
			   : creds_draft_wrong(draft, "%s is too long",
				 text[CREDS_IDENTITY_FILE].at);
	wipe(token_memory, sizeof token_memory);
	wipe(form_memory, sizeof form_memory);
	return ok;
}
