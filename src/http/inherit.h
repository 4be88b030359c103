#ifndef HTTP_INHERIT_H
#define HTTP_INHERIT_H

#include "conf/conf.h"

/*
 * Listening sockets that a service manager has opened for us: LISTEN_PID,
 * LISTEN_FDS and LISTEN_FDNAMES, as sd_listen_fds(3) describes them. They stay
 * open there when we end, with all who are queued.
 */
#define INHERIT_MAX 8

struct inherited {
	unsigned count;
	int fds[INHERIT_MAX]; /* -1: taken */
	char names[INHERIT_MAX][64];
};

/* Reads the environment, and takes these variables out of it. False with a
 * sentence in wrong: something is not a listening stream socket. */
bool inherit_read(
    struct inherited *ret_inherited, char *wrong, size_t wrong_size);

/*
 * The socket for a listener: the one with its name; else the one that listens
 * where the configuration says; else the next without a name that we know.
 * -1: there is none. It is the caller's from then on.
 */
int inherit_take(struct inherited *inherited, const char *name,
    const struct conf_listener *listener);

/* False with a sentence: there are some that nobody took. Closes them. */
bool inherit_done(struct inherited *inherited, char *wrong, size_t wrong_size);

#endif
