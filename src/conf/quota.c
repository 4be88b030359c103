#include "conf/paths.h"
#include "conf/sections.h"
#include "conf/secret.h"
#include "core/chars.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_MAX 4096
#define PREFIX_MAX 64
#define PREFIX_CHARS CHARS_ALNUM "-._:/@"

static void read_state_file(const struct node *node, void *into)
{
	const char **state_file = into;
	const char *path, *folder;
	struct stat status;

	if (!value_path(node, &path))
		return;
	*state_file = path;
	paths_use(node, CONF_SAVES);
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
		node_wrong(node, "%s exists and is not a regular file", path);
		return;
	}
	folder = paths_folder(node_scratch(node), path);
	/* The folder may be created before slotd starts. */
	if (access(folder, F_OK) == 0)
		paths_warn_not_writable(node, folder);
	else
		node_warn(node,
		    "there is no folder %s: usage would be forgotten at each "
		    "restart",
		    folder);
}

static const char *host(const struct conf *conf, struct span text)
{
	return value_host(conf, text)
		   ? "must be only a host name or an IP address (port, tls, "
		     "password_file and database are separate settings)"
		   : NULL;
}

static void read_tls_ca(const struct node *node, void *into)
{
	const char **tls_ca = into;
	const char *path;

	if (!value_path(node, &path))
		return;
	*tls_ca = path;
	if (access(path, R_OK) != 0)
		node_wrong(node, "cannot read %s: %s", path, strerror(errno));
}

/* No braces: they would spread the keys of one user over several nodes. */
static const char *prefix(const struct conf *conf, struct span text)
{
	const struct chars allowed = chars_of(PREFIX_CHARS);

	(void)conf;
	return text.len <= PREFIX_MAX && span_only(text, &allowed)
		   ? NULL
		   : "must be at most 64 letters, digits and -._:/@";
}

static void read_on_error(const struct node *node, void *into)
{
	bool *allow = into;
	unsigned number;

	if (value_word(node, "allow|refuse", &number))
		*allow = number == 0;
}

static const struct setting memory_rows[] = {
	{ "max_users", U32(struct conf_quota, memory.max_users, 10, 10000000) },
	{ "state_file",
	    READ(struct conf_quota, memory.state_file, read_state_file) },
};

static const struct setting redis_rows[] = {
	{ "address", STRING(struct conf_quota, redis.address, host) },
	{ "port", READ(struct conf_quota, redis.port, settings_port) },
	{ "unix",
	    READ(struct conf_quota, redis.unix_path, settings_unix_path) },
	{ "tls", READ(struct conf_quota, redis.tls, value_boolean) },
	{ "tls_ca", READ(struct conf_quota, redis.tls_ca, read_tls_ca) },
	{ "username", TEXT(struct conf_quota, redis.username, NULL) },
	{ "password", ELSEWHERE },
	{ "password_file", ELSEWHERE },
	{ "database", U32(struct conf_quota, redis.database, 0, 65535) },
	{ "prefix", TEXT(struct conf_quota, redis.prefix, prefix) },
	{ "timeout", U32(struct conf_quota, redis.timeout_ms, 1, 10000) },
	{ "on_error",
	    READ(struct conf_quota, redis.allow_on_error, read_on_error) },
	{ "pool", U32(struct conf_quota, redis.pool, 1, 64) },
};

static const struct setting rows[] = { { "type", ELSEWHERE } };

static const struct settings redis = { SETTINGS(redis_rows), .type = "redis" };
static const struct settings memory = { SETTINGS(memory_rows), .type = "memory",
	.more = &redis };
static const struct settings settings = { SETTINGS(rows), .more = &memory };

static void read_redis(
    const struct node *group, struct quota_redis_config *config)
{
	const struct node *path = node_member(group, "unix");
	const struct node *address = node_member(group, "address");
	const struct node *tls = node_member(group, "tls");
	const struct node *ca = node_member(group, "tls_ca");
	struct secret password = secret_member(group, "password", PASSWORD_MAX);

	config->password = password.text;
	if (node_member(group, "username") && !password.node)
		node_missing(
		    group, "password_file", "username needs a password");
	if (!address)
		address = node_member(group, "port");
	if (path && address)
		node_wrong(address,
		    "cannot be combined with unix: use one or the other");
	if (path && tls)
		node_wrong(tls,
		    "cannot be combined with unix: a unix socket has no TLS");
	if (ca && !tls)
		node_wrong(ca, "is of no use without tls = true");
	if (config->unix_path)
		config->address = NULL;
}

void quota_read(const struct node *group, void *into)
{
	static const char *const types[] = { "memory", "redis" };
	const struct node *node = node_member(group, "type");
	unsigned number = CONF_QUOTA_MEMORY;
	bool known = !node || value_word(node, "memory|redis", &number);
	struct conf_quota *quota = into;

	quota->type = (enum conf_quota_type)number;
	settings_read_typed(
	    group, &settings, "quota", known ? types[number] : NULL, quota);
	if (quota->type == CONF_QUOTA_REDIS || !known)
		read_redis(group, &quota->redis);
}
