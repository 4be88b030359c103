/*
 * A ring of bytes. Producers copy whole lines to its end under the lock. The
 * writer copies a few whole lines from its front, writes them without the
 * lock, and then frees their place.
 *
 * A line that comes alone wakes the writer, which writes it at once. After that
 * the writer rests, and lines gather without waking it: when many come, a few
 * writes serve hundreds of them.
 *
 * full: a line did not fit. No line is taken until the writer has written all
 * lines and then how many were dropped, so that later lines follow the gap.
 * works: the last write succeeded. After a failure the next lines are tried
 * all the same, and the number of dropped lines is written after the first
 * success.
 */
#include "service/log_queue.h"

#include "service/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACK_SIZE (64 << 10)

struct log_queue {
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t idle;
	struct log log; /* of the last line */
	size_t first;
	size_t used;
	bool waiting; /* the writer is idle, and a line has to wake it */
	bool full;
	bool works;
	bool torn; /* the last write ended within a line */
	bool closing;
	int error;        /* of the last write that failed; 0: none did */
	uint64_t untold;  /* lines dropped since a line said how many */
	uint64_t dropped; /* in all */
	char batch[LOG_QUEUE_LINE];
	char ring[LOG_QUEUE_SIZE];
};

/* --- the writer -----------------------------------------------------------*/

/* Returns what the descriptor did not take: empty if it took everything. */
static struct span write_all(int fd, struct span text, int *ret_error)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

	while (text.len) {
		ssize_t done = write(fd, text.at, text.len);

		if (done >= 0) {
			text = span_from(text, (size_t)done);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			/* Another program made the descriptor
			 * non-blocking. */
			poll(&poll_fd, 1, -1);
		} else if (errno != EINTR) {
			*ret_error = errno;
			break;
		}
	}
	return text;
}

static uint64_t count_lines(struct span text)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.at[i] == '\n';
	return lines;
}

static void drop(struct log_queue *queue, uint64_t lines)
{
	queue->untold += lines;
	queue->dropped += lines;
}

/* As many whole lines from the front as one write takes, at least one. */
static struct span take_batch(struct log_queue *queue)
{
	size_t len = queue->used;
	size_t straight = LOG_QUEUE_SIZE - queue->first;

	if (len > sizeof queue->batch)
		len = sizeof queue->batch;
	if (straight > len)
		straight = len;
	memcpy(queue->batch, queue->ring + queue->first, straight);
	memcpy(queue->batch + straight, queue->ring, len - straight);
	while (len && queue->batch[len - 1] != '\n')
		len--;
	return (struct span){ queue->batch, len };
}

/* Writes whole lines, without the lock meanwhile. Returns what was not
 * written. */
static struct span send(struct log_queue *queue, struct span text)
{
	const bool torn = queue->torn;
	struct span left;
	int error = 0;

	pthread_mutex_unlock(&queue->lock);
	if (torn)
		write_all(queue->fd, span_of("\n"), &error);
	left = error ? text : write_all(queue->fd, text, &error);
	pthread_mutex_lock(&queue->lock);
	queue->works = !error;
	if (error)
		queue->error = error;
	if (left.at != text.at)
		queue->torn = left.at[-1] != '\n';
	return left;
}

static void write_some(struct log_queue *queue)
{
	struct span batch = take_batch(queue);
	struct span left = send(queue, batch);

	queue->used -= batch.len;
	/* From its start again where it can: few lines touch few pages. */
	queue->first =
	    queue->used ? (queue->first + batch.len) % LOG_QUEUE_SIZE : 0;
	drop(queue, count_lines(left));
}

/* Writes how many lines are missing, in their place. */
static void tell(struct log_queue *queue)
{
	const struct log always = { queue->log.format, CONF_LOG_INFO };
	const uint64_t lines = queue->untold;
	struct log_line line;

	log_begin(&line, &always, CONF_LOG_WARN, "log lines dropped");
	log_u64(&line, "lines", lines);
	log_text(&line, "reason",
	    queue->error ? strerror(queue->error)
			 : "stderr was not read in time");
	send(queue, log_finish(&line));
	if (queue->works) {
		queue->untold -= lines;
		queue->error = 0;
	}
	if (!queue->used)
		queue->full = false;
}

static bool has_work(const struct log_queue *queue)
{
	return queue->used || queue->full || (queue->untold && queue->works);
}

static bool half_full(const struct log_queue *queue)
{
	return queue->used >= LOG_QUEUE_SIZE / 2;
}

static void wait_for_line(struct log_queue *queue)
{
	const int64_t until = clock_micros() + LOG_QUEUE_REST;

	while (!half_full(queue) && !queue->closing && clock_micros() < until)
		clock_cond_wait(&queue->work, &queue->lock, until);
	if (has_work(queue) || queue->closing)
		return;
	queue->waiting = true;
	pthread_cond_wait(&queue->work, &queue->lock);
	queue->waiting = false;
}

static void *run(void *argument)
{
	struct log_queue *queue = argument;

	pthread_mutex_lock(&queue->lock);
	while (true) {
		if (!has_work(queue)) {
			pthread_cond_broadcast(&queue->idle);
			if (queue->closing)
				break;
			wait_for_line(queue);
			continue;
		}
		/* The missing lines belong before the lines that wait; when
		 * the queue is full, after them. */
		if (queue->untold && (!queue->full || !queue->used))
			tell(queue);
		if (queue->used)
			write_some(queue);
	}
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

/* --- producers ------------------------------------------------------------*/

struct log_queue *log_queue_open(int fd)
{
	struct log_queue *queue = calloc(1, sizeof *queue);
	pthread_attr_t small;
	bool runs;

	if (!queue)
		return NULL;
	queue->fd = fd;
	queue->works = true;
	pthread_mutex_init(&queue->lock, NULL);
	clock_cond_init(&queue->work);
	clock_cond_init(&queue->idle);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_SIZE);
	runs = pthread_create(&queue->thread, &small, run, queue) == 0;
	pthread_attr_destroy(&small);
	if (runs)
		return queue;
	free(queue);
	return NULL;
}

static void copy_in(struct log_queue *queue, struct span line)
{
	size_t at = (queue->first + queue->used) % LOG_QUEUE_SIZE;
	size_t straight = LOG_QUEUE_SIZE - at;

	if (straight > line.len)
		straight = line.len;
	memcpy(queue->ring + at, line.at, straight);
	memcpy(queue->ring, line.at + straight, line.len - straight);
	queue->used += line.len;
}

void log_queue_put(
    struct log_queue *queue, const struct log *log, struct span line)
{
	pthread_mutex_lock(&queue->lock);
	queue->log = *log;
	if (queue->full || queue->closing ||
	    line.len > LOG_QUEUE_SIZE - queue->used) {
		queue->full = true;
		drop(queue, 1);
	} else {
		copy_in(queue, line);
	}
	if (queue->waiting || half_full(queue))
		pthread_cond_signal(&queue->work);
	pthread_mutex_unlock(&queue->lock);
}

uint64_t log_queue_dropped(struct log_queue *queue)
{
	uint64_t dropped;

	pthread_mutex_lock(&queue->lock);
	dropped = queue->dropped;
	pthread_mutex_unlock(&queue->lock);
	return dropped;
}

static bool wait_idle(struct log_queue *queue, int64_t until)
{
	while (has_work(queue) && clock_micros() < until)
		clock_cond_wait(&queue->idle, &queue->lock, until);
	return !has_work(queue);
}

bool log_queue_flush(struct log_queue *queue, int64_t until)
{
	bool idle;

	pthread_mutex_lock(&queue->lock);
	idle = wait_idle(queue, until);
	pthread_mutex_unlock(&queue->lock);
	return idle;
}

bool log_queue_close(struct log_queue *queue, int64_t until)
{
	bool idle;

	pthread_mutex_lock(&queue->lock);
	idle = wait_idle(queue, until);
	queue->closing = true;
	pthread_cond_signal(&queue->work);
	pthread_mutex_unlock(&queue->lock);
	if (!idle)
		return false;
	pthread_join(queue->thread, NULL);
	pthread_cond_destroy(&queue->work);
	pthread_cond_destroy(&queue->idle);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
	return true;
}
