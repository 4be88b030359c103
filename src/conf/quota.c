#include "conf/quota.h"

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

/* The group that is being read. */
struct draft {
	struct conf_quota *quota;
	const struct node *password_node; /* the first of the two */
};

static struct quota_redis_config *redis(void *into)
{
	return &((struct draft *)into)->quota->redis;
}

static void read_max_users(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	int64_t users;

	if (read_integer(reader, node, MAX_USERS_MIN, MAX_USERS_MAX, &users))
		draft->quota->memory.max_users = (uint32_t)users;
}

static void read_state_file(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	const char *path, *folder;
	struct stat status;
	char hint[UNIT_HINT];

	if (!read_path(reader, node, &path))
		return;
	draft->quota->memory.state_file = path;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
		node_wrong(
		    reader, node, "%s is there and no regular file", path);
		return;
	}
	folder = parent_folder(reader, path);
	/* A service manager may make it in time, and another user serve. */
	if (access(folder, W_OK | X_OK) == 0)
		return;
	unit_path_hint(errno, folder, hint);
	if (errno == ENOENT)
		node_warn(reader, node,
		    "there is no folder %s: what is used would not outlive a "
		    "restart",
		    folder);
	else
		node_warn(reader, node,
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

static void read_address(
    struct reader *reader, const struct node *node, void *into)
{
	struct span text;

	if (!read_text(reader, node, &text))
		return;
	if (!is_host(text))
		node_wrong(reader, node,
		    "must be a host name or an IP address alone (see port, "
		    "tls, password_file, database)");
	else
		redis(into)->address = memory_copy(reader->keep, text).at;
}

static void read_port(
    struct reader *reader, const struct node *node, void *into)
{
	int64_t port;

	if (read_integer(reader, node, 1, 65535, &port))
		redis(into)->port = (uint16_t)port;
}

static void read_unix(
    struct reader *reader, const struct node *node, void *into)
{
	const char *path;

	if (!read_path(reader, node, &path))
		return;
	if (strlen(path) > UNIX_PATH_MAX)
		node_wrong(reader, node, UNIX_PATH_LONG, UNIX_PATH_MAX);
	else
		redis(into)->unix_path = path;
}

static void read_tls(struct reader *reader, const struct node *node, void *into)
{
	read_boolean(reader, node, &redis(into)->tls);
}

static void read_tls_ca(
    struct reader *reader, const struct node *node, void *into)
{
	const char *path;

	if (!read_path(reader, node, &path))
		return;
	redis(into)->tls_ca = path;
	if (access(path, R_OK) != 0)
		node_wrong(
		    reader, node, "cannot read %s: %s", path, strerror(errno));
}

static void read_username(
    struct reader *reader, const struct node *node, void *into)
{
	struct span text;

	if (read_text(reader, node, &text))
		redis(into)->username = memory_copy(reader->keep, text);
}

static void read_password(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	bool file = strcmp(node_name(node), "password_file") == 0;
	struct span secret;

	if (draft->password_node) {
		node_wrong(reader, node, "cannot stand beside %s",
		    node_name(draft->password_node));
		return;
	}
	draft->password_node = node;
	if (file ? secret_read_one(reader, node, PASSWORD_MAX, &secret)
		 : secret_read_inline(reader, node, PASSWORD_MAX, &secret))
		redis(into)->password = memory_copy(reader->keep, secret);
}

static void read_database(
    struct reader *reader, const struct node *node, void *into)
{
	int64_t number;

	if (read_integer(reader, node, 0, 65535, &number))
		redis(into)->database = (unsigned)number;
}

static void read_prefix(
    struct reader *reader, const struct node *node, void *into)
{
	struct span text;

	if (!read_text(reader, node, &text))
		return;
	/* Braces would move keys of one user to several nodes. */
	if (text.len > PREFIX_MAX || span_run(text, PREFIX_CHARS) < text.len)
		node_wrong(reader, node,
		    "must be at most %d letters, digits and -._:/@",
		    PREFIX_MAX);
	else
		redis(into)->prefix = memory_copy(reader->keep, text);
}

static void read_timeout(
    struct reader *reader, const struct node *node, void *into)
{
	int64_t millis;

	if (read_integer(reader, node, 1, 10000, &millis))
		redis(into)->timeout_ms = (uint32_t)millis;
}

static void read_on_error(
    struct reader *reader, const struct node *node, void *into)
{
	unsigned number;

	if (read_word(reader, node, "allow|refuse", &number))
		redis(into)->allow_on_error = number == 0;
}

static void read_pool(
    struct reader *reader, const struct node *node, void *into)
{
	int64_t connections;

	if (read_integer(reader, node, 1, 64, &connections))
		redis(into)->pool = (unsigned)connections;
}

#define OF(kind, name, read)                                                   \
	{                                                                      \
		name, SETTING_CUSTOM, 0, 0, 0, read, kind                      \
	}

static const struct setting rows[] = {
	AFTER("type"),
	OF("memory", "max_users", read_max_users),
	OF("memory", "state_file", read_state_file),
	OF("redis", "address", read_address),
	OF("redis", "port", read_port),
	OF("redis", "unix", read_unix),
	OF("redis", "tls", read_tls),
	OF("redis", "tls_ca", read_tls_ca),
	OF("redis", "username", read_username),
	OF("redis", "password", read_password),
	OF("redis", "password_file", read_password),
	OF("redis", "database", read_database),
	OF("redis", "prefix", read_prefix),
	OF("redis", "timeout", read_timeout),
	OF("redis", "on_error", read_on_error),
	OF("redis", "pool", read_pool),
};

static const char *read_type(
    struct reader *reader, const struct node *group, struct conf_quota *quota)
{
	static const char *const types[] = { "memory", "redis" };
	const struct node *node = node_member(group, "type");
	unsigned number = 0;

	if (node && !read_word(reader, node, "memory|redis", &number))
		return NULL;
	quota->type = number ? CONF_QUOTA_REDIS : CONF_QUOTA_MEMORY;
	return types[number];
}

/* What does not go together. */
static void check(struct reader *reader, const struct node *group)
{
	const struct node *path = node_member(group, "unix");
	const struct node *address = node_member(group, "address");
	const struct node *tls = node_member(group, "tls");
	const struct node *ca = node_member(group, "tls_ca");
	const struct node *user = node_member(group, "username");

	if (!address)
		address = node_member(group, "port");
	if (path && address)
		node_wrong(reader, address,
		    "cannot stand beside unix: it is one or the other");
	if (path && tls)
		node_wrong(reader, tls, "is not for a unix socket");
	if (ca && !tls)
		node_wrong(reader, ca, "is of no use without tls = true");
	if (user && !node_member(group, "password") &&
	    !node_member(group, "password_file"))
		node_missing(reader, group, "password_file",
		    "username needs a password");
}

void read_quota(struct reader *reader, const struct node *node, void *into)
{
	struct settings settings = { .rows = rows,
		.count = sizeof rows / sizeof *rows,
		.kind = "quota type" };
	struct draft draft = { .quota = &reader->conf->quota };

	(void)into;
	if (!read_group(reader, node))
		return;
	settings.variant = read_type(reader, node, draft.quota);
	settings_read(reader, node, &settings, &draft);
	if (draft.quota->type == CONF_QUOTA_REDIS)
		check(reader, node);
	if (draft.quota->redis.unix_path)
		draft.quota->redis.address = NULL;
}
