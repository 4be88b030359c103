#include "http/loop.h"

#include "http/server.h"

#include <limits.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A connection that waits for the loop's thread. */
struct guest {
	struct guest *next;
	struct loop_guest is;
};

struct loop {
	const struct listener *listener;
	struct MHD_Daemon *daemon;
	pthread_t thread;
	int epoll; /* the daemon's own, and wake */
	int wake;  /* an eventfd: guests, resumed connections, the end */
	pthread_mutex_t lock; /* of the guests */
	struct guest *first;
	struct guest **last;
	struct conn *handed;       /* see take_guests; the thread's own, */
	struct conn **handed_last; /* in the order of their coming */
	atomic_bool ending;
	atomic_bool retired;
	atomic_uint guest_count;
};

static struct conn_table *conns_of(const struct loop *loop)
{
	return &loop->listener->server->conns;
}

static struct guest *next_guests(struct loop *loop)
{
	struct guest *guests;

	pthread_mutex_lock(&loop->lock);
	guests = loop->first;
	loop->first = NULL;
	loop->last = &loop->first;
	pthread_mutex_unlock(&loop->lock);
	return guests;
}

static void hand_over(struct loop *loop, struct conn *conn)
{
	conn_hand_over(conns_of(loop), conn);
	conn->behind = NULL;
	*loop->handed_last = conn;
	loop->handed_last = &conn->behind;
}

/*
 * libmicrohttpd takes them in now, or when it runs next. Where it cannot (no
 * memory, no room in its epoll) it closes the socket, and mostly says nothing:
 * the number of the socket is another's then. So each is in the list of those
 * handed over until loop_took, and whoever is left there after the run is
 * gone (forget_lost).
 */
static void take_guests(struct loop *loop)
{
	struct guest *guest = next_guests(loop), *next;

	for (struct guest *one = guest; one; one = one->next)
		hand_over(loop, one->is.conn);
	for (; guest; guest = next) {
		next = guest->next;
		MHD_add_connection(loop->daemon, guest->is.fd,
		    (const struct sockaddr *)&guest->is.address, guest->is.len);
		free(guest);
	}
}

struct conn *loop_took(struct loop *loop, int fd)
{
	struct conn **at = &loop->handed, *conn;

	/* All of the list were open at once: no number is there twice. */
	while (*at && (*at)->fd != fd)
		at = &(*at)->behind;
	conn = *at;
	if (!conn)
		return NULL;
	*at = conn->behind;
	if (!*at)
		loop->handed_last = at;
	conn_taken(conns_of(loop), conn);
	return conn;
}

static void forget_lost(struct loop *loop)
{
	struct conn *conn = loop->handed;

	loop->handed = NULL;
	loop->handed_last = &loop->handed;
	while (conn) {
		struct conn *next = conn->behind;

		loop_leave(loop, conn);
		conn = next;
	}
}

/* Milliseconds for epoll_wait. */
static int wait_time(const struct loop *loop)
{
	MHD_UNSIGNED_LONG_LONG milliseconds;

	if (MHD_get_timeout(loop->daemon, &milliseconds) != MHD_YES)
		return -1;
	return milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
}

static void wait_for_work(struct loop *loop)
{
	struct epoll_event events[2];
	int count = epoll_wait(loop->epoll, events, 2, wait_time(loop));

	for (int i = 0; i < count; i++) {
		uint64_t wakes;
		ssize_t len;

		if (events[i].data.fd != loop->wake)
			continue;
		/* Before it looks what there is: no later one is lost. */
		len = read(loop->wake, &wakes, sizeof wakes);
		(void)len;
		take_guests(loop);
	}
}

static void *run(void *argument)
{
	struct loop *loop = argument;

	while (!atomic_load(&loop->ending)) {
		wait_for_work(loop);
		MHD_run(loop->daemon);
		forget_lost(loop);
	}
	return NULL;
}

static bool watch(const struct loop *loop, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool start(struct loop *loop)
{
	const union MHD_DaemonInfo *info;

	info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return info && loop->epoll >= 0 && loop->wake >= 0 &&
	       watch(loop, loop->wake) && watch(loop, info->epoll_fd) &&
	       pthread_create(&loop->thread, NULL, run, loop) == 0;
}

static void release(struct loop *loop)
{
	take_guests(loop);
	if (loop->daemon)
		MHD_stop_daemon(loop->daemon);
	forget_lost(loop);
	if (loop->epoll >= 0)
		close(loop->epoll);
	if (loop->wake >= 0)
		close(loop->wake);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

struct loop *loop_open(const struct listener *listener)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (!loop)
		return NULL;
	*loop = (struct loop){ .listener = listener, .epoll = -1, .wake = -1 };
	loop->last = &loop->first;
	loop->handed_last = &loop->handed;
	pthread_mutex_init(&loop->lock, NULL);
	return loop;
}

bool loop_start(struct loop *loop, struct MHD_Daemon *daemon)
{
	loop->daemon = daemon;
	if (daemon && start(loop))
		return true;
	release(loop);
	return false;
}

bool loop_add(struct loop *loop, const struct loop_guest *guest)
{
	struct guest *last = malloc(sizeof *last);
	bool first;

	if (!last)
		return false;
	*last = (struct guest){ NULL, *guest };
	guest->conn->loop = loop;
	atomic_fetch_add(&loop->guest_count, 1);
	pthread_mutex_lock(&loop->lock);
	first = !loop->first;
	*loop->last = last;
	loop->last = &last->next;
	pthread_mutex_unlock(&loop->lock);
	if (first)
		loop_wake(loop);
	return true;
}

const struct listener *loop_listener(const struct loop *loop)
{
	return loop->listener;
}

void loop_hold(struct loop *loop)
{
	atomic_fetch_add(&loop->guest_count, 1);
}

void loop_release(struct loop *loop)
{
	atomic_fetch_sub(&loop->guest_count, 1);
}

void loop_leave(struct loop *loop, struct conn *conn)
{
	conn_leave(conns_of(loop), conn);
	loop_release(loop);
}

bool loop_busy(const struct loop *loop)
{
	return atomic_load(&loop->guest_count) > 0;
}

void loop_retire(struct loop *loop)
{
	atomic_store(&loop->retired, true);
}

bool loop_retired(const struct loop *loop)
{
	return atomic_load(&loop->retired);
}

void loop_wake(struct loop *loop)
{
	const uint64_t one = 1;
	/* When the counter is full it is awake. */
	ssize_t written = write(loop->wake, &one, sizeof one);

	(void)written;
}

void loop_close(struct loop *loop)
{
	atomic_store(&loop->ending, true);
	loop_wake(loop);
	pthread_join(loop->thread, NULL);
	release(loop);
}
