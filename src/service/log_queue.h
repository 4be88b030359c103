#ifndef SERVICE_LOG_QUEUE_H
#define SERVICE_LOG_QUEUE_H

#include <limits.h>

#include "service/log.h"

/* Bytes of the lines that wait; and of one line at the most, so that one
 * write of it to a pipe is never mixed with another program's. */
#define LOG_QUEUE_SIZE (256U << 10)
#define LOG_QUEUE_LINE PIPE_BUF

/*
 * Lines on their way to a descriptor. Any thread puts them in and never waits;
 * one thread of the queue's own writes them, in order. A full queue takes
 * nothing more until all of it is written, so that what is lost is one gap,
 * and a line there tells how many lines are missing. So it is with lines that
 * could not be written.
 */
struct log_queue;

/* It takes no other memory later. NULL: no memory, or no thread. */
struct log_queue *log_queue_open(int fd);

/* A whole line, its end included. log: how to tell of those that were
 * dropped. */
void log_queue_put(
    struct log_queue *queue, const struct log *log, struct span line);

/* Lines that were dropped so far. */
uint64_t log_queue_dropped(struct log_queue *queue);

/* Waits until all is written, until a time of clock_micros; false: it is
 * not. */
bool log_queue_flush(struct log_queue *queue, int64_t until);

/* The same, and then the end of the queue. False: its thread still waits for
 * the descriptor, so the queue stays; what is put into it is dropped. */
bool log_queue_close(struct log_queue *queue, int64_t until);

#endif
