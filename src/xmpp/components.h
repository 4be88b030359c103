#ifndef XMPP_COMPONENTS_H
#define XMPP_COMPONENTS_H

#include "xmpp/connection.h"

/* The components of the configuration at work. For the main thread. */
struct components {
	struct component_house house;
	size_t count;
	struct connection **list;
};

/* Starts and ends components so that they are those of this configuration, and
 * tells the others that it is new. False: there is no memory or no thread, and
 * some have not been started. The first call needs a house, and all else
 * zeroed. */
bool components_use(struct components *components, const struct conf *conf);

/* Begins the end of all. */
void components_end(struct components *components);
/* Waits for it. */
void components_close(struct components *components);

#endif
