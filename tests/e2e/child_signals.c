/* For LD_PRELOAD: while CHILD_SIGNALS exists, a process that reads a
 * configuration for another first gets the signals that slotd handles. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void send(void)
{
	const char *path = getenv("CHILD_SIGNALS");

	if (!path || access(path, F_OK) != 0 ||
	    strcmp(program_invocation_short_name, "slotd-reads") != 0)
		return;
	raise(SIGHUP);
	raise(SIGINT);
	raise(SIGTERM);
}
