#include "http/server_keep.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_listener(
    const struct conf_listener *a, const struct conf_listener *b)
{
	if (a->unix_path || b->unix_path)
		return same_text(a->unix_path, b->unix_path) &&
		       a->mode == b->mode;
	return same_text(a->address, b->address) && a->port == b->port;
}

static void say(const struct service *before, const char *setting)
{
	struct log_line line;

	log_begin(&line, &before->log, CONF_LOG_WARN, "reload");
	log_text(&line, "setting", setting);
	log_text(&line, "reason",
	    "cannot change while slotd runs: restart slotd to apply it");
	log_end(&line);
}

static void check_folder(const struct service *before, const struct conf *conf)
{
	const struct store *store = service_file_store(before);

	if (!store || !store->place)
		return;
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].folder &&
		    strcmp(conf->storages[i].folder->path, store->place) != 0)
			say(before, "storage.path");
}

static void add_text(struct hash *hash, const char *text)
{
	hash_field(hash, text ? span_of(text) : SPAN_EMPTY);
}

void server_keep_print(
    const struct conf_quota *quota, uint8_t ret_print[HASH_SIZE])
{
	const struct quota_redis_config *redis = &quota->redis;
	const uint64_t numbers[] = { quota->type, quota->memory.max_users,
		redis->port, redis->tls, redis->database, redis->timeout_ms,
		redis->allow_on_error, redis->pool };
	struct hash hash;

	hash_init(&hash);
	hash_field(
	    &hash, (struct span){ (const char *)numbers, sizeof numbers });
	add_text(&hash, quota->memory.state_file);
	add_text(&hash, redis->address);
	add_text(&hash, redis->unix_path);
	add_text(&hash, redis->tls_ca);
	hash_field(&hash, redis->username);
	hash_field(&hash, redis->password);
	hash_field(&hash, redis->prefix);
	hash_final(&hash, ret_print);
}

static void keep_number(const struct service *before, const char *setting,
    uint32_t old, uint32_t *value)
{
	if (*value == old)
		return;
	say(before, setting);
	*value = old;
}

static bool keep_listener(const struct service *before, const char *setting,
    const struct conf_listener *old, struct conf *conf,
    struct conf_listener *listener)
{
	say(before, setting);
	return conf_copy_listener(conf, listener, old);
}

bool server_keep_apply(const uint8_t counter[HASH_SIZE],
    const struct service *before, struct conf *conf)
{
	const struct conf *old = before->conf;
	uint8_t print[HASH_SIZE];

	if (!same_listener(&old->listen, &conf->listen) &&
	    !keep_listener(before, "listen", &old->listen, conf, &conf->listen))
		return false;
	if ((old->has_public != conf->has_public ||
		!same_listener(&old->public, &conf->public)) &&
	    !keep_listener(before, "public", &old->public, conf, &conf->public))
		return false;
	conf->has_public = old->has_public;
	keep_number(before, "listen.threads", old->threads, &conf->threads);
	keep_number(before, "auth.max_skew", old->max_skew, &conf->max_skew);
	keep_number(
	    before, "auth.replay_max", old->replay_max, &conf->replay_max);
	if (conf->sandbox != old->sandbox)
		say(before, "sandbox");
	conf->sandbox = old->sandbox;
	server_keep_print(&conf->quota, print);
	if (memcmp(counter, print, sizeof print) != 0)
		say(before, "quota");
	check_folder(before, conf);
	return true;
}
