#include "http/conn.h"

#include "service/clock.h"
#include "service/random.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define TICK 200000 /* microseconds */

static void end_late(struct conns *conns, int64_t now)
{
	for (struct conn *conn = conns->first; conn; conn = conn->next) {
		if (conn->handed || atomic_load(&conn->deadline) > now)
			continue;
		atomic_store(&conn->late, true);
		shutdown(conn->fd, SHUT_RDWR);
		atomic_store(&conn->deadline, CONN_NO_DEADLINE);
	}
}

static bool at_end(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* A client that has closed is believed at the second look, when nothing has
 * moved since. */
static void end_gone(struct conns *conns)
{
	nfds_t count = 0;

	for (struct conn *conn = conns->first; conn; conn = conn->next) {
		if (conn->handed || !atomic_load(&conn->receiving))
			continue;
		conns->polls[count] = (struct pollfd){ conn->fd, POLLRDHUP, 0 };
		conns->polled[count++] = conn;
	}
	if (poll(conns->polls, count, 0) <= 0)
		return;
	for (nfds_t i = 0; i < count; i++) {
		struct conn *conn = conns->polled[i];
		unsigned progress = atomic_load(&conn->progress);

		if (!conns->polls[i].revents || !at_end(conn->fd))
			continue;
		if (conn->gone && conn->gone_at == progress)
			shutdown(conn->fd, SHUT_RDWR);
		conn->gone = true;
		conn->gone_at = progress;
	}
}

void conn_expect(struct conn *conn, int64_t deadline)
{
	atomic_fetch_add(&conn->progress, 1);
	atomic_store(&conn->deadline, deadline);
	atomic_store(&conn->receiving, true);
}

void conn_serve(struct conn *conn, int64_t deadline)
{
	atomic_store(&conn->receiving, false);
	atomic_store(&conn->deadline, deadline);
}

/* Its looks are a TICK apart, however often something changes meanwhile: two
 * at once would take a client that only waits for its answer for gone. */
static void *watch(void *argument)
{
	struct conns *conns = argument;
	int64_t next = 0;

	pthread_mutex_lock(&conns->lock);
	while (!conns->stopping) {
		if (!conns->first) {
			pthread_cond_wait(&conns->changed, &conns->lock);
		} else if (clock_micros() < next) {
			clock_cond_wait(&conns->changed, &conns->lock, next);
		} else {
			end_late(conns, clock_micros());
			end_gone(conns);
			next = clock_micros() + TICK;
		}
	}
	pthread_mutex_unlock(&conns->lock);
	return NULL;
}

/* As many descriptors as the system lets us have. */
static int raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1024;
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_cur > 1048576)
		limit.rlim_cur = 1048576;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		getrlimit(RLIMIT_NOFILE, &limit);
	return (int)limit.rlim_cur;
}

static void free_tables(struct conns *conns)
{
	free(conns->polls);
	free(conns->polled);
	if (conns->crowd)
		crowd_close(conns->crowd);
}

static struct crowd *open_crowd(int fd_max)
{
	struct crowd_key key;

	random_bytes(&key, sizeof key);
	return crowd_open((size_t)fd_max / 4, &key);
}

bool conns_open(struct conns *conns)
{
	*conns = (struct conns){ 0 };
	conns->fd_max = raise_fd_limit();
	conns->polls = calloc((size_t)conns->fd_max, sizeof *conns->polls);
	conns->polled = calloc((size_t)conns->fd_max, sizeof *conns->polled);
	conns->crowd = open_crowd(conns->fd_max);
	if (!conns->polls || !conns->polled || !conns->crowd) {
		free_tables(conns);
		return false;
	}
	clock_cond_init(&conns->changed);
	pthread_mutex_init(&conns->lock, NULL);
	waiting_init(&conns->waiting);
	if (pthread_create(&conns->watchdog, NULL, watch, conns) == 0)
		return true;
	free_tables(conns);
	return false;
}

void conns_close(struct conns *conns)
{
	pthread_mutex_lock(&conns->lock);
	conns->stopping = true;
	pthread_cond_broadcast(&conns->changed);
	pthread_mutex_unlock(&conns->lock);
	pthread_join(conns->watchdog, NULL);
	waiting_done(&conns->waiting);
	free_tables(conns);
}

static void unlink_conn(struct conns *conns, struct conn *conn)
{
	if (conn->next)
		conn->next->before = conn->before;
	if (conn->before)
		conn->before->next = conn->next;
	else
		conns->first = conn->next;
	waiting_remove(&conns->waiting, &conn->waiter);
	conns->count--;
	if (conn->waiter.taken)
		conns->ending--;
	if (conn->counted)
		crowd_leave(conns->crowd, conn->counted);
	pthread_cond_broadcast(&conns->changed);
	free(conn);
}

unsigned conns_most(const struct conns *conns, unsigned wanted)
{
	unsigned half = (unsigned)conns->fd_max / 2;

	return wanted < half ? wanted : half;
}

/* libmicrohttpd needs a moment to close it: until then there is one more,
 * though not any number. */
static enum conns_verdict make_room(
    struct conns *conns, unsigned in_all, struct peer *ret_ended)
{
	struct conn *conn;

	if (conns->count - conns->ending < in_all)
		return CONNS_ENTERED;
	if (conns->ending > in_all / 8)
		return CONNS_FULL;
	/* Its waiter comes first in a connection. */
	conn = (struct conn *)waiting_take(&conns->waiting, clock_micros());
	if (!conn)
		return CONNS_FULL;
	conns->ending++;
	/* What is being read this very moment is still answered. */
	shutdown(conn->fd, SHUT_RD);
	*ret_ended = conn->peer;
	return CONNS_REPLACED;
}

/* Counts it in all and with its address. */
static enum conns_verdict admit(struct conns *conns, struct conn *conn,
    const struct conns_limits *limits, struct peer *ret_ended)
{
	enum conns_verdict verdict;

	if (!conn->peer.local) {
		conn->counted = crowd_enter(
		    conns->crowd, &conn->peer.ip, limits->per_address);
		if (!conn->counted)
			return limits->per_address ? CONNS_CROWDED
						   : CONNS_NO_MEMORY;
	}
	verdict = make_room(conns, limits->in_all, ret_ended);
	if (verdict == CONNS_FULL && conn->counted)
		crowd_leave(conns->crowd, conn->counted);
	return verdict;
}

static void link_conn(struct conns *conns, struct conn *conn)
{
	conn->next = conns->first;
	if (conn->next)
		conn->next->before = conn;
	conns->first = conn;
	if (conns->count++ == 0)
		pthread_cond_broadcast(&conns->changed);
}

struct conn *conns_enter(struct conns *conns, int fd, struct peer peer,
    int64_t deadline, const struct conns_limits *limits,
    enum conns_verdict *ret_verdict, struct peer *ret_ended)
{
	struct conn *conn = calloc(1, sizeof *conn);

	*ret_verdict = CONNS_NO_MEMORY;
	if (!conn)
		return NULL;
	conn->fd = conn->waiter.fd = fd;
	conn->peer = peer;
	conn->kept = limits->kept;
	atomic_init(&conn->idle, true);
	atomic_init(&conn->rested, clock_micros());
	atomic_init(&conn->receiving, true);
	atomic_init(&conn->deadline, deadline);
	pthread_mutex_lock(&conns->lock);
	*ret_verdict = admit(conns, conn, limits, ret_ended);
	if (*ret_verdict <= CONNS_REPLACED)
		link_conn(conns, conn);
	pthread_mutex_unlock(&conns->lock);
	if (*ret_verdict <= CONNS_REPLACED)
		return conn;
	free(conn);
	return NULL;
}

static void wait_on(struct conns *conns, struct conn *conn, bool served)
{
	if (!conn->kept)
		waiting_add(
		    &conns->waiting, &conn->waiter, served, clock_micros());
}

void conns_hand_over(struct conns *conns, struct conn *conn)
{
	pthread_mutex_lock(&conns->lock);
	conn->handed = true;
	pthread_mutex_unlock(&conns->lock);
}

void conns_took(struct conns *conns, struct conn *conn)
{
	pthread_mutex_lock(&conns->lock);
	conn->handed = false;
	wait_on(conns, conn, false);
	if (conns->cut)
		shutdown(conn->fd, SHUT_RDWR);
	pthread_mutex_unlock(&conns->lock);
}

void conns_leave(struct conns *conns, struct conn *conn)
{
	pthread_mutex_lock(&conns->lock);
	unlink_conn(conns, conn);
	pthread_mutex_unlock(&conns->lock);
}

void conn_begin(struct conns *conns, struct conn *conn)
{
	if (!conn->kept)
		waiting_remove(&conns->waiting, &conn->waiter);
}

void conn_rest(struct conns *conns, struct conn *conn)
{
	atomic_store(&conn->rested, clock_micros());
	atomic_store(&conn->idle, true);
	wait_on(conns, conn, true);
}

/* Bytes that have ever come in; 0 for a unix socket. */
static uint64_t heard(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return 0;
	return info.tcpi_bytes_received;
}

void conns_end_idle(struct conns *conns, int64_t now, int64_t grace)
{
	pthread_mutex_lock(&conns->lock);
	for (struct conn *conn = conns->first; conn; conn = conn->next) {
		uint64_t bytes;

		if (conn->handed || !atomic_load(&conn->idle))
			continue;
		bytes = heard(conn->fd);
		if (bytes != conn->heard)
			/* A handshake, or the beginning of a request. */
			atomic_store(&conn->rested, now);
		conn->heard = bytes;
		if (atomic_load(&conn->rested) <= now - grace)
			shutdown(conn->fd, SHUT_RD);
	}
	pthread_mutex_unlock(&conns->lock);
}

void conns_end_all(struct conns *conns)
{
	pthread_mutex_lock(&conns->lock);
	conns->cut = true;
	for (struct conn *conn = conns->first; conn; conn = conn->next)
		if (!conn->handed)
			shutdown(conn->fd, SHUT_RDWR);
	pthread_mutex_unlock(&conns->lock);
}

bool conns_wait(struct conns *conns, int64_t until)
{
	bool none;

	pthread_mutex_lock(&conns->lock);
	while (conns->count && clock_micros() < until)
		clock_cond_wait(&conns->changed, &conns->lock, until);
	none = conns->count == 0;
	pthread_mutex_unlock(&conns->lock);
	return none;
}
