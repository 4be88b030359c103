#include "http/conn.h"

#include "http/sendfile.h"
#include "service/clock.h"
#include "service/random.h"

#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define TICK 200000   /* microseconds */
#define STILL 1000000 /* microseconds */
#define FLOOD 64

static void end_late(struct conn_table *table, int64_t now)
{
	for (struct conn *conn = LIST_FIRST(&table->list); conn;
	     conn = LIST_NEXT(conn, links)) {
		if (!conn->taken || atomic_load(&conn->deadline) > now)
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

/* libmicrohttpd does not notice a client that closes together with its last
 * bytes. It counts as gone at the second look that finds it closed, if nothing
 * has arrived in between: until then libmicrohttpd may still be reading. */
static void end_gone(struct conn_table *table)
{
	nfds_t count = 0;

	for (struct conn *conn = LIST_FIRST(&table->list); conn;
	     conn = LIST_NEXT(conn, links)) {
		if (!conn->taken || !atomic_load(&conn->receiving))
			continue;
		table->polls[count] = (struct pollfd){ conn->fd, POLLRDHUP, 0 };
		table->polled[count++] = conn;
	}
	if (poll(table->polls, count, 0) <= 0)
		return;
	for (nfds_t i = 0; i < count; i++) {
		struct conn *conn = table->polled[i];
		unsigned progress = atomic_load(&conn->progress);

		if (!table->polls[i].revents || !at_end(conn->fd))
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

/* Whether half of the connections have gone, and they were not few. */
static bool is_past_flood(const struct conn_table *table)
{
	return table->most - table->count >= FLOOD &&
	       table->count <= table->most / 2;
}

/* libc keeps what is freed below anything that is still in use. */
static void give_memory_back(struct conn_table *table)
{
	if (!is_past_flood(table))
		return;
	table->most = table->count;
	pthread_mutex_unlock(&table->lock);
	malloc_trim(0);
	pthread_mutex_lock(&table->lock);
}

/* Whoever was stopped, with its machine or alone, has not read what came
 * meanwhile: when a look comes that late, nobody misses a deadline for a
 * moment. Not twice in a row, for a machine that is always late. */
static bool stood_still(int64_t *until, int64_t now, int64_t expected)
{
	if (*until == 0 && now > expected + STILL)
		*until = now + STILL;
	else if (now >= *until)
		*until = 0;
	return *until != 0;
}

/* The looks are a TICK apart, however often `changed` is signalled: of two
 * looks in a row the second would take a client for gone that only waits for
 * its answer. */
static void *watch(void *argument)
{
	struct conn_table *table = argument;
	int64_t still_until = 0;
	int64_t next = 0;
	int64_t now;

	pthread_mutex_lock(&table->lock);
	while (!table->stopping) {
		now = clock_micros();
		if (LIST_EMPTY(&table->list) && !is_past_flood(table)) {
			pthread_cond_wait(&table->changed, &table->lock);
			next = clock_micros();
		} else if (now < next) {
			clock_cond_wait(&table->changed, &table->lock, next);
		} else {
			if (!stood_still(&still_until, now, next))
				end_late(table, now);
			end_gone(table);
			give_memory_back(table);
			next = clock_micros() + TICK;
		}
	}
	pthread_mutex_unlock(&table->lock);
	return NULL;
}

/* Raises the limit of open files to what the system allows. */
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

static void free_tables(struct conn_table *table)
{
	free(table->polls);
	free(table->polled);
	crowd_close(table->crowd);
}

bool conn_table_open(struct conn_table *table)
{
	struct crowd_key key;

	random_bytes(&key, sizeof key);
	*table = (struct conn_table){ 0 };
	table->fd_max = raise_fd_limit();
	table->polls = calloc((size_t)table->fd_max, sizeof *table->polls);
	table->polled = calloc((size_t)table->fd_max, sizeof *table->polled);
	table->crowd = crowd_open((size_t)table->fd_max / 2, &key);
	clock_cond_init(&table->changed);
	pthread_mutex_init(&table->lock, NULL);
	waiting_init(&table->waiting);
	if (table->polls && table->polled && table->crowd &&
	    sendfile_start(table->fd_max) &&
	    pthread_create(&table->watchdog, NULL, watch, table) == 0)
		return true;
	free_tables(table);
	return false;
}

void conn_table_close(struct conn_table *table)
{
	pthread_mutex_lock(&table->lock);
	table->stopping = true;
	pthread_cond_broadcast(&table->changed);
	pthread_mutex_unlock(&table->lock);
	pthread_join(table->watchdog, NULL);
	waiting_done(&table->waiting);
	free_tables(table);
}

static void unlink_conn(struct conn_table *table, struct conn *conn)
{
	LIST_REMOVE(conn, links);
	waiting_remove(&table->waiting, &conn->waiter);
	table->count--;
	if (conn->waiter.taken)
		table->ending--;
	if (conn->counted)
		crowd_leave(table->crowd, conn->counted);
	pthread_cond_broadcast(&table->changed);
	free(conn);
}

unsigned conn_table_most(const struct conn_table *table, unsigned wanted)
{
	unsigned half = (unsigned)table->fd_max / 2;

	return wanted < half ? wanted : half;
}

/* Until libmicrohttpd has closed the connection that is ended, there is one
 * more than in_all; there may be an eighth more at the most. */
static enum conn_verdict make_room(
    struct conn_table *table, unsigned in_all, struct peer *ret_ended)
{
	struct conn *conn;

	if (table->count - table->ending < in_all)
		return CONN_ENTERED;
	if (table->ending > in_all / 8)
		return CONN_FULL;
	/* The waiter is the first member of its connection. */
	conn = (struct conn *)waiting_take(&table->waiting, clock_micros());
	if (!conn)
		return CONN_FULL;
	table->ending++;
	/* A request that is being read at this moment is still answered. */
	shutdown(conn->fd, SHUT_RD);
	*ret_ended = conn->peer;
	return CONN_REPLACED;
}

/* Counts the connection in all and with its address. */
static enum conn_verdict admit(struct conn_table *table, struct conn *conn,
    const struct conn_limits *limits, struct peer *ret_ended)
{
	enum conn_verdict verdict;

	if (!conn->peer.local) {
		conn->counted = crowd_enter(
		    table->crowd, &conn->peer.ip, limits->per_address);
		if (!conn->counted)
			return limits->per_address ? CONN_CROWDED
						   : CONN_NO_MEMORY;
	}
	verdict = make_room(table, limits->in_all, ret_ended);
	if (verdict == CONN_FULL && conn->counted)
		crowd_leave(table->crowd, conn->counted);
	return verdict;
}

static void link_conn(struct conn_table *table, struct conn *conn)
{
	LIST_INSERT_HEAD(&table->list, conn, links);
	if (table->count++ == 0)
		pthread_cond_broadcast(&table->changed);
	if (table->count > table->most)
		table->most = table->count;
}

static struct conn *make_conn(struct conn_table *table,
    const struct conn_accepted *accepted, int64_t deadline, bool kept)
{
	struct conn *conn = calloc(1, sizeof *conn);

	if (!conn)
		return NULL;
	conn->table = table;
	conn->fd = conn->waiter.fd = accepted->fd;
	conn->address_len = accepted->len;
	if (conn->address_len > sizeof conn->address)
		conn->address_len = sizeof conn->address;
	memcpy(&conn->address, &accepted->address, conn->address_len);
	conn->peer = accepted->peer;
	conn->kept = kept;
	atomic_init(&conn->idle, true);
	atomic_init(&conn->rested, clock_micros());
	atomic_init(&conn->receiving, true);
	atomic_init(&conn->deadline, deadline);
	return conn;
}

struct conn *conn_enter(struct conn_table *table,
    const struct conn_accepted *accepted, int64_t deadline,
    const struct conn_limits *limits, enum conn_verdict *ret_verdict,
    struct peer *ret_ended)
{
	struct conn *conn = make_conn(table, accepted, deadline, limits->kept);

	*ret_verdict = CONN_NO_MEMORY;
	if (!conn)
		return NULL;
	pthread_mutex_lock(&table->lock);
	*ret_verdict = admit(table, conn, limits, ret_ended);
	if (*ret_verdict <= CONN_REPLACED)
		link_conn(table, conn);
	pthread_mutex_unlock(&table->lock);
	if (*ret_verdict <= CONN_REPLACED)
		return conn;
	free(conn);
	return NULL;
}

static void wait_for_request(struct conn *conn, bool served, int64_t now)
{
	if (!conn->kept)
		waiting_add(&conn->table->waiting, &conn->waiter, served, now);
}

void conn_taken(struct conn *conn)
{
	struct conn_table *table = conn->table;

	pthread_mutex_lock(&table->lock);
	conn->taken = true;
	wait_for_request(conn, false, clock_micros());
	if (table->cut)
		shutdown(conn->fd, SHUT_RDWR);
	pthread_mutex_unlock(&table->lock);
}

void conn_leave(struct conn *conn)
{
	struct conn_table *table = conn->table;

	pthread_mutex_lock(&table->lock);
	unlink_conn(table, conn);
	pthread_mutex_unlock(&table->lock);
}

void conn_begin(struct conn *conn)
{
	if (!conn->kept)
		waiting_remove(&conn->table->waiting, &conn->waiter);
}

void conn_rest(struct conn *conn, int64_t now)
{
	atomic_store(&conn->rested, now);
	atomic_store(&conn->idle, true);
	wait_for_request(conn, true, now);
}

/* How many bytes the client has sent; 0 for a unix socket. */
static uint64_t heard(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return 0;
	return info.tcpi_bytes_received;
}

void conn_table_end_idle(struct conn_table *table, int64_t now, int64_t grace)
{
	pthread_mutex_lock(&table->lock);
	for (struct conn *conn = LIST_FIRST(&table->list); conn;
	     conn = LIST_NEXT(conn, links)) {
		uint64_t bytes;

		if (!conn->taken || !atomic_load(&conn->idle))
			continue;
		bytes = heard(conn->fd);
		if (bytes != conn->heard)
			/* A TLS handshake, or the beginning of a request. */
			atomic_store(&conn->rested, now);
		conn->heard = bytes;
		if (atomic_load(&conn->rested) <= now - grace)
			shutdown(conn->fd, SHUT_RD);
	}
	pthread_mutex_unlock(&table->lock);
}

void conn_table_end_all(struct conn_table *table)
{
	pthread_mutex_lock(&table->lock);
	table->cut = true;
	for (struct conn *conn = LIST_FIRST(&table->list); conn;
	     conn = LIST_NEXT(conn, links))
		if (conn->taken)
			shutdown(conn->fd, SHUT_RDWR);
	pthread_mutex_unlock(&table->lock);
}

bool conn_table_wait(struct conn_table *table, int64_t until)
{
	bool none;

	pthread_mutex_lock(&table->lock);
	while (table->count && clock_micros() < until)
		clock_cond_wait(&table->changed, &table->lock, until);
	none = table->count == 0;
	pthread_mutex_unlock(&table->lock);
	return none;
}
