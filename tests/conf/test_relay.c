#include "conf/fixture.h"

/* relay = true, and what plain_urls need of a store. */

#define PUBLIC "public_url = \"https://up.example.org\";\n"
#define KEYS "key_file = \"key\";\n"
#define PLAIN                                                                  \
	"callers = ({ id = \"a\"; secret = \"" SECRET "\";\n"                  \
	"plain_urls = true; });\n"
#define RELAY(url, more)                                                       \
	"storage = { type = \"s3\"; bucket_url = \"" url "\"; "                \
	"region = \"r1\"; access_key_id = \"A\"; "                             \
	"access_key_secret = \"b\"; relay = true; " more " };\n"
#define HERE "https://b.example.org"

static void write_key(void)
{
	write_text("key", "not-a-real-key-not-a-real-key-0001\n", 0600);
}

static void relay_is_read(void **state)
{
	struct said said;

	(void)state;
	write_key();
	said = read_conf(CALLERS KEYS PUBLIC RELAY(HERE, ""));
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, "");
	assert_true(said.conf->storages[0].s3->relay);
	assert_true(said.conf->storages[0].takes_uploads);
	said_done(&said);
	said = read_conf(CALLERS S3);
	assert_false(said.conf->storages[0].s3->relay);
	assert_false(said.conf->storages[0].takes_uploads);
	said_done(&said);
}

static void what_it_needs(void **state)
{
	(void)state;
	write_key();
	expect_fault(CALLERS PUBLIC RELAY(HERE, ""),
	    "slotd.conf:1: key_file: missing: ", "openssl rand -hex 32");
	expect_fault(CALLERS KEYS RELAY(HERE, ""),
	    "slotd.conf:1: public_url: missing: ", "relay = true");
	expect_fault(CALLERS "public_url = \"https://up.example.org\";\n"
			     "storage = { type = \"fs\"; path = \"s\";\n"
			     "relay = true; };\n",
	    "slotd.conf:4: storage.relay: ", "belongs to storage type \"s3\"");
}

static void where_it_warns(void **state)
{
	(void)state;
	write_key();
	expect(CALLERS KEYS PUBLIC RELAY("http://s3.example.org", ""), "",
	    "slotd.conf:4: storage.bucket_url: warning: uploads are not "
	    "encrypted: use https\n");
	/* Everybody PUTs to it now. */
	expect(CALLERS KEYS PUBLIC RELAY(
		   HERE, "") "listen = { address = \"0.0.0.0\"; };",
	    "",
	    "slotd.conf:5: listen.address: warning: everybody who can reach "
	    "this address for uploads and downloads can reach POST /slot, too: "
	    "add a public listener for them\n");
	expect(CALLERS KEYS PUBLIC RELAY(HERE,
		   "") "listen = { address = \"0.0.0.0\"; }; public = {};",
	    "", "");
}

static void plain_urls(void **state)
{
	static const struct {
		const char *text;
		const char *within; /* NULL: no fault */
	} rows[] = {
		{ PLAIN KEYS PUBLIC RELAY(HERE, ""), NULL },
		{ PLAIN KEYS PUBLIC RELAY(HERE, "get = \"redirect\";"), NULL },
		{ PLAIN KEYS PUBLIC RELAY(HERE "/a%20b", "get = \"redirect\";"),
		    NULL },
		{ PLAIN KEYS PUBLIC RELAY(HERE "/a%20b",
		      "download_url = \"https://cdn.example.org\";"),
		    NULL },
		{ PLAIN PUBLIC S3, "set relay = true" },
		{ PLAIN KEYS PUBLIC RELAY(HERE "/a%20b", ""),
		    "needs a download_url (or bucket_url) with letters" },
		{ PLAIN KEYS PUBLIC RELAY(HERE,
		      "download_url = \"https://cdn.example.org/a%2Bb\";"),
		    "needs a download_url (or bucket_url) with letters" },
		{ PLAIN KEYS PUBLIC RELAY(HERE, "get = \"presigned\";"),
		    "is impossible with get = \"presigned\"" },
		{ PLAIN KEYS
		    "public_url = \"http://[::1]:8363\";\n" RELAY(HERE, ""),
		    "needs a public_url with letters" },
		/* One store that cannot is enough. */
		{ PLAIN KEYS PUBLIC RELAY(HERE,
		      "") "storages = ({ name = \"x\"; type = \"s3\"; "
			  "bucket_url = \"" HERE "\"; region = \"r\"; "
			  "access_key_id = \"A\"; access_key_secret = \"b\"; "
			  "});\n",
		    "set relay = true" },
	};

	(void)state;
	write_key();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct said said;

		if (rows[i].within) {
			expect_fault(rows[i].text,
			    "slotd.conf:2: callers[0].plain_urls: ",
			    rows[i].within);
			continue;
		}
		said = read_conf(rows[i].text);
		assert_string_equal(said.faults, "");
		said_done(&said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relay_is_read),
		cmocka_unit_test(what_it_needs),
		cmocka_unit_test(where_it_warns),
		cmocka_unit_test(plain_urls),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
