#ifndef XMPP_VISIT_H
#define XMPP_VISIT_H

#include "conf/conf.h"

/*
 * A short stream of a component: it connects as `serve` does, sends the
 * handshake, asks the domain above which items it lists, and says goodbye. It
 * issues no slot: whoever asks for anything meanwhile is told to wait.
 */

enum visit_end {
	VISIT_OPENED,        /* the handshake was accepted */
	VISIT_NO_NAME,       /* the server's name does not resolve; see why */
	VISIT_NO_CONNECTION, /* see why */
	VISIT_SILENT,        /* no answer in time */
	VISIT_CLOSED,        /* by the server; see why */
	VISIT_REFUSED,       /* by a stream error, see condition */
	VISIT_FOREIGN,       /* what came is no stream for components */
	VISIT_STOPPED,
};

enum visit_items {
	VISIT_NOT_ASKED,
	VISIT_NO_ANSWER,
	VISIT_ITEMS_ERROR, /* the answer is an error, see items_error */
	VISIT_LISTED,
	VISIT_UNLISTED,
	VISIT_UNSURE, /* the answer is too long to find it out */
};

struct visit {
	/* Set by the caller, and only read. */
	const struct conf_component *conf;
	struct span above; /* the domain to ask; empty: none is asked */
	int stop;          /* a file that is readable after a signal; -1 */

	enum visit_end end;
	const char *why;
	char condition[32]; /* such as "host-unknown" */
	bool shaken;        /* the handshake had been sent by then */
	enum visit_items items;
	char items_error[32];
};

/* Does all of it; takes at most some 20 seconds, and the resolver's time. */
void visit_server(struct visit *visit);

#endif
