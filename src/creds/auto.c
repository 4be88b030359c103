#include "creds/draft.h"

/*
 * Which source that needs the network is there, in the order of AWS's SDKs;
 * NULL when none is. A source that is there and fails is a fault: the
 * next one may hold credentials that are meant for something else. Only the
 * shared file may lack the section that is wanted.
 */
static creds_try *pick(const struct span *text)
{
	if (text[CREDS_ROLE_ARN].len && text[CREDS_IDENTITY_FILE].len)
		return creds_try_web_identity;
	if (text[CREDS_CONTAINER_URL].len)
		return creds_try_container;
	if (text[CREDS_INSTANCE_URL].len)
		return creds_try_instance;
	return NULL;
}

bool creds_asks(const struct creds_settings *settings)
{
	return !settings->text[CREDS_KEY_ID].len && pick(settings->text);
}

bool creds_try_auto(const struct creds_round *round, struct creds_draft *draft)
{
	const struct span *text = round->settings->text;
	creds_try *try_network = pick(text);

	if (text[CREDS_KEY_ID].len)
		return creds_try_given(round, draft);
	if (text[CREDS_SHARED_FILE].len) {
		if (creds_try_shared(round, draft)) {
			*round->shared = true;
			return true;
		}
		/* Nothing else is used while the file is being written. */
		if (*round->shared || !try_network)
			return false;
	} else if (!try_network) {
		return creds_draft_wrong(
		    draft, "the environment names no source of credentials");
	}
	creds_draft_init(draft);
	return try_network(round, draft);
}
