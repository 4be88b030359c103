#include "http/loop.h"

#include "http/conn.h"
#include "http/hold.h"
#include "store/relay.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How many events a loop takes at a time. libmicrohttpd asks for 128, and after
 * exactly so many waits for the next one before it has served these. And of
 * fewer connections more is still in the processor's cache when they are
 * served. */
#define TURN 64

TAILQ_HEAD(conn_list, conn);

struct loop {
	const struct listener *listener;
	struct MHD_Daemon *daemon;
	int daemon_epoll; /* what the daemon waits for */
	pthread_t thread;
	int wake; /* an eventfd in daemon_epoll, written to when the loop is
		    * called */
	/* A connection is pending or was resumed, or the loop is to end. */
	atomic_bool called;
	pthread_mutex_t lock;     /* of pending */
	struct conn_list pending; /* handed over by the acceptor */
	struct relay *relay;      /* NULL: another loop runs it */
	/* Given to libmicrohttpd and not yet taken; the thread's own. */
	struct conn_list given;
	void *spare; /* the thread's own */
	atomic_bool ending;
	atomic_bool retired;
	atomic_uint conn_count; /* of connections and of loop_resume */
};

/*
 * libmicrohttpd takes the connections now, or when it runs next. If it cannot
 * (no memory, no room in its epoll), it closes the socket, mostly without an
 * error, and the acceptor may get another socket of that number. So a
 * connection stays in `given` until loop_taken, and those that are still there
 * after the run are lost (forget_lost).
 */
static void give_pending(struct loop *loop)
{
	const struct conn *next;

	pthread_mutex_lock(&loop->lock);
	TAILQ_CONCAT(&loop->given, &loop->pending, in_loop);
	pthread_mutex_unlock(&loop->lock);
	next = TAILQ_FIRST(&loop->given);
	while (next) {
		const struct conn *conn = next;

		/* Afterwards the connection may be gone. */
		next = TAILQ_NEXT(conn, in_loop);
		MHD_add_connection(loop->daemon, conn->fd,
		    (const struct sockaddr *)&conn->address, conn->address_len);
	}
}

struct conn *loop_taken(struct loop *loop, int fd)
{
	struct conn *conn = TAILQ_FIRST(&loop->given);

	/* All in the list were open at once: each number is there once. */
	while (conn && conn->fd != fd)
		conn = TAILQ_NEXT(conn, in_loop);
	if (!conn)
		return NULL;
	TAILQ_REMOVE(&loop->given, conn, in_loop);
	conn_taken(conn);
	return conn;
}

static void forget_lost(struct loop *loop)
{
	struct conn *conn;

	while ((conn = TAILQ_FIRST(&loop->given))) {
		TAILQ_REMOVE(&loop->given, conn, in_loop);
		loop_leave(loop, conn);
	}
}

/* Replaces the C library's. */
__attribute__((visibility("default"))) int epoll_wait(
    int fd, struct epoll_event *events, int most, int milliseconds)
{
	return epoll_pwait(
	    fd, events, most < TURN ? most : TURN, milliseconds, NULL);
}

static void answer_call(struct loop *loop)
{
	give_pending(loop);
	/* It resumes what is to be resumed, and does not wait. */
	MHD_run(loop->daemon);
	forget_lost(loop);
}

/* The loop whose thread this is. */
static _Thread_local struct loop *own;

/* `called` is cleared before it is looked at what the call was for, and read
 * before each wait, since MHD_run may have taken the event. */
static void *run(void *argument)
{
	struct loop *loop = argument;

	own = loop;
	while (!atomic_load(&loop->ending)) {
		if (atomic_exchange(&loop->called, false))
			answer_call(loop);
		else
			MHD_run_wait(loop->daemon, -1);
		hold_release();
		if (loop->relay)
			relay_run(loop->relay);
	}
	return NULL;
}

void *loop_spare(struct loop *loop)
{
	void *spare = loop->spare;

	loop->spare = NULL;
	return spare;
}

void loop_keep(struct loop *loop, void *memory)
{
	free(loop->spare);
	loop->spare = memory;
}

static void release(struct loop *loop)
{
	give_pending(loop);
	if (loop->daemon)
		MHD_stop_daemon(loop->daemon);
	forget_lost(loop);
	free(loop->spare);
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
	*loop = (struct loop){ .listener = listener,
		.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	TAILQ_INIT(&loop->pending);
	TAILQ_INIT(&loop->given);
	pthread_mutex_init(&loop->lock, NULL);
	return loop;
}

/* The descriptor joins what the daemon waits for: libmicrohttpd skips events
 * whose data is NULL. */
static bool watch(const struct loop *loop, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = NULL };

	return epoll_ctl(loop->daemon_epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Edge-triggered, the eventfd is never read: each write is an event. */
static bool watch_all(struct loop *loop)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	if (!info)
		return false;
	loop->daemon_epoll = info->epoll_fd;
	return watch(loop, loop->wake, EPOLLIN | EPOLLET) &&
	       (!loop->relay || watch(loop, relay_fd(loop->relay), EPOLLIN));
}

bool loop_start(
    struct loop *loop, struct MHD_Daemon *daemon, struct relay *relay)
{
	loop->daemon = daemon;
	loop->relay = relay;
	if (daemon && loop->wake >= 0 && watch_all(loop) &&
	    pthread_create(&loop->thread, NULL, run, loop) == 0)
		return true;
	release(loop);
	return false;
}

/* A loop that was called, and has not answered yet, needs no second event, and
 * a thread none for its own loop. */
static void call(struct loop *loop)
{
	if (!atomic_exchange(&loop->called, true) && loop != own)
		eventfd_write(loop->wake, 1);
}

void loop_add(struct loop *loop, struct conn *conn)
{
	conn->loop = loop;
	atomic_fetch_add(&loop->conn_count, 1);
	pthread_mutex_lock(&loop->lock);
	TAILQ_INSERT_TAIL(&loop->pending, conn, in_loop);
	pthread_mutex_unlock(&loop->lock);
	call(loop);
}

const struct listener *loop_listener(const struct loop *loop)
{
	return loop->listener;
}

void loop_leave(struct loop *loop, struct conn *conn)
{
	conn_leave(conn);
	atomic_fetch_sub(&loop->conn_count, 1);
}

bool loop_busy(const struct loop *loop)
{
	return atomic_load(&loop->conn_count) > 0;
}

void loop_retire(struct loop *loop)
{
	atomic_store(&loop->retired, true);
}

bool loop_retired(const struct loop *loop)
{
	return atomic_load(&loop->retired);
}

void loop_resume(struct loop *loop, struct MHD_Connection *mhd)
{
	/* Once resumed, the request may end at any time, and its connection
	 * with it; the count keeps the loop that is to be woken. */
	atomic_fetch_add(&loop->conn_count, 1);
	MHD_resume_connection(mhd);
	call(loop);
	atomic_fetch_sub(&loop->conn_count, 1);
}

void loop_close(struct loop *loop)
{
	atomic_store(&loop->ending, true);
	call(loop);
	pthread_join(loop->thread, NULL);
	release(loop);
}
