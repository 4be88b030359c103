#include "conf/fixture.h"

#define KEY "key_file = \"keys\";\n"
#define UNTIL "key = \"{until}/{random}\";"
#define PLACE                                                                  \
	"storage = { type = \"s3\"; bucket_url = "                             \
	"\"https://b.example.org\"; region = \"r1\"; "                         \
	"access_key_id = \"AKIDEXAMPLE\"; access_key_secret = "                \
	"\"fake\"; "

static const struct policy *policy_for(
    const struct policies *policies, enum purpose purpose)
{
	const struct policy *policy = policies_for(policies, purpose);

	if (!policy)
		fail_msg("%s is not offered", purpose_name(purpose));
	return policy;
}

static void without_a_list(void **state)
{
	struct said said = read_conf(CALLERS FS "policy = { max_size = 9; };");
	const struct policies *policies = &said.conf->policies;

	(void)state;
	assert_int_equal(policies->of[PURPOSE_MESSAGE].max_size, 9);
	assert_int_equal(policies->of[PURPOSE_MESSAGE].keep, 0);
	assert_true(policies->offers[PURPOSE_MESSAGE]);
	assert_null(policies_for(policies, PURPOSE_PROFILE));
	assert_null(policies_for(policies, PURPOSE_EPHEMERAL));
	assert_null(policies_for(policies, PURPOSE_PERMANENT));
	assert_false(said.conf->storages[0].ends);
	said_done(&said);
}

/* The first of these that is set: the domain's purpose, policy's purpose, the
 * domain, policy. */
static void what_counts(void **state)
{
	struct said said = read_conf(CALLERS FS
	    "policy = { keep = \"30 days\"; max_size = 100; "
	    "deny_extensions = (\"exe\"); bytes_per_day = 5000;\n"
	    "  purposes = ({ name = \"profile\"; keep = 0; max_size = 10; "
	    "bytes_per_day = 50; },\n"
	    "    { name = \"ephemeral\"; keep = \"1 h\"; },\n"
	    "    { name = \"permanent\"; }); };\n"
	    "domains = ({ name = \"a.example\"; keep = 5; max_size = 20; },\n"
	    "  { name = \"b.example\"; max_size = 30; purposes = ("
	    "{ name = \"profile\"; max_size = 11; },"
	    "{ name = \"permanent\"; keep = 7; },"
	    "{ name = \"message\"; keep = 8; allow_types = (\"a/*\"); }); },\n"
	    "  { name = \"c.example\"; purposes = (); });\n");
	const struct policies *all, *domain;

	(void)state;
	assert_string_equal(said.faults, "");
	all = &said.conf->policies;
	assert_int_equal(policy_for(all, PURPOSE_MESSAGE)->keep, 2592000);
	assert_int_equal(policy_for(all, PURPOSE_MESSAGE)->bytes_per_day, 5000);
	assert_false(policy_for(all, PURPOSE_MESSAGE)->own_bytes);
	assert_int_equal(policy_for(all, PURPOSE_PROFILE)->keep, 0);
	assert_int_equal(policy_for(all, PURPOSE_PROFILE)->max_size, 10);
	assert_int_equal(policy_for(all, PURPOSE_PROFILE)->bytes_per_day, 50);
	assert_true(policy_for(all, PURPOSE_PROFILE)->own_bytes);
	assert_int_equal(
	    policy_for(all, PURPOSE_PROFILE)->deny_extension_count, 1);
	assert_int_equal(policy_for(all, PURPOSE_EPHEMERAL)->keep, 3600);
	assert_int_equal(policy_for(all, PURPOSE_EPHEMERAL)->max_size, 100);
	assert_int_equal(policy_for(all, PURPOSE_PERMANENT)->keep, 0);

	domain = &said.conf->domains[0].policies;
	assert_int_equal(policy_for(domain, PURPOSE_MESSAGE)->keep, 5);
	assert_int_equal(policy_for(domain, PURPOSE_MESSAGE)->max_size, 20);
	assert_int_equal(policy_for(domain, PURPOSE_PROFILE)->keep, 0);
	assert_int_equal(policy_for(domain, PURPOSE_PROFILE)->max_size, 10);
	assert_int_equal(policy_for(domain, PURPOSE_EPHEMERAL)->keep, 3600);
	assert_int_equal(policy_for(domain, PURPOSE_EPHEMERAL)->max_size, 20);
	assert_int_equal(policy_for(domain, PURPOSE_PERMANENT)->keep, 0);

	domain = &said.conf->domains[1].policies;
	assert_int_equal(policy_for(domain, PURPOSE_MESSAGE)->keep, 8);
	assert_int_equal(policy_for(domain, PURPOSE_MESSAGE)->max_size, 30);
	assert_int_equal(
	    policy_for(domain, PURPOSE_MESSAGE)->allow_type_count, 1);
	assert_int_equal(policy_for(domain, PURPOSE_PROFILE)->max_size, 11);
	assert_int_equal(policy_for(domain, PURPOSE_PROFILE)->keep, 0);
	assert_true(policy_for(domain, PURPOSE_PROFILE)->own_bytes);
	assert_null(policies_for(domain, PURPOSE_EPHEMERAL));
	assert_int_equal(policy_for(domain, PURPOSE_PERMANENT)->keep, 7);

	domain = &said.conf->domains[2].policies;
	assert_int_equal(policy_for(domain, PURPOSE_MESSAGE)->keep, 2592000);
	assert_null(policies_for(domain, PURPOSE_PROFILE));
	assert_true(said.conf->storages[0].ends);
	said_done(&said);
}

/* A purpose that is counted by itself is not held to the day's bytes of the
 * others, and each size is warned of once. */
static void sizes_of_what_is_counted_by_itself(void **state)
{
	struct said said = read_conf(CALLERS FS
	    "policy = { max_size = 999; bytes_per_day = 100;\n"
	    "purposes = ({ name = \"profile\"; bytes_per_day = 5000; },\n"
	    "{ name = \"permanent\"; max_size = 500; bytes_per_day = 60; }); "
	    "};\n"
	    "domains = ({ name = \"a.example\"; },\n"
	    "{ name = \"b.example\"; bytes_per_day = 50;\n"
	    "purposes = ({ name = \"permanent\"; bytes_per_day = 400; }); });");
	const struct policies *policies = &said.conf->policies;

	(void)state;
	assert_int_equal(policy_for(policies, PURPOSE_MESSAGE)->max_size, 100);
	assert_int_equal(policy_for(policies, PURPOSE_PROFILE)->max_size, 999);
	assert_int_equal(policy_for(policies, PURPOSE_PERMANENT)->max_size, 60);
	policies = &said.conf->domains[0].policies;
	assert_int_equal(policy_for(policies, PURPOSE_MESSAGE)->max_size, 100);
	assert_int_equal(policy_for(policies, PURPOSE_PROFILE)->max_size, 999);
	policies = &said.conf->domains[1].policies;
	assert_int_equal(policy_for(policies, PURPOSE_MESSAGE)->max_size, 50);
	assert_int_equal(
	    policy_for(policies, PURPOSE_PERMANENT)->max_size, 400);
	assert_string_equal(said.warnings,
	    "slotd.conf:3: policy.max_size: warning: 999 bytes is more than "
	    "bytes_per_day (100 bytes): clients are told 100 bytes\n"
	    "slotd.conf:5: policy.purposes[1].max_size: warning: 500 bytes is "
	    "more than bytes_per_day (60 bytes): clients are told 60 bytes\n");
	said_done(&said);
}

/* Never more than may be uploaded in a day. */
static void sizes_are_lowered(void **state)
{
	struct said said = read_conf(CALLERS FS
	    "policy = { max_size = 1000; bytes_per_day = 1000;\n"
	    "purposes = ({ name = \"profile\"; bytes_per_day = 50; },\n"
	    "{ name = \"permanent\"; max_size = 500; bytes_per_day = 60; }); "
	    "};\n");
	const struct policies *policies = &said.conf->policies;

	(void)state;
	assert_int_equal(policy_for(policies, PURPOSE_PROFILE)->max_size, 50);
	assert_int_equal(policy_for(policies, PURPOSE_PERMANENT)->max_size, 60);
	assert_string_equal(said.warnings,
	    "slotd.conf:5: policy.purposes[1].max_size: warning: 500 bytes is "
	    "more than bytes_per_day (60 bytes): clients are told 60 bytes\n");
	said_done(&said);
}

static const char *const names[] = { "slotd.conf:3: policy.purposes[0].name: ",
	"slotd.conf:3: policy.purposes[1].name: " };

static void entries(void **state)
{
	(void)state;
	expect_fault(CALLERS S3 "policy = { purposes = ({ name = \"x\"; }); };",
	    names[0], "\"permanent\"");
	expect_fault(CALLERS S3 "policy = { purposes = ({ keep = 1; }); };",
	    names[0], "missing");
	expect_fault(CALLERS S3
	    "policy = { purposes = ({ name = \"profile\"; }, "
	    "{ name = \"profile\"; }); };",
	    names[1], "another entry already has this name");
	expect_fault(CALLERS S3
	    "policy = { purposes = ({ name = \"profile\"; region = 1; }); };",
	    "slotd.conf:3: policy.purposes[0].region: ", "unknown setting");
	expect_fault(CALLERS S3 "policy = { purposes = 1; };",
	    "slotd.conf:3: policy.purposes: ", "must be a list ( ) of groups");
	expect_fault(CALLERS S3 "keep = \"30 days\";", "slotd.conf:3: keep: ",
	    "unknown setting here: it belongs to policy");
	expect_fault(CALLERS S3 "policy = { keep = 30.0; };",
	    "slotd.conf:3: policy.keep: ", "\"30 days\"");
	expect_fault(CALLERS S3 "policy = { keep = \"40000 days\"; };",
	    "slotd.conf:3: policy.keep: ", "from 0 to 3153600000 seconds");
}

static void what_stores_need(void **state)
{
	(void)state;
	/* By whom ever a file could be read until it is swept. */
	expect_fault(CALLERS PLACE
	    "};\npolicy = { purposes = ({ name = \"ephemeral\"; }); };",
	    names[0], "ephemeral needs get = ");
	expect_fault(CALLERS PLACE "};\nstorages = ({ name = \"a\"; type = "
				   "\"fs\"; path = \"store\"; });\n"
				   "public_url = \"https://u.example.org\";"
				   "policy = { purposes = ({ name = "
				   "\"ephemeral\"; }); };\n",
	    "slotd.conf:4: policy.purposes[0].name: ", "ephemeral needs");
	expect_fault(CALLERS PLACE
	    "key = \"{random}\"; };\npolicy = { keep = 1; };",
	    "slotd.conf:2: storage.key: ", "must have {until}");
	expect_fault(CALLERS PLACE
	    "key = \"{random}\"; };\ndomains = ({ name = \"a.example\"; "
	    "purposes = ({ name = \"permanent\"; keep = 9; }); });",
	    "slotd.conf:2: storage.key: ", "must have {until}");
	expect(CALLERS PLACE UNTIL " };\npolicy = { keep = 1000; };", "",
	    "slotd.conf:2: storage: warning: a file past its end can still be "
	    "read until `slotd sweep` has removed it; with get = \"redirect\" "
	    "it is gone at once\n");
	expect(CALLERS PLACE "key = \"{random}\"; };\n", "", "");
	/* A purpose that no domain offers. */
	expect(CALLERS FS "storages = ({ name = \"a\"; type = \"s3\"; "
			  "bucket_url = \"https://b.example.org\"; region = "
			  "\"r1\"; access_key_id = \"AKIDEXAMPLE\"; "
			  "access_key_secret = \"fake\"; });\n"
			  "domains = ({ name = \"a.example\"; storage = "
			  "\"a\"; purposes = (); });\n"
			  "policy = { purposes = ({ name = \"ephemeral\"; "
			  "}); };",
	    "", "");
}

static void few_seconds(void **state)
{
	static const struct {
		const char *text;
		const char *warning;
	} cases[] = {
		{ "policy = { keep = 30; };",
		    "slotd.conf:3: policy.keep: warning: 30 without a unit "
		    "is seconds; for days, write \"30 days\"\n" },
		{ "policy = { keep = 999; };",
		    "slotd.conf:3: policy.keep: warning: 999 without a unit "
		    "is seconds; for days, write \"999 days\"\n" },
		{ "policy = { keep = 1000; };", "" },
		{ "policy = { keep = 0; };", "" },
		{ "policy = { keep = \"30 s\"; };", "" },
		{ "policy = { purposes = ({ name = \"profile\"; keep = 7; }); "
		  "};",
		    "slotd.conf:3: policy.purposes[0].keep: warning: 7 without "
		    "a "
		    "unit is seconds; for days, write \"7 days\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[512];
		struct said said;

		snprintf(text, sizeof text, "%s%s", CALLERS FS, cases[i].text);
		said = read_conf(text);
		assert_string_equal(said.faults, "");
		assert_string_equal(said.warnings, cases[i].warning);
		said_done(&said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_seconds),
		cmocka_unit_test(without_a_list),
		cmocka_unit_test(what_counts),
		cmocka_unit_test(sizes_are_lowered),
		cmocka_unit_test(sizes_of_what_is_counted_by_itself),
		cmocka_unit_test(entries),
		cmocka_unit_test(what_stores_need),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
