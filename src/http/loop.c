#include "http/loop.h"

#include "http/handler.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct loop {
	struct server *server;
	struct MHD_Daemon *daemon;
	pthread_t thread;
	int epoll;     /* the daemon's own, guests and wake */
	int guests[2]; /* a pipe of struct loop_guest; closed to end it */
	int wake;      /* an eventfd */
	atomic_bool retired;
	atomic_uint guest_count;
};

/* One write each, whole. */
_Static_assert(sizeof(struct loop_guest) <= PIPE_BUF, "a guest is atomic");

/* Takes who has come; false when the pipe is closed. */
static bool take_guests(struct loop *loop)
{
	struct loop_guest guest;
	ssize_t len;

	while ((len = read(loop->guests[0], &guest, sizeof guest)) > 0)
		/* It closes the socket when it fails. */
		if (MHD_add_connection(loop->daemon, guest.fd,
			(const struct sockaddr *)&guest.address,
			guest.len) != MHD_YES)
			conns_forget(
			    &loop->server->conns, guest.fd, guest.conn);
	return len < 0;
}

/* Milliseconds for epoll_wait. */
static int wait_time(const struct loop *loop)
{
	MHD_UNSIGNED_LONG_LONG milliseconds;

	if (MHD_get_timeout(loop->daemon, &milliseconds) != MHD_YES)
		return -1;
	return milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
}

/* Waits until there is something to do; false when the loop is to end. */
static bool wait_for_work(struct loop *loop)
{
	struct epoll_event events[3];
	int count = epoll_wait(loop->epoll, events, 3, wait_time(loop));
	bool go_on = true;

	for (int i = 0; i < count; i++) {
		uint64_t wakes;
		ssize_t len;

		if (events[i].data.fd == loop->guests[0])
			go_on = take_guests(loop);
		else if (events[i].data.fd == loop->wake) {
			/* Before the daemon runs: no later one is lost. */
			len = read(loop->wake, &wakes, sizeof wakes);
			(void)len;
		}
	}
	return go_on;
}

static void *run(void *argument)
{
	struct loop *loop = argument;

	while (wait_for_work(loop))
		MHD_run(loop->daemon);
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

	if (pipe2(loop->guests, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return info && loop->epoll >= 0 && loop->wake >= 0 &&
	       watch(loop, loop->guests[0]) && watch(loop, loop->wake) &&
	       watch(loop, info->epoll_fd) &&
	       pthread_create(&loop->thread, NULL, run, loop) == 0;
}

static void release(struct loop *loop)
{
	if (loop->daemon)
		MHD_stop_daemon(loop->daemon);
	if (loop->epoll >= 0)
		close(loop->epoll);
	if (loop->guests[0] >= 0)
		close(loop->guests[0]);
	if (loop->wake >= 0)
		close(loop->wake);
	free(loop);
}

struct loop *loop_open(
    const struct entrance *entrance, const struct loop_options *options)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (!loop)
		return NULL;
	*loop = (struct loop){ .server = entrance->server,
		.epoll = -1,
		.guests = { -1, -1 },
		.wake = -1 };
	loop->daemon = handler_start(entrance, options);
	if (loop->daemon && start(loop))
		return loop;
	if (loop->guests[1] >= 0)
		close(loop->guests[1]);
	release(loop);
	return NULL;
}

bool loop_add(struct loop *loop, const struct loop_guest *guest)
{
	ssize_t written;

	guest->conn->loop = loop;
	atomic_fetch_add(&loop->guest_count, 1);
	do {
		written = write(loop->guests[1], guest, sizeof *guest);
	} while (written < 0 && errno == EINTR);
	return written == sizeof *guest;
}

void loop_hold(struct loop *loop)
{
	atomic_fetch_add(&loop->guest_count, 1);
}

void loop_left(struct loop *loop)
{
	atomic_fetch_sub(&loop->guest_count, 1);
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
	close(loop->guests[1]);
	pthread_join(loop->thread, NULL);
	release(loop);
}
