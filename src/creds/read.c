#include "creds/read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool check(
    int fd, const char *path, size_t size, struct creds_draft *draft)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return creds_draft_wrong(
		    draft, "cannot read %s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return creds_draft_wrong(draft, "%s is no regular file", path);
	if (status.st_mode & S_IWOTH)
		return creds_draft_wrong(draft, "others may write %s", path);
	if ((uint64_t)status.st_size > size)
		return creds_draft_wrong(
		    draft, "%s holds more than %zu bytes", path, size);
	return true;
}

static bool fill(int fd, const char *path, char *memory, size_t size,
    struct creds_draft *draft, struct span *ret_content)
{
	size_t len = 0;
	ssize_t got = 1;

	while (got > 0 && len < size) {
		got = read(fd, memory + len, size - len);
		if (got > 0)
			len += (size_t)got;
		else if (got < 0 && errno == EINTR)
			got = 1;
	}
	if (got < 0)
		return creds_draft_wrong(
		    draft, "cannot read %s: %s", path, strerror(errno));
	*ret_content = (struct span){ memory, len };
	return true;
}

bool creds_read(const char *path, char *memory, size_t size,
    struct creds_draft *draft, struct span *ret_content)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool ok;

	if (fd < 0)
		return creds_draft_wrong(
		    draft, "cannot read %s: %s", path, strerror(errno));
	ok = check(fd, path, size, draft) &&
	     fill(fd, path, memory, size, draft, ret_content);
	close(fd);
	return ok;
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

static uint64_t mix(uint64_t mark, uint64_t value)
{
	/* FNV-1a's multiplier: small differences spread. */
	return (mark ^ value) * UINT64_C(0x100000001b3);
}

uint64_t creds_mark(const char *path)
{
	struct stat status;
	uint64_t mark = UINT64_C(0xcbf29ce484222325);

	if (stat(path, &status) != 0)
		return 0;
	mark = mix(mark, (uint64_t)status.st_dev);
	mark = mix(mark, (uint64_t)status.st_ino);
	mark = mix(mark, (uint64_t)status.st_size);
	mark = mix(mark, (uint64_t)status.st_mode);
	mark = mix(mark, (uint64_t)status.st_mtim.tv_sec);
	mark = mix(mark, (uint64_t)status.st_mtim.tv_nsec);
	mark = mix(mark, (uint64_t)status.st_ctim.tv_sec);
	return mix(mark, (uint64_t)status.st_ctim.tv_nsec);
}
