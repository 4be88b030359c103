#include "http/stays.h"

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
	    "cannot change in a running process, and stays as it was: "
	    "restart for it");
	log_end(&line);
}

/* The embedded store's folder is where it was opened. */
static void check_folder(const struct service *before, const struct conf *conf)
{
	if (!before->fs)
		return;
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].type == CONF_STORE_FS &&
		    strcmp(conf->storages[i].fs.path,
			fs_folder_path(before->fs)) != 0)
			say(before, "storage.path");
}

static bool same_memory(
    const struct quota_memory_config *a, const struct quota_memory_config *b)
{
	return a->max_users == b->max_users &&
	       same_text(a->state_file, b->state_file);
}

static bool same_redis(
    const struct quota_redis_config *a, const struct quota_redis_config *b)
{
	return same_text(a->address, b->address) && a->port == b->port &&
	       same_text(a->unix_path, b->unix_path) && a->tls == b->tls &&
	       same_text(a->tls_ca, b->tls_ca) &&
	       span_equal(a->username, b->username) &&
	       span_equal(a->password, b->password) &&
	       a->database == b->database && span_equal(a->prefix, b->prefix) &&
	       a->timeout_ms == b->timeout_ms &&
	       a->allow_on_error == b->allow_on_error && a->pool == b->pool;
}

/* The counter is the first one's; limits are what the newest says. */
static bool same_quota(const struct conf_quota *a, const struct conf_quota *b)
{
	if (a->type != b->type)
		return false;
	return a->type == CONF_QUOTA_REDIS
		   ? same_redis(&a->redis, &b->redis)
		   : same_memory(&a->memory, &b->memory);
}

static void keep_number(const struct service *before, const char *setting,
    uint32_t old, uint32_t *value)
{
	if (*value == old)
		return;
	say(before, setting);
	*value = old;
}

static void keep_listener(const struct service *before, const char *setting,
    const struct conf_listener *old, struct conf *conf,
    struct conf_listener *listener)
{
	say(before, setting);
	conf_copy_listener(conf, listener, old);
}

void stays_apply(
    const struct conf *first, const struct service *before, struct conf *conf)
{
	const struct conf *old = before->conf;

	if (!same_listener(&old->listen, &conf->listen))
		keep_listener(
		    before, "listen", &old->listen, conf, &conf->listen);
	if (old->has_public != conf->has_public ||
	    (conf->has_public && !same_listener(&old->public, &conf->public)))
		keep_listener(
		    before, "public", &old->public, conf, &conf->public);
	conf->has_public = old->has_public;
	keep_number(before, "listen.threads", old->threads, &conf->threads);
	keep_number(before, "auth.max_skew", old->max_skew, &conf->max_skew);
	keep_number(
	    before, "auth.replay_max", old->replay_max, &conf->replay_max);
	if (!same_quota(&first->quota, &conf->quota))
		say(before, "quota");
	check_folder(before, conf);
}
