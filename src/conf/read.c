#include "conf/include.h"
#include "conf/parse.h"
#include "conf/paths.h"
#include "conf/secret.h"
#include "conf/sections.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEY_FILE_MAX 65536
#define STACK_SIZE (1 << 20)

static void read_public_url(const struct node *node, void *into)
{
	struct uri_base parts;

	value_url(node, into, &parts);
}

static void read_key_file(const struct node *node, void *into)
{
	struct conf *conf = node->reading->conf;
	const char *wrong;
	struct span text;

	if (!secret_read_file(node, KEY_FILE_MAX, &text))
		return;
	if (!keyring_read(into, text, &wrong)) {
		node_wrong(
		    node, "%s; make one with `openssl rand -hex 32`", wrong);
		return;
	}
	conf->has_key_file = true;
	while (text.at)
		/* The keyring trims the lines in this way. */
		secret_warn_of_litter(node, "a line of the file",
		    span_trim(span_cut(&text, '\n'), " \t\r"));
}

static void read_auth(const struct node *node, void *into)
{
	static const struct setting rows[] = {
		{ "max_skew", SECONDS(struct conf, max_skew, 1, 86400) },
		{ "replay_max", U32(struct conf, replay_max, 1, 100000000) },
	};
	static const struct settings settings = { SETTINGS(rows) };

	settings_read(node, &settings, into);
}

static void read_limits(const struct node *node, void *into)
{
	static const struct setting rows[] = {
#define LIMIT(name, min, max) { #name, U32(struct conf_limits, name, min, max) }
#define TIME(name, min)                                                        \
	{                                                                      \
#name, SECONDS(struct conf_limits, name, min, 86400)           \
	}
		LIMIT(connections, 1, 1000000),
		LIMIT(connections_per_address, 0, 1000000),
		TIME(header_timeout, 1),
		TIME(body_timeout, 1),
		TIME(idle_timeout, 1),
		LIMIT(min_rate, 0, INT32_MAX),
		TIME(upload_timeout, 1),
		TIME(drain_delay, 0),
		TIME(drain_timeout, 1),
#undef TIME
#undef LIMIT
	};
	static const struct settings settings = { SETTINGS(rows) };

	settings_read(node, &settings, into);
}

static void read_log(const struct node *node, void *into)
{
	static const struct setting rows[] = {
		{ "format", WORD(struct conf, log_format, "logfmt|json") },
		{ "level", WORD(struct conf, log_level, "error|warn|info") },
		{ "jids", READ(struct conf, log_jids, value_boolean) },
	};
	static const struct settings settings = { SETTINGS(rows) };

	settings_read(node, &settings, into);
}

static void read_sandbox(const struct node *node, void *into)
{
	bool *sandbox = into;

	value_boolean(node, sandbox);
	if (!node_is_wrong(node) && !*sandbox)
		node_warn(node,
		    "whoever takes over the process can start programs and "
		    "open every file that its user may; remove this line "
		    "unless slotd does not work without it");
}

static void read_root(const struct node *root, struct conf *conf)
{
	static const struct setting rows[] = {
		{ "listen", READ(struct conf, listen, listen_read) },
		{ "public", READ(struct conf, public, listen_read_public) },
		{ "public_url",
		    READ(struct conf, public_url, read_public_url) },
		{ "key_file", READ(struct conf, keyring, read_key_file) },
		{ "auth", WHOLE(read_auth) },
		{ "callers", READ(struct conf, callers, callers_read) },
		{ "components", WHOLE(components_read) },
		{ "storage", ELSEWHERE },
		{ "storages", ELSEWHERE },
		{ "policy", READ(struct conf, policy, policy_read) },
		{ "domains", ELSEWHERE },
		{ "limits", READ(struct conf, limits, read_limits) },
		{ "trusted_proxies",
		    READ(struct conf, trusted_proxies, listen_read_proxies) },
		{ "log", WHOLE(read_log) },
		{ "quota", READ(struct conf, quota, quota_read) },
		{ "sandbox", READ(struct conf, sandbox, read_sandbox) },
	};
	static const struct settings settings = { SETTINGS(rows) };

	settings_read(root, &settings, conf);
	callers_check(root);
	storage_read(root);
	domains_read(root);
	listen_check(root);
	dialect_check_callers(root);
	storage_check(root);
	domains_check_types(root);
	purposes_read(root);
	policy_check_conf(root);
	paths_check(root->reading);
	paths_keep(root->reading);
}

static void add_syntax_fault(
    struct reading *reading, unsigned line, const char *wrong)
{
	struct fault fault = { .line = line, .path = "" };

	/* The scanner may have told this already, in a better sentence. */
	for (const struct fault *f = reading->faults.first; f; f = f->next)
		if (f->line == line && !f->warning)
			return;
	fault.text =
	    strcmp(wrong, "syntax error") == 0
		? "syntax error, here or just before"
		: arena_print(&reading->scratch, "syntax error: %s", wrong);
	fault_add(&reading->faults, &fault);
}

/* The arguments and the result of the thread that reads. */
struct task {
	const char *path;
	bool apart;
	enum conf_janitor janitor;
	FILE *faults;
	FILE *warnings;
	bool done; /* false: it ran out of memory */
	bool ok;
	struct reading reading;
};

static bool read_all(struct task *task)
{
	struct reading *reading = &task->reading;
	const struct node *root;
	const char *wrong;
	unsigned line;

	reading->faults.arena = &reading->scratch;
	reading->janitor = task->janitor;
	if (include_read(reading, task->path)) {
		root = parse_text(reading, task->apart, &wrong, &line);
		if (root)
			read_root(root, reading->conf);
		else
			add_syntax_fault(reading, line, wrong);
	}
	faults_print(&reading->faults, task->faults, task->warnings);
	reading->conf->warnings = reading->faults.warning_count;
	return reading->faults.fault_count == 0;
}

/*
 * Reading runs in a thread of its own, so that it can end anywhere when there
 * is no memory (arena_none).
 */
static void *run(void *argument)
{
	struct task *task = argument;

	task->ok = read_all(task);
	task->done = true;
	return NULL;
}

static void run_apart(struct task *task)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (pthread_create(&thread, &attributes, run, task) == 0)
		pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
}

static struct conf *read_conf(const char *path, bool apart,
    enum conf_janitor janitor, FILE *faults, FILE *warnings)
{
	struct conf *conf = malloc(sizeof *conf);
	struct task task = { .path = path,
		.apart = apart,
		.janitor = janitor,
		.faults = faults,
		.warnings = warnings,
		.reading = { .conf = conf } };

	if (conf) {
		*conf = conf_defaults;
		run_apart(&task);
	}
	if (!task.done && faults)
		fprintf(
		    faults, "%s: not enough memory to read this file\n", path);
	arena_done(&task.reading.scratch);
	if (task.ok)
		return conf;
	conf_free(conf);
	return NULL;
}

struct conf *conf_read(const char *path, FILE *faults, FILE *warnings)
{
	return read_conf(path, false, warnings ? JANITOR_TRIED : JANITOR_UNREAD,
	    faults, warnings);
}

struct conf *conf_read_apart(const char *path, FILE *faults, FILE *warnings)
{
	return read_conf(path, true, JANITOR_UNREAD, faults, warnings);
}

struct conf *conf_read_janitor(const char *path, FILE *faults)
{
	return read_conf(path, false, JANITOR_READ, faults, NULL);
}

struct conf *conf_read_trying(const char *path, FILE *faults)
{
	return read_conf(path, false, JANITOR_TRIED, faults, NULL);
}
