#ifndef HTTP_REAPER_H
#define HTTP_REAPER_H

#include <stdint.h>

/*
 * Lets answers arrive although the body was not read. Closing a socket with
 * unread bytes resets the connection, and the reset destroys the answer on its
 * way. So a thread keeps a duplicate of the socket and reads from it until the
 * client has finished, for 10 seconds or 64 MiB at the most.
 */
struct reaper;

/* It holds so many sockets, but not more than 1024. Beyond that the oldest are
 * closed for new ones; for a moment it may hold twice as many. NULL: there is
 * no memory, no descriptor or no thread. */
struct reaper *reaper_open(unsigned places);
/* Ends it when its sockets have finished, or at `until` (clock_micros). */
void reaper_close(struct reaper *reaper, int64_t until);

/* Keeps a duplicate of fd, which stays the caller's. Does nothing while there
 * are too many. Any thread. */
void reaper_add(struct reaper *reaper, int fd);

#endif
