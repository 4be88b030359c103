#include "http/reaper.h"

#include "service/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define PLACES 1024
#define KEPT_MAX (2 * PLACES)
#define TIME_MAX 10 /* seconds */
#define BYTES_MAX (64 << 20)

struct kept {
	int fd;
	int64_t until;
	int64_t bytes;
	bool ended;
};

struct reaper {
	pthread_mutex_t lock;
	pthread_t thread;
	/* The oldest first. Any thread adds, only the thread removes. */
	struct kept kept[KEPT_MAX];
	unsigned count;
	unsigned places;
	bool stopping;
	int wake;
	/* The thread's own: */
	struct pollfd polls[1 + KEPT_MAX]; /* wake, then kept */
	char piece[65536];
};

static void read_away(struct reaper *reaper, struct kept *kept)
{
	while (!kept->ended) {
		ssize_t len = recv(kept->fd, reaper->piece,
		    sizeof reaper->piece, MSG_DONTWAIT);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (len <= 0) {
			kept->ended = true;
			return;
		}
		kept->bytes += len;
		if (kept->bytes > BYTES_MAX)
			kept->ended = true;
	}
}

/* Closes sockets that have ended or are late, and puts the others into polls.
 * Returns how many those are; *ret_end: the thread has nothing left to do. */
static unsigned tidy(struct reaper *reaper, bool *ret_end)
{
	int64_t now = clock_micros();
	unsigned left = 0;

	pthread_mutex_lock(&reaper->lock);
	for (unsigned i = 0; i < reaper->count; i++) {
		struct kept kept = reaper->kept[i];

		if (kept.ended || kept.until <= now) {
			close(kept.fd);
			continue;
		}
		reaper->kept[left++] = kept;
		reaper->polls[left] = (struct pollfd){ kept.fd, POLLIN, 0 };
	}
	reaper->count = left;
	*ret_end = reaper->stopping && !left;
	pthread_mutex_unlock(&reaper->lock);
	return left;
}

static void *run(void *argument)
{
	struct reaper *reaper = argument;
	eventfd_t wakes;
	bool end;

	reaper->polls[0] = (struct pollfd){ reaper->wake, POLLIN, 0 };
	while (true) {
		unsigned count = tidy(reaper, &end);

		if (end)
			return NULL;
		if (poll(reaper->polls, 1 + count, count ? 200 : -1) <= 0)
			continue;
		if (reaper->polls[0].revents)
			eventfd_read(reaper->wake, &wakes);
		for (unsigned i = 0; i < count; i++)
			if (reaper->polls[1 + i].revents)
				read_away(reaper, &reaper->kept[i]);
	}
}

struct reaper *reaper_open(unsigned places)
{
	struct reaper *reaper = calloc(1, sizeof *reaper);

	if (!reaper)
		return NULL;
	pthread_mutex_init(&reaper->lock, NULL);
	reaper->places = places < PLACES ? places : PLACES;
	reaper->wake = eventfd(0, EFD_CLOEXEC);
	if (reaper->wake >= 0 &&
	    pthread_create(&reaper->thread, NULL, run, reaper) == 0)
		return reaper;
	if (reaper->wake >= 0)
		close(reaper->wake);
	free(reaper);
	return NULL;
}

void reaper_close(struct reaper *reaper, int64_t until)
{
	pthread_mutex_lock(&reaper->lock);
	reaper->stopping = true;
	for (unsigned i = 0; i < reaper->count; i++)
		if (reaper->kept[i].until > until)
			reaper->kept[i].until = until;
	pthread_mutex_unlock(&reaper->lock);
	eventfd_write(reaper->wake, 1);
	pthread_join(reaper->thread, NULL);
	close(reaper->wake);
	pthread_mutex_destroy(&reaper->lock);
	free(reaper);
}

/* The oldest has had the most time to read its answer. Each socket that is
 * kept beyond the places ends one old one; the thread removes it soon. */
static void end_oldest(struct reaper *reaper)
{
	unsigned i = 0;

	while (i < reaper->count && reaper->kept[i].until == 0)
		i++;
	if (i < reaper->count)
		reaper->kept[i].until = 0;
}

void reaper_add(struct reaper *reaper, int fd)
{
	struct kept kept = { .fd = -1, .until = clock_after(TIME_MAX) };

	pthread_mutex_lock(&reaper->lock);
	if (!reaper->stopping && reaper->count < 2 * reaper->places)
		kept.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (kept.fd >= 0) {
		if (reaper->count >= reaper->places)
			end_oldest(reaper);
		reaper->kept[reaper->count++] = kept;
	}
	pthread_mutex_unlock(&reaper->lock);
	if (kept.fd >= 0)
		eventfd_write(reaper->wake, 1);
}
