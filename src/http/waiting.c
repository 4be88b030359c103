#include "http/waiting.h"

#include <sys/ioctl.h>

/* Microseconds; a client that sends its next request soon is not cut off. */
#define GRACE 1000000
/* After so many connections with unread bytes waiting_take gives up: slotd is
 * then slower than its clients, and none of these has waited. */
#define LOOKS 64

void waiting_init(struct waiting *waiting)
{
	TAILQ_INIT(&waiting->list);
	pthread_mutex_init(&waiting->lock, NULL);
}

void waiting_done(struct waiting *waiting)
{
	pthread_mutex_destroy(&waiting->lock);
}

static void unlink_waiter(struct waiting *waiting, struct waiter *waiter)
{
	if (!waiter->there)
		return;
	waiter->there = false;
	TAILQ_REMOVE(&waiting->list, waiter, links);
}

void waiting_add(
    struct waiting *waiting, struct waiter *waiter, bool served, int64_t now)
{
	pthread_mutex_lock(&waiting->lock);
	unlink_waiter(waiting, waiter);
	waiter->since = now;
	waiter->served = served;
	waiter->there = !waiter->taken;
	if (waiter->there)
		TAILQ_INSERT_TAIL(&waiting->list, waiter, links);
	pthread_mutex_unlock(&waiting->lock);
}

void waiting_remove(struct waiting *waiting, struct waiter *waiter)
{
	pthread_mutex_lock(&waiting->lock);
	unlink_waiter(waiting, waiter);
	pthread_mutex_unlock(&waiting->lock);
}

static bool unread(int fd)
{
	int count = 0;

	return ioctl(fd, FIONREAD, &count) == 0 && count > 0;
}

struct waiter *waiting_take(struct waiting *waiting, int64_t now)
{
	struct waiter *waiter;
	unsigned looks = 0;

	pthread_mutex_lock(&waiting->lock);
	for (waiter = TAILQ_FIRST(&waiting->list); waiter;
	     waiter = TAILQ_NEXT(waiter, links)) {
		if (looks++ == LOOKS) {
			waiter = NULL;
			break;
		}
		if (waiter->served && now - waiter->since < GRACE)
			continue;
		if (!unread(waiter->fd))
			break;
	}
	if (waiter) {
		unlink_waiter(waiting, waiter);
		waiter->taken = true;
	}
	pthread_mutex_unlock(&waiting->lock);
	return waiter;
}
