#include "conf/fixture.h"

static void defaults(void **state)
{
	struct said said = read_conf(CALLERS S3);
	const struct conf_quota *quota;

	(void)state;
	assert_string_equal(said.faults, "");
	quota = &said.conf->quota;
	assert_int_equal(quota->type, CONF_QUOTA_MEMORY);
	assert_int_equal(quota->memory.max_users, 100000);
	assert_null(quota->memory.state_file);
	assert_string_equal(quota->redis.address, "127.0.0.1");
	assert_int_equal(quota->redis.port, 6379);
	expect_span(quota->redis.prefix, "slotd:");
	assert_int_equal(quota->redis.timeout_ms, 50);
	assert_true(quota->redis.allow_on_error);
	assert_false(policy_counts(&said.conf->policy));
	assert_null(said.conf->callers[0].rate);
	said_done(&said);
}

static void limits(void **state)
{
	struct said said = read_conf(
	    CALLERS S3 "policy = { slots_per_minute = 60; bytes_per_day = "
		       "\"10 GiB\"; max_size = \"1 GiB\"; };\n"
		       "domains = ({ name = \"a.example\"; bytes_per_day = 0; "
		       "domain_bytes_per_day = \"1 MB\"; },\n"
		       "{ name = \"b.example\"; slots_per_minute = 0; "
		       "bytes_per_day = \"5 MiB\"; });\n");
	const struct policy *policy;

	(void)state;
	assert_string_equal(said.faults, "");
	policy = &said.conf->policy;
	assert_int_equal(policy->slots_per_minute, 60);
	assert_int_equal(policy->bytes_per_day, 10737418240);
	assert_int_equal(policy->domain_bytes_per_day, 0);
	assert_int_equal(policy->max_size, 1 << 30);
	policy = &said.conf->domains[0].policy;
	assert_int_equal(policy->slots_per_minute, 60);
	assert_int_equal(policy->bytes_per_day, 0);
	assert_int_equal(policy->domain_bytes_per_day, 1000000);
	/* No file is larger than what may be uploaded in a day. */
	assert_int_equal(policy->max_size, 1000000);
	policy = &said.conf->domains[1].policy;
	assert_int_equal(policy->slots_per_minute, 0);
	assert_int_equal(policy->bytes_per_day, 5 << 20);
	assert_int_equal(policy->max_size, 5 << 20);
	said_done(&said);
}

static void a_size_that_no_day_has_room_for(void **state)
{
	(void)state;
	expect(CALLERS S3 "policy = { bytes_per_day = 9;\nmax_size = 10; };",
	    "",
	    "slotd.conf:4: policy.max_size: warning: 10 bytes is more than "
	    "bytes_per_day (9 bytes): clients are told 9 bytes\n");
	expect(CALLERS S3 "policy = { bytes_per_day = \"100 KiB\";\n"
			  "max_size = \"100 MiB\"; };",
	    "",
	    "slotd.conf:4: policy.max_size: warning: 100 MiB is more than "
	    "bytes_per_day (100 KiB): clients are told 100 KiB\n");
	expect(CALLERS S3 "policy = { bytes_per_day = 9; "
			  "domain_bytes_per_day = 8;\nmax_size = 10; };",
	    "",
	    "slotd.conf:4: policy.max_size: warning: 10 bytes is more than "
	    "domain_bytes_per_day (8 bytes): clients are told 8 bytes\n");
	expect(CALLERS S3 "policy = { bytes_per_day = 9; max_size = 9; };"
			  "domains = ({ name = \"a.example\"; "
			  "bytes_per_day = 5; });",
	    "", "");
}

/* One PUT ends at 5 GiB. */
static void a_size_that_no_put_has(void **state)
{
#define MORE                                                                   \
	" is more than 5 GiB, the most that one upload can have at AWS, "      \
	"Ceph, R2, B2 and Wasabi; MinIO and Garage take more\n"
#define ONE_STORE(text) CALLERS S3 "policy = {\nmax_size = " text " };"

	(void)state;
	expect(ONE_STORE("\"5 GiB\";"), "", "");
	expect(ONE_STORE("5368709121L;"), "",
	    "slotd.conf:4: policy.max_size: warning: 5368709121 bytes" MORE);
	expect(ONE_STORE("\"10 GiB\"; bytes_per_day = \"5 GiB\";"), "",
	    "slotd.conf:4: policy.max_size: warning: 10 GiB is more than "
	    "bytes_per_day (5 GiB): clients are told 5 GiB\n");
	expect(CALLERS FS "policy = { max_size = \"10 GiB\"; };", "", "");
	expect(CALLERS S3 "domains = ({ name = \"a.example\";\n"
			  "max_size = \"6 GB\"; });",
	    "", "slotd.conf:4: domains[0].max_size: warning: 6 GB" MORE);
	/* The size is common, and the store is not. */
	expect(CALLERS FS
	    "storages = ({ name = \"s\"; type = \"s3\"; bucket_url = "
	    "\"https://b.example.org\"; region = \"r1\"; access_key_id = "
	    "\"A\"; access_key_secret = \"b\"; });\n"
	    "policy = { max_size = \"6 GiB\"; };\n"
	    "domains = ({ name = \"a.example\";\nstorage = \"s\"; },\n"
	    "{ name = \"b.example\"; });\n",
	    "", "slotd.conf:6: domains[0].storage: warning: 6 GiB" MORE);
}

static void in_memory(void **state)
{
	struct said said = read_conf(
	    CALLERS S3 "quota = { max_users = 500; state_file = \"state\"; };"
		       "policy = { slots_per_minute = 9; };");

	(void)state;
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_int_equal(said.conf->quota.memory.max_users, 500);
	assert_string_equal(said.conf->quota.memory.state_file, "state");
	said_done(&said);
}

static void a_state_file_of_no_use(void **state)
{
	static const char *const limits[] = { "policy = { bytes_per_day = 9; "
					      "};",
		"domains = ({ name = \"a\"; domain_bytes_per_day = 9; });",
		"policy = { purposes = ({ name = \"profile\"; "
		"bytes_per_day = 9; }); };" };
	char text[2048];

	(void)state;
	expect(CALLERS S3 "quota = { state_file = \"state\"; };", "",
	    "slotd.conf:3: quota.state_file: warning: has no effect: neither "
	    "policy nor domains have slots_per_minute, bytes_per_day or "
	    "domain_bytes_per_day\n");
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		snprintf(text, sizeof text,
		    CALLERS S3 "quota = { state_file = \"state\"; };%s",
		    limits[i]);
		expect(text, "", "");
	}
	expect(CALLERS S3 "policy = { bytes_per_day = 9; };"
			  "quota = { state_file = \"not/there/state\"; };",
	    "",
	    "slotd.conf:3: quota.state_file: warning: there is no folder "
	    "not/there: usage would be forgotten at each restart\n");
}

static void addresses_of_redis(void **state)
{
	static const char *const addresses[] = { "localhost", "redis_1",
		"127.0.0.1", "::1", "fe80::1%eth0", "r.example." };
	char text[2048];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		snprintf(text, sizeof text,
		    CALLERS S3 "quota = { type = \"redis\"; address = "
			       "\"%s\"; };",
		    addresses[i]);
		expect(text, "", "");
	}
}

static void in_redis(void **state)
{
	struct said said;
	const struct quota_redis_config *redis;

	(void)state;
	write_text("ca.pem", "x", 0600);
	write_text("redis.password", "not-a-real-password\n", 0600);
	said = read_conf(
	    CALLERS S3 "quota = { type = \"redis\"; address = \"r.example\"; "
		       "port = 6380; tls = true; tls_ca = \"ca.pem\"; "
		       "username = \"slotd\"; password_file = "
		       "\"redis.password\"; database = 3; prefix = \"x:\"; "
		       "timeout = 70; on_error = \"refuse\"; pool = 4; };");
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_int_equal(said.conf->quota.type, CONF_QUOTA_REDIS);
	redis = &said.conf->quota.redis;
	assert_string_equal(redis->address, "r.example");
	assert_int_equal(redis->port, 6380);
	assert_null(redis->unix_path);
	assert_true(redis->tls);
	assert_string_equal(redis->tls_ca, "ca.pem");
	expect_span(redis->username, "slotd");
	expect_span(redis->password, "not-a-real-password");
	assert_int_equal(redis->database, 3);
	expect_span(redis->prefix, "x:");
	assert_int_equal(redis->timeout_ms, 70);
	assert_false(redis->allow_on_error);
	assert_int_equal(redis->pool, 4);
	said_done(&said);
	said = read_conf(
	    CALLERS S3 "quota = { type = \"redis\"; unix = \"r.sock\"; };");
	assert_string_equal(said.faults, "");
	assert_null(said.conf->quota.redis.address);
	assert_string_equal(said.conf->quota.redis.unix_path, "r.sock");
	said_done(&said);
}

static void rates(void **state)
{
	struct said said = read_conf(
	    "callers = ({ id = \"a\"; secret = \"not-a-real-secret-01\"; "
	    "rate = 7; }, { id = \"b\"; secret = \"not-a-real-secret-02\"; "
	    "rate = 5; burst = 50; });\n" S3);

	(void)state;
	assert_string_equal(said.faults, "");
	assert_int_equal(said.conf->callers[0].rate->per_second, 7);
	assert_int_equal(said.conf->callers[0].rate->burst, 7);
	assert_int_equal(said.conf->callers[1].rate->per_second, 5);
	assert_int_equal(said.conf->callers[1].rate->burst, 50);
	said_done(&said);
}

static void wrong(void **state)
{
	static const struct {
		const char *group, *start, *within;
	} rows[] = {
		{ "type = \"disk\";", "3: quota.type", "must be \"memory\"" },
		{ "max_users = 9;", "3: quota.max_users", "from 10 to" },
		{ "port = 1;", "3: quota.port", "belongs to quota type" },
		{ "type = \"redis\"; max_users = 10;", "3: quota.max_users",
		    "belongs to quota type \"memory\"" },
		{ "max_user = 10;", "3: quota.max_user",
		    "did you mean max_users" },
		{ "type = \"redis\"; port = 0;", "3: quota.port",
		    "from 1 to 65535" },
		{ "type = \"redis\"; unix = \"s\"; address = \"a\";",
		    "3: quota.address", "combined with unix" },
		{ "type = \"redis\"; address = \"redis://127.0.0.1:6379\";",
		    "3: quota.address",
		    "must be only a host name or an IP address" },
		{ "type = \"redis\"; address = \"127.0.0.1:6379\";",
		    "3: quota.address", "(port, tls, " },
		{ "type = \"redis\"; address = \"/run/redis.sock\";",
		    "3: quota.address",
		    "must be only a host name or an IP address" },
		{ "type = \"redis\"; address = \"[::1]\";", "3: quota.address",
		    "must be only a host name or an IP address" },
		{ "type = \"redis\"; unix = \"s\"; port = 1;", "3: quota.port",
		    "combined with unix" },
		{ "type = \"redis\"; unix = \"s\"; tls = true;", "3: quota.tls",
		    "unix socket" },
		{ "type = \"redis\"; tls_ca = \"slotd.conf\";",
		    "3: quota.tls_ca", "without tls" },
		{ "type = \"redis\"; tls = true; tls_ca = \"nowhere\";",
		    "3: quota.tls_ca", "cannot read" },
		{ "type = \"redis\"; username = \"u\";",
		    "3: quota.password_file", "missing: " },
		{ "type = \"redis\"; password = \"a\"; password_file = \"b\";",
		    "3: quota.password_file",
		    "cannot be combined with password: remove one of them" },
		{ "type = \"redis\"; prefix = \"{a}\";", "3: quota.prefix",
		    "letters, digits and" },
		{ "type = \"redis\"; prefix = \"a b\";", "3: quota.prefix",
		    "letters, digits and" },
		{ "type = \"redis\"; timeout = 0;", "3: quota.timeout",
		    "from 1 to 10000" },
		{ "type = \"redis\"; on_error = \"x\";", "3: quota.on_error",
		    "must be \"allow\" or \"refuse\"" },
		{ "type = \"redis\"; pool = 65;", "3: quota.pool",
		    "from 1 to 64" },
	};
	char text[2048], start[80];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(text, sizeof text, CALLERS S3 "quota = { %s };\n",
		    rows[i].group);
		snprintf(start, sizeof start, "slotd.conf:%s: ", rows[i].start);
		expect_fault(text, start, rows[i].within);
	}
}

#define SHARE(more)                                                            \
	"callers = ({ id = \"p\"; secret = \"not-a-real-secret-01\"; "         \
	"dialect = \"jwt\"; base = \"/share/\"; " more "});\n" FS

/* The XMPP server grants those slots: slotd sees no request. */
static void shares_are_not_counted(void **state)
{
	(void)state;
	expect(SHARE(""), "", "");
	expect(SHARE("") "policy = { bytes_per_day = 9; };", "",
	    "slotd.conf:1: callers[0].dialect: warning: users of this caller "
	    "are not counted: with this dialect the XMPP server grants the "
	    "slots; set quotas there\n");
	expect_fault(SHARE("rate = 5; "), "slotd.conf:1: callers[0].rate: ",
	    "has no effect with this dialect");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(limits),
		cmocka_unit_test(a_size_that_no_day_has_room_for),
		cmocka_unit_test(a_size_that_no_put_has),
		cmocka_unit_test(in_memory),
		cmocka_unit_test(a_state_file_of_no_use),
		cmocka_unit_test(addresses_of_redis),
		cmocka_unit_test(in_redis),
		cmocka_unit_test(rates),
		cmocka_unit_test(wrong),
		cmocka_unit_test(shares_are_not_counted),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
