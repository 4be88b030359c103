#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stdatomic.h>

#include "conf/conf.h"
#include "service/log.h"
#include "service/sources.h"
#include "slot/slot.h"

/*
 * A configuration at work: its opened stores, and everything that slots are
 * made from. Each reload opens another one. Requests hold the service that
 * they began with; the last release closes it. After it is opened and
 * authenticated, it does not change (except `older`), and any thread that
 * holds it may use it.
 */
struct service {
	atomic_uint holders;
	struct service *older; /* for the server's list */
	struct conf *conf;
	bool looks; /* opened by service_look */
	struct log log;
	struct auth auth;              /* replay == NULL: for no requests */
	struct sources *sources;       /* of credentials */
	const struct keyring *keyring; /* NULL: no key_file */
	/* In the order of conf->storages. */
	size_t store_count;
	struct store **stores;
	struct key_template *templates;
	struct issuer *issuer_list;
	struct issuers issuers;
};

/* Makes the folders that stores need, for a process that is to be fenced before
 * it opens them. False with a sentence in wrong. */
bool service_make(const struct conf *conf, char *wrong, size_t wrong_size);

/*
 * Opens what the configuration names. conf belongs to the service from then
 * on, also on failure. `before` (NULL: none) is the service whose sources,
 * folder and key go on. Returns NULL with a sentence in wrong.
 */
struct service *service_open(struct conf *conf, const struct service *before,
    char *wrong, size_t wrong_size);

/*
 * The same for a command, which makes neither folder nor key. If there is no
 * key_file and the embedded store has no key yet, keyring is NULL, and the
 * store's `lack` says why.
 */
struct service *service_look(struct conf *conf, char *wrong, size_t wrong_size);

/* Gives its callers this replay table, so that requests can be authenticated.
 * Returns false without memory. */
bool service_authenticate(struct service *service, struct replay *replay);

/* Takes over how much of their rates the callers have used in the service
 * before. now is as clock_micros. */
void service_resume(
    struct service *service, const struct service *before, int64_t now);

/* Waits until each store has tried to get credentials, for this long in all.
 * Returns whether each has tried. Not for an event loop. */
bool service_wait(const struct service *service, int milliseconds);
/* The credentials of a store by its number. NULL: it needs none. */
struct creds *service_creds(const struct service *service, size_t number);
/* Whether a store lacks credentials; why gets a sentence. */
bool service_lacks(const struct service *service, struct buf *why);

void service_hold(struct service *service);
/* NULL is allowed. */
void service_release(struct service *service);

/* Whether one of its stores may wait for a disk. */
bool service_waits(const struct service *service);
/* The store whose files slotd serves. NULL: there is none. */
struct store *service_file_store(const struct service *service);
/* After service_look: what its stores lack for slots. NULL: nothing. */
const char *service_store_lack(const struct service *service);

/* The template of the object keys of one of its stores. */
const struct key_template *service_template(
    const struct service *service, const struct store *store);

/* The issuer of files below a caller's `base`, whose URLs name no domain: that
 * of its first allow_domains. Never NULL. */
const struct issuer *service_base_issuer(
    const struct service *service, const struct caller *caller);

/* The issuer for JIDs of a lower-case domain. Never NULL. */
const struct issuer *service_issuer(
    const struct service *service, struct span domain);

#endif
