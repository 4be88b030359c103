#ifndef HTTP_SERVICE_H
#define HTTP_SERVICE_H

#include "conf/conf.h"
#include "slot/slot.h"

/* What `serve` and `slot` share: the opened store, and what slots are made
 * from. It points into the configuration, which must outlive it. */
struct service {
	const struct conf *conf;
	struct store *store;
	struct fs *fs; /* NULL unless the store is the embedded one */
	struct key_template template;
	struct issuer issuer;
};

/* False with a sentence in wrong. */
bool service_open(struct service *service, const struct conf *conf, char *wrong,
    size_t wrong_size);
void service_close(struct service *service);

#endif
