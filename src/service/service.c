#include "service/service.h"

#include "conf/store_kind.h"
#include "service/clock.h"
#include "service/random.h"

#include <stdio.h>
#include <stdlib.h>

/* The first store of this kind; NULL: there is none. */
static const struct store *find_kind(
    const struct service *service, const struct store_kind *kind)
{
	for (size_t i = 0; service && i < service->store_count; i++)
		if (service->conf->storages[i].kind == kind)
			return service->stores[i];
	return NULL;
}

static bool open_store(struct service *service, size_t number,
    const struct service *before, char *wrong, size_t wrong_size)
{
	const struct conf_storage *storage = &service->conf->storages[number];
	struct store_opening opening = {
		.conf = service->conf,
		.storage = storage,
		.keyring = service->keyring,
		.before = find_kind(before, storage->kind),
		.looks = service->looks,
	};
	struct store *store;

	if (storage->creds) {
		opening.creds = sources_get(service->sources, storage->creds);
		if (!opening.creds)
			return false;
	}
	store = storage->kind->open(&opening, wrong, wrong_size);
	if (!store && opening.creds)
		opening.creds->class->close(opening.creds);
	if (store)
		store->template = &service->templates[number];
	service->stores[number] = store;
	return store != NULL;
}

/* First of all those that may make the key_file. */
static bool open_stores(struct service *service, const struct service *before,
    char *wrong, size_t wrong_size)
{
	const struct conf *conf = service->conf;

	if (conf->has_key_file)
		service->keyring = &conf->keyring;
	for (size_t i = 0; i < conf->storage_count; i++) {
		if (!conf->storages[i].kind->class->makes_keys)
			continue;
		if (!open_store(service, i, before, wrong, wrong_size))
			return false;
		service->keyring = service->stores[i]->keyring;
	}
	for (size_t i = 0; i < conf->storage_count; i++)
		if (!service->stores[i] &&
		    !open_store(service, i, before, wrong, wrong_size))
			return false;
	return true;
}

static struct key_template template_of(
    const struct service *service, const struct conf_storage *storage)
{
	return storage->has_template ? storage->template
				     : key_template_default(storage->ends,
					   service->keyring != NULL);
}

static struct issuer make_issuer(const struct service *service,
    const struct policies *policies, size_t number)
{
	return (struct issuer){
		.policies = policies,
		.template = &service->templates[number],
		.keyring = service->keyring,
		.store = service->stores[number],
	};
}

static void make_issuers(struct service *service)
{
	const struct conf *conf = service->conf;

	service->issuer_list[0] = make_issuer(service, &conf->policies, 0);
	for (size_t i = 0; i < conf->domain_count; i++) {
		const struct conf_domain *domain = &conf->domains[i];

		service->issuer_list[i + 1] =
		    make_issuer(service, &domain->policies, domain->storage);
	}
	service->issuers = (struct issuers){
		.list = service->issuer_list,
		.domains = conf->domain_names,
	};
}

static bool open_all(struct service *service, const struct service *before,
    char *wrong, size_t wrong_size)
{
	const struct conf *conf = service->conf;

	service->stores = calloc(conf->storage_count, sizeof(struct store *));
	service->templates =
	    calloc(conf->storage_count, sizeof *service->templates);
	service->issuer_list =
	    calloc(conf->domain_count + 1, sizeof *service->issuer_list);
	if (!service->stores || !service->templates || !service->issuer_list)
		return false;
	service->store_count = conf->storage_count;
	service->sources =
	    before ? sources_hold(before->sources) : sources_open();
	if (!service->sources)
		return false;
	if (!open_stores(service, before, wrong, wrong_size))
		return false;
	for (size_t i = 0; i < service->store_count; i++)
		service->templates[i] =
		    template_of(service, &conf->storages[i]);
	make_issuers(service);
	return true;
}

static void finish(struct service *service)
{
	for (size_t i = 0; i < service->store_count; i++) {
		struct store *store = service->stores[i];

		if (store)
			store->class->close(store);
	}
	if (service->auth.replay)
		auth_done(&service->auth);
	sources_release(service->sources);
	free(service->stores);
	free(service->templates);
	free(service->issuer_list);
	conf_free(service->conf);
	free(service);
}

static struct service *open_as(struct conf *conf, bool looks,
    const struct service *before, char *wrong, size_t wrong_size)
{
	struct service *service = calloc(1, sizeof *service);

	snprintf(wrong, wrong_size, "out of memory");
	if (!service) {
		conf_free(conf);
		return NULL;
	}
	atomic_init(&service->holders, 1);
	service->conf = conf;
	service->looks = looks;
	service->log = (struct log){ conf->log_format, conf->log_level };
	if (open_all(service, before, wrong, wrong_size))
		return service;
	finish(service);
	return NULL;
}

bool service_make(const struct conf *conf, char *wrong, size_t wrong_size)
{
	for (size_t i = 0; i < conf->storage_count; i++) {
		const struct conf_storage *storage = &conf->storages[i];

		if (storage->kind->make &&
		    !storage->kind->make(storage, wrong, wrong_size))
			return false;
	}
	return true;
}

struct service *service_open(struct conf *conf, const struct service *before,
    char *wrong, size_t wrong_size)
{
	return open_as(conf, false, before, wrong, wrong_size);
}

struct service *service_look(struct conf *conf, char *wrong, size_t wrong_size)
{
	return open_as(conf, true, NULL, wrong, wrong_size);
}

bool service_authenticate(struct service *service, struct replay *replay)
{
	struct conf *conf = service->conf;
	uint8_t random[32];

	for (size_t i = 0; i < conf->caller_count; i++) {
		struct caller *caller = &conf->callers[i];

		caller->number = replay_caller(replay, caller->id);
		if (caller->number == REPLAY_NOBODY)
			return false;
	}
	random_bytes(random, sizeof random);
	auth_init(
	    &service->auth, conf->callers, &conf->caller_ids, replay, random);
	wipe(random, sizeof random);
	return true;
}

void service_resume(
    struct service *service, const struct service *before, int64_t now)
{
	for (size_t i = 0; i < service->conf->caller_count; i++) {
		const struct caller *caller = &service->conf->callers[i];
		const struct caller *was = auth_find(&before->auth, caller->id);

		if (was && was->rate && caller->rate)
			rate_resume(caller->rate, was->rate, now);
	}
}

struct creds *service_creds(const struct service *service, size_t number)
{
	return service->stores[number]->creds;
}

bool service_wait(const struct service *service, int milliseconds)
{
	const int64_t until = clock_micros() + (int64_t)milliseconds * 1000;
	bool tried = true;

	for (size_t i = 0; i < service->store_count; i++) {
		struct creds *creds = service_creds(service, i);
		int64_t left = until - clock_micros();

		if (creds)
			tried &= creds->class->wait(
			    creds, left > 0 ? (int)(left / 1000) : 0);
	}
	return tried;
}

bool service_lacks(const struct service *service, struct buf *why)
{
	struct creds_status status;

	for (size_t i = 0; i < service->store_count; i++) {
		struct creds *creds = service_creds(service, i);

		if (!creds)
			continue;
		creds->class->status(creds, clock_unix(), &status);
		if (status.ready)
			continue;
		buf_text(why, "storage ");
		buf_add(why, service->conf->storages[i].name);
		buf_text(why, ": credentials: ");
		buf_text(why, status.why);
		return true;
	}
	return false;
}

void service_hold(struct service *service)
{
	atomic_fetch_add(&service->holders, 1);
}

void service_release(struct service *service)
{
	if (service && atomic_fetch_sub(&service->holders, 1) == 1)
		finish(service);
}

bool service_waits(const struct service *service)
{
	for (size_t i = 0; i < service->store_count; i++) {
		const struct store_class *class = service->stores[i]->class;

		if (class->waits || class->upload_open || class->file_open)
			return true;
	}
	return false;
}

struct store *service_file_store(const struct service *service)
{
	for (size_t i = 0; i < service->store_count; i++)
		if (service->stores[i] && service->stores[i]->class->file_open)
			return service->stores[i];
	return NULL;
}

const char *service_store_lack(const struct service *service)
{
	const char *lack = NULL;

	for (size_t i = 0; i < service->store_count && !lack; i++)
		lack = service->stores[i]->lack;
	return lack;
}

const struct key_template *service_template(
    const struct service *service, const struct store *store)
{
	size_t number = 0;

	while (service->stores[number] != store)
		number++;
	return &service->templates[number];
}

const struct issuer *service_issuer(
    const struct service *service, struct span domain)
{
	return slot_find_issuer(&service->issuers, domain);
}

const struct issuer *service_base_issuer(
    const struct service *service, const struct caller *caller)
{
	return caller->allow_domain_count
		   ? service_issuer(service, caller->allow_domains[0])
		   : &service->issuers.list[0];
}
