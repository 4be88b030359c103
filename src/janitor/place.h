#ifndef JANITOR_PLACE_H
#define JANITOR_PLACE_H

#include "service/service.h"

/* The file that a link leads to. Must not be copied: its spans point into
 * it. */
struct place {
	size_t number;   /* of its store */
	struct span key; /* of the object, decoded */
	bool made;       /* by the store's template, or by a default one */
	/* The caller whose XMPP server made the link; NULL: slotd made it. */
	const struct caller *caller;
	char memory[OBJECT_KEY_MAX + 1];
};

/* Whether a link leads into this store. */
bool place_in_store(const struct service *service, size_t number,
    struct span link, struct place *ret_place);

/*
 * Reads a link: any URL at which a file of this configuration, in any of its
 * stores and of any of its callers, is shared or fetched, in any form that
 * link_below knows (slot/link.h). False for any other text.
 */
bool place_find(
    const struct service *service, struct span link, struct place *ret_place);

/* Whether slotd stored an object with this key for a client of this caller's,
 * below its base. */
bool place_is_below(const struct caller *caller, struct span key);

#endif
