#ifndef HTTP_SERVICE_H
#define HTTP_SERVICE_H

#include "conf/conf.h"
#include "slot/slot.h"

/* What `serve` and `slot` share: the opened stores, and what slots are made
 * from. It points into the configuration, which must outlive it. */
struct service {
	const struct conf *conf;
	struct fs *fs; /* the embedded store, which is one of them; or NULL */
	const struct keyring *keyring; /* NULL: no key_file */
	/* In the order of conf->storages. */
	size_t store_count;
	struct store **stores;
	struct key_template *templates;
	struct issuer *issuer_list;
	struct issuers issuers;
};

/* False with a sentence in wrong. To be closed in either case. */
bool service_open(struct service *service, const struct conf *conf, char *wrong,
    size_t wrong_size);
void service_close(struct service *service);

/* What the files of a caller with a dialect of slot/share.h are made from,
 * whose names say nothing of a domain: that of its first allow_domains. */
const struct issuer *service_share(
    const struct service *service, const struct caller *caller);

/* What slots of JIDs of a lower-case domain are made from. Never NULL. */
const struct issuer *service_issuer(
    const struct service *service, struct span domain);

#endif
