#include "conf/fixture.h"

/* What libconfig would change in silence, and includes. */

static void numbers(void **state)
{
	static const struct {
		const char *value;
		const char *within;
	} rows[] = {
		{ "5368709120", "beyond 32 bits" },
		{ "2147483648", "beyond 32 bits" },
		{ "-2147483649", "beyond 32 bits" },
		{ "0xFFFFFFFF", "beyond 32 bits" },
		{ "0x1FFFFFFFF", "beyond 32 bits" },
		{ "9223372036854775808L", "beyond 64 bits" },
		{ "9223372036854775808", "beyond 64 bits" },
		{ "-9223372036854775809LL", "beyond 64 bits" },
		{ "0x8000000000000000L", "beyond 64 bits" },
		{ "99999999999999999999999", "beyond 64 bits" },
		{ "010", "leading zero" },
		{ "-010", "leading zero" },
		{ "00", "leading zero" },
		{ "09", "leading zero" },
		{ "007L", "leading zero" },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text,
		    CALLERS S3 "\npolicy = {\n max_size = %s; };\n",
		    rows[i].value);
		expect_fault(
		    text, "slotd.conf:5: policy.max_size: ", rows[i].within);
	}
}

static void numbers_that_fit(void **state)
{
	static const struct {
		const char *value;
		uint64_t bytes;
	} rows[] = {
		{ "1", 1 },
		{ "+1", 1 },
		{ "2147483647", 2147483647 },
		{ "0x7fffffff", 2147483647 },
		{ "5368709120L", 5368709120 },
		{ "5368709120LL", 5368709120 },
		{ "0x1FFFFFFFFL", 8589934591 },
		{ "9223372036854775807L", 9223372036854775807 },
		{ "\"010\"", 10 },
		{ "1 /* 010 */", 1 },
		{ "1 # 010\n # \"", 1 },
		{ "1 // 99999999999\n", 1 },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text,
		    CALLERS S3 "policy = { max_size = %s\n; };\n",
		    rows[i].value);
		struct said said = read_conf(text);
		assert_string_equal(said.faults, "");
		assert_int_equal(said.conf->policy.max_size, rows[i].bytes);
		said_done(&said);
	}
}

/* The smallest are numbers like others. */
static void negative_numbers_that_fit(void **state)
{
	(void)state;
	expect_fault(CALLERS S3 "limits = { min_rate = -2147483648; };",
	    "slotd.conf:3: limits.min_rate: ", "from 0 to 2147483647");
	expect_fault(CALLERS S3
	    "limits = { min_rate = -9223372036854775808L; };",
	    "slotd.conf:3: limits.min_rate: ", "from 0 to 2147483647");
}

/* A path is told as libconfig counts: entries from 0, strings and comments
 * not looked into. */
static void paths(void **state)
{
	(void)state;
	expect_fault(CALLERS S3
	    "policy : { deny_extensions = ( \"},{(=\", /* , */ 010 ); };",
	    "slotd.conf:3: policy.deny_extensions[1]: ", "leading zero");
	expect(CALLERS S3 "log = { level = \"info\"; };\n"
			  "policy = { allow_types = ( \"a/b\", 010,\n 020 );\n"
			  "max_size = 030 };\nlimits = { min_rate = 040 };",
	    "slotd.conf:4: policy.allow_types[1]: has a leading zero, which "
	    "versions of libconfig read differently: remove the zero (write a "
	    "file mode as a string, \"0660\")\n"
	    "slotd.conf:5: policy.allow_types[2]: has a leading zero, which "
	    "versions of libconfig read differently: remove the zero (write a "
	    "file mode as a string, \"0660\")\n"
	    "slotd.conf:6: policy.max_size: has a leading zero, which versions "
	    "of libconfig read differently: remove the zero (write a file mode "
	    "as a string, \"0660\")\n"
	    "slotd.conf:7: limits.min_rate: has a leading zero, which versions "
	    "of libconfig read differently: remove the zero (write a file mode "
	    "as a string, \"0660\")\n",
	    "");
}

static void strings(void **state)
{
	(void)state;
	expect_fault("callers = (\n{ id = \"a\";\n"
		     " secret = \"not-a-real-\\x00secret-01\"; });\n" S3,
	    "slotd.conf:3: callers[0].secret: ", "\\x00");
	/* In two pieces. */
	expect("callers = ({ id = \"a\"; secret = \"not-a-real-\" # half\n"
	       "/* \" */ \"secret-01\"; });\n" S3,
	    "", "");
	/* An escaped backslash, and an escape that is none. */
	expect("callers = ({ id = \"a\"; "
	       "secret = \"not-a-real-\\\\x00secret-01\\q\\\"\"; });\n" S3,
	    "", "");
	expect_fault(CALLERS S3 "\nlog = { level = \"info };\n",
	    "slotd.conf:4: ", "is never closed");
	expect_fault(
	    CALLERS S3 "/* log\n\n", "slotd.conf:3: ", "is never closed");
	write_bytes("slotd.conf", "a = 1;\n\0b = 2;\n", 15, 0600);
	struct said said = read_file("slotd.conf");
	assert_null(said.conf);
	assert_memory_equal(said.faults, "slotd.conf:2: NUL b", 19);
	said_done(&said);
}

/* As it would cut a string, or a name, in silence. */
static void expect_nul(const char *text, const char *faults)
{
	size_t len = strlen(text);
	char *copy = strdup(text);
	struct said said;

	assert_non_null(copy);
	for (size_t i = 0; i < len; i++)
		if (copy[i] == '~')
			copy[i] = '\0';
	write_bytes("slotd.conf", copy, len, 0600);
	free(copy);
	said = read_file("slotd.conf");
	assert_string_equal(said.faults, faults);
	assert_null(said.conf);
	said_done(&said);
}

static void nul_in_strings(void **state)
{
	(void)state;
	expect_nul("callers = ({ id = \"a\";\n"
		   " secret = \"not-a-real-secret-01~02\"; });\n" S3,
	    "slotd.conf:2: callers[0].secret: has a NUL byte\n");
	expect_nul(CALLERS S3 "\npublic_url = \"https://a.example~.org\";\n",
	    "slotd.conf:4: public_url: has a NUL byte\n");
	expect_nul("# ~\n" CALLERS S3 "log = { level = \"~\\~\"; };\n",
	    "slotd.conf:4: log.level: has a NUL byte\n");
	expect_nul("\n@include \"more~.conf\"\n" CALLERS S3,
	    "slotd.conf:2: @include: the file name has a NUL byte\n");
}

static void syntax(void **state)
{
	(void)state;
	expect_fault("callers = (\n\n", "slotd.conf:3: ", "syntax error");
	expect_fault(CALLERS "log = { level = ; };\n" S3,
	    "slotd.conf:2: ", "syntax error");
	expect_fault(CALLERS S3 "callers = ();\n",
	    "slotd.conf:3: ", "syntax error: duplicate setting name");
	/* All else is looked at as well. */
	expect("\xef\xbb\xbf" CALLERS S3 "more = 1;\n",
	    "slotd.conf:1: the file begins with a byte order mark: save the "
	    "file without one\n"
	    "slotd.conf:3: more: unknown setting\n",
	    "");
	write_text("bom.conf", "\xef\xbb\xbf" S3, 0600);
	expect(CALLERS "@include \"bom.conf\"\n",
	    "bom.conf:1: the file begins with a byte order mark: save the file "
	    "without one\n",
	    "");
	/* Where libconfig would leak. */
	expect_fault("\n\"x\"", "slotd.conf:2: ", "syntax error");
	expect_fault("a = 1;\n \"x\";", "slotd.conf:2: ", "syntax error");
	expect_fault("a \"x\";", "slotd.conf:1: ", "syntax error");
	expect_fault("a = { \"x\" };", "slotd.conf:1: ", "syntax error");
	expect_fault("a = 1, \"x\";", "slotd.conf:1: ", "syntax error");
	expect_fault("a = [ 1, \"x\" ];", "slotd.conf:1: ", "of one type");
	/* What was seen before it is told, too. */
	struct said said = read_conf("limits = { min_rate = 010; };\n\n}\n");
	assert_non_null(strstr(
	    said.faults, "slotd.conf:1: limits.min_rate: has a leading zero"));
	assert_non_null(strstr(said.faults, "\nslotd.conf:3: syntax error"));
	said_done(&said);
	/* One sentence a line. */
	expect_fault("limits = { min_rate = 010; x };\n",
	    "slotd.conf:1: limits.min_rate: ", "leading zero");
}

/* As YAML and others have them. The word is not shown: it may be a secret. */
static void without_quotes(void **state)
{
	static const char *const wrong[] = { "100M", "5 GiB", "127.0.0.1",
		"us-east-1", "yes", "5f3a", "0x5g",
		"https://upload.example.org", "/etc/slotd/slotd.key", "'x'",
		"image/*", "::1", "10.0.0.0/8", "5%", "5 %", "5 GiB\n",
		"\xc3\xa9t\xc3\xa9" };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		snprintf(text, sizeof text,
		    CALLERS S3 "policy = { max_size = %s; };\n", wrong[i]);
		expect_fault(text, "slotd.conf:3: policy.max_size: ",
		    "is neither a number nor true nor false: put it into "
		    "quotes\n");
	}
	expect_fault(CALLERS S3 "policy: { keep: 30d }\n",
	    "slotd.conf:3: policy.keep: ", "put it into quotes");
	expect_fault(CALLERS S3 "log = { allow = [\"a\", b]; };\n",
	    "slotd.conf:3: log.allow[1]: ", "put it into quotes");
	expect(CALLERS S3 "trusted_proxies = ( ::1, 10/8 );\n",
	    "slotd.conf:3: trusted_proxies[0]: is neither a number nor true "
	    "nor false: put it into quotes\n"
	    "slotd.conf:3: trusted_proxies[1]: is neither a number nor true "
	    "nor false: put it into quotes\n",
	    "");
	/* What libconfig reads as settings. */
	expect(CALLERS S3 "a = 1 b = 2 c\n= 3 # d\n;e = 4// f\n",
	    "slotd.conf:3: a: unknown setting\n"
	    "slotd.conf:3: b: unknown setting\n"
	    "slotd.conf:3: c: unknown setting\n"
	    "slotd.conf:5: e: unknown setting\n",
	    "");
}

/* Nor is a part of it, as the name of a setting. */
static void secret_without_quotes(void **state)
{
	static const char *const secrets[] = { "not/a-real-secret=",
		"5f/a-real-secret=", "a+real-secret=", "/a-real-secret:",
		"'a=real-secret=" };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		snprintf(text, sizeof text,
		    "callers = ({ secret = %s\nid = x });\n", secrets[i]);
		expect(text,
		    "slotd.conf:1: callers[0].secret: is neither a number nor "
		    "true nor false: put it into quotes\n"
		    "slotd.conf:2: callers[0].id: is neither a number nor true "
		    "nor false: put it into quotes\n",
		    "");
	}
}

static void includes(void **state)
{
	char text[512];

	(void)state;
	write_text("callers.conf", "# who\n" CALLERS "# no line feed", 0600);
	write_text("port.conf", "port = 1;\nthreads = 65;", 0600);
	expect("listen = {\n  @include \"port.conf\" mode = 1.0;\n};\n"
	       "@include \"callers.conf\"\nfoo = 1;\n" S3,
	    "port.conf:2: listen.threads: must be from 1 to 64\n"
	    "slotd.conf:2: listen.mode: must be a string, not a decimal "
	    "number\n"
	    "slotd.conf:5: foo: unknown setting\n",
	    "");

	/* Relative to the main file's folder, and absolute. */
	assert_int_equal(mkdir("sub", 0700), 0);
	write_text("sub/more.conf", CALLERS "bar = 1;", 0600);
	write_text("sub/slotd.conf", "@include \"more.conf\"\n" S3, 0600);
	struct said said = read_file("sub/slotd.conf");
	assert_string_equal(
	    said.faults, "sub/more.conf:2: bar: unknown setting\n");
	said_done(&said);
	snprintf(text, sizeof text, "@include \"%s/callers.conf\"\n" S3,
	    (char *)*state);
	write_text("sub/slotd.conf", text, 0600);
	said = read_file("sub/slotd.conf");
	assert_string_equal(said.faults, "");
	said_done(&said);
}

static void includes_that_fail(void **state)
{
	(void)state;
	/* What the missing file may hold is not told as missing. */
	expect("\n@include \"none.conf\"\nfoo = 1;\n",
	    "slotd.conf:2: @include: cannot read none.conf: No such file or "
	    "directory\n"
	    "slotd.conf:3: foo: unknown setting\n",
	    "");
	expect("@include \".\"\n" CALLERS S3,
	    "slotd.conf:1: @include: cannot read .: Is a directory\n", "");
	expect("@include \"slotd.conf\"\n" CALLERS S3,
	    "slotd.conf:1: @include: more than 10 files include each other\n",
	    "");
	/* Not where libconfig would not take it. */
	expect_fault(CALLERS S3 "; @include \"none.conf\"\n",
	    "slotd.conf:3: ", "syntax error");
	expect_fault(CALLERS S3 "@include none.conf\n",
	    "slotd.conf:3: ", "syntax error");
	expect("/*\n@include \"none.conf\"\n*/" CALLERS S3, "", "");
}

static void unreadable(void **state)
{
	struct said said = read_file("none.conf");

	(void)state;
	assert_string_equal(said.faults,
	    "none.conf:1: cannot read this file: No such file or directory\n");
	said_done(&said);
	said = read_file(".");
	assert_string_equal(
	    said.faults, ".:1: cannot read this file: Is a directory\n");
	said_done(&said);
}

static void bounds(void **state)
{
	size_t len = 1048577;
	char *text = malloc(len + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', len);
	text[len] = 0;
	expect_fault(text, "slotd.conf:1: ", "larger than 1 MiB");
	memset(text, '(', 100);
	memcpy(text, "a = ", 4);
	text[100] = 0;
	expect_fault(text, "slotd.conf:1: ", "groups and lists are nested");
	for (int i = 0; i < 1001; i++)
		snprintf(text + 9 * (size_t)i, 10, "a%05d=1\n", i);
	expect_fault(text, "slotd.conf:1001: ", "more than 1000 settings");
	free(text);
}

/* A reload would wait for ever, and SIGTERM with it. */
static void fifo(void **state)
{
	(void)state;
	assert_int_equal(mkfifo("fifo.conf", 0600), 0);
	expect_fault("\n@include \"fifo.conf\"\n" CALLERS S3,
	    "slotd.conf:2: @include: cannot read fifo.conf: ", "a FIFO");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(numbers_that_fit),
		cmocka_unit_test(negative_numbers_that_fit),
		cmocka_unit_test(paths),
		cmocka_unit_test(strings),
		cmocka_unit_test(nul_in_strings),
		cmocka_unit_test(syntax),
		cmocka_unit_test(without_quotes),
		cmocka_unit_test(secret_without_quotes),
		cmocka_unit_test(includes),
		cmocka_unit_test(includes_that_fail),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(bounds),
		cmocka_unit_test(fifo),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
