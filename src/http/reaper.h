#ifndef HTTP_REAPER_H
#define HTTP_REAPER_H

#include <stdint.h>

/*
 * Answers that arrive although the body was not read. Closing a socket with
 * unread bytes resets it, and the reset destroys the answer on its way. So a
 * copy of the socket is kept here and read until the client has finished,
 * 10 seconds or 64 MiB at the most.
 */
struct reaper;

/* NULL when there is no memory or no thread. */
struct reaper *reaper_open(void);
/* How many sockets it holds, 1024 by default; twice as many for a moment. The
 * oldest are closed for new ones. */
void reaper_bound(struct reaper *reaper, unsigned places);
/* Gives what it holds its time until `until` (see clock_micros) at the most. */
void reaper_close(struct reaper *reaper, int64_t until);

/* Takes a duplicate of fd: the original stays with its owner. Does nothing
 * while there are too many. */
void reaper_add(struct reaper *reaper, int fd);

#endif
