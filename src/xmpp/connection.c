/*
 * The thread resolves, connects, has a stream (xmpp/session.h), and waits
 * before the next try. The main thread only sets flags and writes to the
 * eventfd; pools that are done with a slot write to it, too.
 *
 * The resolver cannot be interrupted. So the end does not wait for it: the
 * thread is left alone, touches nothing but this struct afterwards, and frees
 * it.
 */
#include "xmpp/connection.h"

#include "service/clock.h"
#include "service/random.h"
#include "xmpp/session.h"
#include "xmpp/wire.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK_SIZE (512 << 10)
#define RESOLVE_END 1 /* seconds for the resolver to end */

struct connection {
	struct session session;
	pthread_t thread;
	int64_t backoff;
	pthread_mutex_t lock;
	pthread_cond_t resolved;
	bool resolving; /* under lock, as the next */
	bool left;      /* nobody waits for the thread */
	char domain[];
};

static bool is_ending(struct connection *connection)
{
	return atomic_load(&connection->session.ending);
}

static void destroy(struct connection *connection)
{
	pthread_cond_destroy(&connection->resolved);
	pthread_mutex_destroy(&connection->lock);
	pending_close(connection->session.component.pending);
	close(connection->session.wake);
	free(connection);
}

/* --- one connection -------------------------------------------------------*/

/* Copies what the configuration says now. False: the component is no more. */
static bool look_up(struct session *session)
{
	struct service *service = session_service(session);
	const struct conf_component *conf =
	    component_find(service->conf, session->component.domain);

	if (conf) {
		dial_init(&session->dial, conf);
		memcpy(session->jid, conf->jid.at, conf->jid.len + 1);
	}
	service_release(service);
	return conf != NULL;
}

/* Ends the thread if nobody waits for it any more. */
static struct addrinfo *resolve(struct connection *connection)
{
	struct session *session = &connection->session;
	struct addrinfo *found;
	bool left;

	pthread_mutex_lock(&connection->lock);
	connection->resolving = true;
	pthread_mutex_unlock(&connection->lock);
	found = dial_resolve(&session->dial, &session->why);
	pthread_mutex_lock(&connection->lock);
	connection->resolving = false;
	left = connection->left;
	pthread_cond_signal(&connection->resolved);
	pthread_mutex_unlock(&connection->lock);
	if (!left)
		return found;
	dial_free(found);
	destroy(connection);
	pthread_exit(NULL);
}

/* From the address to the end of the stream. */
static void run(struct connection *connection)
{
	struct session *session = &connection->session;
	struct addrinfo *addresses;

	session->opened = 0;
	session->why = "it is no longer configured";
	if (!look_up(session))
		return;
	addresses = resolve(connection);
	if (!addresses)
		return;
	session_clear_wake(session);
	session->why = NULL;
	session->fd = -1;
	if (!is_ending(connection))
		session->fd = dial_connect(addresses, session->wake,
		    clock_after(WIRE_SHAKE), &session->why);
	dial_free(addresses);
	if (session->fd < 0)
		return;
	session_run(session);
	close(session->fd);
}

static enum metrics_connect result_of(const struct session *session)
{
	const struct stream *stream = session->component.stream;
	const char *condition = "";
	struct span error;

	if (!stream)
		return METRICS_UNREACHABLE;
	stream_end(stream, &condition);
	error = span_of(condition);
	if (span_is(error, "conflict"))
		return METRICS_CONFLICT;
	if (span_is(error, "host-unknown"))
		return METRICS_HOST_UNKNOWN;
	return span_is(error, "not-authorized") ? METRICS_NOT_AUTHORIZED
						: METRICS_FAILED;
}

/* --- one after the other --------------------------------------------------*/

/* How long to wait before the next one. */
static int64_t next_wait(struct connection *connection)
{
	const struct session *session = &connection->session;
	const struct stream *stream = session->component.stream;
	const char *condition = "";
	int64_t lived = 0;
	uint32_t random;

	if (session->opened)
		lived = clock_micros() - session->opened;
	if (stream && stream_shaken(stream))
		stream_end(stream, &condition);
	random_bytes(&random, sizeof random);
	return pace_wait(&connection->backoff, lived,
	    span_is(span_of(condition), "conflict"), random);
}

/* A reload cuts it short. */
static void pause_for(struct connection *connection, int64_t micros)
{
	struct session *session = &connection->session;
	const int64_t until = clock_micros() + micros;
	struct pollfd polled = { session->wake, POLLIN, 0 };

	while (!is_ending(connection) && !atomic_load(&session->renewed) &&
	       clock_micros() < until) {
		poll(&polled, 1, clock_left(until));
		if (polled.revents)
			session_clear_wake(session);
	}
}

static void *serve(void *argument)
{
	struct connection *connection = argument;
	struct session *session = &connection->session;

	while (!is_ending(connection)) {
		char memory[SESSION_REASON + 1];
		struct buf reason = buf_of(memory, sizeof memory);
		int64_t wait;

		atomic_store(&session->renewed, false);
		run(connection);
		if (!session->opened && !is_ending(connection))
			metrics_connect(
			    session->component.numbers, result_of(session));
		session_reason(session, &reason);
		session_say(session,
		    is_ending(connection) ? CONF_LOG_INFO : CONF_LOG_WARN,
		    "disconnected", memory);
		wait = next_wait(connection);
		stream_close(session->component.stream);
		session->component.stream = NULL;
		pause_for(connection, wait);
	}
	return NULL;
}

/* --- for the main thread --------------------------------------------------*/

static bool prepare(struct session *session)
{
	session->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (session->wake < 0)
		return false;
	session->component.pending = pending_open(session->wake);
	if (session->component.pending)
		return true;
	close(session->wake);
	return false;
}

static bool start(struct connection *connection)
{
	pthread_attr_t small;
	bool started;

	pthread_mutex_init(&connection->lock, NULL);
	clock_cond_init(&connection->resolved);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_SIZE);
	started =
	    pthread_create(&connection->thread, &small, serve, connection) == 0;
	pthread_attr_destroy(&small);
	return started;
}

struct connection *connection_open(
    const struct component_house *house, struct span domain)
{
	struct connection *connection =
	    calloc(1, sizeof *connection + domain.len + 1);

	if (!connection || !prepare(&connection->session)) {
		free(connection);
		return NULL;
	}
	memcpy(connection->domain, domain.at, domain.len);
	connection->session.component.house = house;
	connection->session.component.domain = span_of(connection->domain);
	connection->session.component.numbers =
	    metrics_component(house->components, domain);
	if (start(connection))
		return connection;
	destroy(connection);
	return NULL;
}

struct span connection_domain(const struct connection *connection)
{
	return connection->session.component.domain;
}

static void rouse(struct connection *connection)
{
	const uint64_t one = 1;
	ssize_t written = write(connection->session.wake, &one, sizeof one);

	(void)written; /* it is readable already */
}

void connection_wake(struct connection *connection)
{
	atomic_store(&connection->session.renewed, true);
	rouse(connection);
}

void connection_end(struct connection *connection)
{
	atomic_store(&connection->session.ending, true);
	rouse(connection);
}

void connection_close(struct connection *connection)
{
	const int64_t until = clock_after(RESOLVE_END);
	pthread_t thread = connection->thread;
	bool left;

	connection_end(connection);
	metrics_component_leave(connection->session.component.numbers);
	pthread_mutex_lock(&connection->lock);
	while (connection->resolving && clock_micros() < until)
		clock_cond_wait(
		    &connection->resolved, &connection->lock, until);
	left = connection->left = connection->resolving;
	pthread_mutex_unlock(&connection->lock);
	if (left) {
		pthread_detach(thread);
		return;
	}
	pthread_join(thread, NULL);
	destroy(connection);
}
