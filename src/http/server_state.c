#include "http/server.h"

#include "service/clock.h"

#include <inttypes.h>
#include <stdio.h>

/* What the threads of a running server ask of it. */

#define LOG_AGAIN 60000000 /* microseconds */

struct service *server_service(struct server *server)
{
	struct service *service;

	pthread_mutex_lock(&server->lock);
	service = server->service;
	service_hold(service);
	pthread_mutex_unlock(&server->lock);
	return service;
}

struct pool *server_pool(const struct server *server, enum issuance_wait wait)
{
	return wait == ISSUANCE_COUNTER ? server->counter.askers
					: server->readers;
}

const struct conf *server_conf(const struct server *server)
{
	return server->service->conf;
}

const struct log *server_log(const struct server *server)
{
	return &server->service->log;
}

void server_note(struct server *server, enum conf_log_level level,
    const char *message, const char *reason)
{
	struct service *service = server_service(server);

	log_note(&service->log, level, message, "reason", reason);
	service_release(service);
}

static void log_blocked(struct server *server, int64_t left, int64_t back)
{
	int64_t now = clock_micros();
	int64_t next = atomic_load(&server->blocked_log);
	char text[256];

	/* Of several threads one logs it. */
	if (now < next || !atomic_compare_exchange_strong(
			      &server->blocked_log, &next, now + LOG_AGAIN))
		return;
	snprintf(text, sizeof text,
	    "the clock stepped back %" PRId64
	    " s: signed requests are refused for another %" PRId64
	    " s, because slotd no longer knows which of them it has seen; "
	    "restart slotd",
	    back, left);
	server_note(server, CONF_LOG_ERROR, "clock", text);
}

int64_t server_blocked(struct server *server, int64_t *ret_back)
{
	int64_t left = replay_blocked(server->replay, clock_unix(), ret_back);

	if (left > 0)
		log_blocked(server, left, *ret_back);
	else if (atomic_exchange(&server->blocked_log, 0) != 0)
		server_note(server, CONF_LOG_INFO, "clock",
		    "signed requests are accepted again");
	return left;
}

void server_unblocked(struct server *server)
{
	int64_t back;

	if (atomic_load(&server->blocked_log) != 0)
		server_blocked(server, &back);
}
