#include "service/journal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool journal_is(int fd, const char *stream)
{
	struct stat stat;
	char own[64];

	if (!stream || fstat(fd, &stat) != 0)
		return false;
	/* Both in decimal, so the text says it all. */
	snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)stat.st_dev,
	    (unsigned long long)stat.st_ino);
	return strcmp(own, stream) == 0;
}
