#include "conf/fixture.h"

/* No file of the configuration may lie where uploads are. */

#define KEY "fake-0123456789-0123456789-0123456789\n"

static int enter(void **state)
{
	assert_int_equal(enter_folder(state), 0);
	assert_int_equal(mkdir("store", 0700), 0);
	assert_int_equal(mkdir("store/files", 0700), 0);
	assert_int_equal(mkdir("store/files/deep", 0700), 0);
	assert_int_equal(mkdir("other", 0700), 0);
	write_text("store/key", KEY, 0600);
	write_text("store/files/key", KEY, 0600);
	write_text("store/files/deep/key", KEY, 0600);
	write_text("other/key", KEY, 0600);
	assert_int_equal(symlink("store/files/deep/key", "link"), 0);
	assert_int_equal(symlink("store/files", "linked"), 0);
	assert_int_equal(symlink("../../other/key", "store/files/out"), 0);
	assert_int_equal(symlink("store", "also"), 0);
	return 0;
}

static void named(const char *setting, const char *path, const char *within)
{
	char text[1024];

	snprintf(text, sizeof text, CALLERS FS "%s = \"%s\";\n", setting, path);
	if (within)
		expect_fault(text, "slotd.conf:3: ", within);
	else
		expect(text, "", "");
}

static void test_key_file(void **state)
{
	(void)state;
	named("key_file", "store/files/key", "where uploads are served");
	named("key_file", "store/files/deep/key", "where uploads are served");
	named("key_file", "store/../store/./files//key", "uploads are served");
	named("key_file", "link", "where uploads are served");
	named("key_file", "linked/key", "where uploads are served");
	named("key_file", "linked/deep/../key", "where uploads are served");
	named("key_file", "also/files/key", "where uploads are served");
	named("key_file", "store/files/out", "where uploads are served");
	named("key_file", "store/key", NULL);
	named("key_file", "other/key", NULL);
	named("key_file", "store/files/../key", NULL);
}

/* The store by another way, and one that is not there yet. */
static void test_path(void **state)
{
	static const char start[] =
	    CALLERS "public_url = \"https://up.example.org\";\n";
	static const char *const paths[] = { "also", "store/", "other/../also",
		"store/." };
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		snprintf(text, sizeof text,
		    "%sstorage = { type = \"fs\"; path = \"%s\"; };\n"
		    "key_file = \"store/files/key\";\n",
		    start, paths[i]);
		expect_fault(text,
		    "slotd.conf:4: key_file: ", "where uploads are served");
	}
	snprintf(text, sizeof text,
	    "%sstorage = { type = \"fs\"; path = \"new\"; };\n"
	    "listen = { unix = \"new/files/socket\"; };\n",
	    start);
	expect_fault(
	    text, "slotd.conf:4: listen.unix: ", "where uploads are served");
}

static void test_others(void **state)
{
	static const struct {
		const char *text;
		const char *setting;
	} rows[] = {
		{ "listen = { unix = \"store/files/s\"; };", "listen.unix" },
		{ "public = { unix = \"store/files/s\"; };", "public.unix" },
		{ "quota = { state_file = \"store/files/q\"; };",
		    "quota.state_file" },
		{ "quota = { type = \"redis\"; unix = \"linked/q\"; };",
		    "quota.unix" },
		{ "quota = { type = \"redis\"; password_file = \"link\"; };",
		    "quota.password_file" },
		{ "storages = ({ name = \"b\"; type = \"s3\"; region = \"r\"; "
		  "bucket_url = \"https://b.example.org\"; "
		  "access_key_id = \"AKIDEXAMPLE\"; "
		  "access_key_secret_file = \"link\"; });",
		    "storages[0].access_key_secret_file" },
	};
	char text[1024], start[128];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text, CALLERS FS "%s\n", rows[i].text);
		snprintf(
		    start, sizeof start, "slotd.conf:3: %s: ", rows[i].setting);
		expect_fault(text, start, "where uploads are served");
	}
	expect_fault(FS "callers = ({ id = \"a\"; secret_file = \"link\"; });",
	    "slotd.conf:2: callers[0].secret_file: ",
	    "where uploads are served");
}

static void test_environment(void **state)
{
	(void)state;
	assert_int_equal(
	    setenv("AWS_SHARED_CREDENTIALS_FILE", "store/files/key", 1), 0);
	expect_fault(CALLERS FS
	    "storages = ({ name = \"b\"; type = \"s3\"; region = \"r\"; "
	    "bucket_url = \"https://b.example.org\";\n"
	    "credentials = \"file\"; });",
	    "slotd.conf:4: storages[0].credentials: ",
	    "where uploads are served");
	assert_int_equal(unsetenv("AWS_SHARED_CREDENTIALS_FILE"), 0);
}

static void test_configuration(void **state)
{
	struct said said;

	(void)state;
	write_text("store/files/in.conf", CALLERS, 0600);
	expect_fault("@include \"store/files/in.conf\"\n" FS,
	    "slotd.conf:2: storage.path: ", "store/files/in.conf is below");
	assert_int_equal(unlink("store/files/in.conf"), 0);
	write_text("store/files/slotd.conf",
	    CALLERS "storage = { type = \"fs\"; path = \"..\"; }; "
		    "public_url = \"https://up.example.org\";\n",
	    0600);
	said = read_file("store/files/slotd.conf");
	assert_null(said.conf);
	assert_non_null(strstr(said.faults,
	    "slotd.conf:2: storage.path: store/files/slotd.conf is below"));
	said_done(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_file),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_configuration),
	};

	return cmocka_run_group_tests(tests, enter, leave_folder);
}
