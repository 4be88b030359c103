#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stdatomic.h>

#include "conf/conf.h"
#include "service/log.h"
#include "service/sources.h"
#include "slot/slot.h"

/*
 * A configuration at work: the opened stores, and what slots are made from.
 * Each reading of the configuration makes another one; requests hold the one
 * that they began with, and the last who lets go of it ends it.
 */
struct service {
	atomic_uint holders;
	struct service *older; /* the server's */
	struct conf *conf;
	bool looks; /* opened by service_look */
	struct log log;
	struct auth auth;        /* replay == NULL: nobody is authenticated */
	struct sources *sources; /* of credentials */
	const struct keyring *keyring; /* NULL: no key_file */
	/* In the order of conf->storages. */
	size_t store_count;
	struct store **stores;
	struct key_template *templates;
	struct issuer *issuer_list;
	struct issuers issuers;
};

/*
 * Opens what the configuration names, which is the service's from then on,
 * also when it fails. What can go on from the service before (NULL: there is
 * none) does. NULL with a sentence in wrong.
 */
struct service *service_open(struct conf *conf, const struct service *before,
    char *wrong, size_t wrong_size);

/*
 * The same for a command, which makes neither folder nor key: without
 * key_file keyring is NULL while the embedded store has no key (its `lack`
 * says why).
 */
struct service *service_look(struct conf *conf, char *wrong, size_t wrong_size);

/* Its callers share this replay table from now on; false: no memory. */
bool service_authenticate(struct service *service, struct replay *replay);

/* Its callers have as much of their rates left as they had in the service
 * before; the clock as clock_micros. */
void service_resume(
    struct service *service, const struct service *before, int64_t now);

/* Waits until each store has tried to get credentials, in all so many
 * milliseconds at the most; true: they have. Not for an event loop. */
bool service_wait(const struct service *service, int milliseconds);
/* The credentials of a store, by its number; NULL: it has none. */
struct creds *service_creds(const struct service *service, size_t number);
/* Whether a store has no credentials, and a sentence that says why. */
bool service_lacks(const struct service *service, struct buf *why);

void service_hold(struct service *service);
/* NULL is fine. */
void service_release(struct service *service);

/* The store whose files slotd serves; NULL: none does. */
struct store *service_file_store(const struct service *service);
/* What its stores lack for slots, of service_look; NULL: nothing. */
const char *service_store_lack(const struct service *service);

/* What the keys of one of its stores are made by. */
const struct key_template *service_template(
    const struct service *service, const struct store *store);

/* What the files of a caller with a dialect of slot/dialect.h are made from,
 * whose names say nothing of a domain: that of its first allow_domains. */
const struct issuer *service_base_issuer(
    const struct service *service, const struct caller *caller);

/* What slots of JIDs of a lower-case domain are made from. Never NULL. */
const struct issuer *service_issuer(
    const struct service *service, struct span domain);

#endif
