#include "endpoint/download.h"

#include "service/clock.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD_SIZE 65536
/* Files of up to so many bytes are read and sent at once. */
#define SMALL_SIZE 65536
/* How far is looked ahead in the page cache, and for how many microseconds that
 * is believed. */
#define LOOK_SIZE (4 << 20)
#define LOOK_TIME 100000
/* The most that is sent in one call; others wait as long. */
#define STRETCH_SIZE (1 << 20)

static void forget(struct request *request)
{
	struct download *download = request->state;

	if (download->open)
		download->store->class->file_close(&download->file);
	free(download->ahead);
	free(download);
}

static void open_file(struct download *download, bool now_only)
{
	download->now = clock_unix();
	download->failure = download->store->class->file_open(download->store,
	    (struct span){ download->key, download->key_len }, download->now,
	    now_only, &download->file, &download->why);
	download->open = download->failure == FAILURE_NONE;
}

static void open_job(void *argument)
{
	struct request *request = argument;

	open_file(request->state, false);
}

static void read_job(void *argument)
{
	struct request *request = argument;
	struct download *download = request->state;

	if (!download->ahead)
		download->ahead = malloc(AHEAD_SIZE);
	download->ahead_len = 0;
	download->ahead_failed =
	    !download->ahead ||
	    download->store->class->file_read(&download->file,
		download->ahead_at, download->ahead, AHEAD_SIZE, false,
		&download->ahead_len) != FAILURE_NONE ||
	    download->ahead_len == 0;
}

/* Reads a piece for nothing else but to have it in the page cache. */
static void fetch_job(void *argument)
{
	struct request *request = argument;
	struct download *download = request->state;
	const uint64_t end = download->ahead_at + download->ahead_len;
	const uint64_t first = download->ahead_at;

	while (download->ahead_at < end && !download->ahead_failed) {
		read_job(request);
		download->ahead_at += download->ahead_len;
	}
	download->ahead_at = first;
	download->fetched = true;
}

/* The client has body_timeout seconds, plus one for each min_rate bytes that
 * were sent. */
static void move_deadline(struct request *request, uint64_t offset)
{
	const struct conf_limits *limits = &request->service->conf->limits;
	struct download *download = request->state;
	int64_t seconds = limits->body_timeout;

	if (!limits->min_rate) {
		conn_serve(request->conn, CONN_NO_DEADLINE);
		return;
	}
	if (!download->began)
		download->began = clock_micros();
	if (download->paused)
		download->began += clock_micros() - download->paused;
	download->paused = 0;
	seconds += (int64_t)(offset / limits->min_rate);
	conn_serve(request->conn, download->began + seconds * 1000000);
}

/* Reads from the page cache if possible. Otherwise the pool reads from the
 * disk, and this function is called again. */
static long read_piece(
    void *argument, uint64_t offset, char *bytes, size_t size)
{
	struct request *request = argument;
	struct download *download = request->state;
	uint64_t at = download->range.first + offset;
	uint64_t left = download->range.last + 1 - at;
	size_t len;
	enum failure failure;

	move_deadline(request, offset);
	if (size > left)
		size = (size_t)left;
	if (download->ahead_failed)
		return 0;
	if (at >= download->ahead_at &&
	    at - download->ahead_at < download->ahead_len) {
		size_t skip = (size_t)(at - download->ahead_at);

		if (size > download->ahead_len - skip)
			size = download->ahead_len - skip;
		memcpy(bytes, download->ahead + skip, size);
		return (long)size;
	}
	failure = download->store->class->file_read(
	    &download->file, at, bytes, size, true, &len);
	if (failure == FAILURE_NONE)
		return (long)len;
	if (failure != FAILURE_UNAVAILABLE)
		return 0;
	download->ahead_at = at;
	download->paused = clock_micros();
	request_wait(request, request->server->readers, read_job, NULL);
	return -1;
}

/* How many bytes from offset on are in the page cache. The look costs as much
 * as sending 64 KiB does, so it goes far ahead. */
static uint64_t cached(struct download *download, uint64_t offset, size_t size)
{
	const uint64_t left = download->range.last + 1 - offset;
	const int64_t now = clock_micros();

	if (offset + size > download->cached_to ||
	    now - download->cached_at >= LOOK_TIME) {
		download->cached_at = now;
		download->cached_to =
		    offset +
		    download->store->class->file_cached(&download->file, offset,
			left < LOOK_SIZE ? (size_t)left : LOOK_SIZE);
	}
	return download->cached_to - offset;
}

/* More than `size` may be sent at once, but for the last `size` bytes of the
 * answer. */
static long stretch(const struct download *download, uint64_t offset,
    size_t size, uint64_t most)
{
	const uint64_t left = download->range.last + 1 - offset;

	if (most > STRETCH_SIZE)
		most = STRETCH_SIZE;
	if (left <= size + size)
		return (long)size;
	return (long)(most < left - size ? most : left - size);
}

/* What has just been fetched is sent, although the page cache may say that it
 * has lost it again: on some file systems it never has anything. */
static long piece_ready(struct request *request, uint64_t offset, size_t size)
{
	struct download *download = request->state;
	const bool fetched = download->fetched && download->ahead_at == offset;
	uint64_t there = size;

	move_deadline(request, offset - download->range.first);
	download->fetched = false;
	if (download->ahead_failed)
		return 0;
	if (!fetched)
		there = cached(download, offset, size);
	if (there >= size)
		return stretch(download, offset, size, there);
	download->ahead_at = offset;
	download->ahead_len = size;
	download->paused = clock_micros();
	request_wait(request, request->server->readers, fetch_job, NULL);
	return -1;
}

/* NULL: it is not small, or not in the page cache. */
static char *read_small(const struct download *download, size_t size)
{
	char *bytes = NULL;
	size_t len = 0;

	if (size && size <= SMALL_SIZE)
		bytes = malloc(size);
	if (bytes && (download->store->class->file_read(&download->file,
			  download->range.first, bytes, size, true, &len) ||
			 len < size)) {
		free(bytes);
		bytes = NULL;
	}
	return bytes;
}

struct reply download_reply(
    struct request *request, unsigned status, const char *type)
{
	struct download *download = request->state;
	const struct store_class *class = download->store->class;
	const uint64_t first = download->range.first;
	const uint64_t size = download->range.last + 1 - first;
	char *bytes;
	int fd = -1;

	if (status == 304 || span_is(request->method, "HEAD"))
		return reply_stream(status, type, size, read_piece, request);
	bytes = read_small(download, (size_t)size);
	if (bytes) {
		download->whole = true;
		return reply_bytes(status, type, bytes, (size_t)size);
	}
	if (class->file_take && reply_takes_file(request))
		fd = class->file_take(&download->file);
	if (fd < 0)
		return reply_stream(status, type, size, read_piece, request);
	download->open = false;
	return reply_file(request, status, type, fd, first, size, piece_ready);
}

void download_sent(struct request *request)
{
	const struct download *download = request->state;

	if (download->whole)
		move_deadline(
		    request, download->range.last + 1 - download->range.first);
}

void download_begin(struct request *request, struct store *store,
    struct span key, void (*then)(struct request *request))
{
	struct download *download = calloc(1, sizeof *download);

	if (!download) {
		reply_failure(
		    request, FAILURE_UNAVAILABLE, &(struct refusal){ 0 });
		return;
	}
	request->state = download;
	request->state_free = forget;
	download->store = store;
	memcpy(download->key, key.at, key.len);
	download->key_len = key.len;
	open_file(download, true);
	if (download->failure == FAILURE_UNAVAILABLE)
		request_wait(request, request->server->readers, open_job, then);
	else
		then(request);
}
