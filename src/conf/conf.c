#include "conf/store_kind.h"
#include "slot/dialect.h"

#include <stdlib.h>
#include <string.h>

static const struct ip_net loopback[] = {
	{ { { [10] = 0xff, 0xff, 127, 0, 0, 1 } }, 128 },
	{ { { [15] = 1 } }, 128 },
};

const struct conf conf_defaults = {
	.listen = { .address = "127.0.0.1", .port = 8363 },
	.public = { .address = "::", .port = 8364 },
	.base_path = { "", 0 },
	.public_url = { "", 0 },
	.max_skew = 300,
	.replay_max = 1000000,
	.policy = { .max_size = 1073741824 },
	.quota = {
		.memory = { .max_users = 100000 },
		.redis = {
			.address = "127.0.0.1",
			.port = 6379,
			.username = { "", 0 },
			.password = { "", 0 },
			.prefix = { "slotd:", 6 },
			.timeout_ms = 50,
			.allow_on_error = true,
			.pool = 8,
		},
	},
	.limits = {
		.connections = 4096,
		.connections_per_address = 64,
		.header_timeout = 10,
		.body_timeout = 30,
		.idle_timeout = 60,
		.min_rate = 1024,
		.upload_timeout = 3600,
		.drain_timeout = 25,
	},
	.trusted_proxies = { loopback, sizeof loopback / sizeof *loopback },
	.log_format = CONF_LOG_LOGFMT,
	.log_level = CONF_LOG_INFO,
	.sandbox = true,
};

static bool makes_urls(const struct conf *conf)
{
	for (size_t i = 0; i < conf->caller_count; i++)
		if (dialect_makes_urls(conf->callers[i].dialect))
			return true;
	return false;
}

static bool same_base(const struct uri_base *one, const struct uri_base *other)
{
	return span_equal(one->scheme, other->scheme) &&
	       span_equal(one->host, other->host) &&
	       span_equal(one->path, other->path);
}

bool conf_storages_share(const struct conf *conf, size_t one, size_t other)
{
	const struct s3_config *s3 = conf->storages[one].s3;
	const struct s3_config *other_s3 = conf->storages[other].s3;

	return one == other ||
	       (s3 && other_s3 && same_base(&s3->bucket, &other_s3->bucket));
}

bool conf_sends(const struct conf *conf)
{
	const bool all = makes_urls(conf);

	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].kind->class->forward &&
		    (all || conf->storages[i].takes_uploads))
			return true;
	return false;
}

bool conf_is_private(const struct conf_listener *listener)
{
	struct ip ip;

	return listener->unix_path ||
	       (ip_parse(span_of(listener->address), &ip) &&
		   ip_is_loopback(&ip));
}

static bool copy_bytes(
    struct arena *arena, struct span bytes, const char **ret_copy)
{
	char *copy = bytes.at ? arena_try(arena, bytes.len + 1) : NULL;

	if (copy)
		memcpy(copy, bytes.at, bytes.len);
	*ret_copy = copy;
	return copy || !bytes.at;
}

bool conf_copy_listener(struct conf *conf, struct conf_listener *into,
    const struct conf_listener *from)
{
	struct arena *keep = &conf->keep;

	*into = *from;
	return copy_bytes(keep, span_of(from->address), &into->address) &&
	       copy_bytes(keep, span_of(from->unix_path), &into->unix_path) &&
	       copy_bytes(keep, span_of(from->tls_file), &into->tls_file) &&
	       copy_bytes(keep, from->tls_cert, &into->tls_cert.at) &&
	       copy_bytes(keep, from->tls_key, &into->tls_key.at);
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	arena_done(&conf->keep);
	wipe(conf, sizeof *conf);
	free(conf);
}

size_t conf_storage_of(const struct conf *conf, struct span domain)
{
	const uint32_t number = names_find_domain(&conf->domain_names, domain);

	return number == NAMES_NONE ? 0 : conf->domains[number].storage;
}
