#include "creds/draft.h"

/*
 * Which source that needs the network is there, in the order of AWS's SDKs;
 * CREDS_AUTO when none is. A source that is there and fails is a fault: the
 * next one may hold credentials that are meant for something else. Only the
 * shared file may lack the section that is wanted.
 */
static enum creds_kind pick(const struct span *text)
{
	if (text[CREDS_ROLE_ARN].len && text[CREDS_IDENTITY_FILE].len)
		return CREDS_WEB_IDENTITY;
	if (text[CREDS_CONTAINER_URL].len)
		return CREDS_CONTAINER;
	if (text[CREDS_INSTANCE_URL].len)
		return CREDS_INSTANCE;
	return CREDS_AUTO;
}

static bool try_network(
    const struct creds_round *round, struct creds_draft *draft)
{
	switch (pick(round->settings->text)) {
	case CREDS_WEB_IDENTITY:
		return creds_try_web_identity(round, draft);
	case CREDS_CONTAINER:
		return creds_try_container(round, draft);
	case CREDS_INSTANCE:
		return creds_try_instance(round, draft);
	default:
		return false;
	}
}

bool creds_try_auto(const struct creds_round *round, struct creds_draft *draft)
{
	const struct span *text = round->settings->text;

	if (text[CREDS_KEY_ID].len)
		return creds_try_given(round, draft);
	if (text[CREDS_SHARED_FILE].len) {
		if (creds_try_shared(round, draft)) {
			*round->shared = true;
			return true;
		}
		/* Nothing else is used while the file is being written. */
		if (*round->shared || pick(text) == CREDS_AUTO)
			return false;
	} else if (pick(text) == CREDS_AUTO) {
		return creds_draft_wrong(
		    draft, "the environment names no source of credentials");
	}
	creds_draft_init(draft);
	return try_network(round, draft);
}
