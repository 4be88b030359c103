#include "xmpp/connection.h"

#include "service/clock.h"
#include "service/random.h"
#include "xmpp/dial.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK_SIZE (512 << 10)
#define IN_SIZE 16384
/* So much is read at once, and no more while so much waits to be sent. */
#define PIECE 4096
#define OUT_HIGH (256u << 10)
/* Microseconds. */
#define SECOND INT64_C(1000000)
#define SHAKE_TIME (10 * SECOND)
#define LAST_TIME SECOND
#define WAIT_MAX (60 * SECOND)
#define CONFLICT_WAIT (60 * SECOND)
#define LONG_LIVED (10 * SECOND)

struct connection {
	struct component component;
	pthread_t thread;
	int wake; /* an eventfd */
	atomic_bool ending;
	atomic_bool woken; /* by a reload */
	int fd;            /* of the stream */
	char in[IN_SIZE];
	size_t in_len;
	int64_t wait;  /* before the next connection, at the most */
	int64_t since; /* the stream is open since then */
	char jid[JID_PART_MAX + 1]; /* as the server knows it */
	char domain[];
};

/* --- waiting --------------------------------------------------------------*/

static void clear_wake(struct connection *connection)
{
	uint64_t count;

	while (
	    read(connection->wake, &count, sizeof count) < 0 && errno == EINTR)
		;
}

static int milliseconds_to(int64_t until)
{
	int64_t left = (until - clock_micros() + 999) / 1000;

	return left > 0 ? (int)left : 0;
}

/* Before the next connection; a reload cuts it short. */
static void pause_for(struct connection *connection, int64_t micros)
{
	const int64_t until = clock_micros() + micros;
	struct pollfd polled = { connection->wake, POLLIN, 0 };

	while (!atomic_load(&connection->ending) &&
	       !atomic_load(&connection->woken) && clock_micros() < until) {
		poll(&polled, 1, milliseconds_to(until));
		if (polled.revents)
			clear_wake(connection);
	}
}

/* Between half of the wait and all of it; it doubles. */
static int64_t next_wait(struct connection *connection)
{
	uint32_t random;
	int64_t wait;

	random_bytes(&random, sizeof random);
	wait =
	    connection->wait / 2 + (int64_t)random % (connection->wait / 2 + 1);
	connection->wait *= 2;
	if (connection->wait > WAIT_MAX)
		connection->wait = WAIT_MAX;
	return wait;
}

/* --- the log --------------------------------------------------------------*/

static void say(const struct connection *connection, enum conf_log_level level,
    const char *state, const char *reason)
{
	const struct component *component = &connection->component;
	struct service *service =
	    component->house->service(component->house->argument);
	struct log_line line;

	log_begin(&line, &service->log, level, "component");
	log_span(&line, "component", component->domain);
	log_text(&line, "state", state);
	log_text(&line, "reason", reason);
	log_end(&line);
	service_release(service);
}

/* --- a stream -------------------------------------------------------------*/

/* Sends what can be sent. False: the connection is gone. */
static bool flush(struct connection *connection)
{
	struct stream *stream = connection->component.stream;
	struct span out;
	ssize_t sent;

	while ((out = stream_out(stream)).len) {
		sent = send(connection->fd, out.at, out.len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN;
		stream_sent(stream, (size_t)sent);
	}
	return true;
}

/* False: the server has closed the connection. */
static bool receive(struct connection *connection)
{
	ssize_t len = recv(connection->fd, connection->in,
	    sizeof connection->in, MSG_DONTWAIT);

	if (len > 0)
		connection->in_len = (size_t)len;
	return len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR));
}

static void shake(struct connection *connection)
{
	struct component *component = &connection->component;
	struct service *service =
	    component->house->service(component->house->argument);
	const struct conf_component *conf =
	    component_find(service->conf, component->domain);

	if (conf)
		stream_handshake(component->stream, conf->secret);
	service_release(service);
}

/* Reads a part of what was received. False: the stream has ended. */
static bool work(struct connection *connection)
{
	struct component *component = &connection->component;
	const bool was_open = stream_state(component->stream) == STREAM_OPEN;
	size_t len = connection->in_len < PIECE ? connection->in_len : PIECE;
	bool goes_on;

	goes_on =
	    component_feed(component, (struct span){ connection->in, len });
	connection->in_len -= len;
	memmove(connection->in, connection->in + len, connection->in_len);
	if (!goes_on)
		return false;
	if (stream_state(component->stream) == STREAM_HEADED)
		shake(connection);
	if (!was_open && stream_state(component->stream) == STREAM_OPEN) {
		connection->since = clock_micros();
		say(connection, CONF_LOG_INFO, "connected", NULL);
	}
	return true;
}

/* Waits for something to do until `until`. False: the connection is gone. */
static bool step(struct connection *connection, int64_t until)
{
	struct stream *stream = connection->component.stream;
	struct pollfd polled[] = { { connection->wake, POLLIN, 0 },
		{ connection->fd, 0, 0 } };

	if (!flush(connection))
		return false;
	if (stream_out(stream).len)
		polled[1].events |= POLLOUT;
	if (stream_out(stream).len < OUT_HIGH) {
		if (connection->in_len)
			return work(connection);
		polled[1].events |= POLLIN;
	}
	poll(polled, 2, milliseconds_to(until));
	if (polled[0].revents)
		clear_wake(connection);
	if (polled[1].revents & (POLLIN | POLLHUP | POLLERR))
		return receive(connection);
	return true;
}

/* Runs the stream until it ends. */
static void run_stream(struct connection *connection)
{
	struct stream *stream = connection->component.stream;
	const int64_t until = clock_micros() + SHAKE_TIME;
	bool alive = true;

	while (alive && !atomic_load(&connection->ending)) {
		const bool is_open = stream_state(stream) == STREAM_OPEN;

		if (!is_open && clock_micros() >= until)
			return;
		alive = step(
		    connection, is_open ? clock_micros() + 60 * SECOND : until);
	}
	if (alive)
		stream_finish(stream);
	flush(connection);
}

/* --- a connection ---------------------------------------------------------*/

/* Copies what the configuration says now. False: the component is no more. */
static bool get_dial(struct connection *connection, struct dial *ret_dial)
{
	const struct component *component = &connection->component;
	struct service *service =
	    component->house->service(component->house->argument);
	const struct conf_component *conf =
	    component_find(service->conf, component->domain);

	if (conf) {
		dial_init(ret_dial, conf);
		memcpy(connection->jid, conf->jid.at, conf->jid.len + 1);
	}
	service_release(service);
	return conf != NULL;
}

static void run_connection(struct connection *connection)
{
	struct component *component = &connection->component;
	const char *why = "out of memory";
	struct addrinfo *addresses;
	struct dial dial;

	if (!get_dial(connection, &dial))
		return;
	addresses = dial_resolve(&dial, &why);
	connection->fd = -1;
	if (addresses)
		connection->fd = dial_connect(addresses, connection->wake,
		    clock_micros() + SHAKE_TIME, &why);
	dial_free(addresses);
	if (connection->fd < 0) {
		say(connection, CONF_LOG_WARN, "disconnected", why);
		return;
	}
	connection->in_len = 0;
	component->stream =
	    stream_open(span_of(connection->jid), component_take, component);
	if (component->stream)
		run_stream(connection);
	close(connection->fd);
}

static void *serve(void *argument)
{
	struct connection *connection = argument;

	while (!atomic_load(&connection->ending)) {
		const char *condition = "";
		int64_t wait;

		atomic_store(&connection->woken, false);
		connection->since = 0;
		run_connection(connection);
		if (connection->since &&
		    clock_micros() - connection->since >= LONG_LIVED)
			connection->wait = 2 * SECOND;
		wait = next_wait(connection);
		if (connection->component.stream) {
			stream_end(connection->component.stream, &condition);
			if (span_is(span_of(condition), "conflict"))
				wait = CONFLICT_WAIT;
			say(connection, CONF_LOG_WARN, "disconnected",
			    condition);
		}
		stream_close(connection->component.stream);
		connection->component.stream = NULL;
		pause_for(connection, wait);
	}
	return NULL;
}

/* --- for the main thread --------------------------------------------------*/

struct connection *connection_open(
    const struct component_house *house, struct span domain)
{
	struct connection *connection =
	    calloc(1, sizeof *connection + domain.len + 1);
	pthread_attr_t small;
	int error = ENOMEM;

	if (!connection)
		return NULL;
	memcpy(connection->domain, domain.at, domain.len);
	connection->component.house = house;
	connection->component.domain = span_of(connection->domain);
	connection->wait = 2 * SECOND;
	connection->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_SIZE);
	if (connection->wake >= 0)
		error = pthread_create(
		    &connection->thread, &small, serve, connection);
	pthread_attr_destroy(&small);
	if (error == 0)
		return connection;
	if (connection->wake >= 0)
		close(connection->wake);
	free(connection);
	return NULL;
}

struct span connection_domain(const struct connection *connection)
{
	return connection->component.domain;
}

static void rouse(struct connection *connection)
{
	const uint64_t one = 1;
	ssize_t written = write(connection->wake, &one, sizeof one);

	(void)written; /* it is readable already */
}

void connection_wake(struct connection *connection)
{
	atomic_store(&connection->woken, true);
	rouse(connection);
}

void connection_end(struct connection *connection)
{
	atomic_store(&connection->ending, true);
	rouse(connection);
}

void connection_close(struct connection *connection)
{
	connection_end(connection);
	pthread_join(connection->thread, NULL);
	close(connection->wake);
	free(connection);
}
