#include "conf/sections.h"
#include "conf/secret.h"
#include "slot/basic.h"
#include "slot/dialect.h"

#include <string.h>

#define SECRET_MAX 4096
#define RATE_MAX 100000

static void read_id(const struct node *node, void *into)
{
	const struct conf *conf = node->reading->conf;
	struct span *id = into;
	struct span text;

	if (!value_checked(node, value_id, &text))
		return;
	for (size_t i = 0; i < conf->caller_count; i++) {
		if (span_equal(conf->callers[i].id, text)) {
			node_wrong(node, "another caller already has this id");
			return;
		}
	}
	*id = text;
}

static void read_secret(
    const struct node *node, bool file, struct caller *caller)
{
	struct secret secret;

	if (!secret_read(node, file, SECRET_MAX, &secret))
		return;
	if (secret.text.len < AUTH_SECRET_MIN)
		node_wrong(node,
		    "the secret must have at least %d bytes; make one with "
		    "`openssl rand -hex 32`",
		    AUTH_SECRET_MIN);
	else if (secret_is_new(node, secret.text)) {
		basic_digest(
		    secret.text, caller->passwords[caller->secret_count]);
		hmac_key_init(
		    &caller->secrets[caller->secret_count++], secret.text);
	}
}

static void read_secrets(const struct node *group, struct caller *caller)
{
	const struct node *node =
	    node_only(group, "secret|secret_file|secrets|secret_files");
	bool file = node && strstr(node->name, "_file");

	if (!node)
		node_missing(group, "secret",
		    "a caller needs secret_file, secret, secret_files or "
		    "secrets; make a secret with `openssl rand -hex 32`");
	else if (node->name[strlen(node->name) - 1] != 's')
		read_secret(node, file, caller);
	else if (!value_list(node, "one or two strings"))
		return;
	else if (node->count < 1 || node->count > AUTH_SECRETS_MAX)
		node_wrong(node, "must have one or two entries");
	else
		for (size_t i = 0; i < node->count; i++)
			read_secret(node_at(node, i), file, caller);
}

void callers_allow(const struct node *node, struct caller *caller)
{
	arena_names(
	    node_keep(node), caller->allow_domain_count, &caller->allowed);
	for (uint32_t i = 0; i < caller->allow_domain_count; i++)
		names_add(&caller->allowed, caller->allow_domains[i], i);
}

static void read_allowed(const struct node *node, void *into)
{
	struct caller *caller = into;

	value_items(node, domains_name, &caller->allow_domains,
	    &caller->allow_domain_count);
	callers_allow(node, caller);
	if (node->type == NODE_LIST && node->count == 0)
		node_wrong(node,
		    "is empty: remove this setting to allow every domain");
}

static void read_rate(const struct node *group, struct caller *caller)
{
	const struct node *rate = node_member(group, "rate");
	const struct node *burst = node_member(group, "burst");
	int64_t per_second = 0, at_once = 0;

	if (burst && value_integer(burst, 1, RATE_MAX, &at_once) && !rate)
		node_wrong(burst, "is of no use without rate");
	if (!rate || !value_integer(rate, 1, RATE_MAX, &per_second))
		return;
	if (dialect_makes_urls(caller->dialect))
		node_wrong(rate, "has no effect with this dialect: requests "
				 "come from clients, not from the caller");
	caller->rate = arena_get(node_keep(group), sizeof *caller->rate);
	caller->rate->per_second = (uint32_t)per_second;
	caller->rate->burst = (uint32_t)(at_once ? at_once : per_second);
}

static const struct setting rows[] = {
	{ "id", READ(struct caller, id, read_id) },
	{ "secret", ELSEWHERE },
	{ "secret_file", ELSEWHERE },
	{ "secrets", ELSEWHERE },
	{ "secret_files", ELSEWHERE },
	{ "allow_domains", WHOLE(read_allowed) },
	{ "plain_urls", READ(struct caller, plain_urls, value_boolean) },
	{ "dialect", READ(struct caller, dialect, dialect_read) },
	{ "base", TEXT(struct caller, base, dialect_base) },
	{ "keep", SECONDS(struct caller, keep, 0, SECTIONS_KEEP_MAX) },
	{ "rate", ELSEWHERE },
	{ "burst", ELSEWHERE },
};

static void read_caller(const struct node *group, struct caller *caller)
{
	static const struct settings settings = { SETTINGS(rows) };

	if (!value_group(group))
		return;
	settings_read(group, &settings, caller);
	if (!node_member(group, "id"))
		node_missing(group, "id", "each caller needs an id");
	read_secrets(group, caller);
	dialect_check(group, caller);
	read_rate(group, caller);
}

void callers_read(const struct node *node, void *into)
{
	struct conf *conf = node->reading->conf;

	(void)into;
	if (!value_list(node, "groups"))
		return;
	conf->callers = arena_get(
	    node_keep(node), (node->count + 1) * sizeof *conf->callers);
	/* A caller that is being read is not counted yet: see read_id. */
	for (size_t i = 0; i < node->count; i++, conf->caller_count++)
		read_caller(node_at(node, i), &conf->callers[i]);
	arena_names(node_keep(node), node->count, &conf->caller_ids);
	for (uint32_t i = 0; i < node->count; i++)
		names_add(&conf->caller_ids, conf->callers[i].id, i);
}

void callers_check(const struct node *root)
{
	const struct node *callers = node_member(root, "callers");
	const struct node *components = node_member(root, "components");

	if (components && components->type == NODE_LIST && components->count)
		return;
	if (!callers)
		node_missing(root, "callers",
		    "at least one caller with a secret is required");
	else if (callers->type == NODE_LIST && callers->count == 0)
		node_wrong(callers, "must have at least one caller");
}
