#include "conf/fixture.h"

/* deploy/slotd.conf.example is right, as it stands and with the store that
 * is commented out in it. To be run in the repository's folder. */

static char example[32768];

static int read_example(void **state)
{
	FILE *file = fopen("deploy/slotd.conf.example", "r");
	size_t len;

	if (!file) {
		print_error("no deploy/slotd.conf.example from here\n");
		return -1;
	}
	len = fread(example, 1, sizeof example - 1, file);
	fclose(file);
	if (len == sizeof example - 1)
		return -1;
	return enter_folder(state);
}

/* Every `from` in the text becomes `to`, which is not longer. */
static void replace(char *text, const char *from, const char *to)
{
	size_t from_len = strlen(from), to_len = strlen(to);

	for (char *at = text; (at = strstr(at, from)); at += to_len) {
		memcpy(at, to, to_len);
		memmove(at + to_len, at + from_len, strlen(at + from_len) + 1);
	}
}

static void as_it_stands(void **state)
{
	struct said said;

	(void)state;
	write_text("prosody.secret", SECRET, 0600);
	write_text("s3.secret", "fake", 0600);
	replace(example, "/etc/slotd/", "");
	said = read_conf(example);
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_non_null(said.conf->storages[0].s3);
	said_done(&said);
}

/* Appends a group that is commented out. */
static void uncomment(const char *start, char *to)
{
	const char *at = strstr(example, start);

	assert_non_null(at);
	to += strlen(to);
	for (bool last = false; !last;) {
		const char *end = strchr(at, '\n');

		assert_non_null(end);
		assert_memory_equal(at, "# ", 2);
		last = at[2] == '}' || at[2] == ')';
		memcpy(to, at + 2, (size_t)(end - at) - 1);
		to += end - at - 1;
		at = end + 1;
	}
	*to = 0;
}

/* The caller that is commented out among the callers. */
static void with_a_base(void **state)
{
	char text[sizeof example];
	struct said said;
	char *at;

	(void)state;
	memcpy(text, example, sizeof text);
	replace(text, "/etc/slotd/", "");
	at = strstr(text, "  # ,{");
	assert_non_null(at);
	for (bool last = false; !last; at = strchr(at, '\n') + 1) {
		assert_memory_equal(at, "  # ", 4);
		at[2] = ' ';
		last = at[4] == '}';
	}
	write_text("prosody.secret", SECRET, 0600);
	write_text("s3.secret", "fake", 0600);
	write_text("share.secret", "not-a-real-secret-02", 0600);
	said = read_conf(text);
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_int_equal(said.conf->caller_count, 2);
	assert_int_equal(said.conf->callers[1].dialect, DIALECT_JWT);
	expect_span(said.conf->callers[1].base, "/share/");
	said_done(&said);
}

static void with_the_embedded_store(void **state)
{
	char text[4096] = CALLERS "public_url = \"https://up.example.org\";\n";
	struct said said;

	(void)state;
	replace(example, "/var/lib/slotd", "files");
	uncomment("# storage = {", text);
	uncomment("# public = {", text);
	said = read_conf(text);
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_non_null(said.conf->storages[0].folder);
	assert_true(said.conf->has_public);
	said_done(&said);
}

/* Without a caller. */
static void with_a_component(void **state)
{
	static char text[sizeof example];
	char group[4096] = S3;
	struct said said;

	(void)state;
	write_text("component.secret", SECRET, 0600);
	memcpy(text, example, sizeof text);
	replace(example, "/etc/slotd/", "");
	uncomment("# components = (", group);
	memcpy(example, text, sizeof text);
	said = read_conf(group);
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_int_equal(said.conf->caller_count, 0);
	assert_int_equal(said.conf->component_count, 1);
	expect_span(said.conf->components[0].jid, "upload.example.org");
	said_done(&said);
}

static void with_several_stores(void **state)
{
	char text[4096] = CALLERS S3;
	struct said said;

	(void)state;
	write_text("archive.secret", "fake", 0600);
	uncomment("# storages = (", text);
	uncomment("# domains = (", text);
	said = read_conf(text);
	assert_string_equal(said.faults, "");
	/* Of `keep` with the public bucket. */
	assert_string_equal(said.warnings,
	    "slotd.conf:4: storages[0]: warning: a file past its end can still "
	    "be read until `slotd sweep` has removed it; with get = "
	    "\"redirect\" it is gone at once\n");
	assert_int_equal(said.conf->storage_count, 2);
	assert_int_equal(said.conf->domain_count, 1);
	assert_int_equal(said.conf->domains[0].storage, 1);
	said_done(&said);
}

/* Turns "  # NAME = …" into a setting, wherever it stands. */
static void switch_on(char *text, const char *line)
{
	char *at = strstr(text, line);

	assert_non_null(at);
	for (; at; at = strstr(at, line))
		memcpy(strchr(at, '#'), "  ", 2);
}

static void with_quotas(void **state)
{
	static char text[sizeof example];
	char group[4096] = CALLERS S3;
	struct said said;

	(void)state;
	memcpy(text, example, sizeof text);
	replace(text, "/etc/slotd/", "");
	switch_on(text, "\n  # slots_per_minute");
	switch_on(text, "\n  # bytes_per_day");
	switch_on(text, "\n  # domain_bytes_per_day");
	switch_on(text, "\n    # rate = ");
	switch_on(text, "\n    # burst = ");
	write_text("prosody.secret", SECRET, 0600);
	write_text("s3.secret", "fake", 0600);
	said = read_conf(text);
	assert_string_equal(said.faults, "");
	assert_int_equal(said.conf->policy.slots_per_minute, 60);
	assert_int_equal(said.conf->policy.bytes_per_day, 10737418240);
	assert_int_equal(said.conf->policy.domain_bytes_per_day, 536870912000);
	assert_int_equal(said.conf->callers[0].rate->per_second, 50);
	assert_int_equal(said.conf->callers[0].rate->burst, 200);
	said_done(&said);
	uncomment("# quota = {\n#   type = \"memory\"", group);
	said = read_conf(group);
	assert_string_equal(said.faults, "");
	assert_non_null(said.conf->quota.memory.state_file);
	said_done(&said);
	memcpy(group, CALLERS S3, sizeof CALLERS S3);
	uncomment("# quota = {\n#   type = \"redis\"", group);
	said = read_conf(group);
	assert_string_equal(said.faults, "");
	assert_int_equal(said.conf->quota.type, CONF_QUOTA_REDIS);
	said_done(&said);
}

static void with_a_relay(void **state)
{
	static char text[sizeof example];
	struct said said;

	(void)state;
	write_text("slotd.key", "not-a-real-key-not-a-real-key-0001\n", 0600);
	memcpy(text, example, sizeof text);
	replace(text, "# relay = true;", "relay = true;");
	replace(text, "# public_url = ", "public_url = ");
	replace(text, "# key_file = ", "key_file = ");
	said = read_conf(text);
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_true(said.conf->storages[0].s3->relay);
	said_done(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_stands),
		cmocka_unit_test(with_a_base),
		cmocka_unit_test(with_the_embedded_store),
		cmocka_unit_test(with_a_component),
		cmocka_unit_test(with_several_stores),
		cmocka_unit_test(with_quotas),
		cmocka_unit_test(with_a_relay),
	};

	return cmocka_run_group_tests(tests, read_example, leave_folder);
}
