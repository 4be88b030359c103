#include "core/stamp.h"
#include "core/uri.h"
#include "endpoint/download.h"
#include "endpoint/file.h"
#include "endpoint/redirect.h"
#include "endpoint/routes.h"
#include "slot/filename.h"
#include "slot/media_type.h"

#include <string.h>

/* GET and HEAD /f/: redirects, and /f/KEY of the store whose files slotd
 * serves itself. */

#define YEAR 31536000

/* text/plain gets a charset, so that browsers do not guess one. */
static const char *type_to_send(const char *type)
{
	if (span_equal_nocase(
		media_type_essence(span_of(type)), span_of("text/plain")))
		return "text/plain; charset=utf-8";
	return type;
}

static void add_disposition(struct reply *reply, struct span key)
{
	char memory[OBJECT_KEY_MAX * 4 + 64];
	struct buf text;
	size_t slash = span_find_last(key, '/');

	buf_init(&text, memory, sizeof memory);
	filename_attachment(
	    &text, slash < key.len ? span_from(key, slash + 1) : key);
	if (buf_ok(&text))
		reply_header(reply, "Content-Disposition", text.at);
}

/* No cache may keep the file for longer than slotd does. */
static void add_cache_control(
    struct reply *reply, const struct download *download)
{
	const int64_t until = download->file.until;
	char memory[64];
	struct buf text;
	int64_t left;

	if (until == INT64_MAX) {
		reply_header(reply, "Cache-Control",
		    "public, max-age=31536000, immutable");
		return;
	}
	left = until - download->now;
	buf_init(&text, memory, sizeof memory);
	buf_text(&text, "public, max-age=");
	buf_u64(&text, (uint64_t)(left < YEAR ? left : YEAR));
	reply_header(reply, "Cache-Control", text.at);
}

static void add_headers(struct reply *reply, const struct download *download)
{
	const struct span key = { download->key, download->key_len };
	char memory[64];
	struct buf modified;

	/* Never in the future, which a file may be that was stored while the
	 * clock was ahead (RFC 9110, section 8.8.2.1). */
	buf_init(&modified, memory, sizeof memory);
	stamp_http(&modified, download->file.modified < download->now
				  ? download->file.modified
				  : download->now);
	reply_header(reply, "Accept-Ranges", "bytes");
	reply_header(reply, "ETag", download->file.etag);
	reply_header(reply, "Last-Modified", modified.at);
	add_cache_control(reply, download);
	reply_header(reply, "X-Content-Type-Options", "nosniff");
	reply_header(reply, "Content-Security-Policy",
	    "default-src 'none'; frame-ancestors 'none'; sandbox");
	reply_header(reply, "Cross-Origin-Resource-Policy", "cross-origin");
	reply_header(reply, "Referrer-Policy", "no-referrer");
	reply_header(reply, "X-Robots-Tag", "noindex");
	if (!media_type_inline(span_of(download->file.type)))
		add_disposition(reply, key);
}

/* If-Range: a part is sent only of the same file that the client has begun. */
static bool same_file(
    const struct request *request, const struct download *download)
{
	struct span wanted = request_header(request, "If-Range");
	char memory[64];
	struct buf modified;

	buf_init(&modified, memory, sizeof memory);
	stamp_http(&modified, download->file.modified);
	return !wanted.at || span_is(wanted, download->file.etag) ||
	       span_equal(wanted, buf_span(&modified));
}

static void add_content_range(
    struct buf *text, const struct download *download, bool part)
{
	buf_text(text, "bytes ");
	if (part) {
		buf_u64(text, download->range.first);
		buf_char(text, '-');
		buf_u64(text, download->range.last);
	} else {
		buf_char(text, '*');
	}
	buf_char(text, '/');
	buf_u64(text, download->file.size);
}

static void serve(struct request *request, struct download *download)
{
	char memory[80];
	struct buf content_range;
	enum range_kind kind = RANGE_WHOLE;
	struct reply reply;

	buf_init(&content_range, memory, sizeof memory);
	if (span_is(request->method, "GET") && same_file(request, download))
		kind = range_read(request_header(request, "Range"),
		    download->file.size, &download->range);
	add_content_range(&content_range, download, kind == RANGE_PART);
	if (kind == RANGE_UNSATISFIABLE) {
		reply_failure_with(request, FAILURE_RANGE_NOT_SATISFIABLE,
		    &(struct refusal){ 0 }, "Content-Range", content_range.at);
		return;
	}
	reply = download_reply(request, kind == RANGE_PART ? 206 : 200,
	    type_to_send(download->file.type));
	if (kind == RANGE_PART)
		reply_header(&reply, "Content-Range", content_range.at);
	add_headers(&reply, download);
	reply_send(request, &reply);
	download_sent(request);
}

static void answer(struct request *request)
{
	struct download *download = request->state;
	struct span known = request_header(request, "If-None-Match");
	struct reply reply;

	if (download->failure != FAILURE_NONE) {
		reply_failure(request, download->failure, &download->why);
		return;
	}
	request->size = download->file.size;
	request->has_size = true;
	download->range = (struct range){ 0, download->file.size - 1 };
	if (known.at &&
	    range_etag_listed(known, span_of(download->file.etag))) {
		/* No body is sent, but Content-Length is that of a 200 (RFC
		 * 9110, section 8.6). */
		reply = download_reply(request, 304, NULL);
		add_headers(&reply, download);
		reply_send(request, &reply);
		return;
	}
	serve(request, download);
}

void file_give(struct request *request, struct store *store, struct span key)
{
	download_begin(request, store, key, answer);
}

static void end(struct request *request)
{
	char memory[OBJECT_KEY_MAX + 1];
	struct store *store = service_file_store(request->service);
	struct buf key;

	if (redirect_answer(request))
		return;
	buf_init(&key, memory, sizeof memory);
	if (store && uri_decode(&key, span_from(request->path, strlen("/f/"))))
		file_give(request, store, buf_span(&key));
	else
		reply_failure(
		    request, FAILURE_NOT_FOUND, &(struct refusal){ 0 });
}

const struct endpoint file_get = { .method = "GET", .end = end };
