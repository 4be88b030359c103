#include "conf/fixture.h"

/* What a right configuration becomes. */

static struct conf *right(struct said *said)
{
	assert_string_equal(said->faults, "");
	assert_non_null(said->conf);
	return said->conf;
}

static void defaults(void **state)
{
	struct said said = read_conf(CALLERS S3);
	const struct conf *conf = right(&said);

	(void)state;
	assert_string_equal(conf->listen.address, "127.0.0.1");
	assert_int_equal(conf->listen.port, 8363);
	assert_null(conf->listen.unix_path);
	assert_int_equal(conf->listen.mode, 0);
	assert_false(conf->has_public);
	assert_int_equal(conf->threads, 0);
	expect_span(conf->base_path, "");
	expect_span(conf->public_url, "");
	assert_false(conf->has_key_file);
	assert_int_equal(conf->max_skew, 300);
	assert_int_equal(conf->replay_max, 1000000);

	assert_int_equal(conf->caller_count, 1);
	expect_span(conf->callers[0].id, "prosody");
	assert_int_equal(conf->callers[0].secret_count, 1);
	assert_int_equal(conf->callers[0].allow_domain_count, 0);
	assert_false(conf->callers[0].plain_urls);

	assert_int_equal(conf->policy.max_size, 1073741824);
	assert_int_equal(conf->policy.allow_type_count, 0);
	assert_int_equal(conf->policy.deny_extension_count, 0);
	assert_int_equal(conf->log_format, CONF_LOG_LOGFMT);
	assert_int_equal(conf->log_level, CONF_LOG_INFO);
	assert_false(conf->log_jids);
	assert_int_equal(conf->warnings, 0);
	said_done(&said);
}

static void defaults_of_s3(void **state)
{
	struct said said = read_conf(CALLERS S3);
	const struct conf *conf = right(&said);

	(void)state;
	assert_non_null(conf->storages[0].s3);
	expect_span(conf->storages[0].s3->bucket.scheme, "https");
	expect_span(conf->storages[0].s3->bucket.host, "b.example.org");
	expect_span(conf->storages[0].s3->bucket.path, "");
	expect_span(conf->storages[0].s3->download.host, "b.example.org");
	expect_span(conf->storages[0].s3->region, "r1");
	assert_int_equal(conf->storages[0].s3->put_ttl, 600);
	assert_false(conf->storages[0].s3->set_public);
	expect_span(conf->storages[0].s3_creds.access_key_id, "AKIDEXAMPLE");
	expect_span(conf->storages[0].s3_creds.access_key_secret, "fake");
	expect_span(conf->storages[0].s3_creds.session_token, "");
	assert_int_equal(conf->storages[0].s3_creds.expires, 0);
	assert_false(conf->storages[0].has_template);
	said_done(&said);
}

static void defaults_of_limits(void **state)
{
	struct said said = read_conf(CALLERS S3);
	const struct conf *conf = right(&said);

	(void)state;
	assert_int_equal(conf->limits.connections, 4096);
	assert_int_equal(conf->limits.connections_per_address, 64);
	assert_int_equal(conf->limits.header_timeout, 10);
	assert_int_equal(conf->limits.body_timeout, 30);
	assert_int_equal(conf->limits.idle_timeout, 60);
	assert_int_equal(conf->limits.min_rate, 1024);
	assert_int_equal(conf->limits.upload_timeout, 3600);
	assert_int_equal(conf->limits.drain_timeout, 25);
	said_done(&said);
}

static struct said read_everything(void)
{
	write_text("keys",
	    "0123456789012345678901234567890123456789\n"
	    "abcdefghijabcdefghijabcdefghijabcdefghij\n",
	    0600);
	return read_conf(
	    "listen = { unix = \"s.sock\"; mode = \"0660\"; threads = 3; "
	    "base_path = \"/up/\"; };\n"
	    "public = { address = \"2001:db8::1\"; port = 80; };\n"
	    "public_url = \"HTTPS://UP.example.org:443/files/\";\n"
	    "key_file = \"keys\";\n"
	    "auth = { max_skew = 60; replay_max = 9; };\n"
	    "callers = ({ id = \"a\"; secrets = [ \"" SECRET "\", "
	    "\"not-a-real-secret-02\" ]; "
	    "allow_domains = ( \"Example.ORG.\", \"*.Example.net\", "
	    "\"*.b\xc3\xbc\x63her.example\", \"[2001:DB8:0::1]\" ); },\n"
	    "{ id = \"b.B_9-\"; secret = \"not-a-real-secret-03\"; });\n"
	    "storage = { type = \"s3\"; "
	    "bucket_url = \"https://S3.example.org:9000/bucket/\"; "
	    "download_url = \"http://cdn.example.org/x\"; region = "
	    "\"us.a_1-\"; "
	    "access_key_id = \"AKIDEXAMPLE\"; access_key_secret = \"a/b+c=\"; "
	    "get = \"public\"; set_public = true; put_ttl = \"7 days\"; "
	    "key = \"p/{random}/{owner}.{ext}\"; };\n"
	    "policy = { max_size = \"5 GB\"; allow_types = [\"image/*\", "
	    "\"text/plain\"]; deny_extensions = ( \".EXE\", \"tar.gz\" ); };\n"
	    "limits = { connections = 1; connections_per_address = 8; "
	    "header_timeout = 2; "
	    "body_timeout = 3; idle_timeout = 4; min_rate = 0; "
	    "upload_timeout = 6; drain_timeout = 7; };\n"
	    "log = { format = \"json\"; level = \"warn\"; jids = true; };\n");
}

static void everything_about_callers(void **state)
{
	struct said said = read_everything();
	const struct conf *conf = right(&said);

	(void)state;
	assert_string_equal(conf->listen.unix_path, "s.sock");
	assert_int_equal(conf->listen.mode, 0660);
	assert_int_equal(conf->threads, 3);
	expect_span(conf->base_path, "/up");
	assert_true(conf->has_public);
	assert_string_equal(conf->public.address, "2001:db8::1");
	assert_int_equal(conf->public.port, 80);
	expect_span(conf->public_url, "https://up.example.org/files");
	assert_true(conf->has_key_file);
	assert_int_equal(conf->keyring.count, 2);
	assert_int_equal(conf->max_skew, 60);
	assert_int_equal(conf->replay_max, 9);
	assert_int_equal(conf->caller_count, 2);
	assert_int_equal(conf->callers[0].secret_count, 2);
	assert_int_equal(conf->callers[0].allow_domain_count, 4);
	expect_span(conf->callers[0].allow_domains[0], "example.org");
	expect_span(conf->callers[0].allow_domains[1], "*.example.net");
	expect_span(
	    conf->callers[0].allow_domains[2], "*.xn--bcher-kva.example");
	expect_span(conf->callers[0].allow_domains[3], "[2001:db8::1]");
	expect_span(conf->callers[1].id, "b.B_9-");
	said_done(&said);
}

static void everything_about_files(void **state)
{
	struct said said = read_everything();
	const struct conf *conf = right(&said);

	(void)state;
	expect_span(conf->storages[0].s3->bucket.host, "s3.example.org:9000");
	expect_span(conf->storages[0].s3->bucket.path, "/bucket");
	expect_span(conf->storages[0].s3->download.scheme, "http");
	expect_span(conf->storages[0].s3->download.host, "cdn.example.org");
	expect_span(conf->storages[0].s3->download.path, "/x");
	expect_span(conf->storages[0].s3->region, "us.a_1-");
	assert_int_equal(conf->storages[0].s3->put_ttl, 604800);
	assert_true(conf->storages[0].s3->set_public);
	assert_true(conf->storages[0].has_template);
	assert_int_equal(conf->storages[0].template.count, 6);
	assert_int_equal(conf->policy.max_size, 5000000000);
	assert_int_equal(conf->policy.allow_type_count, 2);
	expect_span(conf->policy.allow_types[1], "text/plain");
	assert_int_equal(conf->policy.deny_extension_count, 2);
	expect_span(conf->policy.deny_extensions[0], "exe");
	expect_span(conf->policy.deny_extensions[1], "tar.gz");
	assert_int_equal(conf->limits.connections, 1);
	assert_int_equal(conf->limits.connections_per_address, 8);
	assert_int_equal(conf->limits.header_timeout, 2);
	assert_int_equal(conf->limits.body_timeout, 3);
	assert_int_equal(conf->limits.idle_timeout, 4);
	assert_int_equal(conf->limits.min_rate, 0);
	assert_int_equal(conf->limits.upload_timeout, 6);
	assert_int_equal(conf->limits.drain_timeout, 7);
	assert_int_equal(conf->log_format, CONF_LOG_JSON);
	assert_int_equal(conf->log_level, CONF_LOG_WARN);
	assert_true(conf->log_jids);
	/* policy.allow_types: types are not signed. */
	assert_int_equal(conf->warnings, 1);
	said_done(&said);
}

static void the_embedded_store(void **state)
{
	struct said said = read_conf(CALLERS FS);
	const struct conf *conf = right(&said);

	(void)state;
	assert_non_null(conf->storages[0].folder);
	assert_string_equal(conf->storages[0].folder->path, "store");
	expect_span(
	    conf->storages[0].folder->public_url, "https://up.example.org");
	assert_int_equal(conf->storages[0].folder->put_ttl, 600);
	assert_int_equal(conf->storages[0].folder->min_free_percent, 5);
	assert_int_equal(conf->storages[0].folder->min_free_bytes, 0);
	assert_null(conf->storages[0].folder->keyring);
	said_done(&said);
	/* Nothing was made. */
	assert_int_equal(access("store", F_OK), -1);

	write_text("keys", "0123456789012345678901234567890123456789", 0600);
	said = read_conf("callers = ({ id = \"a\"; secret = \"" SECRET
			 "\"; plain_urls = true; });\n"
			 "key_file = \"keys\"; "
			 "public_url = \"http://127.0.0.1:8363\";\n"
			 "storage = { type = \"fs\"; path = \"./store//\"; "
			 "put_ttl = 1; "
			 "min_free = \"10 MiB\"; key = \"{random}\"; };\n");
	conf = right(&said);
	assert_true(conf->callers[0].plain_urls);
	assert_string_equal(conf->storages[0].folder->path, "./store");
	assert_int_equal(conf->storages[0].folder->put_ttl, 1);
	assert_int_equal(conf->storages[0].folder->min_free_percent, 0);
	assert_int_equal(conf->storages[0].folder->min_free_bytes, 10485760);
	assert_true(conf->storages[0].folder->keyring == &conf->keyring);
	said_done(&said);
}

static void min_free(void **state)
{
	static const struct {
		const char *value;
		unsigned percent;
		uint64_t bytes;
	} rows[] = {
		{ "0", 0, 0 },
		{ "\"0 %\"", 0, 0 },
		{ "\"99%\"", 99, 0 },
		{ "4096", 0, 4096 },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text,
		    CALLERS "public_url = \"https://u.example\"; storage = { "
			    "type = \"fs\"; path = \"s\"; min_free = %s; };",
		    rows[i].value);
		struct said said = read_conf(text);
		const struct conf *conf = right(&said);
		assert_int_equal(conf->storages[0].folder->min_free_percent,
		    rows[i].percent);
		assert_int_equal(
		    conf->storages[0].folder->min_free_bytes, rows[i].bytes);
		said_done(&said);
	}
}

/* Relative names start at the configuration's folder. */
static void relative_names(void **state)
{
	(void)state;
	mkdir("etc", 0700);
	write_text("etc/s", SECRET "\n", 0600);
	write_text("etc/slotd.conf",
	    "callers = ({ id = \"a\"; secret_file = \"s\"; });\n"
	    "listen = { unix = \"sock\"; };\n" FS,
	    0600);
	struct said said = read_file("etc/slotd.conf");
	const struct conf *conf = right(&said);
	assert_string_equal(conf->listen.unix_path, "etc/sock");
	assert_string_equal(conf->storages[0].folder->path, "etc/store");
	said_done(&said);
}

/* The MACs of RFC 2104 by python3's hmac, over "x". */
static void secrets_become_keys(void **state)
{
	static const uint8_t wanted[2][4] = { { 0xb2, 0x97, 0xed, 0xf1 },
		{ 0xc5, 0x3b, 0x11, 0x00 } };
	uint8_t mac[HASH_SIZE];

	(void)state;
	write_text("s1", SECRET "\n", 0600);
	write_text("s2", "\001without NUL, \xff and\n\n", 0600);
	struct said said = read_conf("callers = ({ id = \"a\"; secret_files = "
				     "(\"s1\", \"s2\"); });\n" S3);
	const struct conf *conf = right(&said);
	assert_int_equal(conf->callers[0].secret_count, 2);
	for (size_t i = 0; i < 2; i++) {
		hmac(&conf->callers[0].secrets[i], span_of("x"), mac);
		assert_memory_equal(mac, wanted[i], 4);
	}
	said_done(&said);
}

/* However they are written: RFC 3986, section 6.2.2. */
static void urls_have_one_form(void **state)
{
	struct said said = read_conf(CALLERS
	    "public_url = \"HTTPS://Up.Example.ORG:443/%7eup/%c3%a9/\";\n"
	    "storage = { type = \"s3\"; region = \"r1\"; "
	    "bucket_url = \"https://S3.example.org/b%2d1/caf%c3%a9\"; "
	    "download_url = \"https://cdn.example.org/%66iles%2b/\"; "
	    "access_key_id = \"A\"; access_key_secret = \"b\"; };\n");
	const struct conf *conf = right(&said);

	(void)state;
	expect_span(conf->public_url, "https://up.example.org/~up/%C3%A9");
	expect_span(conf->storages[0].s3->bucket.host, "s3.example.org");
	expect_span(conf->storages[0].s3->bucket.path, "/b-1/caf%C3%A9");
	expect_span(conf->storages[0].s3->download.path, "/files%2B");
	said_done(&said);
	expect_fault(
	    "public_url = \"https://up.example.org/a%2Fb\";\n" CALLERS S3,
	    "slotd.conf:1: public_url: ", "%2F");
}

static void streams_may_be_missing(void **state)
{
	struct conf *conf;

	(void)state;
	write_text("slotd.conf", CALLERS S3, 0644);
	conf = conf_read("slotd.conf", NULL, NULL);
	assert_non_null(conf);
	assert_int_equal(conf->warnings, 1);
	conf_free(conf);
	write_text("slotd.conf", CALLERS, 0600);
	assert_null(conf_read("slotd.conf", NULL, NULL));
	conf_free(NULL);
}

/* It outlives the configuration from which it is. */
static void a_copied_listener(void **state)
{
	struct said said, other = read_conf(CALLERS S3);
	struct conf *conf = right(&other);

	(void)state;
	write_text("c.pem", "-----BEGIN CERTIFICATE-----\n", 0600);
	write_text("k.pem", "-----BEGIN PRIVATE KEY-----\n", 0600);
	said = read_conf(
	    "\nlisten = { address = \"127.0.0.2\";\n"
	    "tls_cert = \"c.pem\"; tls_key = \"k.pem\"; };\n" CALLERS S3);
	assert_true(
	    conf_copy_listener(conf, &conf->listen, &right(&said)->listen));
	assert_ptr_not_equal(conf->listen.tls_file, said.conf->listen.tls_file);
	said_done(&said);
	assert_string_equal(conf->listen.address, "127.0.0.2");
	assert_string_equal(conf->listen.tls_file, "slotd.conf");
	assert_int_equal(conf->listen.tls_line, 3);
	expect_span(conf->listen.tls_cert, "-----BEGIN CERTIFICATE-----");
	expect_span(conf->listen.tls_key, "-----BEGIN PRIVATE KEY-----");
	said_done(&other);
	unlink("c.pem");
	unlink("k.pem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(defaults_of_s3),
		cmocka_unit_test(defaults_of_limits),
		cmocka_unit_test(everything_about_callers),
		cmocka_unit_test(everything_about_files),
		cmocka_unit_test(the_embedded_store),
		cmocka_unit_test(min_free),
		cmocka_unit_test(relative_names),
		cmocka_unit_test(secrets_become_keys),
		cmocka_unit_test(urls_have_one_form),
		cmocka_unit_test(a_copied_listener),
		cmocka_unit_test(streams_may_be_missing),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
