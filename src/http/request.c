#include "http/request.h"

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
	/* The disk's and the store's time is not the client's. */
	conn_serve(request->conn, CONN_NO_DEADLINE);
	request->waiting = true;
	request->then = then;
	eof_hide(request->conn->fd);
	MHD_suspend_connection(request->mhd);
}

void request_resume(struct request *request)
{
	/* From then on the request may be gone, and its loop after it. */
	struct loop *loop = request->conn->loop;

	loop_hold(loop);
	MHD_resume_connection(request->mhd);
	loop_wake(loop);
	loop_release(loop);
}

static void resume(void *argument)
{
	request_resume(argument);
}

void request_wait(struct request *request, struct pool *pool,
    void (*job)(void *request), void (*then)(struct request *request))
{
	request->job = (struct job){
		.run = job,
		.done = resume,
		.argument = request,
	};
	request_suspend(request, then);
	pool_run(pool, &request->job);
}
