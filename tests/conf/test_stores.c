#include "conf/fixture.h"

/* Several stores, what differs by domain, and how files are got again. */

#define MEMBERS                                                                \
	"type = \"s3\"; bucket_url = \"https://b.example.org\"; "              \
	"region = \"r1\"; access_key_id = \"AKIDEXAMPLE\"; "                   \
	"access_key_secret = \"fake\"; "
#define STORES                                                                 \
	"storages = ({ name = \"a\"; " MEMBERS                                 \
	"}, { name = \"default\"; put_ttl = 7; " MEMBERS "},\n"                \
	"{ name = \"Old_1.x-\"; key = \"{random}\"; " MEMBERS "});\n"

static void stores(void **state)
{
	struct said said = read_conf(CALLERS STORES);
	const struct conf *conf = said.conf;

	(void)state;
	assert_string_equal(said.faults, "");
	assert_int_equal(conf->storage_count, 3);
	expect_span(conf->storages[0].name, "default");
	assert_int_equal(conf->storages[0].s3->put_ttl, 7);
	expect_span(conf->storages[1].name, "a");
	assert_int_equal(conf->storages[1].s3->put_ttl, 600);
	assert_false(conf->storages[1].has_template);
	expect_span(conf->storages[2].name, "Old_1.x-");
	expect_span(conf->storages[2].s3->name, "Old_1.x-");
	assert_true(conf->storages[2].has_template);
	assert_int_equal(conf->domain_count, 0);
	said_done(&said);

	/* Without one of that name the first is the default. */
	said = read_conf(CALLERS "storages = ({ name = \"z\"; " MEMBERS
				 "}, { name = \"y\"; " MEMBERS "});\n");
	assert_string_equal(said.faults, "");
	expect_span(said.conf->storages[0].name, "z");
	said_done(&said);

	said = read_conf(
	    CALLERS "storages = ({ name = \"z\"; " MEMBERS "});\n" FS);
	assert_string_equal(said.faults, "");
	assert_int_equal(said.conf->storage_count, 2);
	expect_span(said.conf->storages[0].name, "default");
	assert_non_null(said.conf->storages[0].folder);
	expect_span(said.conf->storages[0].folder->public_url,
	    "https://up.example.org");
	assert_non_null(said.conf->storages[1].s3);
	said_done(&said);
}

static void wrong_stores(void **state)
{
	static const struct {
		const char *list;
		const char *start;
		const char *within;
	} rows[] = {
		{ "{ " MEMBERS "}", "4: storages[0].name: ",
		    "missing: each store needs a name" },
		{ "{ name = \"default\"; " MEMBERS "}", "4: storages[0].name: ",
		    "`storage` already has this name" },
		{ "{ name = \"a\"; " MEMBERS "},\n{ name = \"a\"; " MEMBERS "}",
		    "5: storages[1].name: ",
		    "another store already has this name" },
		{ "{ name = \"a b\"; " MEMBERS "}",
		    "4: storages[0].name: ", "letters, digits, dots" },
		{ "{ name = \"\"; " MEMBERS "}",
		    "4: storages[0].name: ", "is empty" },
		{ "{ name = 1; " MEMBERS "}",
		    "4: storages[0].name: ", "must be a string" },
		{ "1", "4: storages[0]: ", "must be a group" },
		{ "{ name = \"a\"; get = \"x\"; " MEMBERS "}",
		    "4: storages[0].get: ", "must be" },
		{ "{ name = \"a\"; nam = 1; " MEMBERS "}",
		    "4: storages[0].nam: ", "did you mean name?" },
	};
	char text[2048], start[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text, CALLERS S3 "storages = (\n%s);\n",
		    rows[i].list);
		snprintf(start, sizeof start, "slotd.conf:%s", rows[i].start);
		expect_fault(text, start, rows[i].within);
	}
	expect_fault(CALLERS FS
	    "storages = ({ name = \"a\"; type = \"fs\"; path = \"b\"; });",
	    "slotd.conf:3: storages[0].type: ",
	    "another store already has this type");
	expect_fault("callers = ({ id = \"a\"; secret = \"" SECRET "\";\n"
		     "plain_urls = true; });\n" FS
		     "storages = ({ name = \"a\"; " MEMBERS "});\n",
	    "slotd.conf:2: callers[0].plain_urls: ", "storage type \"s3\"");
}

static void domains(void **state)
{
	struct said said = read_conf(CALLERS STORES
	    "domains = ({ name = \"Example.ORG.\"; max_size = \"1 MiB\"; },\n"
	    "{ name = \"*.example.net\"; allow_types = (\"image/*\"); "
	    "deny_extensions = (); storage = \"Old_1.x-\"; });\n"
	    "policy = { max_size = 77; deny_extensions = (\"exe\"); };\n");
	const struct conf_domain *domain;

	(void)state;
	assert_string_equal(said.faults, "");
	assert_int_equal(said.conf->domain_count, 2);
	domain = &said.conf->domains[0];
	expect_span(domain->name, "example.org");
	assert_int_equal(domain->policy.max_size, 1048576);
	assert_int_equal(domain->policy.allow_type_count, 0);
	assert_int_equal(domain->policy.deny_extension_count, 1);
	expect_span(domain->policy.deny_extensions[0], "exe");
	assert_int_equal(domain->storage, 0);
	domain = &said.conf->domains[1];
	expect_span(domain->name, "*.example.net");
	assert_int_equal(domain->policy.max_size, 77);
	assert_int_equal(domain->policy.allow_type_count, 1);
	assert_int_equal(domain->policy.deny_extension_count, 0);
	assert_int_equal(domain->storage, 2);
	assert_int_equal(said.conf->policy.max_size, 77);
	assert_int_equal(said.conf->policy.allow_type_count, 0);
	assert_int_equal(said.conf->policy.deny_extension_count, 1);
	said_done(&said);
	expect(CALLERS S3 "domains = ();", "", "");
}

static void wrong_domains(void **state)
{
	static const struct {
		const char *list;
		const char *start;
		const char *within;
	} rows[] = {
		{ "{ max_size = 1; }", "4: domains[0].name: ", "missing: " },
		{ "{ name = \"a b\"; }",
		    "4: domains[0].name: ", "must be a domain" },
		{ "{ name = \"*\"; }",
		    "4: domains[0].name: ", "must be a domain" },
		{ "{ name = \"a.org\"; },\n{ name = \"A.org.\"; }",
		    "5: domains[1].name: ", "already has this name" },
		{ "{ name = \"a\"; storage = \"b\"; }",
		    "4: domains[0].storage: ", "no store has this name" },
		{ "{ name = \"a\"; storage = 1; }",
		    "4: domains[0].storage: ", "must be a string" },
		{ "{ name = \"a\"; max_size = 0; }",
		    "4: domains[0].max_size: ", "must not be 0" },
		{ "{ name = \"a\"; allow_types = (); }",
		    "4: domains[0].allow_types: ", "to allow every type" },
		{ "{ name = \"a\"; allow_types = (\"x\"); }",
		    "4: domains[0].allow_types[0]: ", "media type" },
		{ "{ name = \"a\"; put_ttl = 1; }",
		    "4: domains[0].put_ttl: ", "unknown setting" },
		{ "{ name = \"a\"; bytes_per_day = -1; }",
		    "4: domains[0].bytes_per_day: ", "negative" },
		{ "\"a\"", "4: domains[0]: ", "must be a group" },
	};
	char text[2048], start[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text, CALLERS S3 "domains = (\n%s);\n",
		    rows[i].list);
		snprintf(start, sizeof start, "slotd.conf:%s", rows[i].start);
		expect_fault(text, start, rows[i].within);
	}
}

#define KEY "key_file = \"key\"; "
#define URL "public_url = \"https://up.example.org\"; "

static struct said read_get(const char *before, const char *more)
{
	char text[2048];

	write_text("key", "not-a-real-key-0123456789abcdefgh\n", 0600);
	snprintf(text, sizeof text, CALLERS "%s\nstorage = { " MEMBERS "%s };",
	    before, more);
	return read_conf(text);
}

static void kinds_of_get(void **state)
{
	struct said said = read_get("", "get = \"public\";");

	(void)state;
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_int_equal(said.conf->storages[0].s3->get, S3_GET_PUBLIC);
	assert_null(said.conf->storages[0].s3->keyring);
	assert_false(said.conf->storages[0].s3->sign_content_type);
	said_done(&said);

	said = read_get(KEY URL, "get = \"redirect\"; "
				 "sign_content_type = true; "
				 "session_token = \"FakeToken==\";");
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_int_equal(said.conf->storages[0].s3->get, S3_GET_REDIRECT);
	assert_int_equal(said.conf->storages[0].s3->get_ttl, 3600);
	assert_true(said.conf->storages[0].s3->keyring == &said.conf->keyring);
	expect_span(
	    said.conf->storages[0].s3->public_url, "https://up.example.org");
	assert_true(said.conf->storages[0].s3->sign_content_type);
	expect_span(
	    said.conf->storages[0].s3_creds.session_token, "FakeToken==");
	said_done(&said);

	said = read_get(KEY URL, "get_ttl = 60; get = \"redirect\";");
	assert_string_equal(said.faults, "");
	assert_int_equal(said.conf->storages[0].s3->get_ttl, 60);
	said_done(&said);

	said = read_get("", "get = \"redirect\";");
	assert_string_equal(said.faults,
	    "slotd.conf:1: public_url: missing: with get = \"redirect\" "
	    "clients must know how to reach this service, such as "
	    "\"https://upload.example.org\"\n"
	    "slotd.conf:1: key_file: missing: get = \"redirect\" needs a key "
	    "for its links; make one with `openssl rand -hex 32`\n");
	said_done(&said);

	said = read_get("", "get = \"presigned\";");
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings,
	    "slotd.conf:3: storage.get: warning: links expire after get_ttl "
	    "(604800 seconds), and HEAD, which many clients send first, is "
	    "answered with 403: get = \"redirect\" has neither problem\n");
	assert_int_equal(said.conf->storages[0].s3->get, S3_GET_PRESIGNED);
	assert_int_equal(said.conf->storages[0].s3->get_ttl, 604800);
	said_done(&said);
}

static void gets_beside_others(void **state)
{
	struct said said;

	(void)state;
	/* The embedded store makes a key_file. */
	said = read_conf(CALLERS FS "storages = ({ name = \"a\"; "
				    "get = \"redirect\"; " MEMBERS "});");
	assert_string_equal(said.faults, "");
	said_done(&said);
	/* Redirects are for everybody, as the embedded store is. */
	said = read_get(KEY URL "listen = { address = \"0.0.0.0\"; };",
	    "get = \"redirect\";");
	assert_non_null(strstr(said.warnings, "listen.address: warning: "));
	said_done(&said);
	said = read_get(KEY URL "listen = { address = \"0.0.0.0\"; }; "
				"public = {};",
	    "get = \"redirect\";");
	assert_string_equal(said.warnings, "");
	said_done(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stores),
		cmocka_unit_test(wrong_stores),
		cmocka_unit_test(domains),
		cmocka_unit_test(wrong_domains),
		cmocka_unit_test(kinds_of_get),
		cmocka_unit_test(gets_beside_others),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
