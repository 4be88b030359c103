#include "conf/paths.h"
#include "conf/sections.h"
#include "conf/secret.h"
#include "core/chars.h"
#include "core/ip.h"
#include "store/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_MAX 4096
#define HOST_MAX 253
#define PREFIX_MAX 64
#define PREFIX_CHARS CHARS_ALNUM "-._:/@"
#define MAX_USERS_MIN 10
#define MAX_USERS_MAX 10000000

static void read_state_file(const struct node *node, void *into)
{
	const char **state_file = into;
	const char *path, *folder;
	struct stat status;
	char hint[UNIT_HINT];

	if (!value_path(node, &path))
		return;
	*state_file = path;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
		node_wrong(node, "%s is there and no regular file", path);
		return;
	}
	folder = paths_folder(node_scratch(node), path);
	/* A service manager may make it in time, and another user serve. */
	if (access(folder, W_OK | X_OK) == 0)
		return;
	unit_path_hint(errno, folder, hint);
	if (errno == ENOENT)
		node_warn(node,
		    "there is no folder %s: what is used would not outlive a "
		    "restart",
		    folder);
	else
		node_warn(node,
		    "the user who runs this check cannot write to %s: %s%s",
		    folder, strerror(errno), hint);
}

/* Underscores are for the names of containers. */
static bool is_host(struct span text)
{
	struct ip ip;

	/* With an interface: fe80::1%eth0. */
	return ip_parse(span_first(text, span_find(text, '%')), &ip) ||
	       (text.len <= HOST_MAX && *text.at != '.' && *text.at != '-' &&
		   span_only(text, CHARS_ALNUM "-._"));
}

static void read_address(const struct node *node, void *into)
{
	const char **address = into;
	struct span text;

	if (!value_text(node, &text))
		return;
	if (!is_host(text))
		node_wrong(node,
		    "must be a host name or an IP address alone (see port, "
		    "tls, password_file, database)");
	else
		*address = arena_copy(node_keep(node), text).at;
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

static void read_prefix(const struct node *node, void *into)
{
	struct span *prefix = into;
	struct span text;

	if (!value_text(node, &text))
		return;
	/* Braces would move keys of one user to several nodes. */
	if (text.len > PREFIX_MAX || !span_only(text, PREFIX_CHARS))
		node_wrong(node,
		    "must be at most %d letters, digits and -._:/@",
		    PREFIX_MAX);
	else
		*prefix = arena_copy(node_keep(node), text);
}

static void read_on_error(const struct node *node, void *into)
{
	bool *allow = into;
	unsigned number;

	if (value_word(node, "allow|refuse", &number))
		*allow = number == 0;
}

static const struct setting rows[] = {
	{ "type", ELSEWHERE },
	{ "max_users",
	    U32(struct conf_quota, memory.max_users, MAX_USERS_MIN,
		MAX_USERS_MAX),
	    .only = "memory" },
	{ "state_file",
	    READ(struct conf_quota, memory.state_file, read_state_file),
	    .only = "memory" },
	{ "address", READ(struct conf_quota, redis.address, read_address),
	    .only = "redis" },
	{ "port", READ(struct conf_quota, redis.port, settings_port),
	    .only = "redis" },
	{ "unix", READ(struct conf_quota, redis.unix_path, settings_unix_path),
	    .only = "redis" },
	{ "tls", READ(struct conf_quota, redis.tls, settings_boolean),
	    .only = "redis" },
	{ "tls_ca", READ(struct conf_quota, redis.tls_ca, read_tls_ca),
	    .only = "redis" },
	{ "username", READ(struct conf_quota, redis.username, settings_text),
	    .only = "redis" },
	{ "password", ELSEWHERE, .only = "redis" },
	{ "password_file", ELSEWHERE, .only = "redis" },
	{ "database", U32(struct conf_quota, redis.database, 0, 65535),
	    .only = "redis" },
	{ "prefix", READ(struct conf_quota, redis.prefix, read_prefix),
	    .only = "redis" },
	{ "timeout", U32(struct conf_quota, redis.timeout_ms, 1, 10000),
	    .only = "redis" },
	{ "on_error",
	    READ(struct conf_quota, redis.allow_on_error, read_on_error),
	    .only = "redis" },
	{ "pool", U32(struct conf_quota, redis.pool, 1, 64), .only = "redis" },
};

static void read_redis(
    const struct node *group, struct quota_redis_config *redis)
{
	const struct node *path = node_member(group, "unix");
	const struct node *address = node_member(group, "address");
	const struct node *tls = node_member(group, "tls");
	const struct node *ca = node_member(group, "tls_ca");
	struct secret password = secret_member(group, "password", PASSWORD_MAX);

	redis->password = password.text;
	if (node_member(group, "username") && !password.node)
		node_missing(
		    group, "password_file", "username needs a password");
	if (!address)
		address = node_member(group, "port");
	if (path && address)
		node_wrong(address,
		    "cannot stand beside unix: it is one or the other");
	if (path && tls)
		node_wrong(tls, "is not for a unix socket");
	if (ca && !tls)
		node_wrong(ca, "is of no use without tls = true");
	if (redis->unix_path)
		redis->address = NULL;
}

void quota_read(const struct node *group, void *into)
{
	static const char *const types[] = { "memory", "redis" };
	struct settings settings = { SETTINGS(rows), .kind = "quota type" };
	const struct node *type = node_member(group, "type");
	unsigned number = CONF_QUOTA_MEMORY;
	struct conf_quota *quota = into;

	if (!type || value_word(type, "memory|redis", &number))
		settings.variant = types[number];
	quota->type = (enum conf_quota_type)number;
	settings_read(group, &settings, quota);
	if (quota->type == CONF_QUOTA_REDIS)
		read_redis(group, &quota->redis);
}
