#include "creds/draft.h"

#include "core/hash.h"
#include "core/stamp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a secret that already give most of it away. */
#define TELLING 16

void creds_draft_init(struct creds_draft *draft)
{
	memset(draft, 0, sizeof *draft);
	buf_init(
	    &draft->key_id, draft->key_id_memory, sizeof draft->key_id_memory);
	buf_init(
	    &draft->secret, draft->secret_memory, sizeof draft->secret_memory);
	buf_init(
	    &draft->token, draft->token_memory, sizeof draft->token_memory);
	buf_init(&draft->why, draft->why_memory, sizeof draft->why_memory);
}

void creds_draft_done(struct creds_draft *draft)
{
	wipe(draft, sizeof *draft);
}

bool creds_draft_wrong(struct creds_draft *draft, const char *format, ...)
{
	char sentence[CREDS_WHY];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	creds_draft_init(draft);
	buf_text(&draft->why, sentence);
	return false;
}

bool creds_draft_ends(
    struct creds_draft *draft, struct span stamp, const char *where)
{
	if (!stamp_read(stamp, &draft->expires))
		return creds_draft_wrong(draft,
		    "%s answered an Expiration that is not a time", where);
	/* 0 would mean that they never expire. */
	if (draft->expires < 1)
		draft->expires = 1;
	return true;
}

bool creds_draft_check(
    struct creds_draft *draft, const char *where, int64_t now)
{
	const struct span key_id = buf_span(&draft->key_id);

	if (!buf_ok(&draft->key_id) || !buf_ok(&draft->secret) ||
	    !buf_ok(&draft->token))
		return creds_draft_wrong(
		    draft, "%s has credentials that are too long", where);
	if (!key_id.len)
		return creds_draft_wrong(
		    draft, "%s has no access key id", where);
	if (!draft->secret.len)
		return creds_draft_wrong(
		    draft, "%s has no secret access key", where);
	if (!span_visible(key_id) || span_find(key_id, '/') < key_id.len)
		return creds_draft_wrong(draft,
		    "%s has an access key id with invalid characters", where);
	if (span_find(buf_span(&draft->secret), '\0') < draft->secret.len)
		return creds_draft_wrong(draft,
		    "%s has a secret access key with NUL bytes, as text in "
		    "UTF-16 has",
		    where);
	if (!span_visible(buf_span(&draft->token)))
		return creds_draft_wrong(draft,
		    "%s has a session token with invalid characters", where);
	if (draft->expires && draft->expires <= now)
		return creds_draft_wrong(draft,
		    "%s has credentials that have expired; is this "
		    "machine's clock right?",
		    where);
	return true;
}

void creds_quote(struct span words, struct span secret, char out[CREDS_QUOTE])
{
	size_t len = 0;
	size_t telling = secret.len < TELLING ? secret.len : TELLING;

	words = span_trim(words, " \t\r\n");
	if (words.len && telling &&
	    memmem(words.at, words.len, secret.at, telling))
		words.len = 0;
	for (size_t i = 0; i < words.len && len < CREDS_QUOTE - 1; i++) {
		char c = words.at[i];

		out[len++] = c;
		if (c < ' ' || c > '~')
			out[len - 1] = c == '\n' || c == '\t' ? ' ' : '?';
	}
	out[len] = '\0';
}
