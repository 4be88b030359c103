#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include "conf/conf.h"
#include "http/loop.h"
#include "http/socket.h"

struct loop_set;
struct server;
struct service;

/* The settings that a listener serves, and the listeners that serve a route:
 * bits. Without the setting `public`, one listener has both roles. */
enum listener_role {
	ROLE_LISTEN = 1,
	ROLE_PUBLIC = 2,
};

/*
 * A listening socket, and the event loops that serve what it accepts.
 *
 * Its life: server_open makes it (listener_init) and opens its first set of
 * loops (listener_prepare, listener_use). The acceptor's thread then hands it
 * connections (listener_add). When a reload changes what loops are made with,
 * the thread that reloads opens a new set, which takes all new connections;
 * the sets before it finish what they have, and listener_tidy closes them.
 * server_close ends all of them (listener_done) after the last request.
 * Members without a note are constant after server_open.
 */
struct listener {
	int fd;
	bool inherited;          /* the service manager keeps the socket open */
	struct socket_file file; /* of a unix socket that slotd made */
	struct server *server;
	unsigned roles;
	pthread_mutex_t lock;  /* of what follows */
	struct loop_set *sets; /* the newest first */
	unsigned next;         /* the loop that has the next turn */
};

/* The caller sets fd. */
void listener_init(
    struct listener *listener, struct server *server, unsigned roles);
/* Closes all loops. No request may be suspended. */
void listener_done(struct listener *listener);

/* The part of a configuration that this listener serves. */
const struct conf_listener *listener_conf(
    const struct listener *listener, const struct conf *conf);

/* Whether libmicrohttpd accepts the certificate and the key of a listener;
 * true when it has none. If not, LISTENER_TLS_WRONG is the reason. */
#define LISTENER_TLS_WRONG                                                     \
	"tls_cert and tls_key do not belong together (the server's own "       \
	"certificate comes first)"
bool listener_check_tls(const struct conf_listener *conf);

/*
 * Opens the set of loops that this service needs; *ret_set is NULL when the set
 * of the service before it, which may be NULL, will do. False with a sentence
 * in wrong.
 */
bool listener_prepare(struct listener *listener, const struct service *before,
    const struct service *service, struct loop_set **ret_set, char *wrong,
    size_t wrong_size);
/* Makes a set from listener_prepare the newest. NULL changes nothing. */
void listener_use(struct listener *listener, struct loop_set *set);
/* Closes a set from listener_prepare that is not used. NULL is allowed. */
void listener_drop(struct loop_set *set);
/* Closes older sets that have no connections; true: some still have. */
bool listener_tidy(struct listener *listener);

/* Hands a connection to the loop whose turn it is. */
void listener_add(struct listener *listener, struct conn *conn);

#endif
