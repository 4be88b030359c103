#include "creds/draft.h"

/* AWS_ACCESS_KEY_ID and its like: they do not change while a process runs. */
bool creds_try_environment(
    const struct creds_round *round, struct creds_draft *draft)
{
	const struct span *text = round->settings->text;

	if (!text[CREDS_KEY_ID].len)
		return creds_draft_wrong(
		    draft, "AWS_ACCESS_KEY_ID is not in the environment");
	if (!text[CREDS_SECRET].len)
		return creds_draft_wrong(
		    draft, "AWS_SECRET_ACCESS_KEY is not in the environment");
	buf_add(&draft->key_id, text[CREDS_KEY_ID]);
	buf_add(&draft->secret, text[CREDS_SECRET]);
	buf_add(&draft->token, text[CREDS_TOKEN]);
	return creds_draft_check(draft, "the environment", round->now);
}
