#ifndef XMPP_COMPONENT_H
#define XMPP_COMPONENT_H

#include "service/issuance.h"
#include "service/metrics_component.h"
#include "service/pool.h"
#include "xmpp/pending.h"
#include "xmpp/stream.h"

/* What the components of a process work with. */
struct component_house {
	void *argument;
	/* The newest service, held. */
	struct service *(*service)(void *argument);
	/* The threads for slots that wait; not for ISSUANCE_AT_ONCE. */
	struct pool *(*pool)(void *argument, enum issuance_wait wait);
	struct metrics *metrics;
	struct metrics_components *components;
};

/*
 * Who may ask the component what: answers each stanza of a stream. One thread
 * uses it, the one that has the stream.
 */
struct component {
	const struct component_house *house;
	struct span domain; /* in the form of jid_domain */
	struct stream *stream;
	struct pending *pending;           /* slots that wait */
	struct metrics_component *numbers; /* NULL: none are kept */
	/* While stanzas are read, see component_feed. */
	struct service *service;
	const struct conf_component *conf;
};

/* The settings of this component; NULL: there is none with this domain. */
const struct conf_component *component_find(
    const struct conf *conf, struct span domain);

/* As stream_take; of is a struct component. */
void component_take(void *of, const struct stanza *stanza);

/* Reads bytes of the server's by the newest configuration. False: the stream
 * has ended. */
bool component_feed(struct component *component, struct span bytes);

#endif
