#ifndef CMD_LINK_H
#define CMD_LINK_H

#include "http/service.h"

/* What a link of a configuration leads to. Must not be copied: key points
 * into it. */
struct command_link {
	size_t storage;  /* its number */
	struct span key; /* of the object, decoded */
	/* The store's template made the key; reading has its parts. */
	bool made;
	struct key_reading reading;
	/* The caller whose XMPP server made the link; else NULL. */
	const struct caller *caller;
	char memory[OBJECT_KEY_MAX + 1];
};

/*
 * Reads a link: any URL at which a file of this configuration is shared or
 * fetched, of all of its stores and callers, in any form that link_below knows
 * (slot/link.h). False when it is none.
 */
bool command_link_read(const struct service *service, struct span text,
    struct command_link *ret_link);

/*
 * Each way to read a link by which its key says whose file it is: stores that
 * share one bucket may have templates that read each other's keys, and only a
 * JID tells which is right. links has room for service->store_count; gives how
 * many there are.
 */
size_t command_link_owned(const struct service *service, struct span text,
    struct command_link *links);

#endif
