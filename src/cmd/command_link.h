#ifndef CMD_COMMAND_LINK_H
#define CMD_COMMAND_LINK_H

#include "service/service.h"

/* The file that a link leads to. Must not be copied: its spans point into
 * it. */
struct command_link {
	struct span key; /* of the object, decoded */
	/* Whether the store's template made the key; reading has its parts. */
	bool made;
	struct key_reading reading;
	/* The caller whose XMPP server made the link; NULL: slotd made it. */
	const struct caller *caller;
	char memory[OBJECT_KEY_MAX + 1];
};

/*
 * Reads a link: any URL at which a file of this configuration, in any of its
 * stores and of any of its callers, is shared or fetched, in any form that
 * link_below knows (slot/link.h). False for any other text.
 */
bool command_link_read(const struct service *service, struct span text,
    struct command_link *ret_link);

/*
 * Gives each way to read a link in which its key has an owner, and how many
 * there are. There can be several when two stores use one bucket and their
 * templates fit each other's keys; only the owner's JID tells which is right.
 * links has room for service->store_count.
 */
size_t command_link_owned(const struct service *service, struct span text,
    struct command_link *links);

#endif
