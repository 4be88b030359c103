#include "cmd/janitor.h"

#include "core/amount.h"
#include "net/fetch.h"

#include <stdio.h>

bool command_janitor_start(const struct command *command,
    const struct service *service, const char *name,
    struct janitor *ret_janitor)
{
	const int end = command_catch_end();
	char wrong[512];

	janitor_init(ret_janitor, service, end);
	if (end < 0 || !fetch_start()) {
		command_fault(command, "out of memory");
		return false;
	}
	if (janitor_open(ret_janitor, name, wrong, sizeof wrong))
		return true;
	command_fault(command, "%s", wrong);
	return false;
}

void command_none_of(const struct command *command, const char *jid)
{
	const struct span text = span_of(jid);
	const bool is_user = span_find(text, '@') < span_find(text, '/');

	command_about(command, jid,
	    is_user ? "no file is stored of this user"
		    : "no file is stored of this JID; a domain does not stand "
		      "for its users");
}

bool command_duration(const struct command *command, const char *option,
    const char *text, int64_t *ret_seconds)
{
	const char *wrong = "";
	char sentence[256];
	uint64_t seconds;

	if (!text)
		return true;
	if ((span_u64(span_of(text), &seconds) ||
		amount_seconds_read(span_of(text), &seconds, &wrong)) &&
	    seconds <= INT32_MAX * UINT64_C(2)) {
		*ret_seconds = (int64_t)seconds;
		return true;
	}
	snprintf(sentence, sizeof sentence,
	    "--%s must be a duration, such as \"30 days\"", option);
	return command_wrong(command, sentence);
}
