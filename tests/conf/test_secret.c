#include "conf/fixture.h"

#include <grp.h>
#include <sys/wait.h>

/* Secrets in files, and that none is ever told. */

/* A line with the commands for a file that this test has made. */
static const char *advised(const char *start, const char *file, const char *end)
{
	static char text[512];

	if (geteuid() == 0)
		snprintf(text, sizeof text,
		    "%schgrp slotd %s; chmod 640 %s%s\n", start, file, file,
		    end);
	else
		snprintf(
		    text, sizeof text, "%schmod 600 %s%s\n", start, file, end);
	return text;
}

#define FILE_CALLER "callers = ({ id = \"a\"; secret_file = \"s\"; });\n"
#define PLACE "slotd.conf:1: callers[0].secret_file: "

static void modes(void **state)
{
	static const struct {
		mode_t mode;
		const char *fault;
		const char *warning;
		const char *end;
	} rows[] = {
		{ 0400, NULL, NULL, "" },
		{ 0600, NULL, NULL, "" },
		{ 0640, NULL, NULL, "" },
		{ 0660, NULL, NULL, "" },
		{ 0644, NULL, PLACE "warning: s is world-readable: ", "" },
		{ 0602, PLACE "s is world-writable: ", NULL,
		    "; then make a new secret" },
		{ 0666, PLACE "s is world-writable: ", NULL,
		    "; then make a new secret" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *fault = rows[i].fault, *warning = rows[i].warning;

		write_text("s", SECRET "\n", rows[i].mode);
		expect(FILE_CALLER S3,
		    fault ? advised(fault, "s", rows[i].end) : "",
		    warning ? advised(warning, "s", rows[i].end) : "");
	}
	unlink("s");
}

static void contents(void **state)
{
	char *large = malloc(4099);

	(void)state;
	assert_non_null(large);
	memset(large, 'x', 4099);
	write_text("s", "", 0600);
	expect(FILE_CALLER S3, PLACE "s is empty\n", "");
	write_text("s", "\n", 0600);
	expect(FILE_CALLER S3, PLACE "s is empty\n", "");
	/* Sixteen with its newline, which does not count. */
	write_text("s", "123456789012345\n", 0600);
	expect_fault(FILE_CALLER S3, PLACE, "at least 16 bytes");
	write_text("s", "1234567890123456\n", 0600);
	expect(FILE_CALLER S3, "", "");
	/* Only one newline is dropped; what else looks like litter counts. */
#define LITTER(what)                                                           \
	PLACE "warning: the file " what ", which counts as part of the "       \
	      "secret\n"
	write_text("s", "123456789012345\n\n", 0600);
	expect(FILE_CALLER S3, "", LITTER("has more than one line"));
	write_text("s", SECRET "\r\n", 0600);
	expect(FILE_CALLER S3, "", LITTER("has a carriage return"));
	write_text("s", SECRET " \n", 0600);
	expect(FILE_CALLER S3, "", LITTER("has blanks at an end"));
	write_text("s", "\xef\xbb\xbf" SECRET, 0600);
	expect(FILE_CALLER S3, "", LITTER("begins with a byte order mark"));
	write_text("s", "\xff\xfe\x30\x42" SECRET, 0600);
	expect(FILE_CALLER S3, "", LITTER("is text in UTF-16"));
	/* To HMAC it would be the same secret without them. */
	write_bytes("s", SECRET "\0", sizeof SECRET, 0600);
	expect(FILE_CALLER S3,
	    PLACE "the file has NUL bytes, as text in UTF-16 has\n", "");
	large[4096] = '\n';
	write_bytes("s", large, 4097, 0600);
	expect(FILE_CALLER S3, "", "");
	large[4096] = 'x';
	write_bytes("s", large, 4097, 0600);
	expect(FILE_CALLER S3, PLACE "s is larger than 4096 bytes\n", "");
	write_bytes("s", large, 4099, 0600);
	expect(FILE_CALLER S3, PLACE "s is larger than 4096 bytes\n", "");
	unlink("s");
	free(large);
}

static void kinds_of_files(void **state)
{
	(void)state;
	expect(FILE_CALLER S3,
	    PLACE "cannot read s: No such file or directory\n", "");
	assert_int_equal(mkdir("s", 0700), 0);
	expect(FILE_CALLER S3, PLACE "s is not a regular file\n", "");
	assert_int_equal(rmdir("s"), 0);
	assert_int_equal(mkfifo("s", 0600), 0);
	expect(FILE_CALLER S3, PLACE "s is not a regular file\n", "");
	unlink("s");
	/* As Kubernetes mounts them. */
	write_text("data", SECRET, 0600);
	assert_int_equal(symlink("data", "s"), 0);
	expect(FILE_CALLER S3, "", "");
	unlink("s");
}

static void expect_as_nobody(const char *wanted)
{
	int status;
	pid_t child = fork();

	if (!child) {
		struct said said;

		if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) ||
		    setresuid(65534, 65534, 65534))
			_exit(2);
		said = read_file("slotd.conf");
		_exit(strcmp(said.faults, wanted) != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* As another user than root has it, who made the files. */
static void of_another_user(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	write_text("s", SECRET, 0600);
	write_text("slotd.conf", FILE_CALLER S3, 0644);
	assert_int_equal(chmod(".", 0755), 0);
	expect_as_nobody(PLACE "cannot read s: Permission denied: chgrp 65534 "
			       "s; chmod 640 s\n");
	assert_int_equal(chmod("s", 0640), 0);
	expect_as_nobody(PLACE "cannot read s: Permission denied: chgrp 65534 "
			       "s; chmod 640 s\n");
	/* A group that somebody has chosen stays. */
	assert_int_equal(chown("s", 0, 990), 0);
	assert_int_equal(chmod("s", 0640), 0);
	expect_as_nobody(
	    PLACE "cannot read s: Permission denied: only its owner and its "
		  "group may. To try it as the service's user: runuser -u "
		  "slotd -- slotd check\n");
	assert_int_equal(chmod(".", 0700), 0);
	unlink("s");
}

static void the_same_secret(void **state)
{
	(void)state;
	write_text("s", SECRET "\n", 0600);
	expect("callers = ({ id = \"a\"; secret = \"" SECRET "\"; },\n"
	       "{ id = \"b\"; secret_files = [ \"s\" ]; });\n" S3,
	    "slotd.conf:2: callers[1].secret_files[0]: is the same secret as "
	    "callers[0].secret: each caller needs its own\n",
	    "");
	unlink("s");
}

static void in_the_configuration(void **state)
{
	struct said said;

	(void)state;
	write_text("slotd.conf", CALLERS S3, 0644);
	said = read_file("slotd.conf");
	assert_string_equal(said.faults, "");
	/* Once a file. */
	assert_string_equal(said.warnings,
	    advised("slotd.conf:1: callers[0].secret: warning: slotd.conf "
		    "holds a secret and is world-readable: ",
		"slotd.conf", "; or move each secret to a file of its own"));
	assert_int_equal(said.conf->warnings, 1);
	said_done(&said);

	write_text("slotd.conf", CALLERS, 0600);
	write_text("open.conf", S3, 0602);
	write_text("slotd.conf", CALLERS "@include \"open.conf\"", 0600);
	said = read_file("slotd.conf");
	assert_string_equal(said.faults,
	    advised("open.conf:1: storage.access_key_secret: open.conf holds "
		    "a secret and is world-writable: ",
		"open.conf", "; then make a new secret"));
	said_done(&said);
}

/* In the configuration, where blanks and escapes are easily overlooked. */
static void litter_inline(void **state)
{
#define INLINE(secret)                                                         \
	"callers = ({ id = \"a\"; secret = \"" secret "\"; });\n" S3
#define INLINE_PLACE "slotd.conf:1: callers[0].secret: warning: this "
#define COUNTS ", which counts as part of the secret\n"

	(void)state;
	expect(INLINE(SECRET), "", "");
	expect(
	    INLINE(SECRET " "), "", INLINE_PLACE "has blanks at an end" COUNTS);
	expect(INLINE(SECRET "\\r"), "",
	    INLINE_PLACE "has a carriage return" COUNTS);
	expect(INLINE(SECRET "\\n"), "",
	    INLINE_PLACE "has more than one line" COUNTS);
	expect(INLINE("\xef\xbb\xbf" SECRET), "",
	    INLINE_PLACE "begins with a byte order mark" COUNTS);
	/* Every other secret by the same way. */
	expect(CALLERS "storage = { type = \"s3\"; region = \"r1\"; "
		       "bucket_url = \"https://b.example.org\"; "
		       "access_key_id = \"A\";\n"
		       "access_key_secret = \"fake \"; };\n"
		       "quota = { type = \"redis\";\npassword = \"p\\r\"; };\n"
		       "policy = { slots_per_minute = 1; };",
	    "",
	    "slotd.conf:3: storage.access_key_secret: warning: this has blanks "
	    "at an end" COUNTS "slotd.conf:5: quota.password: warning: this "
	    "has a carriage return" COUNTS);
	expect_fault(CALLERS
	    "storage = { type = \"s3\"; region = \"r1\"; "
	    "bucket_url = \"https://b.example.org\"; access_key_id = "
	    "\"A\"; access_key_secret = \"b\";\n"
	    "session_token = \"FakeToken \"; };\n",
	    "slotd.conf:3: storage.session_token: ",
	    "has characters that a session token cannot have");
}

static void key_file(void **state)
{
#define KEY "slotd.conf:3: key_file: "
	static const char with_key[] = CALLERS S3 "key_file = \"k\";\n";

	(void)state;
	expect(with_key, KEY "cannot read k: No such file or directory\n", "");
	write_text("k", "0123456789012345678901234567890\n", 0600);
	expect_fault(with_key, KEY, "openssl rand -hex 32");
	write_text("k", "01234567890123456789012345678901\n", 0600);
	expect(with_key, "", "");
	/* What is taken off is no litter. */
	write_text("k", " 01234567890123456789012345678901\t\r\n\n", 0600);
	expect(with_key, "", "");
	write_text("k",
	    "\xef\xbb\xbf"
	    "01234567890123456789012345678901\r\n",
	    0600);
	expect(with_key, "",
	    KEY
	    "warning: a line of the file begins with a byte order mark" COUNTS);
	write_bytes("k",
	    "0\0001\0002\0003\0004\0005\0006\0007\0008\0009\0000\000"
	    "1\0002\0003\0004\0005\0006\0007\0008\0009\0",
	    40, 0600);
	expect(with_key, "",
	    KEY "warning: a line of the file has NUL bytes, as text in UTF-16 "
		"has" COUNTS);
	write_text("k", "01234567890123456789012345678901\n", 0604);
	expect(with_key, "",
	    advised(KEY "warning: k is world-readable: ", "k", ""));
	write_text("k", "01234567890123456789012345678901\n", 0606);
	expect_fault(with_key, KEY, "k is world-writable: ");
}

/* Whatever is wrong with it, its value is not said. */
static void no_value_is_said(void **state)
{
	static const char *const texts[] = {
		"callers = ({ id = \"a\"; secret = \"hush\"; });\n" S3,
		"callers = ({ id = \"a\"; secret = ( \"hush\" ); });\n" S3,
		"callers = ({ id = \"a\"; secrets = \"hush\"; });\n" S3,
		"callers = ({ id = \"a\"; secret = \"hush\\x00\"; });\n" S3,
		"callers = ({ id = \"a\"; secret = \"hush",
		"callers = ({ id = \"a\"; secret = \"hush\" \"hush\" 3 });\n",
		"callers = ({ id = \"a\"; sicret = \"hush\"; });\n" S3,
		"callers = ({ id = \"hush hush\"; secret = hush; });\n" S3,
		"listen = { address = \"hush\"; mode = \"hush\"; };",
		"storage = { type = \"hush\"; key = \"hush\"; };",
		"storage = { type = \"s3\"; region = \"hush hush\"; "
		"bucket_url = \"hush\"; access_key_id = \"hush hush\"; };",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct said said = read_conf(texts[i]);

		assert_null(said.conf);
		assert_true(*said.faults);
		assert_null(strstr(said.faults, "hush"));
		assert_null(strstr(said.warnings, "hush"));
		said_done(&said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes),
		cmocka_unit_test(contents),
		cmocka_unit_test(kinds_of_files),
		cmocka_unit_test(of_another_user),
		cmocka_unit_test(the_same_secret),
		cmocka_unit_test(in_the_configuration),
		cmocka_unit_test(litter_inline),
		cmocka_unit_test(key_file),
		cmocka_unit_test(no_value_is_said),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
