#ifndef XMPP_CONNECTION_H
#define XMPP_CONNECTION_H

#include "xmpp/component.h"

/*
 * The life of one component: a thread that connects to the XMPP server, has a
 * stream with it, and connects again when that has ended. The main thread
 * opens, wakes and closes it.
 */
struct connection;

/* Starts the thread for the component with this domain (in the form of
 * jid_domain), which is copied. NULL: no memory or no thread. */
struct connection *connection_open(
    const struct component_house *house, struct span domain);

struct span connection_domain(const struct connection *connection);

/* The configuration is new: a wait before the next connection is cut short. */
void connection_wake(struct connection *connection);

/* Begins its end: nothing more is read, what was read is answered. */
void connection_end(struct connection *connection);
/* Waits for the end, which takes some seconds at most. */
void connection_close(struct connection *connection);

#endif
