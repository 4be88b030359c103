#include "http/waiting.h"

#include <sys/ioctl.h>

/* Microseconds; a client that sends its next request soon is not cut off. */
#define GRACE 1000000
/* After so many connections with unread bytes waiting_take gives up: slotd is
 * then slower than its clients, and none of these has waited. */
#define LOOKS 64

void waiting_init(struct waiting *waiting)
{
	*waiting = (struct waiting){ .first = NULL };
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
	if (waiter->before)
		waiter->before->next = waiter->next;
	else
		waiting->first = waiter->next;
	if (waiter->next)
		waiter->next->before = waiter->before;
	else
		waiting->last = waiter->before;
}

static void link_last(struct waiting *waiting, struct waiter *waiter)
{
	waiter->there = true;
	waiter->next = NULL;
	waiter->before = waiting->last;
	if (waiter->before)
		waiter->before->next = waiter;
	else
		waiting->first = waiter;
	waiting->last = waiter;
}

void waiting_add(
    struct waiting *waiting, struct waiter *waiter, bool served, int64_t now)
{
	pthread_mutex_lock(&waiting->lock);
	unlink_waiter(waiting, waiter);
	waiter->since = now;
	waiter->served = served;
	if (!waiter->taken)
		link_last(waiting, waiter);
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
	for (waiter = waiting->first; waiter; waiter = waiter->next) {
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
