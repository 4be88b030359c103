/* For LD_PRELOAD: a process that reads a configuration for another writes what
 * files it has beyond its standard ones, a line each, to CHILD_FILES. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void list(void)
{
	const char *path = getenv("CHILD_FILES");
	FILE *out;

	if (!path || strcmp(program_invocation_short_name, "slotd-reads") != 0)
		return;
	out = fopen(path, "we");
	for (int fd = STDERR_FILENO + 1; out && fd < 1024; fd++)
		if (fd != fileno(out) && fcntl(fd, F_GETFD) >= 0)
			fprintf(out, "%d\n", fd);
	if (out)
		fclose(out);
}
