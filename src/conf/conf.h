#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdio.h>

#include "conf/arena.h"
#include "core/ip.h"
#include "creds/settings.h"
#include "quota/memory.h"
#include "quota/redis.h"
#include "slot/auth.h"
#include "slot/key_template.h"
#include "slot/keyring.h"
#include "slot/policy.h"
#include "store/fs.h"
#include "store/s3.h"

/* A listening socket: TCP, or a unix socket when unix_path is set. */
struct conf_listener {
	const char *address; /* IP literal */
	uint16_t port;
	const char *unix_path; /* NULL: TCP */
	unsigned mode;         /* of the unix socket; 0: by umask */
	struct span tls_cert;  /* PEM, with NUL behind it; empty: no TLS */
	struct span tls_key;
	const char *tls_file; /* where tls_cert is set, for people */
	unsigned tls_line;
};

struct conf_limits {
	uint32_t connections;
	uint32_t connections_per_address; /* or IPv6 /64; 0: no limit */
	uint32_t header_timeout;          /* seconds, all of them */
	uint32_t body_timeout;
	uint32_t idle_timeout;
	uint32_t min_rate; /* bytes per second */
	uint32_t upload_timeout;
	uint32_t drain_delay;
	uint32_t drain_timeout;
};

/* What the service does with a file that the configuration names. */
enum conf_use {
	CONF_READS,
	CONF_LEAVES, /* nothing, or it is a socket to connect to */
	CONF_FILLS,  /* it is a folder, for files of its own */
	CONF_SAVES,  /* it writes another file beside it, and renames that */
	CONF_BINDS,  /* it is a socket that it makes */
};

struct conf_path {
	const char *path;
	enum conf_use use;
};

enum conf_log_format { CONF_LOG_LOGFMT, CONF_LOG_JSON };
enum conf_log_level { CONF_LOG_ERROR, CONF_LOG_WARN, CONF_LOG_INFO };

#define CONF_DEFAULT_STORE "default"

/* `storage`, or one of `storages`. */
struct conf_storage {
	struct span name;              /* CONF_DEFAULT_STORE for `storage` */
	const struct store_kind *kind; /* conf/store_kind.h */
	void *config;       /* what the settings of its kind have filled */
	uint32_t put_ttl;   /* seconds for which a slot's PUT is good */
	bool takes_uploads; /* clients PUT to public_url/u/ */
	bool gives_files;   /* they GET from public_url/f/ */
	bool ends;          /* it can get files that have an end */
	/* What it is to those who try or explain it; NULL: it is not. */
	const struct s3_config *s3;     /* it speaks S3 */
	const struct fs_config *folder; /* its files are in a folder here */
	struct creds_settings *creds;   /* it needs credentials */
	/* Those of the janitor's commands, whole after conf_read_janitor
	 * alone; NULL: the store's own. */
	struct creds_settings *janitor;
	struct creds_value s3_creds;  /* what is known of them when read */
	bool has_template;            /* its `key` is set */
	struct key_template template; /* else the default:
	                               * see key_template_default */
};

/*
 * One of `components`: slotd as an external component (XEP-0114) of an XMPP
 * server.
 */
struct conf_component {
	/* Who gets slots of it: id is its domain in the form of jid_domain, and
	 * allow_domains has at least one entry. */
	struct caller caller;
	struct span jid;       /* the same domain on the stream, with NUL */
	const char *server;    /* an IP address or a host name */
	uint16_t port;         /* of the server */
	const char *unix_path; /* instead of both; NULL: TCP */
	struct span secret;
	struct span name; /* for people */
};

/* One of `domains`: the rules for JIDs of a domain. */
struct conf_domain {
	struct span name;         /* lower case; may begin with "*." */
	struct policy policy;     /* `policy`, with what this domain sets */
	struct policies policies; /* the same for each purpose */
	size_t storage;           /* the number of its store in conf.storages */
};

enum conf_quota_type { CONF_QUOTA_MEMORY, CONF_QUOTA_REDIS };

/* Where slots and bytes are counted. What is only known when the counter is
 * opened is 0. */
struct conf_quota {
	enum conf_quota_type type;
	struct quota_memory_config memory;
	struct quota_redis_config redis;
};

/* A whole, valid configuration. It owns everything that it points to. */
struct conf {
	struct arena keep; /* what it points to */
	struct conf_listener listen;
	bool has_public;
	struct conf_listener public;
	unsigned threads;       /* listen.threads; 0: one for each CPU */
	struct span base_path;  /* listen.base_path: "" or "/up", no slash at
				 * its end */
	struct span public_url; /* normal form, no slash at its end; or "" */

	bool has_key_file;
	struct keyring keyring;

	uint32_t max_skew;
	uint32_t replay_max;
	size_t caller_count;
	struct caller *callers;
	struct names caller_ids; /* and their numbers */
	/* With a component there may be no caller. */
	size_t component_count;
	struct conf_component *components;

	/* At least one; the first is for JIDs that no domain matches: that
	 * named "default", else the first of `storages`. At most one is an
	 * embedded store. */
	size_t storage_count;
	struct conf_storage *storages;
	size_t domain_count;
	struct conf_domain *domains;
	struct names domain_names; /* and their numbers */

	/* max_size never exceeds the bytes of a day. */
	struct policy policy;
	struct policies policies;
	struct conf_quota quota;
	struct conf_limits limits;
	/* Their X-Forwarded-For is trusted, and their connections are not
	 * limited. */
	struct ip_nets trusted_proxies;
	enum conf_log_format log_format;
	enum conf_log_level log_level;
	bool log_jids;
	bool sandbox; /* the process is to be fenced, see fence/fence.h */
	/* Every file that the configuration names, the file itself, and those
	 * that it includes. */
	size_t path_count;
	struct conf_path *paths;

	unsigned warnings; /* how many warnings conf_read wrote */
};

/*
 * Reads and checks a configuration and the files that it names. Writes a line
 * for each fault to `faults`, "FILE:LINE: setting: what is wrong", and for
 * each warning, "FILE:LINE: setting: warning: …", to `warnings` (both may be
 * NULL). Gives NULL when there was a fault. It creates no folder, socket or
 * key, and connects to nothing.
 */
struct conf *conf_read(const char *path, FILE *faults, FILE *warnings);

/* The same for a process that must not end when memory is short: libconfig
 * then runs in another process (see parse_start). */
struct conf *conf_read_apart(const char *path, FILE *faults, FILE *warnings);

/* The same for a command that lists and removes: it reads the credentials of
 * storage.janitor, too. No other reading opens their files, but that `check`
 * (warnings are wanted) tries to. */
struct conf *conf_read_janitor(const char *path, FILE *faults);

/* The same for a command that can do without: what it may not read is left
 * out, and the file's path is there nevertheless. */
struct conf *conf_read_trying(const char *path, FILE *faults);

/* The values of settings that are not set. */
extern const struct conf conf_defaults;

/* The number of the storage for files of a lower-case domain, chosen as
 * slot_find_issuer does; for "", that of files without a domain. */
size_t conf_storage_of(const struct conf *conf, struct span domain);

/* Whether these two storages, by their numbers, keep files in one place: below
 * the same bucket_url. */
bool conf_storages_share(const struct conf *conf, size_t one, size_t other);

/* Whether slotd sends uploads to S3: for a relay, or for callers whose dialect
 * lets clients PUT to slotd. */
bool conf_sends(const struct conf *conf);

/* Whether only programs on this machine can reach a listener. */
bool conf_is_private(const struct conf_listener *listener);

/* Copies a listener of another configuration into one of conf's; false: there
 * is no memory. */
bool conf_copy_listener(struct conf *conf, struct conf_listener *into,
    const struct conf_listener *from);

/* Wipes the secrets and frees everything. NULL is allowed. */
void conf_free(struct conf *conf);

#endif
