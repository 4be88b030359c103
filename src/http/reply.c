#include "http/reply.h"

#include "core/utf8.h"
#include "http/loop.h"
#include "http/problem.h"
#include "http/route.h"
#include "http/sendfile.h"
#include "service/clock.h"
#include "slot/basic.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROBLEM_TYPE "application/problem+json"
#define RETRY_AFTER "5"
#define STREAM_BLOCK 32768

static struct reply make(
    unsigned status, const char *type, struct MHD_Response *response)
{
	struct reply reply = { status, response };

	if (type)
		reply_header(&reply, "Content-Type", type);
	return reply;
}

struct reply reply_static(unsigned status, const char *type, struct span body)
{
	/* libmicrohttpd does not write to a persistent body. */
	return make(status, type,
	    MHD_create_response_from_buffer(
		body.len, (void *)(uintptr_t)body.at, MHD_RESPMEM_PERSISTENT));
}

struct reply reply_bytes(
    unsigned status, const char *type, char *bytes, size_t len)
{
	if (!bytes)
		return (struct reply){ status, NULL };
	return make(status, type,
	    MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE));
}

struct reply reply_text(unsigned status, const char *type, char *body)
{
	return reply_bytes(status, type, body, body ? strlen(body) : 0);
}

struct stream {
	reply_reader *read;
	void *argument;
};

static ssize_t read_stream(
    void *argument, uint64_t offset, char *bytes, size_t size)
{
	const struct stream *stream = argument;
	long len = stream->read(stream->argument, offset, bytes, size);

	if (len > 0)
		return len;
	return len < 0 ? 0 : MHD_CONTENT_READER_END_WITH_ERROR;
}

struct reply reply_stream(unsigned status, const char *type, uint64_t size,
    reply_reader *read, void *argument)
{
	struct stream *stream = malloc(sizeof *stream);
	struct MHD_Response *response;

	if (!stream)
		return (struct reply){ status, NULL };
	*stream = (struct stream){ read, argument };
	response = MHD_create_response_from_callback(
	    size, STREAM_BLOCK, read_stream, stream, free);
	if (!response)
		free(stream);
	return make(status, type, response);
}

static bool has_tls(const struct request *request)
{
	return MHD_get_connection_info(
	    request->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
}

bool reply_takes_file(const struct request *request)
{
	return !has_tls(request);
}

struct reply reply_file(struct request *request, unsigned status,
    const char *type, int fd, uint64_t first, uint64_t size, reply_ready *ready)
{
	struct MHD_Response *response =
	    MHD_create_response_from_fd_at_offset64(size, fd, first);

	if (!response) {
		close(fd);
		return (struct reply){ status, NULL };
	}
	request->ready = ready;
	sendfile_ask(request, fd);
	return make(status, type, response);
}

void reply_header(struct reply *reply, const char *name, const char *value)
{
	if (!reply->response ||
	    MHD_add_response_header(reply->response, name, value) == MHD_YES)
		return;
	MHD_destroy_response(reply->response);
	reply->response = NULL;
}

static void note_reason(struct request *request, const char *reason)
{
	struct buf text;
	struct span fitting =
	    utf8_first(span_of(reason), sizeof request->reason - 1);

	buf_init(&text, request->reason, sizeof request->reason);
	buf_add(&text, fitting);
}

void reply_send(struct request *request, struct reply *reply)
{
	bool unread = request->has_body && request->step != REQUEST_BODY;
	const uint32_t seconds = request->service->conf->limits.body_timeout;
	const int64_t now = clock_micros();

	if (request->last || atomic_load(&request->server->draining) ||
	    loop_retired(request->conn->loop))
		reply_header(reply, "Connection", "close");
	if (request->route && request->route->files)
		reply_header(reply, "Access-Control-Allow-Origin", "*");
	/* The client has this long to read it; a download moves that. */
	conn_serve(request->conn, clock_plus(now, seconds));
	reply_header(reply, "X-Request-Id", request->id);
	request->status = reply->status;
	request->step = REQUEST_ANSWERED;
	access_answered(request, now);
	if (!reply->response) {
		request->abort = true;
		note_reason(request, "out of memory");
		return;
	}
	if (unread)
		reaper_add(request->server->reaper, request->conn->fd);
	if (MHD_queue_response(request->mhd, reply->status, reply->response) !=
	    MHD_YES)
		request->abort = true;
	MHD_destroy_response(reply->response);
	reply->response = NULL;
}

void reply_send_text(struct request *request, const char *type, char *body)
{
	struct reply reply = reply_text(200, type, body);

	reply_header(&reply, "Cache-Control", "no-store");
	reply_send(request, &reply);
}

/* Without such a caller, the challenge would make browsers ask for a password
 * that nobody has. */
static bool takes_basic(const struct request *request)
{
	const struct conf *conf = request->service->conf;

	if (!request->endpoint || !request->endpoint->basic)
		return false;
	for (size_t i = 0; i < conf->caller_count; i++)
		if (conf->callers[i].dialect == DIALECT_EJABBERD)
			return true;
	return false;
}

static enum dialect dialect_of(const struct request *request)
{
	if (request->base_caller)
		return request->base_caller->dialect;
	return takes_basic(request) ? DIALECT_EJABBERD : DIALECT_SLOTD;
}

static const char *challenge(const struct request *request)
{
	enum dialect dialect = dialect_of(request);

	if (dialect == DIALECT_JWT)
		return "Bearer";
	return dialect == DIALECT_EJABBERD ? BASIC_CHALLENGE : AUTH_SCHEME;
}

/* The table's row, changed for the dialect: ejabberd understands only 402 as
 * resource-constraint, and mod_http_file_share answers 410 when a token has
 * expired. */
static struct failure_entry find_entry(
    const struct request *request, enum failure failure)
{
	struct failure_entry entry = *failure_entry(failure);
	enum dialect dialect = dialect_of(request);

	if (dialect == DIALECT_EJABBERD && entry.condition &&
	    strcmp(entry.condition, "resource-constraint") == 0) {
		entry.status = 402;
		entry.title = "Payment Required";
	}
	if (dialect == DIALECT_JWT && failure == FAILURE_SLOT_EXPIRED) {
		entry.status = 410;
		entry.title = "Gone";
	}
	return entry;
}

/* At least a second, since an immediate retry would be refused again. */
static void add_retry_after(struct reply *reply, int64_t retry_at)
{
	int64_t seconds = retry_at - clock_unix();
	char memory[24];
	struct buf text;

	buf_init(&text, memory, sizeof memory);
	buf_u64(&text, seconds < 1 ? 1 : (uint64_t)seconds);
	reply_header(reply, "Retry-After", text.at);
}

void reply_failure_with(struct request *request, enum failure failure,
    const struct refusal *why, const char *name, const char *value)
{
	const struct failure_entry entry = find_entry(request, failure);
	struct reply reply = reply_text(
	    entry.status, PROBLEM_TYPE, problem_write(&entry, failure, why));

	reply_header(&reply, "Cache-Control", "no-store");
	if (entry.status == 401)
		reply_header(&reply, "WWW-Authenticate", challenge(request));
	if (entry.status == 503)
		reply_header(&reply, "Retry-After", RETRY_AFTER);
	if (why->retry_at)
		add_retry_after(&reply, why->retry_at);
	if (name)
		reply_header(&reply, name, value);
	request->failure = failure;
	note_reason(request, why->reason ? why->reason : why->detail);
	reply_send(request, &reply);
}

void reply_failure(
    struct request *request, enum failure failure, const struct refusal *why)
{
	reply_failure_with(request, failure, why, NULL, NULL);
}

/* more: header lines, each with its CRLF. */
static void write_raw(const struct failure_entry *entry, const char *more,
    const char *body, struct buf *out)
{
	buf_text(out, "HTTP/1.1 ");
	buf_u64(out, entry->status);
	buf_char(out, ' ');
	buf_text(out, entry->title);
	buf_text(out, "\r\nContent-Type: " PROBLEM_TYPE
		      "\r\nCache-Control: no-store\r\nConnection: close\r\n");
	if (entry->status == 503)
		buf_text(out, "Retry-After: " RETRY_AFTER "\r\n");
	buf_text(out, more);
	buf_text(out, "Content-Length: ");
	buf_u64(out, strlen(body));
	buf_text(out, "\r\n\r\n");
	buf_text(out, body);
}

void reply_raw(enum failure failure, struct buf *out)
{
	const struct failure_entry *entry = failure_entry(failure);
	const struct refusal why = { 0 };
	char *body = problem_write(entry, failure, &why);

	if (!body)
		return;
	write_raw(entry, "", body, out);
	free(body);
}

/* Nothing but perhaps a 100 was sent before, so the socket has room for the
 * whole answer. */
static bool send_raw(struct request *request, const struct buf *text)
{
	ssize_t sent;

	if (has_tls(request) || !buf_ok(text))
		return false;
	sent = send(request->conn->fd, text->at, text->len,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	/* After a part of it no other answer may follow. */
	if (sent > 0 && sent < (ssize_t)text->len)
		request->abort = true;
	return sent == (ssize_t)text->len;
}

bool reply_early(
    struct request *request, enum failure failure, const struct refusal *why)
{
	const struct failure_entry entry = find_entry(request, failure);
	char memory[2048], more_memory[256];
	struct buf text, more;
	char *body = problem_write(&entry, failure, why);

	if (!body)
		return false;
	buf_init(&more, more_memory, sizeof more_memory);
	buf_text(&more, "X-Request-Id: ");
	buf_text(&more, request->id);
	buf_text(&more, "\r\n");
	if (request->route && request->route->files)
		buf_text(&more, "Access-Control-Allow-Origin: *\r\n");
	buf_init(&text, memory, sizeof memory);
	write_raw(&entry, more.at, body, &text);
	free(body);
	if (!buf_ok(&more) || !send_raw(request, &text))
		return false;
	request->told = true;
	request->status = entry.status;
	request->failure = failure;
	note_reason(request, why->reason ? why->reason : "");
	access_answered(request, clock_micros());
	return true;
}
