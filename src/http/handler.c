#include "http/handler.h"

#include "http/eof.h"
#include "http/guard.h"
#include "http/loop.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/sendfile.h"
#include "service/clock.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

/* libmicrohttpd's memory for a connection: the head of the request and the
 * answer, and the read buffer. It is resident as soon as there was an answer.
 * Requests for slots come from XMPP servers: with what several proxies add
 * they have some 25 headers and 2 KiB; there is room for 30 and 3 KiB. A URL of
 * the embedded store may have 2 KiB, a redirect's Location several. Uploads are
 * read through half of this memory: 64 KiB with their head in two pieces. */
#define MEMORY_SLOTS 3584
#define MEMORY_FILES (68 << 10)
/* Behind each request is room for its target, its NUL included; a request with
 * a longer target has memory of its own. */
#define TARGET_ROOM 256
/* More than conn.c lets there be descriptors. */
#define CONNECTIONS_MAX 1048576

static const struct conf_limits *limits(const struct request *request)
{
	return &request->service->conf->limits;
}

static struct request *make_request(struct loop *loop, struct span target)
{
	const bool fits = target.len < TARGET_ROOM;
	struct request *request = fits ? loop_spare(loop) : NULL;

	if (!request)
		request = malloc(
		    sizeof *request + (fits ? TARGET_ROOM : target.len + 1));
	if (!request)
		return NULL;
	memset(request, 0, sizeof *request);
	memcpy(request + 1, target.at, target.len + 1);
	request->target =
	    (struct span){ (const char *)(request + 1), target.len };
	return request;
}

static void free_request(struct loop *loop, struct request *request)
{
	if (request->target.len < TARGET_ROOM)
		loop_keep(loop, request);
	else
		free(request);
}

/* Makes the request when its first line is there. The target is kept as it
 * came, since later calls of libmicrohttpd have it decoded and without its
 * query. */
static void *on_target(
    void *argument, const char *target, struct MHD_Connection *mhd)
{
	const struct listener *listener = loop_listener(argument);
	struct request *request = make_request(argument, span_of(target));
	const union MHD_ConnectionInfo *info;

	if (!request)
		return NULL;
	request->listener = listener;
	request->server = listener->server;
	request->service = server_service(listener->server);
	request->mhd = mhd;
	request->started = clock_micros();
	access_number(request);
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	request->conn = info ? info->socket_context : NULL;
	if (request->conn) {
		atomic_store(&request->conn->idle, false);
		conn_expect(
		    request->conn, clock_plus(request->started,
				       limits(request)->header_timeout));
	}
	return request;
}

/* The target may have its absolute form (RFC 9112, section 3.2.2). */
static void split_target(struct request *request)
{
	struct span path = request->target;
	size_t query;

	if (span_starts(path, "http://") || span_starts(path, "https://")) {
		path = span_from(path, span_find(path, ':') + 3);
		path = span_from(path, span_find(path, '/'));
	}
	query = span_find(path, '?');
	request->path = span_first(path, query);
	request->query = (struct span){ NULL, 0 };
	if (query < path.len)
		request->query = span_from(path, query + 1);
}

static void refuse(struct request *request, enum failure failure,
    const char *detail, const char *name, const char *value)
{
	const struct refusal why = { .detail = detail };

	reply_failure_with(request, failure, &why, name, value);
}

static void guard(struct request *request, const char *url, const char *version)
{
	const char *wrong;
	bool accepted;

	split_target(request);
	accepted = guard_check(request, url, version, &wrong);
	access_name(request);
	if (accepted)
		request->step = REQUEST_GUARDED;
	else
		refuse(
		    request, FAILURE_BAD_REQUEST, wrong, "Connection", "close");
}

/* Checks route, method and size of the body, in the order that api/openapi.yaml
 * documents. */
static void decide(struct request *request)
{
	request->route = route_find(request);
	if (!request->route) {
		refuse(request, FAILURE_NOT_FOUND, NULL, NULL, NULL);
		return;
	}
	request->endpoint = route_endpoint(request->route, request->method);
	if (!request->endpoint) {
		refuse(request, FAILURE_METHOD_NOT_ALLOWED, NULL, "Allow",
		    request->route->allow);
		return;
	}
	if (!request->endpoint->body && request->length > BODY_MAX) {
		refuse(request, FAILURE_BODY_TOO_LARGE, NULL, NULL, NULL);
		return;
	}
	request->step = REQUEST_HEAD;
}

static void begin(struct request *request)
{
	decide(request);
	if (request->step != REQUEST_HEAD)
		return;
	if (request->endpoint->body)
		conn_begin(request->conn);
	if (request->endpoint->head)
		request->endpoint->head(request);
}

/* The request was resumed. */
static void go_on(struct request *request)
{
	void (*then)(struct request * request) = request->then;

	request->then = NULL;
	then(request);
}

static void on_head(struct request *request)
{
	if (request->then)
		go_on(request);
	else
		begin(request);
	if (request->step != REQUEST_HEAD || request->waiting)
		return;
	request->step = REQUEST_BODY;
	if (!request->endpoint->body)
		conn_expect(
		    request->conn, clock_after(limits(request)->body_timeout));
}

/* Keeps a body of up to BODY_MAX; a longer one is read and dropped. */
static size_t collect(struct request *request, const char *bytes, size_t len)
{
	if (request->body_read > BODY_SWALLOW_MAX) {
		request->abort = true;
		request->failure = FAILURE_BODY_TOO_LARGE;
		return len;
	}
	if (request->body_read > BODY_MAX)
		return len;
	if (!request->body)
		request->body = malloc(
		    request->chunked ? BODY_MAX : (size_t)request->length);
	if (!request->body) {
		request->abort = true;
		return len;
	}
	memcpy(request->body + request->body_len, bytes, len);
	request->body_len += len;
	return len;
}

static size_t on_body(struct request *request, const char *bytes, size_t len)
{
	size_t taken;

	if (request->endpoint->body) {
		taken = request->endpoint->body(request, bytes, len);
		request->body_read += taken;
		return taken;
	}
	request->body_read += len;
	return collect(request, bytes, len);
}

static void on_end(struct request *request)
{
	if (request->then) {
		go_on(request);
		return;
	}
	if (!request->endpoint->body && request->body_read > BODY_MAX) {
		refuse(request, FAILURE_BODY_TOO_LARGE, NULL, NULL, NULL);
		return;
	}
	conn_begin(request->conn);
	conn_serve(request->conn, CONN_NO_DEADLINE);
	request->endpoint->end(request);
}

static enum MHD_Result on_request(void *argument, struct MHD_Connection *mhd,
    const char *url, const char *method, const char *version,
    const char *upload_data, size_t *upload_data_size, void **req_cls)
{
	struct request *request = *req_cls;

	(void)argument;
	(void)mhd;
	if (!request || !request->conn)
		return MHD_NO;
	if (request->waiting && eof_show(request->conn->fd))
		request->last = true;
	request->waiting = false;
	request->method = span_of(method);
	if (request->step == REQUEST_NEW) {
		guard(request, url, version);
		/* libmicrohttpd closes the connection after an answer in the
		 * first call. Without a body the second follows at once. */
		if (!request->has_body)
			return MHD_YES;
	}
	if (request->step < REQUEST_BODY) {
		on_head(request);
		if (request->step == REQUEST_BODY && !request->has_body)
			on_end(request);
	} else if (request->step == REQUEST_ANSWERED) {
		*upload_data_size = 0;
	} else if (*upload_data_size) {
		*upload_data_size -=
		    on_body(request, upload_data, *upload_data_size);
	} else {
		on_end(request);
	}
	return request->abort ? MHD_NO : MHD_YES;
}

static void on_completed(void *argument, struct MHD_Connection *mhd,
    void **req_cls, enum MHD_RequestTerminationCode how)
{
	struct request *request = *req_cls;
	const int64_t now = clock_micros();

	(void)mhd;
	if (!request)
		return;
	*req_cls = NULL;
	if (request->conn) {
		eof_show(request->conn->fd);
		conn_expect(request->conn,
		    clock_plus(now, limits(request)->idle_timeout));
		conn_rest(request->conn, now);
	}
	request->whole =
	    request->told || how == MHD_REQUEST_TERMINATED_COMPLETED_OK;
	sendfile_forget(request);
	if (request->state_free)
		request->state_free(request);
	access_log(request, now);
	service_release(request->service);
	free(request->body);
	free_request(argument, request);
}

static void on_connection(void *argument, struct MHD_Connection *mhd,
    void **socket_context, enum MHD_ConnectionNotificationCode what)
{
	struct loop *loop = argument;
	const struct listener *listener = loop_listener(loop);
	struct metrics *metrics = listener->server->metrics;
	const unsigned number = listener->roles & ROLE_LISTEN ? 0 : 1;
	const bool begun = what == MHD_CONNECTION_NOTIFY_STARTED;
	const union MHD_ConnectionInfo *info;

	metrics_count(metrics, METRICS_OPEN + number, begun ? 1 : -1);
	if (begun) {
		metrics_count(metrics, METRICS_ACCEPTED + number, 1);
		info = MHD_get_connection_info(
		    mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		*socket_context =
		    info ? loop_taken(loop, info->connect_fd) : NULL;
	} else if (*socket_context) {
		loop_leave(loop, *socket_context);
		*socket_context = NULL;
	}
}

static void on_log(void *argument, const char *format, va_list arguments)
{
	/* libmicrohttpd's messages are free text about closed sockets. */
	(void)argument;
	(void)format;
	(void)arguments;
}

static size_t leave_escaped(
    void *argument, struct MHD_Connection *mhd, char *text)
{
	(void)argument;
	(void)mhd;
	return strlen(text);
}

struct MHD_Daemon *handler_start(
    const struct loop_options *options, struct loop *loop)
{
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0,
		    (void *)(uintptr_t)options->cert.at },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0,
		    (void *)(uintptr_t)options->key.at },
		{ MHD_OPTION_END, 0, NULL },
	};

	/* At its own limit of connections libmicrohttpd lets clients hang. The
	 * acceptor's limit answers them, so the other must never be reached. */
	return MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL |
				    MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
				    MHD_USE_ERROR_LOG |
				    (options->tls ? MHD_USE_TLS : 0u),
	    0, NULL, NULL, on_request, NULL, MHD_OPTION_EXTERNAL_LOGGER, on_log,
	    NULL, MHD_OPTION_URI_LOG_CALLBACK, on_target, loop,
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, loop,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, loop,
	    MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)(options->files ? MEMORY_FILES : MEMORY_SLOTS),
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, /* or it has no sendfile */
	    MHD_OPTION_ARRAY, tls + (options->tls ? 0 : 2),
#if MHD_VERSION >= 0x00097701
	    MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
#else
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
#endif
	    MHD_OPTION_END);
}
