#include "conf/fixture.h"

/* Each kind of fault, one at a time; each stands in line 3 or 4. */

struct row {
	const char *text; /* follows a right configuration of two lines */
	const char *start;
	const char *within;
};

static void run(const char *before, const struct row *rows, size_t count)
{
	char text[2048], start[256];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof text, "%s%s", before, rows[i].text);
		snprintf(start, sizeof start, "slotd.conf:%s: ", rows[i].start);
		expect_fault(text, start, rows[i].within);
	}
}

#define RUN(before, rows) run(before, rows, sizeof(rows) / sizeof *(rows))

static const struct row top_level_rows[] = {
	{ "foo = 1;", "3: foo", "unknown setting\n" },
	{ "domain = {};", "3: domain", "did you mean domains?" },
	{ "public_url = \"https://x/\x7f\";", "3: public_url",
	    "control character" },
	{ "limit = {};", "3: limit", "did you mean limits?" },
	{ "\nlimits = 1;", "4: limits", "must be a group { }, not an integer" },
	{ "log = \"x\";", "3: log", "not a string" },
	{ "auth = true;", "3: auth", "not a boolean" },
	{ "listen = ();", "3: listen", "not a list ( )" },
	{ "policy = 1.5;", "3: policy", "not a decimal number" },
	{ "public_url = 1;", "3: public_url",
	    "must be a string, not an integer" },
	{ "public_url = \"\";", "3: public_url", "is empty" },
	{ "public_url = \"up.example.org\";", "3: public_url", "http://" },
	{ "public_url = \"https://x/\\n\";", "3: public_url",
	    "control character" },
	{ "storages = ();", "3: storages", "at least one store" },
	{ "storages = {};", "3: storages", "a list ( ) of groups" },
	{ "domains = {};", "3: domains", "a list ( ) of groups" },
	{ "trusted_proxies = \"::1\";", "3: trusted_proxies",
	    "must be a list ( ) of strings" },
	{ "trusted_proxies = {};", "3: trusted_proxies", "a list ( )" },
	{ "trusted_proxies = (\"::1\",\n\"localhost\");",
	    "4: trusted_proxies[1]", "must be an IP address or a network" },
	{ "trusted_proxies = (\"10.0.0.0/33\");", "3: trusted_proxies[0]",
	    "must be an IP address or a network" },
	{ "trusted_proxies = (\"10.0.0.1/8\");", "3: trusted_proxies[0]",
	    "has bits of an address behind its mask" },
	{ "trusted_proxies = (\"\");", "3: trusted_proxies[0]", "is empty" },
	{ "trusted_proxies = [1];", "3: trusted_proxies[0]",
	    "must be a string" },
	{ "quota = 1;", "3: quota", "must be a group" },
	{ "state_file = \"x\";", "3: state_file", "unknown setting" },
};

static void top_level(void **state)
{
	(void)state;
	RUN(CALLERS S3, top_level_rows);
}

static const struct row listen_and_public_rows[] = {
	{ "listen = { adress = \"::\"; };", "3: listen.adress",
	    "did you mean address?" },
	{ "listen = { address = \"localhost\"; };", "3: listen.address",
	    "IP address" },
	{ "listen = { address = \"[::1]\"; };", "3: listen.address",
	    "IP address" },
	{ "listen = {\nport = 0; };", "4: listen.port",
	    "must be from 1 to 65535" },
	{ "listen = { port = 65536; };", "3: listen.port", "65535" },
	{ "listen = { port = \"80\"; };", "3: listen.port",
	    "must be an integer, not a string" },
	{ "listen = { port = 80.0; };", "3: listen.port",
	    "must be an integer, not a decimal number" },
	{ "limits = { idle_timeout = \"2 d\"; };", "3: limits.idle_timeout",
	    "must be from 1 to 86400 seconds" },
	{ "limits = { idle_timeout = \"60\"; };", "3: limits.idle_timeout",
	    "needs a unit" },
	{ "limits = { idle_timeout = 1.5; };", "3: limits.idle_timeout",
	    "must be an integer or a string such as" },
	{ "listen = { port = 80; unix = \"s\"; };", "3: listen.port",
	    "cannot be combined with unix: use one or the other" },
	{ "listen = { mode = \"0660\"; };", "3: listen.mode",
	    "is for a unix socket: set unix, too" },
	{ "listen = { unix = \"s\"; mode = \"0680\"; };", "3: listen.mode",
	    "octal" },
	{ "listen = { unix = \"s\"; mode = \"1777\"; };", "3: listen.mode",
	    "octal" },
	{ "listen = { unix = \"s\"; mode = \"000\"; };", "3: listen.mode",
	    "octal" },
	{ "listen = { unix = \"s\"; mode = 660; };", "3: listen.mode",
	    "octal" },
	{ "listen = { unix = \"s\"; mode = 0660; };", "3: listen.mode",
	    "\"0660\"" },
	{ "listen = { threads = 0; };", "3: listen.threads", "from 1 to 64" },
	{ "listen = { base_path = \"up\"; };", "3: listen.base_path",
	    "start with /" },
	{ "listen = { base_path = \"/u p\"; };", "3: listen.base_path",
	    "percent-encoded" },
	{ "listen = { base_path = \"/u?p\"; };", "3: listen.base_path",
	    "percent-encoded" },
	{ "listen = { base_path = \"/u//p\"; };", "3: listen.base_path",
	    "two /" },
	{ "listen = { base_path = \"/u/../p\"; };", "3: listen.base_path",
	    "segment" },
	{ "listen = { base_path = \"/u/%2e/\"; };", "3: listen.base_path",
	    "segment" },
	{ "listen = { base_path = \"/u%2\"; };", "3: listen.base_path",
	    "hexadecimal" },
	{ "listen = { tls_cert = \"/dev/null\"; };", "3: listen.tls_cert",
	    "not a regular file" },
	{ "listen = { tls_cert = \"/nowhere\"; };", "3: listen.tls_cert",
	    "cannot read" },
	{ "public = { tls_key = \"/nowhere\"; };", "3: public.tls_key",
	    "cannot read" },
	{ "public = { threads = 1; };", "3: public.threads",
	    "unknown setting" },
	{ "public = { base_path = \"/\"; };", "3: public.base_path",
	    "unknown setting" },
	{ "public = { address = \"127.0.0.1\"; port = 8363; };", "3: public",
	    "same address and port" },
	{ "listen = { unix = \"s\"; };\npublic = { unix = \"s\"; };",
	    "4: public", "same socket" },
	{ "listen = { address = \"::1\"; };\npublic = { address = "
	  "\"0:0:0:0:0:0:0:1\"; port = 8363; };",
	    "4: public", "same address and port" },
	/* Only one of them can be bound. */
	{ "public = { address = \"0.0.0.0\"; port = 8363; };", "3: public",
	    "0.0.0.0 includes 127.0.0.1" },
	{ "public = { port = 8363; };", "3: public", ":: includes 127.0.0.1" },
	{ "listen = { address = \"::\"; };\npublic = { address = "
	  "\"0.0.0.0\"; port = 8363; };",
	    "4: public", ":: includes 0.0.0.0" },
	{ "listen = { address = \"::ffff:127.0.0.2\"; };\npublic = { address "
	  "= \"0.0.0.0\"; port = 8363; };",
	    "4: public", "0.0.0.0 includes ::ffff:127.0.0.2" },
	{ "listen = { unix = \"./s\"; };\npublic = { unix = \".//s\"; };",
	    "4: public", "same socket" },
	{ "listen = { address = \"fe80::1\"; };", "3: listen.address",
	    "link-local" },
	{ "quota = { type = \"redis\"; unix = \"/123456789/123456789/"
	  "123456789/123456789/123456789/123456789/123456789/123456789/"
	  "123456789/123456789/1234567\"; };",
	    "3: quota.unix", "longer than 107 bytes" },
	{ "quota = { state_file = \"/dev/null\"; };", "3: quota.state_file",
	    "not a regular file" },
	{ "quota = { state_file = \"/\"; };", "3: quota.state_file",
	    "not a regular file" },
	{ "listen = { unix = \"/123456789/123456789/123456789/"
	  "123456789/123456789/123456789/123456789/123456789/"
	  "123456789/123456789/1234567\"; };",
	    "3: listen.unix", "longer than 107 bytes" },
};

static void listen_and_public(void **state)
{
	(void)state;
	RUN(CALLERS S3, listen_and_public_rows);
}

static const struct row numbers_and_words_rows[] = {
	{ "auth = { max_skew = 0; };", "3: auth.max_skew", "from 1 to 86400" },
	{ "auth = { replay_max = 100000001; };", "3: auth.replay_max",
	    "from 1 to 100000000" },
	{ "limits = { connections = 1000001; };", "3: limits.connections",
	    "1000000" },
	{ "limits = { header_timeout = 86401; };", "3: limits.header_timeout",
	    "86400" },
	{ "limits = { min_rate = -1; };", "3: limits.min_rate",
	    "from 0 to 2147483647" },
	{ "limits = { body_timeout = 2147483648L; };", "3: limits.body_timeout",
	    "86400" },
	{ "limits = { connections_per_address = -1; };",
	    "3: limits.connections_per_address", "from 0 to 1000000" },
	{ "limits = { connections_per_address = 1000001; };",
	    "3: limits.connections_per_address", "from 0 to 1000000" },
	{ "limits = { drain_delay = -1; };", "3: limits.drain_delay", "86400" },
	{ "log = { format = \"xml\"; };", "3: log.format",
	    "must be \"logfmt\" or \"json\"" },
	{ "log = { level = \"debug\"; };", "3: log.level",
	    "must be \"error\", \"warn\" or \"info\"" },
	{ "log = { jids = 1; };", "3: log.jids",
	    "must be true or false, not an integer" },
	{ "policy = { max_size = 0; };", "3: policy.max_size",
	    "would refuse every file" },
	{ "policy = { max_size = \"0 MiB\"; };", "3: policy.max_size",
	    "would refuse every file" },
	{ "policy = { max_size = -1; };", "3: policy.max_size", "negative" },
	{ "policy = { max_size = 1.0; };", "3: policy.max_size",
	    "must be an integer or a string such as" },
	{ "policy = { max_size = \"1.5 GB\"; };", "3: policy.max_size",
	    "whole number" },
	{ "policy = { allow_types = (); };", "3: policy.allow_types",
	    "is empty" },
	{ "policy = { allow_types = \"image/*\"; };", "3: policy.allow_types",
	    "must be a list ( ) of strings" },
	{ "policy = { allow_types = (\n\"image\"); };",
	    "4: policy.allow_types[0]", "media type" },
	{ "policy = { deny_extensions = (\"a\", \".\"); };",
	    "3: policy.deny_extensions[1]", "extension" },
	{ "policy = { deny_extensions = (\"a/b\"); };",
	    "3: policy.deny_extensions[0]", "extension" },
	{ "policy = { deny_extensions = [1]; };",
	    "3: policy.deny_extensions[0]", "must be a string" },
	{ "policy = { slots_per_minute = 4001; };",
	    "3: policy.slots_per_minute", "from 0 to 4000" },
	{ "policy = { bytes_per_day = \"256 TiB\"; };",
	    "3: policy.bytes_per_day", "less than 256 TiB" },
	{ "policy = { domain_bytes_per_day = -1; };",
	    "3: policy.domain_bytes_per_day", "negative" },
};

static void numbers_and_words(void **state)
{
	(void)state;
	RUN(CALLERS S3, numbers_and_words_rows);
}

static const struct row callers_rows[] = {
	{ "callers = ();", "3: callers", "at least one caller" },
	{ "callers = { id = \"a\"; };", "3: callers",
	    "must be a list ( ) of groups, not a group" },
	{ "callers = (1);", "3: callers[0]", "must be a group" },
	{ "callers = (\n{ secret = \"" SECRET "\"; });", "4: callers[0].id",
	    "missing" },
	{ "callers = (\n{ id = \"a\"; });", "4: callers[0].secret",
	    "missing: " },
	{ "callers = ({ id = \"a b\"; secret = \"" SECRET "\"; });",
	    "3: callers[0].id", "1 to 64 letters" },
	{ "callers = ({ id = \"a\"; secret = \"123456789012345\"; });",
	    "3: callers[0].secret", "at least 16 bytes" },
	{ "callers = ({ id = \"a\"; secret = \"\"; });", "3: callers[0].secret",
	    "is empty" },
	{ "callers = ({ id = \"a\"; secret = 12345678; });",
	    "3: callers[0].secret", "must be a string" },
	{ "callers = ({ id = \"a\"; secrets = (\"" SECRET "\", \"b\"); });",
	    "3: callers[0].secrets[1]", "at least 16 bytes" },
	{ "callers = ({ id = \"a\"; secrets = (\"" SECRET "\", \"" SECRET
	  "\"); });",
	    "3: callers[0].secrets[1]",
	    "is the same secret as callers[0].secrets[0]" },
	{ "callers = ({ id = \"a\"; secrets = (); });", "3: callers[0].secrets",
	    "one or two" },
	{ "callers = ({ id = \"a\"; secrets = (\"1\", \"2\", \"3\"); "
	  "});",
	    "3: callers[0].secrets", "one or two" },
	{ "callers = ({ id = \"a\"; secret = \"" SECRET
	  "\"; secret_file = \"none\"; });",
	    "3: callers[0].secret_file",
	    "cannot be combined with secret: remove one of them\n" },
	{ "callers = ({ id = \"a\"; secret = \"" SECRET "\"; },\n"
	  "{ id = \"a\"; secret = \"not-a-real-secret-02\"; });",
	    "4: callers[1].id", "has this id" },
	{ "callers = ({ id = \"a\"; secret = \"" SECRET "\"; },\n"
	  "{ id = \"b\"; secret = \"" SECRET "\"; });",
	    "4: callers[1].secret",
	    "is the same secret as callers[0].secret:" },
#define CALLER(more)                                                           \
	"callers = ({ id = \"a\"; secret = \"" SECRET "\"; " more " });"
	{ CALLER("allow_domains = ();"), "3: callers[0].allow_domains",
	    "is empty" },
	{ CALLER("allow_domains = (\"a\", \"..\");"),
	    "3: callers[0].allow_domains[1]", "must be a domain" },
	{ CALLER("allow_domains = (\"*.\");"), "3: callers[0].allow_domains[0]",
	    "must be a domain" },
	{ CALLER("allow_domains = (\"*\");"), "3: callers[0].allow_domains[0]",
	    "must be a domain" },
	{ CALLER("allow_domains = (\"*.xn--zz.example\");"),
	    "3: callers[0].allow_domains[0]",
	    "has a label that begins with xn-- but is not an A-label" },
	{ CALLER("allow_domains = (\"a\xe2\x80\x8d\x62\");"),
	    "3: callers[0].allow_domains[0]", "must be a domain" },
	{ CALLER("plain_urls = true;"), "3: callers[0].plain_urls",
	    "presigned URLs have ?, % and &" },
	{ CALLER("plain_urls = 1;"), "3: callers[0].plain_urls",
	    "true or false" },
	{ CALLER("dialect = \"x\";"), "3: callers[0].dialect",
	    "must be \"ejabberd\"" },
	{ CALLER("dialect = \"slotd\";"), "3: callers[0].dialect",
	    "must be \"ejabberd\"" },
	{ CALLER("dialect = 1;"), "3: callers[0].dialect", "a string" },
	{ CALLER("dialect = \"jwt\";"), "3: callers[0].base", "missing: " },
	{ CALLER("base = \"/x/\";"), "3: callers[0].base",
	    "belongs to dialect" },
	{ CALLER("rate = 0;"), "3: callers[0].rate", "from 1 to 100000" },
	{ CALLER("rate = 0.5;"), "3: callers[0].rate", "an integer" },
	{ CALLER("burst = 1;"), "3: callers[0].burst", "without rate" },
};

static void callers(void **state)
{
	(void)state;
	RUN("\n" S3, callers_rows);
}

/* All in one run, in the order of the text. */
static void together(void **state)
{
	(void)state;
	expect("",
	    "slotd.conf:1: callers: missing: at least one caller with a secret "
	    "is required\n"
	    "slotd.conf:1: storage: missing: a group that says where files go "
	    "is required\n",
	    "");
	expect("log = { jids = 0; };\nlisten = { port = 0;\n threads = 0; "
	       "};\n" CALLERS "foo = 1; storage = 1;",
	    "slotd.conf:1: log.jids: must be true or false, not an integer\n"
	    "slotd.conf:2: listen.port: must be from 1 to 65535\n"
	    "slotd.conf:3: listen.threads: must be from 1 to 64\n"
	    "slotd.conf:5: foo: unknown setting\n"
	    "slotd.conf:5: storage: must be a group { }, not an integer\n",
	    "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(top_level),
		cmocka_unit_test(listen_and_public),
		cmocka_unit_test(numbers_and_words),
		cmocka_unit_test(callers),
		cmocka_unit_test(together),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
