#include "slot/purpose.h"

static const char *const names[PURPOSE_COUNT] = {
	[PURPOSE_MESSAGE] = "message",
	[PURPOSE_PROFILE] = "profile",
	[PURPOSE_EPHEMERAL] = "ephemeral",
	[PURPOSE_PERMANENT] = "permanent",
};

const char *purpose_name(enum purpose purpose)
{
	return names[purpose];
}

bool purpose_read(struct span name, enum purpose *ret_purpose)
{
	for (unsigned i = 0; i < PURPOSE_COUNT; i++) {
		if (!span_is(name, names[i]))
			continue;
		*ret_purpose = (enum purpose)i;
		return true;
	}
	return false;
}

size_t purpose_run(struct span text)
{
	for (unsigned i = 0; i < PURPOSE_COUNT; i++)
		if (span_starts(text, names[i]))
			return span_of(names[i]).len;
	return 0;
}
