#include "fuzz/house.h"

#include "fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

#define KEY "not-a-real-key-0123456789abcdef01\n"
#define CONF_SIZE 8192

static char folder[64];
static pid_t maker;

static int remove_entry(
    const char *path, const struct stat *stat, int kind, struct FTW *place)
{
	(void)stat;
	(void)kind;
	if (place->level)
		remove(path);
	return 0;
}

void house_empty(const char *path)
{
	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Not a child that ends. */
static void leave(void)
{
	if (getpid() != maker)
		return;
	house_empty(folder);
	rmdir(folder);
}

const char *house_folder(void)
{
	/* In memory, since what writes a file waits for it. */
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	if (*folder)
		return folder;
	snprintf(folder, sizeof folder, "%s/slotd-fuzz-XXXXXX", base);
	must(mkdtemp(folder));
	maker = getpid();
	must(atexit(leave) == 0);
	return folder;
}

const char *house_write(const char *name, const void *bytes, size_t len)
{
	static char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/%s", house_folder(), name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	must(close(fd) == 0);
	return path;
}

/* The text with the folder's path for each '@'. */
static size_t fill(const char *text, char ret_text[CONF_SIZE])
{
	size_t len = 0;

	for (; *text; text++) {
		const char one[] = { *text, '\0' };
		const char *piece = *text == '@' ? house_folder() : one;

		must(len + strlen(piece) < CONF_SIZE);
		memcpy(ret_text + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return len;
}

struct conf *house_conf(const char *text)
{
	char filled[CONF_SIZE];
	const size_t len = fill(text, filled);
	struct conf *conf;

	house_write("key", KEY, sizeof KEY - 1);
	conf = conf_read(house_write("conf", filled, len), stderr, NULL);
	must(conf);
	return conf;
}

struct service *house_service(const char *text)
{
	char wrong[256];
	struct service *service =
	    service_open(house_conf(text), NULL, wrong, sizeof wrong);

	if (!service)
		fprintf(stderr, "%s\n", wrong);
	must(service);
	return service;
}
