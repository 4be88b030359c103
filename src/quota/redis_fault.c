#include "quota/redis_private.h"

#include <stdio.h>
#include <string.h>

static const struct row {
	const char *name;
	bool cuts; /* the connection has to be closed */
	const char *sentence;
} rows[QUOTA_REDIS_ERRORS] = {
	[QUOTA_REDIS_NONE] = { "none", false, "" },
	[QUOTA_REDIS_TIMEOUT] = { "timeout", true, "no answer in time" },
	[QUOTA_REDIS_CONNECTION] = { "connection", true,
	    "it cannot be reached" },
	[QUOTA_REDIS_TLS] = { "tls", true, "TLS fails" },
	[QUOTA_REDIS_AUTH] = { "auth", true,
	    "it does not accept this user name and password" },
	[QUOTA_REDIS_DENIED] = { "denied", true,
	    "its user lacks rights: it needs the keys under quota.prefix and "
	    "+auth +select +script|load +evalsha +eval +time +get +set +del "
	    "+hget +hset +hdel +hgetall +expire" },
	[QUOTA_REDIS_MEMORY] = { "memory", false,
	    "its memory is full (maxmemory)" },
	[QUOTA_REDIS_READONLY] = { "readonly", true,
	    "it is a replica that takes no writes: quota.address must lead "
	    "to the master" },
	[QUOTA_REDIS_LOADING] = { "loading", true, "it is not ready yet" },
	[QUOTA_REDIS_CLUSTER] = { "cluster", true,
	    "it is a node of a cluster with several shards: quota.address "
	    "must lead to a proxy for the cluster, or to a Redis without "
	    "cluster mode" },
	[QUOTA_REDIS_OTHER] = { "other", false, "it answers with an error" },
};

/* How error replies begin. Those of scripts may have it further on. */
static const struct prefix {
	const char *text;
	enum quota_redis_error error;
} prefixes[] = {
	{ "OOM ", QUOTA_REDIS_MEMORY },
	{ "READONLY ", QUOTA_REDIS_READONLY },
	{ "NOREPLICAS ", QUOTA_REDIS_OTHER },
	{ "LOADING ", QUOTA_REDIS_LOADING },
	{ "MASTERDOWN ", QUOTA_REDIS_LOADING },
	{ "WRONGPASS ", QUOTA_REDIS_AUTH },
	{ "NOAUTH ", QUOTA_REDIS_AUTH },
	{ "ERR invalid password", QUOTA_REDIS_AUTH },
	{ "ERR AUTH ", QUOTA_REDIS_AUTH },
	{ "ERR Client sent AUTH", QUOTA_REDIS_AUTH },
	{ "NOPERM ", QUOTA_REDIS_DENIED },
	{ "ERR The user executing the script can't", QUOTA_REDIS_DENIED },
	{ "ERR ACL failure in script", QUOTA_REDIS_DENIED },
	{ "MOVED ", QUOTA_REDIS_CLUSTER },
	{ "ASK ", QUOTA_REDIS_CLUSTER },
	{ "TRYAGAIN ", QUOTA_REDIS_CLUSTER },
	{ "CROSSSLOT ", QUOTA_REDIS_CLUSTER },
	{ "CLUSTERDOWN ", QUOTA_REDIS_CLUSTER },
};

#define PREFIXES (sizeof prefixes / sizeof prefixes[0])

const char *redis_error_name(enum quota_redis_error error)
{
	return rows[error].name;
}

bool redis_fault_set(
    struct redis_fault *fault, enum quota_redis_error error, const char *text)
{
	fault->error = error;
	snprintf(fault->text, sizeof fault->text, "%s", text);
	return false;
}

static bool has(struct span reply, const struct prefix *prefix)
{
	size_t len = strlen(prefix->text);

	/* Before Redis 7.0 a script's error begins with its place. */
	return span_starts(reply, prefix->text) ||
	       (span_starts(reply, "ERR Error running script") &&
		   memmem(reply.at, reply.len, prefix->text, len) != NULL);
}

void redis_fault_read(struct redis_fault *fault, struct span reply)
{
	fault->error = QUOTA_REDIS_OTHER;
	snprintf(
	    fault->text, sizeof fault->text, "%.*s", (int)reply.len, reply.at);
	for (size_t i = 0; i < PREFIXES; i++)
		if (has(reply, &prefixes[i])) {
			fault->error = prefixes[i].error;
			return;
		}
}

bool redis_fault_cuts(const struct redis_fault *fault)
{
	return rows[fault->error].cuts;
}

void redis_fault_say(const struct redis_fault *fault,
    const struct quota_redis_config *config, char *ret_text, size_t size)
{
	const bool detail = fault->text[0] != '\0';
	char port[8] = "";

	if (config->address)
		snprintf(port, sizeof port, ":%u", (unsigned)config->port);
	snprintf(ret_text, size,
	    "Redis at %s%s: %s%s%s%s; meanwhile slots are %s",
	    config->address ? config->address : config->unix_path, port,
	    rows[fault->error].sentence, detail ? " (" : "", fault->text,
	    detail ? ")" : "",
	    config->allow_on_error ? "granted uncounted" : "refused");
}
