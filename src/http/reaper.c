#include "http/reaper.h"

#include "service/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define PLACES 1024
#define TIME_MAX 10 /* seconds */
#define BYTES_MAX (64 << 20)
#define EVENTS 64

struct kept {
	struct kept *next;
	int fd;
	int64_t until;
	int64_t bytes;
	bool ended;
};

struct reaper {
	pthread_mutex_t lock;
	pthread_t thread;
	struct kept *first; /* any thread adds, only the thread removes */
	unsigned count;
	unsigned places;
	bool stopping;
	int epoll;
	int wake;
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

/* Closes sockets that have ended or are late. Returns the timeout for
 * epoll_wait, in milliseconds; *ret_end: the thread has nothing left to do. */
static int tidy(struct reaper *reaper, bool *ret_end)
{
	int64_t now = clock_micros();
	int timeout;

	pthread_mutex_lock(&reaper->lock);
	for (struct kept **at = &reaper->first; *at;) {
		struct kept *kept = *at;

		if (!kept->ended && kept->until > now) {
			at = &kept->next;
			continue;
		}
		*at = kept->next;
		/* close() alone does not end the watch while the original
		 * is open. */
		epoll_ctl(reaper->epoll, EPOLL_CTL_DEL, kept->fd, NULL);
		close(kept->fd);
		free(kept);
		reaper->count--;
	}
	timeout = reaper->first ? 200 : -1;
	*ret_end = reaper->stopping && !reaper->first;
	pthread_mutex_unlock(&reaper->lock);
	return timeout;
}

static void *run(void *argument)
{
	struct reaper *reaper = argument;
	struct epoll_event events[EVENTS];

	while (true) {
		bool end;
		int timeout = tidy(reaper, &end);
		eventfd_t count;
		int n;

		if (end)
			return NULL;
		n = epoll_wait(reaper->epoll, events, EVENTS, timeout);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				read_away(reaper, events[i].data.ptr);
			else
				eventfd_read(reaper->wake, &count);
		}
	}
}

struct reaper *reaper_open(void)
{
	struct reaper *reaper = calloc(1, sizeof *reaper);
	struct epoll_event event = { .events = EPOLLIN };

	if (!reaper)
		return NULL;
	pthread_mutex_init(&reaper->lock, NULL);
	reaper->places = PLACES;
	reaper->epoll = epoll_create1(EPOLL_CLOEXEC);
	reaper->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (reaper->epoll < 0 || reaper->wake < 0 ||
	    epoll_ctl(reaper->epoll, EPOLL_CTL_ADD, reaper->wake, &event) !=
		0 ||
	    pthread_create(&reaper->thread, NULL, run, reaper) != 0) {
		if (reaper->epoll >= 0)
			close(reaper->epoll);
		if (reaper->wake >= 0)
			close(reaper->wake);
		free(reaper);
		return NULL;
	}
	return reaper;
}

void reaper_bound(struct reaper *reaper, unsigned places)
{
	pthread_mutex_lock(&reaper->lock);
	reaper->places = places < PLACES ? places : PLACES;
	pthread_mutex_unlock(&reaper->lock);
}

void reaper_close(struct reaper *reaper, int64_t until)
{
	pthread_mutex_lock(&reaper->lock);
	reaper->stopping = true;
	for (struct kept *kept = reaper->first; kept; kept = kept->next)
		if (kept->until > until)
			kept->until = until;
	pthread_mutex_unlock(&reaper->lock);
	eventfd_write(reaper->wake, 1);
	pthread_join(reaper->thread, NULL);
	close(reaper->epoll);
	close(reaper->wake);
	pthread_mutex_destroy(&reaper->lock);
	free(reaper);
}

/* The oldest has had the most time to read its answer. Each new socket ends
 * one old one; the thread removes it soon. */
static void end_oldest(struct reaper *reaper)
{
	struct kept *oldest = NULL;

	for (struct kept *kept = reaper->first; kept; kept = kept->next)
		if (kept->until != 0)
			oldest = kept;
	if (oldest)
		oldest->until = 0;
}

void reaper_add(struct reaper *reaper, int fd)
{
	struct kept *kept = calloc(1, sizeof *kept);
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP };
	bool added = false;

	if (!kept)
		return;
	kept->fd = -1;
	kept->until = clock_after(TIME_MAX);
	event.data.ptr = kept;
	pthread_mutex_lock(&reaper->lock);
	if (reaper->count >= reaper->places)
		end_oldest(reaper);
	if (!reaper->stopping && reaper->count < 2 * reaper->places)
		kept->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (kept->fd >= 0) {
		kept->next = reaper->first;
		reaper->first = kept;
		reaper->count++;
		added = true;
		if (epoll_ctl(reaper->epoll, EPOLL_CTL_ADD, kept->fd, &event) !=
		    0)
			kept->ended = true;
	}
	pthread_mutex_unlock(&reaper->lock);
	if (added) {
		eventfd_write(reaper->wake, 1);
		return;
	}
	free(kept);
}
