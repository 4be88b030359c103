#include "creds/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Seconds between attempts for credentials that never expire. */
#define AGAIN 900

/* NULL when the body is not JSON. jansson skips NUL bytes between tokens. */
static json_t *load(struct span body)
{
	if (body.len && memchr(body.at, '\0', body.len))
		return NULL;
	return json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, NULL);
}

static struct span text_of(const json_t *root, const char *name)
{
	const json_t *member = json_object_get(root, name);

	if (!json_is_string(member))
		return SPAN_EMPTY;
	return (struct span){ json_string_value(member),
		json_string_length(member) };
}

/* Of an error: each in the order in which they are looked for. */
static const char *const codes[] = { "code", "Code" };
static const char *const messages[] = { "message", "Message" };

/* Quotes the first of two members that is there; "" when it holds a secret. */
static void quote_member(const json_t *root, const char *const names[2],
    struct span secret, char out[CREDS_QUOTE])
{
	const struct span secrets[] = { secret,
		text_of(root, "SecretAccessKey"), text_of(root, "Token") };
	struct span words = text_of(root, names[0]);

	if (!words.len)
		words = text_of(root, names[1]);
	out[0] = '\0';
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		creds_quote(words, secrets[i], out);
		if (!*out)
			return;
	}
}

/* Instance metadata answers 200 also when there are no credentials. */
static bool check_code(
    const json_t *root, const char *where, struct creds_draft *draft)
{
	struct span code = text_of(root, "Code");
	char said[CREDS_QUOTE], message[CREDS_QUOTE];

	if (!code.len || span_equal_nocase(code, span_of("Success")))
		return true;
	quote_member(root, codes, SPAN_EMPTY, said);
	quote_member(root, messages, SPAN_EMPTY, message);
	return creds_draft_wrong(draft, "%s answered%s%s%s%s", where,
	    *said ? " " : "", said, *message ? ": " : "", message);
}

bool creds_json_refused(unsigned status, struct span body, const char *where,
    struct span secret, struct creds_draft *draft)
{
	json_t *root = load(body);
	char code[CREDS_QUOTE], message[CREDS_QUOTE];

	quote_member(root, codes, secret, code);
	quote_member(root, messages, secret, message);
	json_decref(root);
	return creds_draft_wrong(draft, "%s answered %u%s%s%s%s", where, status,
	    *code ? " " : "", code, *message ? ": " : "", message);
}

static bool read_members(const json_t *root, const char *where, int64_t now,
    struct creds_draft *draft)
{
	if (!check_code(root, where, draft))
		return false;
	if (json_object_get(root, "Expiration") &&
	    !json_is_null(json_object_get(root, "Expiration")) &&
	    !creds_draft_ends(draft, text_of(root, "Expiration"), where))
		return false;
	if (!draft->expires)
		draft->again = AGAIN;
	buf_add(&draft->key_id, text_of(root, "AccessKeyId"));
	buf_add(&draft->secret, text_of(root, "SecretAccessKey"));
	buf_add(&draft->token, text_of(root, "Token"));
	return creds_draft_check(draft, where, now);
}

bool creds_json_read(
    struct span body, const char *where, int64_t now, struct creds_draft *draft)
{
	json_t *root = load(body);
	bool ok;

	if (json_is_object(root))
		ok = read_members(root, where, now, draft);
	else
		ok = creds_draft_wrong(
		    draft, "%s did not answer with a JSON object", where);
	json_decref(root);
	return ok;
}
