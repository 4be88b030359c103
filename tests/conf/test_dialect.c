#include "conf/fixture.h"

/* Dialects in which the XMPP server makes the URLs, and their base. */

#define SECRET2 "not-a-real-secret-02"
#define SHARE                                                                  \
	"callers = ({ id = \"a\"; secret = \"" SECRET                          \
	"\"; dialect = \"jwt\";\nbase = \"/share/\"; keep = 3600; });\n"
#define MEMBERS                                                                \
	"type = \"s3\"; bucket_url = \"https://b.example.org\"; "              \
	"region = \"r1\"; access_key_id = \"AKIDEXAMPLE\"; "                   \
	"access_key_secret = \"fake\"; "

static void words(void **state)
{
	static const struct {
		const char *word;
		enum dialect dialect;
	} rows[] = {
		{ "external-v1", DIALECT_EXTERNAL_V1 },
		{ "external-v2", DIALECT_EXTERNAL_V2 },
		{ "token", DIALECT_TOKEN },
		{ "jwt", DIALECT_JWT },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct said said;

		snprintf(text, sizeof text,
		    "callers = ({ id = \"a\"; secret = \"" SECRET "\"; "
		    "dialect = \"%s\"; base = \"/b/\"; });\n" FS,
		    rows[i].word);
		said = read_conf(text);
		assert_string_equal(said.faults, "");
		assert_string_equal(said.warnings, "");
		assert_int_equal(
		    said.conf->callers[0].dialect, rows[i].dialect);
		expect_span(said.conf->callers[0].base, "/b/");
		assert_false(conf_sends(said.conf));
		said_done(&said);
	}
	expect_fault("callers = ({ id = \"a\"; secret = \"" SECRET "\";\n"
		     "dialect = \"v3\"; });\n" FS,
	    "slotd.conf:2: callers[0].dialect: ",
	    "\"ejabberd\", \"external-v1\", \"external-v2\", \"token\" or "
	    "\"jwt\"");
}

static void right_bases(void **state)
{
	static const char *const bases[] = { "/s/", "/share/", "/a/b/",
		"/a-b_c.d/E9/", "/uu/", "/u-/", "/ff/", "/slot/", "/slots/",
		"/healthz/", "/a./",
		/* 64 bytes */
		"/0123456789012345678901234567890123456789"
		"0123456789012345678901/" };
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bases); i++) {
		struct said said;

		snprintf(text, sizeof text,
		    "callers = ({ id = \"a\"; secret = \"" SECRET "\"; "
		    "dialect = \"token\"; base = \"%s\"; });\n" FS,
		    bases[i]);
		said = read_conf(text);
		assert_string_equal(said.faults, "");
		expect_span(said.conf->callers[0].base, bases[i]);
		said_done(&said);
	}
}

#define ENDS "must be a path that starts and ends with /"
#define CHARACTERS "must be at most 64 letters, digits and -._/"
#define SEGMENT "has a segment that is empty or starts with a dot"
#define OWN "overlaps with /u/ or /f/, which slotd uses itself"

static void wrong_bases(void **state)
{
	static const struct {
		const char *base; /* as it stands in the file */
		const char *within;
	} rows[] = {
		{ "\"\"", "is empty" },
		{ "1", "must be a string" },
		{ "\"/\"", ENDS },
		{ "\"//\"", ENDS },
		{ "\"a\"", ENDS },
		{ "\"share/\"", ENDS },
		{ "\"/share\"", ENDS },
		{ "\"share\"", ENDS },
		{ "\"https://up.example.org/share/\"", ENDS },
		{ "\"/sh are/\"", CHARACTERS },
		{ "\"/sh%20are/\"", CHARACTERS },
		{ "\"/sh~are/\"", CHARACTERS },
		{ "\"/share?/\"", CHARACTERS },
		{ "\"/sh\xc3\xa9/\"", CHARACTERS },
		{ "\"/0123456789012345678901234567890123456789"
		  "01234567890123456789012/\"",
		    CHARACTERS },
		{ "\"///\"", SEGMENT },
		{ "\"/a//\"", SEGMENT },
		{ "\"//a/\"", SEGMENT },
		{ "\"/a//b/\"", SEGMENT },
		{ "\"/../\"", SEGMENT },
		{ "\"/./\"", SEGMENT },
		{ "\"/a/../b/\"", SEGMENT },
		{ "\"/.key/\"", SEGMENT },
		{ "\"/u/\"", OWN },
		{ "\"/f/\"", OWN },
		{ "\"/u/x/\"", OWN },
		{ "\"/f/share/\"", OWN },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(text, sizeof text,
		    "callers = ({ id = \"a\"; secret = \"" SECRET "\"; "
		    "dialect = \"token\";\nbase = %s; });\n" FS,
		    rows[i].base);
		expect_fault(
		    text, "slotd.conf:2: callers[0].base: ", rows[i].within);
	}
}

static void overlaps(void **state)
{
	static const struct {
		const char *first;
		const char *second;
		bool overlap;
	} rows[] = {
		{ "/a/", "/a/", true },
		{ "/a/", "/a/b/", true },
		{ "/a/b/c/", "/a/", true },
		{ "/a/", "/ab/", false },
		{ "/a/b/", "/a/c/", false },
		{ "/a/", "/A/", false },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(text, sizeof text,
		    "callers = ({ id = \"a\"; secret = \"" SECRET "\"; "
		    "dialect = \"jwt\"; base = \"%s\"; },\n"
		    "{ id = \"b\"; secret = \"" SECRET2 "\"; "
		    "dialect = \"token\"; base = \"%s\"; });\n" FS,
		    rows[i].first, rows[i].second);
		if (rows[i].overlap)
			expect_fault(text, "slotd.conf:2: callers[1].base: ",
			    "overlaps with another caller's base");
		else
			expect(text, "", "");
	}
}

static void together(void **state)
{
#define ONE(more)                                                              \
	"callers = ({ id = \"a\"; secret = \"" SECRET "\";\n" more " });\n"
	(void)state;
	expect(ONE("dialect = \"jwt\";") FS,
	    "slotd.conf:1: callers[0].base: missing: the path of this "
	    "dialect's URLs, such as \"/share/\"\n",
	    "");
	expect(ONE("base = \"/share/\";") FS,
	    "slotd.conf:2: callers[0].base: belongs to dialect "
	    "\"external-v1\", \"external-v2\", \"token\" or \"jwt\"\n",
	    "");
	expect_fault(ONE("dialect = \"ejabberd\"; base = \"/share/\";") FS,
	    "slotd.conf:2: callers[0].base: ", "belongs to dialect");
	expect_fault(
	    ONE("dialect = \"jwt\"; base = \"/s/\"; plain_urls = true;") FS,
	    "slotd.conf:2: callers[0].plain_urls: ",
	    "has no effect with this dialect");
	expect_fault(
	    ONE("dialect = \"token\"; base = \"/s/\"; plain_urls = true;") S3,
	    "slotd.conf:2: callers[0].plain_urls: ",
	    "has no effect with this dialect");
	expect(ONE("dialect = \"jwt\"; base = \"/s/\"; plain_urls = false;") FS,
	    "", "");
	/* Told once. */
	expect_fault(ONE("dialect = \"jwt\"; base = 1;") FS,
	    "slotd.conf:2: callers[0].base: ", "must be a string");
	expect_fault(ONE("dialect = \"jwr\"; base = \"/s/\";") FS,
	    "slotd.conf:2: callers[0].dialect: ", "\"jwt\"");
}

/* Neither public_url nor key_file are needed: the XMPP server makes the
 * URLs. */
static void with_s3(void **state)
{
	struct said said = read_conf(SHARE S3);

	(void)state;
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_true(conf_sends(said.conf));
	assert_false(said.conf->storages[0].takes_uploads);
	said_done(&said);
	said = read_conf(CALLERS S3);
	assert_false(conf_sends(said.conf));
	said_done(&said);
	/* Clients come here. */
	said = read_conf(SHARE S3 "listen = { address = \"0.0.0.0\"; };\n");
	assert_string_equal(said.faults, "");
	assert_non_null(strstr(said.warnings, "listen.address: warning: "));
	said_done(&said);
	said = read_conf(
	    SHARE S3 "listen = { address = \"0.0.0.0\"; };\npublic = {};\n");
	assert_string_equal(said.warnings, "");
	said_done(&said);
}

/* GET has a path alone, which says nothing of a domain: all of a caller's
 * files have to be in one store. */
static void several_stores(void **state)
{
	static const struct {
		const char *allow;
		const char *domains;
		bool right;
	} rows[] = {
		{ "", "", true },
		{ "", "{ name = \"x.org\"; max_size = 1; }", true },
		{ "", "{ name = \"x.org\"; storage = \"default\"; }", true },
		{ "", "{ name = \"x.org\"; storage = \"b\"; }", false },
		{ "\"y.org\"", "{ name = \"x.org\"; storage = \"b\"; }", true },
		{ "\"x.org\"", "{ name = \"x.org\"; storage = \"b\"; }", true },
		{ "\"x.org\", \"y.org\"",
		    "{ name = \"x.org\"; storage = \"b\"; }", false },
		{ "\"x.org\", \"y.org\"",
		    "{ name = \"x.org\"; storage = \"b\"; }, "
		    "{ name = \"y.org\"; storage = \"b\"; }",
		    true },
		{ "\"*.x.org\"", "{ name = \"*.x.org\"; storage = \"b\"; }",
		    true },
		{ "\"a.x.org\"", "{ name = \"*.x.org\"; storage = \"b\"; }",
		    true },
		{ "\"x.org\", \"*.x.org\"",
		    "{ name = \"*.x.org\"; storage = \"b\"; }", false },
		{ "\"*.x.org\"", "{ name = \"a.x.org\"; storage = \"b\"; }",
		    false },
		{ "\"*.x.org\"",
		    "{ name = \"a.x.org\"; storage = \"b\"; }, "
		    "{ name = \"*.x.org\"; storage = \"b\"; }",
		    true },
		{ "\"*.x.org\"",
		    "{ name = \"*.a.x.org\"; }, "
		    "{ name = \"*.x.org\"; storage = \"b\"; }",
		    false },
	};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(text, sizeof text,
		    "callers = ({ id = \"a\"; secret = \"" SECRET "\";\n"
		    "dialect = \"jwt\"; base = \"/s/\"; keep = 1000; "
		    "%s%s%s });\n" S3 "storages = ({ name = \"b\"; " MEMBERS
		    "});\n"
		    "domains = (%s);\n",
		    *rows[i].allow ? "allow_domains = (" : "", rows[i].allow,
		    *rows[i].allow ? ");" : "", rows[i].domains);
		if (rows[i].right)
			expect(text, "", "");
		else
			expect_fault(text, "slotd.conf:2: callers[0].dialect: ",
			    "list the domains of one store in allow_domains");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(right_bases),
		cmocka_unit_test(wrong_bases),
		cmocka_unit_test(overlaps),
		cmocka_unit_test(together),
		cmocka_unit_test(with_s3),
		cmocka_unit_test(several_stores),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
