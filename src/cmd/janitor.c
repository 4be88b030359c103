#include "cmd/janitor.h"

#include "core/amount.h"
#include "net/fetch.h"

#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int stop_file = -1;

static void stop(int signal_number)
{
	(void)signal_number;
	eventfd_write(stop_file, 1);
}

bool command_janitor_start(const struct command *command,
    const struct service *service, const char *name,
    struct janitor *ret_janitor)
{
	const struct sigaction action = { .sa_handler = stop };
	char wrong[512];

	stop_file = eventfd(0, EFD_CLOEXEC);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A file beyond RLIMIT_FSIZE is an error of write. */
	signal(SIGXFSZ, SIG_IGN);
	janitor_init(ret_janitor, service, stop_file);
	if (stop_file < 0 || !fetch_start()) {
		command_fault(command, "out of memory");
		return false;
	}
	if (janitor_open(ret_janitor, name, wrong, sizeof wrong))
		return true;
	command_fault(command, "%s", wrong);
	return false;
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
