#include "conf/fixture.h"

/* Faults and warnings of storage, and of what depends on its type. */

/* A member of an s3 storage, in line 3. */
static void s3_fault(const char *more, const char *name, const char *within)
{
	char text[1024], start[128];

	snprintf(text, sizeof text,
	    CALLERS "storage = { type = \"s3\"; region = \"r1\"; "
		    "bucket_url = \"https://b.example.org\"; "
		    "access_key_id = \"AKIDEXAMPLE\";\n %s };\n",
	    more);
	snprintf(start, sizeof start, "slotd.conf:3: storage.%s: ", name);
	expect_fault(text, start, within);
}

static void fs_fault(const char *more, const char *name, const char *within)
{
	char text[1024], start[128];

	snprintf(text, sizeof text,
	    CALLERS "public_url = \"https://up.example.org\"; "
		    "storage = { type = \"fs\";\n %s };\n",
	    more);
	snprintf(start, sizeof start, "slotd.conf:3: storage.%s: ", name);
	expect_fault(text, start, within);
}

#define WITH_SECRET "access_key_secret = \"fake\"; "
#define WITH_PATH "path = \"store\"; "

static void values_of_s3(void **state)
{
	static const struct {
		const char *text;
		const char *name;
		const char *within;
	} rows[] = {
		{ "put_ttl = 0;", "put_ttl", "from 1 to 604800" },
		{ "put_ttl = 604801;", "put_ttl", "from 1 to 604800" },
		{ "put_ttl = 1.0;", "put_ttl", "must be an integer" },
		{ "set_public = \"yes\";", "set_public", "true or false" },
		{ "get = \"x\"; get_ttl = 60;", "get",
		    "\"public\", \"redirect\" or \"presigned\"" },
		{ "get_ttl = 0;", "get_ttl", "from 1 to 604800" },
		{ "get_ttl = 604801;", "get_ttl", "from 1 to 604800" },
		{ "get_ttl = 60;", "get_ttl",
		    "belongs to get = \"redirect\" or \"presigned\"" },
		{ "get = \"public\"; get_ttl = 60;", "get_ttl", "belongs to" },
		{ "session_token = \"\";", "session_token", "is empty" },
		{ "session_token_file = \"none\";", "session_token_file",
		    "cannot read none" },
		{ "session_token = \"x\"; session_token_file = \"none\";",
		    "session_token_file", "cannot be combined with" },
		{ "sign_content_type = 1;", "sign_content_type",
		    "true or false" },
		{ "name = \"x\";", "name", "is only for entries of storages" },
		{ "relay = 1;", "relay", "true or false" },
		{ "credentials = {};", "credentials", "must be a string" },
		{ "credentials = \"x\";", "credentials", "\"auto\"" },
		{ "key = \"{filename}\";", "key", "{random}" },
		{ "key = \"{random}/{foo}\";", "key", "" },
		{ "key = \"{filename}{random}{filename}\";", "key",
		    "cannot be found again" },
		{ "download_url = \"x\";", "download_url", "http://" },
		{ "regions = 1;", "regions", "did you mean region?" },
		{ "path = \"x\";", "path", "belongs to storage type \"fs\"" },
		{ "min_free = 1;", "min_free",
		    "belongs to storage type \"fs\"" },
		{ "access_key_secret_file = \"none\";",
		    "access_key_secret_file", "cannot be combined with" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text, WITH_SECRET "%s", rows[i].text);
		s3_fault(text, rows[i].name, rows[i].within);
	}
	s3_fault("access_key_secret = \"\";", "access_key_secret", "is empty");
	s3_fault("access_key_secret_file = \"none\";", "access_key_secret_file",
	    "cannot read none: No such file");
}

static void values_of_fs(void **state)
{
	(void)state;
	write_text("file", "x", 0600);
	fs_fault("path = \"\";", "path", "is empty");
	fs_fault("path = \"none/store\";", "path",
	    "the folder none: No such file or directory");
	fs_fault("path = \"file/store\";", "path", "file is not a folder");
	fs_fault("path = \"file\";", "path", "file is not a folder");
	assert_int_equal(mkdir("open", 0700), 0);
	assert_int_equal(chmod("open", 0777), 0);
	expect(CALLERS "public_url = \"https://up.example.org\";\n"
		       "storage = { type = \"fs\"; path = \"open\"; };\n",
	    "",
	    "slotd.conf:3: storage.path: warning: open is world-writable, "
	    "so that others can plant files and keys: chmod 700 open\n");
	assert_int_equal(rmdir("open"), 0);
	fs_fault("path = \"/none/such/\";", "path", "the folder /none: ");
	fs_fault(WITH_PATH "expire_after = 1;", "expire_after",
	    "unknown setting: it is policy.keep now");
	fs_fault(WITH_PATH "min_free = \"100 %\";", "min_free",
	    "from \"0 %\" to \"99 %\"");
	fs_fault(WITH_PATH "min_free = \"1.5 %\";", "min_free",
	    "from \"0 %\" to \"99 %\"");
	fs_fault(WITH_PATH "min_free = \"%\";", "min_free", "\"99 %\"");
	fs_fault(WITH_PATH "min_free = \"5 x\";", "min_free", "unit");
	fs_fault(WITH_PATH "min_free = true;", "min_free", "boolean");
	fs_fault(WITH_PATH "bucket_url = \"https://x\";", "bucket_url",
	    "belongs to storage type \"s3\", but this one is \"fs\"");
	fs_fault(WITH_PATH "get = \"public\";", "get",
	    "belongs to storage type \"s3\"");
	fs_fault(WITH_PATH "set_public = true;", "set_public",
	    "belongs to storage type \"s3\"");
}

/* Where uploads are, when it is there already. */
static void files_of_fs(void **state)
{
	static const char text[] =
	    CALLERS "public_url = \"https://up.example.org\";\n"
		    "storage = { type = \"fs\"; path = \"old\"; };\n";

	(void)state;
	assert_int_equal(mkdir("old", 0700), 0);
	expect(text, "", "");
	write_text("old/files", "x", 0600);
	expect_fault(
	    text, "slotd.conf:3: storage.path: ", "old/files is not a folder");
	assert_int_equal(unlink("old/files"), 0);
	assert_int_equal(symlink("/tmp", "old/files"), 0);
	expect_fault(text,
	    "slotd.conf:3: storage.path: ", "old/files is a symbolic link");
	assert_int_equal(unlink("old/files"), 0);
	assert_int_equal(mkdir("old/files", 0700), 0);
	expect(text, "", "");
	assert_int_equal(chmod("old/files", 0777), 0);
	expect(text, "",
	    "slotd.conf:3: storage.path: warning: old/files is "
	    "world-writable, so that others can plant files and keys: chmod "
	    "700 old/files\n");
	assert_int_equal(rmdir("old/files"), 0);
	assert_int_equal(rmdir("old"), 0);
}

static void what_is_required(void **state)
{
	(void)state;
	expect(CALLERS "\nstorage = { type = \"s3\"; };\n",
	    "slotd.conf:3: storage.bucket_url: missing: the bucket's URL, "
	    "such as \"https://my-bucket.s3.us-east-2.amazonaws.com\"\n"
	    "slotd.conf:3: storage.region: missing: the store's region, such "
	    "as \"us-east-2\"\n"
	    "slotd.conf:3: storage.access_key_id: missing: the id of the "
	    "access key, or credentials = \"auto\" to find credentials as "
	    "AWS's tools do\n"
	    "slotd.conf:3: storage.access_key_secret: missing: "
	    "access_key_id needs access_key_secret or access_key_secret_file\n",
	    "");
	expect(CALLERS "\nstorage = { type = \"fs\"; };\n",
	    "slotd.conf:1: public_url: missing: with storage type \"fs\" "
	    "clients must know how to reach this service, such as "
	    "\"https://upload.example.org\"\n"
	    "slotd.conf:3: storage.path: missing: the folder for the files\n",
	    "");
	/* Nothing else follows from a type that is not known. */
	expect_fault(CALLERS "storage = {};\n",
	    "slotd.conf:2: storage.type: ", "missing: \"s3\" or \"fs\"");
	expect_fault("callers = ({ id = \"a\"; secret = \"" SECRET "\"; "
		     "plain_urls = true; });\nstorage = {};\n",
	    "slotd.conf:2: storage.type: ", "missing: \"s3\" or \"fs\"");
	expect_fault(CALLERS "storage = { type = \"s4\"; };\n",
	    "slotd.conf:2: storage.type: ", "must be \"s3\" or \"fs\"");
	expect_fault(CALLERS
	    "storage = { type = \"s3\"; bucket_url = \"https://x\"; "
	    "region = \"a/b\"; access_key_id = \"A\"; "
	    "access_key_secret = \"b\"; };\n",
	    "slotd.conf:2: storage.region: ", "letters");
	expect_fault(CALLERS
	    "storage = { type = \"s3\"; bucket_url = \"https://x/?a\"; "
	    "region = \"a\"; access_key_id = \"A\"; "
	    "access_key_secret = \"b\"; };\n",
	    "slotd.conf:2: storage.bucket_url: ", "query");
	expect_fault(CALLERS
	    "storage = { type = \"s3\"; bucket_url = \"https://x\"; "
	    "region = \"a\"; access_key_id = \"A B\"; "
	    "access_key_secret = \"b\"; };\n",
	    "slotd.conf:2: storage.access_key_id: ", "spaces");
	expect_fault(CALLERS
	    "storage = { type = \"s3\"; bucket_url = \"https://x\"; "
	    "region = \"a\"; access_key_id = \"A\xc3\xa9\"; "
	    "access_key_secret = \"b\"; };\n",
	    "slotd.conf:2: storage.access_key_id: ", "spaces");
}

static void keys_that_need_key_file(void **state)
{
	struct said said;

	(void)state;
	expect_fault(CALLERS
	    "storage = { type = \"s3\"; bucket_url = \"https://x\"; "
	    "region = \"a\"; access_key_id = \"A\"; "
	    "access_key_secret = \"b\"; key = \"{random}/{user}\"; };\n",
	    "slotd.conf:1: key_file: missing: ", "openssl rand -hex 32");
	said = read_conf(CALLERS
	    "storage = { type = \"s3\"; bucket_url = \"https://x\"; "
	    "region = \"a\"; access_key_id = \"A\"; "
	    "access_key_secret = \"b\"; key = \"{date}/{random}\"; };\n");
	assert_string_equal(said.faults, "");
	said_done(&said);
	/* The embedded store makes its own. */
	said = read_conf(CALLERS
	    "public_url = \"http://[::1]:8363\"; storage = { type = \"fs\"; "
	    "path = \"store\"; key = \"{random}/{user}\"; };\n");
	assert_string_equal(said.faults, "");
	said_done(&said);
}

static void plain_urls_need_a_plain_public_url(void **state)
{
	(void)state;
	expect_fault("callers = ({ id = \"a\"; secret = \"" SECRET "\";\n"
		     "plain_urls = true; });\n"
		     "public_url = \"http://[::1]:8363\";\n"
		     "storage = { type = \"fs\"; path = \"store\"; };\n",
	    "slotd.conf:2: callers[0].plain_urls: ", "public_url");
}

static void warnings(void **state)
{
	static const char unencrypted[] =
	    "slotd.conf:2: storage.bucket_url: warning: uploads are not "
	    "encrypted: use https\n";
	static const struct {
		const char *host;
		const char *warnings;
	} rows[] = {
		{ "http://s3.example.org", unencrypted },
		{ "http://10.0.0.1:9000", unencrypted },
		{ "http://127.0.0.1.example.org", unencrypted },
		{ "http://127.0.0.1:9000/b", "" },
		{ "http://[::1]:9000", "" },
		{ "http://LOCALHOST:9000", "" },
		{ "https://s3.example.org", "" },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text,
		    CALLERS "storage = { type = \"s3\"; bucket_url = \"%s\"; "
			    "region = \"a\"; access_key_id = \"A\"; "
			    "access_key_secret = \"b\"; };\n",
		    rows[i].host);
		expect(text, "", rows[i].warnings);
	}
	expect(CALLERS FS "listen = { address = \"0.0.0.0\"; };", "",
	    "slotd.conf:3: listen.address: warning: everybody who can reach "
	    "this address for uploads and downloads can reach POST /slot, too: "
	    "add a public listener for them\n");
	expect(CALLERS FS "listen = { address = \"0.0.0.0\"; }; public = {};",
	    "", "");
	expect(CALLERS FS "listen = { address = \"127.9.9.9\"; };", "", "");
	expect(CALLERS FS "listen = { unix = \"s\"; };", "", "");
	expect(CALLERS S3 "listen = { address = \"0.0.0.0\"; };", "", "");
	expect(CALLERS S3 "public = { address = \"127.0.0.2\"; port = 8363; "
			  "};",
	    "", "");
	expect(CALLERS S3 "listen = { unix = \"s\"; mode = 400; };", "",
	    "slotd.conf:3: listen.mode: warning: is decimal and means "
	    "\"0620\": write octal digits as a string\n");
}

/* HTTP Basic is no secret on a network. */
static void warnings_of_basic(void **state)
{
	static const char warning[] =
	    "slotd.conf:2: callers[1].dialect: warning: is HTTP Basic, which "
	    "sends the secret as plain text, and listen.address is not "
	    "loopback: listen on 127.0.0.1, and put an https proxy in front "
	    "for other machines\n";
	static const struct {
		const char *listen;
		const char *warnings;
	} rows[] = {
		{ "", "" },
		{ "listen = { address = \"127.0.0.2\"; };", "" },
		{ "listen = { address = \"::1\"; };", "" },
		{ "listen = { unix = \"s\"; };", "" },
		{ "listen = { address = \"10.0.0.1\"; };", warning },
		{ "listen = { address = \"::\"; };", warning },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text,
		    "callers = ({ id = \"a\"; secret = \"" SECRET "\"; }, "
		    "{ id = \"b\"; secret = \"" SECRET "2\";\n"
		    "dialect = \"ejabberd\"; });\n" S3 "%s",
		    rows[i].listen);
		expect(text, "", rows[i].warnings);
	}
}

/* A template of so many bytes of literals, {random}, and more. */
static const char *long_key(
    char text[2048], const char *prefix, size_t literals, const char *more)
{
	char letters[1200];

	for (size_t i = 0; i < literals; i++)
		letters[i] = i % 10 == 9 && i + 1 < literals ? '/' : 'a';
	letters[literals] = '\0';
	snprintf(text, 2048,
	    CALLERS "storage = { type = \"s3\"; region = \"r1\"; "
		    "access_key_id = \"A\"; access_key_secret = \"b\"; "
		    "bucket_url = \"https://b.example.org/%s\";\n"
		    "key = \"%s{random}%s\"; };\n",
	    prefix, letters, more);
	return text;
}

static void keys_that_no_store_takes(void **state)
{
#define KEY_PLACE "slotd.conf:3: storage.key: "
	char text[2048];

	(void)state;
	expect(long_key(text, "", 1002, ""), "", "");
	expect(long_key(text, "", 1003, ""),
	    KEY_PLACE "the object key has at least 1025 bytes; the store "
		      "takes at most 1024\n",
	    "");
	expect(long_key(text, "", 1001, "{filename}"), "",
	    KEY_PLACE "warning: the object key can have 1223 bytes; the store "
		      "takes at most 1024: long domains or file names get no "
		      "slot\n");
	expect(long_key(text, "", 802, "{filename}"), "", "");
	/* The first segment may be the bucket's name. */
	expect(long_key(text, "bucket", 1002, ""), "", "");
	expect(long_key(text, "bucket/a%20b", 998, ""), "", "");
	expect(long_key(text, "bucket/a%20b", 999, ""),
	    KEY_PLACE "the object key with bucket_url's prefix has at least "
		      "1025 bytes; the store takes at most 1024\n",
	    "");
}

static void parts_that_are_no_file_names(void **state)
{
	char text[1024], letters[300] = "";

	(void)state;
	memset(letters, 'a', 234);
#define FS_KEY(key)                                                            \
	CALLERS "public_url = \"https://up.example.org\"; "                    \
		"storage = { type = \"fs\"; path = \"store\";\nkey = \"" key   \
		"\"; };\n"
	snprintf(text, sizeof text, FS_KEY("%s{random}/{filename}"), letters);
	expect(text,
	    KEY_PLACE "a part between slashes has at least 256 bytes; the "
		      "store takes at most 255\n",
	    "");
	snprintf(text, sizeof text, FS_KEY("%s{random}"), letters + 1);
	expect(text, "", "");
	expect(FS_KEY("{domain}{random}"), "",
	    KEY_PLACE "warning: a part between slashes can have 275 bytes; the "
		      "store takes at most 255: long domains or "
		      "file names get no slot\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_s3),
		cmocka_unit_test(values_of_fs),
		cmocka_unit_test(files_of_fs),
		cmocka_unit_test(what_is_required),
		cmocka_unit_test(keys_that_need_key_file),
		cmocka_unit_test(plain_urls_need_a_plain_public_url),
		cmocka_unit_test(warnings),
		cmocka_unit_test(warnings_of_basic),
		cmocka_unit_test(keys_that_no_store_takes),
		cmocka_unit_test(parts_that_are_no_file_names),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
