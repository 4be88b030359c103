#include "conf/conf.h"

#include "conf/quota.h"
#include "conf/raw.h"
#include "conf/secret.h"
#include "slot/dialect.h"

#include <pthread.h>
#include <string.h>

#define KEY_FILE_MAX 65536
#define STACK_SIZE (1 << 20)

/* A configuration and what it points to. */
struct owned {
	struct conf conf;
	struct memory keep;
};

static const struct ip_net loopback[] = {
	{ { { [10] = 0xff, 0xff, 127, 0, 0, 1 } }, 128 },
	{ { { [15] = 1 } }, 128 },
};

static const struct conf defaults = {
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
};

static void read_public_url(
    struct reader *reader, const struct node *node, void *into)
{
	struct uri_base base;
	const char *wrong;
	struct span text;
	struct buf out;

	(void)into;
	if (!read_text(reader, node, &text))
		return;
	buf_init(&out, memory_get(reader->keep, text.len + 16), text.len + 16);
	if (uri_base_parse(text, &out, &base, &wrong))
		reader->conf->public_url = buf_span(&out);
	else
		node_wrong(reader, node, "%s", wrong);
}

static void read_key_file(
    struct reader *reader, const struct node *node, void *into)
{
	const char *wrong;
	struct span text;

	(void)into;
	if (!secret_read_file(reader, node, KEY_FILE_MAX, &text))
		return;
	if (!keyring_read(&reader->conf->keyring, text, &wrong)) {
		node_wrong(reader, node,
		    "%s; make one with `openssl rand -hex 32`", wrong);
		return;
	}
	reader->conf->has_key_file = true;
	while (text.at)
		/* What the keyring does not take off. */
		secret_warn_of_litter(reader, node, "a line of the file",
		    span_trim(span_cut(&text, '\n'), " \t\r"));
}

static void read_auth(
    struct reader *reader, const struct node *node, void *into)
{
	static const struct setting rows[] = {
		U32("max_skew", struct conf, max_skew, 1, 86400),
		U32("replay_max", struct conf, replay_max, 1, 100000000),
	};
	const struct settings settings = { .rows = rows,
		.count = sizeof rows / sizeof *rows };

	settings_read(reader, node, &settings, into);
}

static void read_limits(
    struct reader *reader, const struct node *node, void *into)
{
	static const struct setting rows[] = {
#define LIMIT(name, min, max) U32(#name, struct conf_limits, name, min, max)
		LIMIT(connections, 1, 1000000),
		LIMIT(connections_per_address, 0, 1000000),
		LIMIT(header_timeout, 1, 86400),
		LIMIT(body_timeout, 1, 86400),
		LIMIT(idle_timeout, 1, 86400),
		LIMIT(min_rate, 0, INT32_MAX),
		LIMIT(upload_timeout, 1, 86400),
		LIMIT(drain_delay, 0, 86400),
		LIMIT(drain_timeout, 1, 86400),
#undef LIMIT
	};
	const struct settings settings = { .rows = rows,
		.count = sizeof rows / sizeof *rows };

	(void)into;
	settings_read(reader, node, &settings, &reader->conf->limits);
}

static void read_log_format(
    struct reader *reader, const struct node *node, void *into)
{
	unsigned number;

	(void)into;
	if (read_word(reader, node, "logfmt|json", &number))
		reader->conf->log_format =
		    number ? CONF_LOG_JSON : CONF_LOG_LOGFMT;
}

static void read_log_level(
    struct reader *reader, const struct node *node, void *into)
{
	static const enum conf_log_level levels[] = { CONF_LOG_ERROR,
		CONF_LOG_WARN, CONF_LOG_INFO };
	unsigned number;

	(void)into;
	if (read_word(reader, node, "error|warn|info", &number))
		reader->conf->log_level = levels[number];
}

static void read_log(struct reader *reader, const struct node *node, void *into)
{
	static const struct setting rows[] = {
		CUSTOM("format", read_log_format),
		CUSTOM("level", read_log_level),
		BOOL("jids", struct conf, log_jids),
	};
	const struct settings settings = { .rows = rows,
		.count = sizeof rows / sizeof *rows };

	settings_read(reader, node, &settings, into);
}

static const struct setting rows[] = {
	CUSTOM("listen", read_listen),
	CUSTOM("public", read_public),
	CUSTOM("public_url", read_public_url),
	CUSTOM("key_file", read_key_file),
	CUSTOM("auth", read_auth),
	CUSTOM("callers", read_callers),
	AFTER("storage"),
	AFTER("storages"),
	CUSTOM("policy", read_policy),
	AFTER("domains"),
	CUSTOM("limits", read_limits),
	CUSTOM("trusted_proxies", read_proxies),
	CUSTOM("log", read_log),
	CUSTOM("quota", read_quota),
};

static void read_root(struct reader *reader, const struct node *root)
{
	const struct settings settings = { .rows = rows,
		.count = sizeof rows / sizeof *rows };

	settings_read(reader, root, &settings, reader->conf);
	if (!node_member(root, "callers"))
		node_missing(reader, root, "callers",
		    "at least one caller with a secret is needed");
	read_storages(reader, root);
	read_domains(reader, root);
	check_listeners(reader, root);
	check_callers(reader, root);
	check_storages(reader, root);
	check_types(reader, root);
	check_quotas(reader, root);
}

static void add_syntax_fault(
    struct faults *faults, unsigned line, const char *wrong)
{
	/* What the scan has found there is the better sentence. */
	for (const struct fault *f = faults->first; f; f = f->next)
		if (f->line == line && !f->warning)
			return;
	if (strcmp(wrong, "syntax error") == 0)
		fault_add(
		    faults, line, "", "syntax error, here or just before");
	else
		fault_add(faults, line, "", "syntax error: %s", wrong);
}

/* One reading, which is given up where there is no memory left. */
struct reading {
	const char *path;
	bool apart;
	FILE *faults;
	FILE *warnings;
	bool done; /* not given up */
	bool ok;
	struct memory scratch;
	struct memory keep;
	struct owned *owned;
};

static void parse(struct reading *reading, const struct raw *raw)
{
	const struct file_text text = { raw->text, raw->strings };
	const struct file *file =
	    file_open(&reading->scratch, &text, reading->apart);
	struct reader reader = {
		.conf = &reading->owned->conf,
		.keep = &reading->keep,
		.scratch = &reading->scratch,
		.faults = raw->faults,
		.folder = raw->folder,
		.incomplete = raw->incomplete,
	};
	unsigned line = 0;
	const char *wrong = file_wrong(file, &line);

	if (wrong)
		add_syntax_fault(raw->faults, line, wrong);
	else
		read_root(&reader, file_root(file));
}

static bool read_all(struct reading *reading)
{
	struct faults found = { .memory = &reading->scratch };
	struct raw *raw = memory_get(&reading->scratch, sizeof *raw);
	struct owned *owned = memory_get(&reading->keep, sizeof *owned);

	reading->owned = owned;
	raw->memory = &reading->scratch;
	raw->faults = &found;
	owned->conf = defaults;
	if (raw_read(raw, reading->path))
		parse(reading, raw);
	faults_print(&found, reading->faults, reading->warnings);
	owned->conf.warnings = found.warning_count;
	return found.fault_count == 0;
}

/* A thread of its own can be given up from anywhere (see memory_none). It
 * ends that way in any case: libc loads for it what it may not find room for
 * later. */
static void *run(void *argument)
{
	struct reading *reading = argument;

	reading->ok = read_all(reading);
	reading->done = true;
	memory_none();
}

static void run_apart(struct reading *reading)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (pthread_create(&thread, &attributes, run, reading) == 0)
		pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	if (!reading->done && reading->faults)
		fprintf(reading->faults, "%s: no memory to read it\n",
		    reading->path);
}

static struct conf *read_conf(
    const char *path, bool apart, FILE *faults, FILE *warnings)
{
	struct reading reading = { .path = path,
		.apart = apart,
		.faults = faults,
		.warnings = warnings };

	run_apart(&reading);
	memory_done(&reading.scratch);
	if (!reading.ok) {
		memory_done(&reading.keep);
		return NULL;
	}
	/* It stands in that memory itself. */
	reading.owned->keep = reading.keep;
	return &reading.owned->conf;
}

struct conf *conf_read(const char *path, FILE *faults, FILE *warnings)
{
	return read_conf(path, false, faults, warnings);
}

struct conf *conf_read_apart(const char *path, FILE *faults, FILE *warnings)
{
	return read_conf(path, true, faults, warnings);
}

bool conf_has_store(const struct conf *conf, enum conf_store type)
{
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].type == type)
			return true;
	return false;
}

bool conf_has_relay(const struct conf *conf)
{
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].type == CONF_STORE_S3 &&
		    conf->storages[i].s3.relay)
			return true;
	return false;
}

bool conf_sends(const struct conf *conf)
{
	if (!conf_has_store(conf, CONF_STORE_S3))
		return false;
	for (size_t i = 0; i < conf->caller_count; i++)
		if (dialect_makes_urls(conf->callers[i].dialect))
			return true;
	return conf_has_relay(conf);
}

static bool copy_bytes(
    struct memory *memory, struct span bytes, const char **ret_copy)
{
	char *copy = bytes.at ? memory_try(memory, bytes.len + 1) : NULL;

	if (copy)
		memcpy(copy, bytes.at, bytes.len);
	*ret_copy = copy;
	return copy || !bytes.at;
}

bool conf_copy_listener(struct conf *conf, struct conf_listener *into,
    const struct conf_listener *from)
{
	struct memory *keep = &((struct owned *)conf)->keep;

	*into = *from;
	return copy_bytes(keep, span_of(from->address), &into->address) &&
	       copy_bytes(keep, span_of(from->unix_path), &into->unix_path) &&
	       copy_bytes(keep, from->tls_cert, &into->tls_cert.at) &&
	       copy_bytes(keep, from->tls_key, &into->tls_key.at);
}

void conf_free(struct conf *conf)
{
	struct memory keep;

	if (!conf)
		return;
	/* It stands in that memory itself. */
	keep = ((struct owned *)conf)->keep;
	memory_done(&keep);
}
