#include "http/request.h"

#include "core/forwarded.h"
#include "core/uri.h"
#include "http/eof.h"
#include "http/loop.h"

#include <microhttpd.h>
#include <string.h>

struct span request_header(const struct request *request, const char *name)
{
	const char *value = NULL;
	size_t len = 0;

	if (MHD_lookup_connection_value_n(request->mhd, MHD_HEADER_KIND, name,
		strlen(name), &value, &len) != MHD_YES ||
	    !value)
		return (struct span){ NULL, 0 };
	return span_trim((struct span){ value, len }, " \t");
}

static enum MHD_Result add_forwarded(void *argument, enum MHD_ValueKind kind,
    const char *key, size_t key_size, const char *value, size_t value_size)
{
	const struct span name = { key, key_size };

	(void)kind;
	if (value && span_equal_nocase(name, span_of("x-forwarded-for")))
		forwarded_add(argument, (struct span){ value, value_size });
	return MHD_YES;
}

bool request_client(const struct request *request, struct ip *ret_client)
{
	const struct peer *peer = &request->conn->peer;
	struct forwarded forwarded = {
		.trusted = request->service->conf->trusted_proxies,
	};

	if (peer->local || ip_nets_have(forwarded.trusted, &peer->ip))
		MHD_get_connection_values_n(
		    request->mhd, MHD_HEADER_KIND, add_forwarded, &forwarded);
	if (!peer->local)
		*ret_client = peer->ip;
	if (forwarded.known)
		*ret_client = forwarded.client;
	return !peer->local || forwarded.known;
}

bool request_raw_query(
    const struct request *request, const char *name, struct span *ret_value)
{
	struct span rest = request->query, value = { NULL, 0 };

	while (rest.at) {
		struct span pair = span_cut(&rest, '&');
		size_t equals = span_find(pair, '=');

		if (!span_is(span_first(pair, equals), name))
			continue;
		if (value.at)
			return false;
		value = span_from(pair, equals + 1);
	}
	*ret_value = value;
	return true;
}

bool request_query(const struct request *request, const char *name,
    struct buf *out, bool *ret_missing)
{
	struct span value = { NULL, 0 };
	bool once = request_raw_query(request, name, &value);

	*ret_missing = once && !value.at;
	return once && value.at && uri_decode(out, value);
}

void request_suspend(
    struct request *request, void (*then)(struct request *request))
{
	/* The client has no deadline while it waits for a disk or a store. */
	conn_serve(request->conn, CONN_NO_DEADLINE);
	request->waiting = true;
	request->then = then;
	eof_hide(request->conn->fd);
	MHD_suspend_connection(request->mhd);
}

void request_resume(struct request *request)
{
	loop_resume(request->conn->loop, request->mhd);
}

static void resume(void *argument)
{
	request_resume(argument);
}

void request_wait(struct request *request, struct pool *pool,
    void (*job)(void *request), void (*then)(struct request *request))
{
	request->job = (struct pool_job){
		.run = job,
		.done = resume,
		.argument = request,
	};
	request_suspend(request, then);
	pool_run(pool, &request->job);
}
