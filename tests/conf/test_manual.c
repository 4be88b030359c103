#include "conf/fixture.h"

/* The defaults that doc/slotd.conf.5 states are those of the code. To be run
 * in the repository's folder. */

static char manual[65536];

static int read_manual(void **state)
{
	FILE *file = fopen("doc/slotd.conf.5", "r");
	size_t len;

	if (!file) {
		print_error("no doc/slotd.conf.5 from here\n");
		return -1;
	}
	len = fread(manual, 1, sizeof manual - 1, file);
	fclose(file);
	if (len == sizeof manual - 1)
		return -1;
	return enter_folder(state);
}

/* What stands behind "Default: " in a setting's entry, up to the mark behind
 * the value. */
static void stated(const char *setting, char *ret_value, size_t size)
{
	char start[80];
	const char *entry, *value;
	size_t len;

	snprintf(start, sizeof start, "\n.It Ic %s\n", setting);
	entry = strstr(manual, start);
	if (!entry)
		fail_msg("%s has no entry", setting);
	value = strstr(entry, "\nDefault: ");
	assert_non_null(value);
	value += strlen("\nDefault: ");
	if (*value == '"')
		len = strcspn(value + 1, "\"") + 2;
	else if (*value == '(')
		len = strcspn(value, ")") + 1;
	else
		len = strcspn(value, ".,\n");
	assert_true(len < size);
	memcpy(ret_value, value, len);
	ret_value[len] = '\0';
}

static void is_text(const char *setting, const char *text)
{
	char value[80], quoted[80];

	stated(setting, value, sizeof value);
	snprintf(quoted, sizeof quoted, "\"%s\"", text);
	if (strcmp(value, quoted) != 0)
		fail_msg(
		    "%s: %s, and the manual says %s", setting, quoted, value);
}

static void is_number(const char *setting, uint64_t number)
{
	char value[80], digits[24];

	stated(setting, value, sizeof value);
	snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
	if (strcmp(value, digits) != 0)
		fail_msg(
		    "%s: %s, and the manual says %s", setting, digits, value);
}

static void is_flag(const char *setting, bool flag)
{
	char value[80];

	stated(setting, value, sizeof value);
	if (strcmp(value, flag ? "true" : "false") != 0)
		fail_msg("%s: the manual says %s", setting, value);
}

/* Networks that are each one address, as a list. */
static void is_addresses(const char *setting, struct ip_nets nets)
{
	char value[80], memory[160];
	struct buf list;

	stated(setting, value, sizeof value);
	buf_init(&list, memory, sizeof memory);
	for (size_t i = 0; i < nets.count; i++) {
		assert_int_equal(nets.at[i].bits, 128);
		buf_text(&list, i ? ", \"" : "(\"");
		ip_write(&nets.at[i].ip, &list);
		buf_text(&list, "\"");
	}
	buf_text(&list, ")");
	assert_string_equal(value, list.at);
}

static struct said least(const char *storage)
{
	char text[1024];
	struct said said;

	snprintf(text, sizeof text, CALLERS "public = { };\n%s", storage);
	said = read_conf(text);
	assert_string_equal(said.faults, "");
	return said;
}

static void the_service(void **state)
{
	struct said said = least(S3);
	const struct conf *conf = said.conf;

	(void)state;
	is_text("listen.address", conf->listen.address);
	is_number("listen.port", conf->listen.port);
	is_text("public.address", conf->public.address);
	is_number("public.port", conf->public.port);
	is_number("auth.max_skew", conf->max_skew);
	is_number("auth.replay_max", conf->replay_max);
	is_flag("callers.plain_urls", conf->callers[0].plain_urls);
	is_number("callers.keep", conf->callers[0].keep);
	assert_int_equal(conf->policy.max_size, 1073741824);
	is_text("policy.max_size", "1 GiB");
	assert_int_equal(conf->log_format, CONF_LOG_LOGFMT);
	is_text("log.format", "logfmt");
	assert_int_equal(conf->log_level, CONF_LOG_INFO);
	is_text("log.level", "info");
	is_flag("sandbox", conf_defaults.sandbox);
	is_flag("log.jids", conf->log_jids);
	is_addresses("trusted_proxies", conf->trusted_proxies);
	said_done(&said);
}

static void limits(void **state)
{
	struct said said = least(S3);
	const struct conf_limits *limits = &said.conf->limits;

	(void)state;
	is_number("limits.connections", limits->connections);
	is_number(
	    "limits.connections_per_address", limits->connections_per_address);
	is_number("limits.header_timeout", limits->header_timeout);
	is_number("limits.body_timeout", limits->body_timeout);
	is_number("limits.idle_timeout", limits->idle_timeout);
	is_number("limits.upload_timeout", limits->upload_timeout);
	is_number("limits.min_rate", limits->min_rate);
	is_number("limits.drain_delay", limits->drain_delay);
	is_number("limits.drain_timeout", limits->drain_timeout);
	said_done(&said);
}

static void components(void **state)
{
	struct said said = read_conf(
	    "components = ({ jid = \"up.example.org\"; secret = \"" SECRET
	    "\"; });\n" S3);
	const struct conf_component *component;

	(void)state;
	assert_string_equal(said.faults, "");
	component = &said.conf->components[0];
	is_text("components.server", component->server);
	is_number("components.port", component->port);
	is_text("components.name", component->name.at);
	said_done(&said);
}

static void storage_s3(void **state)
{
	struct said said = least(S3);
	const struct s3_config *s3 = said.conf->storages[0].s3;

	(void)state;
	assert_int_equal(s3->get, S3_GET_PUBLIC);
	is_text("storage.get", "public");
	is_number("storage.get_ttl", s3->get_ttl);
	is_number("storage.put_ttl", s3->put_ttl);
	is_flag("storage.relay", s3->relay);
	is_flag("storage.set_public", s3->set_public);
	is_flag("storage.sign_content_type", s3->sign_content_type);
	assert_false(said.conf->storages[0].has_template);
	assert_int_equal(said.conf->storages[0].creds->kind, CREDS_STATIC);
	is_text("storage.credentials", "static");
	assert_null(said.conf->storages[0].janitor);
	assert_int_equal(s3->place, S3_PLACE_UNKNOWN);
	is_text("storage.janitor.credentials", "static");
	is_text("storage.key", "{random}/{filename}");
	said_done(&said);
}

static void storage_fs(void **state)
{
	struct said said = least(FS);
	const struct fs_config *fs = said.conf->storages[0].folder;
	char text[16];

	(void)state;
	assert_int_equal(fs->min_free_bytes, 0);
	snprintf(text, sizeof text, "%u %%", fs->min_free_percent);
	is_text("storage.min_free", text);
	assert_int_equal(said.conf->storages[0].folder->put_ttl, 600);
	assert_string_equal(CONF_DEFAULT_STORE, "default");
	is_text("domains.storage", CONF_DEFAULT_STORE);
	said_done(&said);
}

static void quota(void **state)
{
	struct said said = least(S3);
	const struct conf_quota *quota = &said.conf->quota;
	const struct quota_redis_config *redis = &quota->redis;
	const struct policy *policy = &said.conf->policy;

	(void)state;
	is_number("policy.slots_per_minute", policy->slots_per_minute);
	is_number("policy.keep", policy->keep);
	is_number("policy.bytes_per_day", policy->bytes_per_day);
	is_number("policy.domain_bytes_per_day", policy->domain_bytes_per_day);
	assert_int_equal(quota->type, CONF_QUOTA_MEMORY);
	is_text("quota.type", "memory");
	is_number("quota.max_users", quota->memory.max_users);
	is_text("quota.address", redis->address);
	is_number("quota.port", redis->port);
	is_flag("quota.tls", redis->tls);
	is_number("quota.database", redis->database);
	assert_int_equal(redis->prefix.len, 6);
	is_text("quota.prefix", redis->prefix.at);
	is_number("quota.timeout", redis->timeout_ms);
	assert_true(redis->allow_on_error);
	is_text("quota.on_error", "allow");
	is_number("quota.pool", redis->pool);
	said_done(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_service),
		cmocka_unit_test(limits),
		cmocka_unit_test(quota),
		cmocka_unit_test(components),
		cmocka_unit_test(storage_s3),
		cmocka_unit_test(storage_fs),
	};

	return cmocka_run_group_tests(tests, read_manual, leave_folder);
}
