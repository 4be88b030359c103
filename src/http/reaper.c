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
#define TIME_MAX 10000000 /* microseconds */
#define BYTES_MAX (64 << 20)
#define EVENTS 64

struct place {
	struct place *next;
	int fd;
	int64_t until;
	int64_t bytes;
	bool ended;
};

struct reaper {
	pthread_mutex_t lock;
	pthread_t thread;
	struct place *first; /* others add, only the thread removes */
	unsigned count;
	unsigned places;
	bool stopping;
	int epoll;
	int wake;
	char piece[65536];
};

static void read_away(struct reaper *reaper, struct place *place)
{
	while (!place->ended) {
		ssize_t len = recv(place->fd, reaper->piece,
		    sizeof reaper->piece, MSG_DONTWAIT);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (len <= 0) {
			place->ended = true;
			return;
		}
		place->bytes += len;
		if (place->bytes > BYTES_MAX)
			place->ended = true;
	}
}

/* Removes what has ended or is late. Gives the time for epoll_wait; when it
 * is time to go, *ret_end is set. */
static int tidy(struct reaper *reaper, bool *ret_end)
{
	int64_t now = clock_micros();
	int timeout;

	pthread_mutex_lock(&reaper->lock);
	for (struct place **at = &reaper->first; *at;) {
		struct place *place = *at;

		if (!place->ended && place->until > now) {
			at = &place->next;
			continue;
		}
		*at = place->next;
		/* Closing alone does not end the watch while the owner's
		 * descriptor is open. */
		epoll_ctl(reaper->epoll, EPOLL_CTL_DEL, place->fd, NULL);
		close(place->fd);
		free(place);
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
		uint64_t count;
		int n;

		if (end)
			return NULL;
		n = epoll_wait(reaper->epoll, events, EVENTS, timeout);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				read_away(reaper, events[i].data.ptr);
			else if (read(reaper->wake, &count, sizeof count) < 0)
				break;
		}
	}
}

static void wake(struct reaper *reaper)
{
	uint64_t one = 1;
	ssize_t written = write(reaper->wake, &one, sizeof one);

	(void)written; /* only fails when it is awake already */
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
	for (struct place *place = reaper->first; place; place = place->next)
		if (place->until > until)
			place->until = until;
	pthread_mutex_unlock(&reaper->lock);
	wake(reaper);
	pthread_join(reaper->thread, NULL);
	close(reaper->epoll);
	close(reaper->wake);
	pthread_mutex_destroy(&reaper->lock);
	free(reaper);
}

/* Who waits longest has had the best chance to read its answer. Not more
 * than one for each that comes: the thread removes it soon. */
static void end_oldest(struct reaper *reaper)
{
	struct place *oldest = NULL;

	for (struct place *place = reaper->first; place; place = place->next)
		if (place->until != 0)
			oldest = place;
	if (oldest)
		oldest->until = 0;
}

void reaper_add(struct reaper *reaper, int fd)
{
	struct place *place = calloc(1, sizeof *place);
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP };
	bool added = false;

	if (!place)
		return;
	place->fd = -1;
	place->until = clock_micros() + TIME_MAX;
	event.data.ptr = place;
	pthread_mutex_lock(&reaper->lock);
	if (reaper->count >= reaper->places)
		end_oldest(reaper);
	if (!reaper->stopping && reaper->count < 2 * reaper->places)
		place->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (place->fd >= 0) {
		place->next = reaper->first;
		reaper->first = place;
		reaper->count++;
		added = true;
		if (epoll_ctl(
			reaper->epoll, EPOLL_CTL_ADD, place->fd, &event) != 0)
			place->ended = true;
	}
	pthread_mutex_unlock(&reaper->lock);
	if (added) {
		wake(reaper);
		return;
	}
	free(place);
}
