#include "core/hash.h"
#include "creds/read.h"

/* A text of the settings, or what its file holds now, into out. */
static bool read_either(const struct creds_round *round,
    enum creds_text inlined, enum creds_text file, size_t max, struct buf *out,
    struct creds_draft *draft)
{
	const struct span *text = round->settings->text;
	char memory[CREDS_TOKEN_MAX + 1];
	struct span secret = text[inlined];

	bool ok = !text[file].len || creds_read_one(text[file].at, memory,
					 max + 1, draft, &secret);

	if (ok && secret.len > max)
		ok = creds_draft_wrong(
		    draft, "%s holds more than %zu bytes", text[file].at, max);
	if (ok)
		buf_add(out, secret);
	wipe(memory, sizeof memory);
	return ok;
}

/* Only the configuration names files. */
bool creds_try_given(const struct creds_round *round, struct creds_draft *draft)
{
	buf_add(&draft->key_id, round->settings->text[CREDS_KEY_ID]);
	return read_either(round, CREDS_SECRET, CREDS_SECRET_FILE, CREDS_MAX,
		   &draft->secret, draft) &&
	       read_either(round, CREDS_TOKEN, CREDS_TOKEN_FILE,
		   CREDS_TOKEN_MAX, &draft->token, draft) &&
	       creds_draft_check(draft,
		   round->settings->kind == CREDS_STATIC ? "the configuration"
							 : "the environment",
		   round->now);
}
