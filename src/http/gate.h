#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include "http/loop.h"
#include "http/socket.h"

/*
 * A listening socket, and the event loops that serve what it accepts. When a
 * reload changes what loops are made with, new ones take the new connections;
 * those before finish what they have.
 */
struct gate {
	int fd;
	bool inherited;          /* somebody else keeps it when we end */
	struct socket_file file; /* of a unix socket of ours */
	struct entrance entrance;
	struct loop_options options; /* of the newest loops */
	pthread_mutex_t lock;        /* of what follows */
	struct loops *loops;         /* the newest first */
	unsigned next;               /* whose turn it is */
};

struct loops;

/* Around a listening socket, which is the gate's from then on. */
void gate_init(
    struct gate *gate, int fd, struct server *server, unsigned doors);
/* Its part of a configuration. */
const struct conf_listener *gate_listener(
    const struct gate *gate, const struct conf *conf);
/* Ends all loops; no connection may be suspended. */
void gate_done(struct gate *gate);

/*
 * Opens the loops that this configuration wants, unless those there are will
 * do (*ret_loops is then NULL). False with a sentence in wrong.
 */
bool gate_prepare(struct gate *gate, const struct service *service,
    struct loops **ret_loops, char *wrong, size_t wrong_size);
/* Makes them the newest; NULL is fine. */
void gate_use(struct gate *gate, struct loops *loops);
/* Ends what gate_prepare gave and nobody used. */
void gate_drop(struct loops *loops);

/* Ends older loops that have nothing left to do; true: some still have. */
bool gate_tidy(struct gate *gate);

/* Whether it speaks TLS now. */
bool gate_has_tls(struct gate *gate);

/* Hands a connection to the next loop; false: no memory. */
bool gate_add(struct gate *gate, const struct loop_guest *guest);

#endif
