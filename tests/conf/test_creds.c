#include "conf/fixture.h"

/* What becomes of `credentials` and of the environment. */

static const char *const names[] = { "AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
	"AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN", "AWS_REGION",
	"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_SESSION_NAME",
	"AWS_ENDPOINT_URL_STS", "AWS_DEFAULT_REGION",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
	"AWS_EC2_METADATA_SERVICE_ENDPOINT",
	"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_EC2_METADATA_DISABLED" };

static int no_environment(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unsetenv(names[i]);
	return setenv("HOME", "/home/fake", 1);
}

static void write_storage(char text[1024], const char *more)
{
	snprintf(text, 1024,
	    CALLERS "storage = { type = \"s3\"; region = \"us-west-2\"; "
		    "bucket_url = \"https://b.example.org\"; %s };\n",
	    more);
}

/* That it has no fault, and one text of its settings. */
static void expect_text(const char *more, enum creds_kind kind,
    enum creds_text which, const char *text)
{
	char conf[1024];
	struct said said;

	write_storage(conf, more);
	said = read_conf(conf);
	assert_string_equal(said.faults, "");
	assert_int_equal(said.conf->storages[0].creds->kind, kind);
	expect_span(said.conf->storages[0].creds->text[which], text);
	said_done(&said);
}

#define WORD(word) "credentials = \"" word "\";"

static void test_which(void **state)
{
	static const char *const shows[] = { "AWS_ACCESS_KEY_ID",
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE",
		"AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT" };
	const char *key = "access_key_id = \"A\"; access_key_secret = \"b\";";
	char conf[1024];

	(void)state;
	setenv("AWS_SECRET_ACCESS_KEY", "fake", 1);
	for (size_t i = 0; i < sizeof shows / sizeof *shows; i++) {
		setenv(shows[i], "http://localhost/", 1);
		if (i == 0)
			setenv(shows[i], "AKIAFAKE", 1);
		if (strstr(shows[i], "RELATIVE"))
			setenv(shows[i], "/v2", 1);
		expect_text("", CREDS_AUTO, CREDS_SECRET_FILE, "");
		/* What stands here comes first. */
		expect_text(key, CREDS_STATIC, CREDS_KEY_ID, "A");
		/* A secret alone is a mistake, and no wish for another. */
		write_storage(conf, "access_key_secret = \"b\";");
		expect_fault(
		    conf, "slotd.conf:2: storage.access_key_id: ", "missing");
		unsetenv(shows[i]);
	}
	write_storage(conf, "credentials = \"automatic\";");
	expect_fault(conf, "slotd.conf:2: storage.credentials: ", "\"auto\"");
}

static void test_files_of_the_configuration(void **state)
{
	const char *more = "access_key_id = \"A\"; "
			   "access_key_secret_file = \"secret\";";

	(void)state;
	write_text("secret", "fake\n", 0600);
	expect_text(more, CREDS_STATIC, CREDS_SECRET, "fake");
	expect_text(more, CREDS_STATIC, CREDS_SECRET_FILE, "secret");
	expect_text(more, CREDS_STATIC, CREDS_TOKEN_FILE, "");
}

static void test_shared(void **state)
{
	(void)state;
	expect_text(WORD("file"), CREDS_FILE, CREDS_SHARED_FILE,
	    "/home/fake/.aws/credentials");
	expect_text(WORD("auto"), CREDS_AUTO, CREDS_SHARED_FILE,
	    "/home/fake/.aws/credentials");
	expect_text(WORD("file"), CREDS_FILE, CREDS_PROFILE, "default");
	setenv("AWS_PROFILE", "upload", 1);
	expect_text(WORD("file"), CREDS_FILE, CREDS_PROFILE, "upload");
	setenv("AWS_SHARED_CREDENTIALS_FILE", "~/x", 1);
	expect_text(
	    WORD("file"), CREDS_FILE, CREDS_SHARED_FILE, "/home/fake/x");
}

static void expect_sts(const char *url)
{
	expect_text(
	    WORD("web-identity"), CREDS_WEB_IDENTITY, CREDS_STS_URL, url);
}

static void test_sts(void **state)
{
	char conf[1024];

	(void)state;
	setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/slotd", 1);
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/dev/null", 1);
	expect_sts("https://sts.us-west-2.amazonaws.com/");
	setenv("AWS_DEFAULT_REGION", "eu-central-1", 1);
	expect_sts("https://sts.eu-central-1.amazonaws.com/");
	setenv("AWS_REGION", "cn-north-1", 1);
	expect_sts("https://sts.cn-north-1.amazonaws.com.cn/");
	expect_text(WORD("auto"), CREDS_AUTO, CREDS_SESSION_NAME, "slotd");
	setenv("AWS_REGION", "example.org/", 1);
	write_storage(conf, WORD("web-identity"));
	expect_fault(conf, "slotd.conf:2: storage.credentials: ", "AWS_REGION");
	setenv("AWS_ENDPOINT_URL_STS", "https://sts.example.org:8443/x", 1);
	expect_sts("https://sts.example.org:8443/x");
}

static void test_container(void **state)
{
	(void)state;
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://[::1]:1/x", 1);
	expect_text(WORD("container"), CREDS_CONTAINER, CREDS_CONTAINER_URL,
	    "http://[::1]:1/x");
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/c?id=1", 1);
	expect_text(WORD("container"), CREDS_CONTAINER, CREDS_CONTAINER_URL,
	    "http://169.254.170.2/v2/c?id=1");
}

static void test_instance(void **state)
{
	(void)state;
	expect_text(WORD("instance"), CREDS_INSTANCE, CREDS_INSTANCE_URL,
	    "http://169.254.169.254");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6", 1);
	expect_text(WORD("instance"), CREDS_INSTANCE, CREDS_INSTANCE_URL,
	    "http://[fd00:ec2::254]");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://[::1]:1338//", 1);
	expect_text(
	    WORD("auto"), CREDS_AUTO, CREDS_INSTANCE_URL, "http://[::1]:1338");
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	expect_text(WORD("auto"), CREDS_AUTO, CREDS_INSTANCE_URL, "");
}

#define TEST(name) cmocka_unit_test_setup(name, no_environment)

/* A secret or token of `len` bytes, by each of its ways; all say `within`,
 * or nothing is wrong. */
static void expect_bound(
    const char *name, const char *variable, size_t len, const char *within)
{
	char value[4098] = "", conf[3][5000];
	const char *more = strcmp(name, "session_token") == 0
			       ? "access_key_secret = \"fake\";"
			       : "";

	memset(value, 'x', len);
	write_text("long", value, 0600);
	setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "fake", 1);
	setenv(variable, value, 1);
#define START                                                                  \
	CALLERS "storage = { type = \"s3\"; region = \"r\"; "                  \
		"bucket_url = \"https://b.example.org\";\n"
	snprintf(conf[0], sizeof conf[0],
	    START "access_key_id = \"A\"; %s = \"%s\"; %s };", name, value,
	    more);
	snprintf(conf[1], sizeof conf[1],
	    START "access_key_id = \"A\"; %s_file = \"long\"; %s };", name,
	    more);
	snprintf(conf[2], sizeof conf[2], START WORD("environment") "};");
	for (size_t i = 0; i < 3; i++) {
		if (within)
			expect_fault(conf[i], "slotd.conf:3: storage.", within);
		else
			expect(conf[i], "", "");
	}
	no_environment(NULL);
	unlink("long");
}

static void test_bounds(void **state)
{
	(void)state;
	expect_bound("access_key_secret", "AWS_SECRET_ACCESS_KEY", 2048, NULL);
	expect_bound("access_key_secret", "AWS_SECRET_ACCESS_KEY", 2049,
	    "than 2048 bytes");
	expect_bound("session_token", "AWS_SESSION_TOKEN", 4096, NULL);
	expect_bound(
	    "session_token", "AWS_SESSION_TOKEN", 4097, "than 4096 bytes");
}

#define STORAGE(word)                                                          \
	CALLERS "storage = { type = \"s3\"; region = \"us-west-2\"; "          \
		"bucket_url = \"https://b.example.org\";\n" WORD(word) "};\n"
#define CREDS_PLACE "slotd.conf:3: storage.credentials: warning: "
#define COUNTS ", which counts as part of the secret\n"

static void test_litter_of_the_environment(void **state)
{
	(void)state;
	setenv("AWS_ACCESS_KEY_ID", "AKIAFAKE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "fake\r", 1);
	expect(STORAGE("environment"), "",
	    CREDS_PLACE "AWS_SECRET_ACCESS_KEY has a carriage return" COUNTS);
	expect(STORAGE("auto"), "",
	    CREDS_PLACE "AWS_SECRET_ACCESS_KEY has a carriage return" COUNTS);
	setenv("AWS_SECRET_ACCESS_KEY", "fake", 1);
	expect(STORAGE("environment"), "", "");
	setenv("AWS_SESSION_TOKEN", "FakeToken\r", 1);
	expect_fault(STORAGE("environment"), "slotd.conf:3: ",
	    "AWS_SESSION_TOKEN has characters that a session token cannot "
	    "have");
}

#define CREDS_FAULT "slotd.conf:3: storage.credentials: "

static void test_faults_of_the_environment(void **state)
{
	(void)state;
	setenv("AWS_SECRET_ACCESS_KEY", "fake", 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIA/FAKE", 1);
	expect(STORAGE("environment"),
	    CREDS_FAULT "AWS_ACCESS_KEY_ID must be at most 256 ASCII "
			"characters, without spaces or /\n",
	    "");
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("HOME");
	expect(STORAGE("file"),
	    CREDS_FAULT "neither AWS_SHARED_CREDENTIALS_FILE nor HOME is set "
			"in the environment\n",
	    "");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "169.254.169.254", 1);
	expect(STORAGE("instance"),
	    CREDS_FAULT "AWS_EC2_METADATA_SERVICE_ENDPOINT is not an http "
			"URL\n",
	    "");
}

static void expect_shared(const char *text, size_t len, const char *warning)
{
	write_bytes("shared", text, len, 0600);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "shared", 1);
	expect(STORAGE("file"), "", warning);
}

static void test_litter_of_files(void **state)
{
#define PART                                                                   \
	"[default]\r\naws_access_key_id = AKIAFAKE\r\n"                        \
	"aws_secret_access_key = fake \r\n"
#define MARK "\xef\xbb\xbf"
#define SHARED CREDS_PLACE "the shared credentials file: shared "

	(void)state;
	/* Blanks and CR are taken off. */
	expect_shared(PART, strlen(PART), "");
	expect_shared(MARK PART, strlen(MARK PART),
	    SHARED "begins with a byte order mark, so that [default] is not "
		   "found\n");
	expect_shared("[\0d\0]\0\n", 7,
	    SHARED "has NUL bytes, as text in UTF-16 has, so that [default] "
		   "is not found\n");
	expect_shared("[other]\n", 8, SHARED "has no [default]\n");
	expect_shared("[default]\naws_access_key_id=A\n", 30,
	    SHARED "has no secret access key\n");
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "token", 1);
	write_text("token", "FakeToken\r\n", 0600);
	expect(STORAGE("web-identity"), "", "");
	write_text("token", MARK "FakeToken\n", 0600);
	expect(STORAGE("web-identity"), "",
	    CREDS_PLACE "AWS_WEB_IDENTITY_TOKEN_FILE: the file begins with a "
			"byte order mark" COUNTS);
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2", 1);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "token", 1);
	expect(STORAGE("container"), "",
	    CREDS_PLACE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: the file "
			"begins with a byte order mark" COUNTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_which),
		TEST(test_files_of_the_configuration),
		TEST(test_shared),
		TEST(test_sts),
		TEST(test_container),
		TEST(test_instance),
		TEST(test_bounds),
		TEST(test_litter_of_the_environment),
		TEST(test_faults_of_the_environment),
		TEST(test_litter_of_files),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
