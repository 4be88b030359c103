#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include "conf/conf.h"
#include "http/loop.h"
#include "http/socket.h"

struct loops;
struct server;
struct service;

/* Which settings a listener serves, and where a route is served: bits. */
enum listener_role {
	ROLE_LISTEN = 1,
	ROLE_PUBLIC = 2,
};

/*
 * A listening socket, and the event loops that serve what it accepts. When a
 * reload changes what loops are made with, new ones take the new connections;
 * those before finish what they have.
 */
struct listener {
	int fd;
	bool inherited;          /* somebody else keeps it when we end */
	struct socket_file file; /* of a unix socket of ours */
	struct server *server;
	unsigned roles; /* without `public`, the listener `listen` is both */
	struct loop_options options; /* of the newest loops */
	pthread_mutex_t lock;        /* of what follows */
	struct loops *loops;         /* the newest first */
	unsigned next;               /* whose turn it is */
};

/* Around a listening socket, which is the listener's from then on. */
void listener_init(
    struct listener *listener, int fd, struct server *server, unsigned roles);
/* Its part of a configuration. */
const struct conf_listener *listener_conf(
    const struct listener *listener, const struct conf *conf);
/* Ends all loops; no connection may be suspended. */
void listener_done(struct listener *listener);

/*
 * Opens the loops that this configuration wants, unless those there are will
 * do (*ret_loops is then NULL). False with a sentence in wrong.
 */
bool listener_prepare(struct listener *listener, const struct service *service,
    struct loops **ret_loops, char *wrong, size_t wrong_size);
/* Makes them the newest; NULL is fine. */
void listener_use(struct listener *listener, struct loops *loops);
/* Ends what listener_prepare gave and nobody used. */
void listener_drop(struct loops *loops);

/* Ends older loops that have nothing left to do; true: some still have. */
bool listener_tidy(struct listener *listener);

/* Whether it speaks TLS now. */
bool listener_has_tls(struct listener *listener);

/* Hands a connection to the next loop; false: no memory. */
bool listener_add(struct listener *listener, const struct loop_guest *guest);

#endif
