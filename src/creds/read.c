#include "creds/read.h"

#include "fence/fence.h"
#include "net/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool cannot(const char *path, struct creds_draft *draft)
{
	return creds_draft_wrong(
	    draft, "cannot read %s: %s", path, fence_error(errno, path));
}

static bool check(
    int fd, const char *path, size_t size, struct creds_draft *draft)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return cannot(path, draft);
	if (!S_ISREG(status.st_mode))
		return creds_draft_wrong(
		    draft, "%s is not a regular file", path);
	if (status.st_mode & S_IWOTH)
		return creds_draft_wrong(draft, "%s is world-writable", path);
	if ((uint64_t)status.st_size > size)
		return creds_draft_wrong(
		    draft, "%s holds more than %zu bytes", path, size);
	return true;
}

bool creds_read(const char *path, char *memory, size_t size,
    struct creds_draft *draft, struct span *ret_content)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t len;

	if (fd < 0)
		return cannot(path, draft);
	if (!check(fd, path, size, draft)) {
		close(fd);
		return false;
	}
	len = input_read(fd, memory, size);
	if (len < 0)
		cannot(path, draft);
	else
		*ret_content = (struct span){ memory, (size_t)len };
	close(fd);
	return len >= 0;
}

bool creds_read_one(const char *path, char *memory, size_t size,
    struct creds_draft *draft, struct span *ret_secret)
{
	struct span content = SPAN_EMPTY;

	if (!creds_read(path, memory, size, draft, &content))
		return false;
	if (content.len && content.at[content.len - 1] == '\n')
		content.len--;
	if (!content.len)
		return creds_draft_wrong(draft, "%s is empty", path);
	*ret_secret = content;
	return true;
}

uint32_t creds_mark(const char *path)
{
	struct stat status;
	uint64_t parts[8];

	if (stat(path, &status) != 0)
		return 0;
	parts[0] = status.st_dev;
	parts[1] = status.st_ino;
	parts[2] = (uint64_t)status.st_size;
	parts[3] = status.st_mode;
	parts[4] = (uint64_t)status.st_mtim.tv_sec;
	parts[5] = (uint64_t)status.st_mtim.tv_nsec;
	parts[6] = (uint64_t)status.st_ctim.tv_sec;
	parts[7] = (uint64_t)status.st_ctim.tv_nsec;
	return span_hash(
	    SPAN_HASH, (struct span){ (const char *)parts, sizeof parts });
}
