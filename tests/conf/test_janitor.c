#include "conf/fixture.h"

/* A bucket with more settings, and what commands that remove read of it. */
#define BUCKET(url, more)                                                      \
	"storage = { type = \"s3\"; bucket_url = \"" url "\"; "                \
	"region = \"r1\"; access_key_id = \"AKIDEXAMPLE\"; "                   \
	"access_key_secret = \"fake\";\n" more "};\n"
#define JANITOR(members)                                                       \
	CALLERS BUCKET("https://b.example.org", "janitor = {\n" members "\n};" \
						" ")
#define ID "access_key_id = \"AKIDJANITOR\"; "
#define WARNS "slotd.conf:4: storage.janitor.access_key_secret_file: warning: "

static struct said read_for_janitor(const char *text)
{
	struct said said;
	size_t len;
	FILE *faults = open_memstream(&said.faults, &len);

	write_text("slotd.conf", text, 0600);
	said.conf = conf_read_janitor("slotd.conf", faults);
	fclose(faults);
	said.warnings = NULL;
	return said;
}

static void own_credentials(void **state)
{
	struct said said =
	    read_for_janitor(JANITOR(ID "access_key_secret_file = \"secret\";"
					"session_token = \"token\";"));

	(void)state;
	assert_null(said.conf);
	assert_non_null(strstr(said.faults,
	    "slotd.conf:4: storage.janitor.access_key_secret_file: cannot "
	    "read "));
	said_done(&said);
	write_text("secret", "janitor-secret\n", 0600);
	said =
	    read_for_janitor(JANITOR(ID "access_key_secret_file = \"secret\";"
					"session_token = \"token\";"));
	assert_string_equal(said.faults, "");
	const struct creds_settings *janitor = said.conf->storages[0].janitor;
	assert_int_equal(janitor->kind, CREDS_STATIC);
	expect_span(janitor->text[CREDS_KEY_ID], "AKIDJANITOR");
	expect_span(janitor->text[CREDS_SECRET], "janitor-secret");
	expect_span(janitor->text[CREDS_TOKEN], "token");
	expect_span(said.conf->storages[0].creds->text[CREDS_SECRET], "fake");
	said_done(&said);
	unlink("secret");
}

/* The service may not even have the right to. */
static void the_service_does_not_look(void **state)
{
	struct conf *conf;

	(void)state;
	write_text("slotd.conf",
	    JANITOR(ID "access_key_secret_file = \"missing\";"), 0600);
	conf = conf_read("slotd.conf", NULL, NULL);
	assert_non_null(conf);
	assert_non_null(conf->storages[0].janitor);
	conf_free(conf);
	/* One that is open to the world. */
	write_text("missing", "janitor-secret\n", 0666);
	conf = conf_read("slotd.conf", NULL, NULL);
	assert_non_null(conf);
	conf_free(conf);
	expect_fault(JANITOR(ID "access_key_secret_file = \"missing\";"),
	    "slotd.conf:4: storage.janitor.access_key_secret_file: ",
	    "world-writable");
	unlink("missing");
	/* Nor does its environment count. */
	write_text(
	    "slotd.conf", JANITOR("credentials = \"environment\";"), 0600);
	unsetenv("AWS_ACCESS_KEY_ID");
	conf = conf_read("slotd.conf", NULL, NULL);
	assert_non_null(conf);
	conf_free(conf);
	struct said said =
	    read_for_janitor(JANITOR("credentials = \"environment\";"));
	assert_non_null(strstr(said.faults,
	    "slotd.conf:4: storage.janitor.credentials: AWS_ACCESS_KEY_ID is "
	    "not set in the environment"));
	said_done(&said);
}

/* doctor says by itself what it could not read. */
static void the_doctor_does_without(void **state)
{
	struct conf *conf;

	(void)state;
	write_text("slotd.conf",
	    JANITOR(ID "access_key_secret_file = \"/missing/secret\";"), 0600);
	conf = conf_read_trying("slotd.conf", NULL);
	assert_non_null(conf);
	const struct creds_settings *janitor = conf->storages[0].janitor;
	expect_span(janitor->text[CREDS_KEY_ID], "AKIDJANITOR");
	expect_span(janitor->text[CREDS_SECRET], "");
	expect_span(janitor->text[CREDS_SECRET_FILE], "/missing/secret");
	conf_free(conf);
	write_text("slotd.conf",
	    JANITOR(ID "access_key_secret = \"janitor-secret\";"), 0600);
	conf = conf_read_trying("slotd.conf", NULL);
	assert_non_null(conf);
	expect_span(
	    conf->storages[0].janitor->text[CREDS_SECRET], "janitor-secret");
	conf_free(conf);
	/* Its environment is not that of the commands that need them. */
	write_text(
	    "slotd.conf", JANITOR("credentials = \"environment\";"), 0600);
	unsetenv("AWS_ACCESS_KEY_ID");
	conf = conf_read_trying("slotd.conf", NULL);
	assert_non_null(conf);
	conf_free(conf);
}

static void check_warns(void **state)
{
	struct said said =
	    read_conf(JANITOR(ID "access_key_secret_file = \"missing\";"));

	(void)state;
	assert_string_equal(said.faults, "");
	assert_int_equal(strncmp(said.warnings, WARNS, strlen(WARNS)), 0);
	assert_non_null(strstr(said.warnings,
	    "No such file or directory; sweep, erase, delete and files need "
	    "it"));
	said_done(&said);
}

static void incomplete(void **state)
{
	(void)state;
	expect_fault(JANITOR(ID),
	    "slotd.conf:3: storage.janitor."
	    "access_key_secret: missing",
	    "");
	expect_fault(JANITOR("access_key_secret = \"x\";"),
	    "slotd.conf:3: storage.janitor.access_key_id: missing", "");
	expect_fault(JANITOR(ID "credentials = \"file\";"),
	    "slotd.conf:4: storage.janitor.access_key_id: ", "belongs to");
	expect_fault(JANITOR(ID "access_key_secret = \"x\"; "
				"region = \"x\";"),
	    "slotd.conf:4: storage.janitor.region: unknown setting", "");
}

static void the_bucket(void **state)
{
	static const struct {
		const char *text;
		enum s3_place place;
	} rows[] = {
		{ CALLERS BUCKET(
		      "https://s3.example.org/pics/sub", "bucket = \"pics\"; "),
		    S3_PLACE_PATH },
		{ CALLERS BUCKET(
		      "https://pics.s3.example.org/sub", "bucket = \"pics\"; "),
		    S3_PLACE_HOST },
		{ CALLERS BUCKET("https://files.example.org:9000",
		      "bucket = \"files.example.org\"; "),
		    S3_PLACE_HOST },
		{ CALLERS BUCKET("https://s3.example.org/pics", ""),
		    S3_PLACE_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct said said = read_conf(rows[i].text);

		assert_string_equal(said.faults, "");
		assert_int_equal(
		    said.conf->storages[0].s3->place, rows[i].place);
		said_done(&said);
	}
	expect_fault(CALLERS BUCKET("https://s3.example.org/pics/sub",
			 "bucket = \"sub\"; "),
	    "slotd.conf:3: storage.bucket: ", "first segment");
	expect_fault(
	    CALLERS BUCKET("https://picsel.example.org", "bucket = \"pics\"; "),
	    "slotd.conf:3: storage.bucket: ", "start of its host");
}

#define SHARE(dialect, more)                                                   \
	"callers = ({ id = \"a\"; secret = \"" SECRET "\";\ndialect = "        \
	"\"" dialect "\"; base = \"/s/\";\n" more " });\n"

static void a_base_that_ends(void **state)
{
	struct said said = read_conf(SHARE("jwt", "keep = \"7 days\";") S3);

	(void)state;
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_int_equal(said.conf->callers[0].keep, 604800);
	said_done(&said);
	said = read_conf(SHARE("jwt", "") S3);
	assert_non_null(strstr(
	    said.warnings, "slotd.conf:2: callers[0].dialect: warning: "));
	assert_non_null(strstr(said.warnings, "set this caller's keep"));
	said_done(&said);
	/* It promises nothing; and the embedded store keeps the promise. */
	said = read_conf(SHARE("external-v2", "") S3);
	assert_string_equal(said.warnings, "");
	said_done(&said);
	said = read_conf(SHARE("jwt", "") FS);
	assert_null(strstr(said.warnings, "keep"));
	said_done(&said);
	expect_fault("callers = ({ id = \"a\"; secret = \"" SECRET "\";\n"
		     "keep = 1; });\n" S3,
	    "slotd.conf:2: callers[0].keep: ", "belongs to dialect");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_credentials),
		cmocka_unit_test(the_service_does_not_look),
		cmocka_unit_test(the_doctor_does_without),
		cmocka_unit_test(check_warns),
		cmocka_unit_test(incomplete),
		cmocka_unit_test(the_bucket),
		cmocka_unit_test(a_base_that_ends),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
