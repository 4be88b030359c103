#include "http/service.h"

#include "creds/static.h"

#include <string.h>

static struct store *open_s3(const struct conf *conf)
{
	struct creds *creds = creds_static_open(&conf->s3_creds);
	struct store *store;

	if (!creds)
		return NULL;
	store = s3_open(&conf->s3, creds);
	if (!store)
		creds->class->close(creds);
	return store;
}

static bool default_template(bool has_keys, struct key_template *ret_template)
{
	const char *wrong;

	return key_template_parse(
	    span_of(has_keys ? "{random}/{owner}/{filename}"
			     : "{random}/{filename}"),
	    ret_template, &wrong);
}

bool service_open(struct service *service, const struct conf *conf, char *wrong,
    size_t wrong_size)
{
	const struct keyring *keyring = NULL;
	struct buf sentence;

	memset(service, 0, sizeof *service);
	service->conf = conf;
	if (conf->store == CONF_STORE_FS) {
		service->fs = fs_open(&conf->fs, wrong, wrong_size);
		if (!service->fs)
			return false;
		service->store = fs_store(service->fs);
		keyring = fs_keyring(service->fs);
	} else {
		service->store = open_s3(conf);
		if (conf->has_key_file)
			keyring = &conf->keyring;
	}
	if (conf->has_template)
		service->template = conf->template;
	if (!service->store ||
	    (!conf->has_template &&
		!default_template(keyring != NULL, &service->template))) {
		buf_init(&sentence, wrong, wrong_size);
		buf_text(&sentence, "out of memory");
		return false;
	}
	service->issuer = (struct issuer){
		.policy = &conf->policy,
		.template = &service->template,
		.keyring = keyring,
		.store = service->store,
	};
	return true;
}

void service_close(struct service *service)
{
	if (service->store)
		service->store->class->close(service->store);
}
