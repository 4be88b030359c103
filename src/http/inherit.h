#ifndef HTTP_INHERIT_H
#define HTTP_INHERIT_H

#include "conf/conf.h"

/*
 * Listening sockets that a service manager has opened for slotd: LISTEN_PID,
 * LISTEN_FDS and LISTEN_FDNAMES, as sd_listen_fds(3) describes them. The
 * service manager keeps them open when slotd ends, so connections in their
 * queues wait for the next process. Called by the main thread, at the start.
 */
#define INHERIT_MAX 8

struct inherited {
	unsigned count;
	int fds[INHERIT_MAX]; /* -1: taken */
	char names[INHERIT_MAX][64];
};

/* Reads these variables and removes them from the environment. False with a
 * sentence in wrong: a descriptor is not a listening stream socket. */
bool inherit_read(
    struct inherited *ret_inherited, char *wrong, size_t wrong_size);

/*
 * Returns the socket for a listener, which is the caller's from then on; -1:
 * there is none. It is the socket with the listener's name; else the one that
 * has its address; else the next one that has neither another listener's name
 * nor the address of `other`, which may be NULL.
 */
int inherit_take(struct inherited *inherited, const char *name,
    const struct conf_listener *listener, const struct conf_listener *other);

/* Closes the sockets that were not taken. False with a sentence in wrong: there
 * were some. */
bool inherit_done(struct inherited *inherited, char *wrong, size_t wrong_size);

#endif
