#ifndef SERVICE_LOG_QUEUE_H
#define SERVICE_LOG_QUEUE_H

#include <limits.h>

#include "service/log.h"

/* Bytes of the lines that wait, and of the longest line: a line of at most
 * PIPE_BUF bytes is never mixed with another program's in a pipe. */
#define LOG_QUEUE_SIZE (256U << 10)
#define LOG_QUEUE_LINE PIPE_BUF
/* How long lines wait for others at the most; microseconds. */
#define LOG_QUEUE_REST 5000

/*
 * Lines on their way to a descriptor. Any thread may put lines in and never
 * waits; a thread of the queue writes them in order, those that follow others
 * within LOG_QUEUE_REST together. When the queue is full, lines are dropped
 * until all of it is written: this makes one gap, and a line in its place says
 * how many lines are missing. Lines that could not be written are counted in
 * the same way.
 */
struct log_queue;

/* All memory is taken here. Returns NULL without memory or a thread. */
struct log_queue *log_queue_open(int fd);

/* Puts a whole line in, its end included. log is how to log the number of
 * dropped lines. */
void log_queue_put(
    struct log_queue *queue, const struct log *log, struct span line);

/* How many lines were dropped so far. */
uint64_t log_queue_dropped(struct log_queue *queue);

/* Waits until all lines are written, but not beyond `until` (clock_micros).
 * Returns whether they are. */
bool log_queue_flush(struct log_queue *queue, int64_t until);

/* The same, and then frees the queue. Returns false if its thread still waits
 * for the descriptor: the queue then stays, and drops what is put in. */
bool log_queue_close(struct log_queue *queue, int64_t until);

#endif
