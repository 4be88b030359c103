#include "conf/fixture.h"

#define STORE S3
#define LONG "16-bytes-at-least"
#define GIVEN "jid = \"upload.example.org\"; secret = \"" LONG "\"; "

/* A configuration with a component of these settings, and no caller. */
static struct said with(const char *settings)
{
	char text[2048];

	snprintf(
	    text, sizeof text, STORE "components = ( { %s } );\n", settings);
	return read_conf(text);
}

static void is_wrong(const char *settings, const char *fault)
{
	struct said said = with(settings);

	assert_null(said.conf);
	assert_string_equal(said.faults, fault);
	said_done(&said);
}

static void what_is_left_out(void **state)
{
	struct said said = with(GIVEN);
	const struct conf_component *component;

	(void)state;
	assert_string_equal(said.faults, "");
	assert_int_equal(said.conf->caller_count, 0);
	assert_int_equal(said.conf->component_count, 1);
	component = &said.conf->components[0];
	expect_span(component->jid, "upload.example.org");
	expect_span(component->caller.id, "upload.example.org");
	assert_string_equal(component->server, "127.0.0.1");
	assert_int_equal(component->port, 5347);
	assert_null(component->unix_path);
	expect_span(component->secret, LONG);
	expect_span(component->name, "File upload");
	assert_true(auth_allows(&component->caller, span_of("example.org")));
	assert_false(auth_allows(&component->caller, span_of("org")));
	assert_false(
	    auth_allows(&component->caller, span_of("upload.example.org")));
	said_done(&said);
}

static void what_is_set(void **state)
{
	struct said said =
	    with("jid = \"Upload.B\xc3\xbc"
		 "cher.example.\"; server = \"::1\"; "
		 "port = 15347; secret_file = \"secret\"; name = \"Files\"; "
		 "allow_domains = ( \"a.example\", \"*.b.example\" );");
	const struct conf_component *component;

	(void)state;
	assert_string_equal(said.faults, "");
	component = &said.conf->components[0];
	/* The U-label for the stream, and the A-label to compare. */
	expect_span(component->jid, "upload.b\xc3\xbc"
				    "cher.example");
	expect_span(component->caller.id, "upload.xn--bcher-kva.example");
	assert_string_equal(component->server, "::1");
	assert_int_equal(component->port, 15347);
	expect_span(component->secret, "from a file");
	expect_span(component->name, "Files");
	assert_true(auth_allows(&component->caller, span_of("a.example")));
	assert_true(auth_allows(&component->caller, span_of("x.b.example")));
	assert_false(auth_allows(&component->caller, span_of("b.example")));
	said_done(&said);
}

/* Prosody knows its components by lower case alone, and by the labels that it
 * was told. */
static void the_jid_on_the_stream(void **state)
{
	static const char *const jids[][2] = {
		{ "Upload.Example.ORG.", "upload.example.org" },
		{ "Upload.XN--Bcher-kva.example",
		    "upload.xn--bcher-kva.example" },
		{ "upload.B\xc3\x9c"
		  "CHER.example",
		    "upload.b\xc3\xbc"
		    "cher.example" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(jids); i++) {
		char text[256];
		struct said said;

		snprintf(text, sizeof text,
		    "jid = \"%s\"; secret = \"" LONG "\";", jids[i][0]);
		said = with(text);
		assert_string_equal(said.faults, "");
		expect_span(said.conf->components[0].jid, jids[i][1]);
		said_done(&said);
	}
}

static void a_unix_socket(void **state)
{
	struct said said = with(GIVEN "unix = \"/run/x.sock\";");

	(void)state;
	assert_string_equal(said.faults, "");
	assert_string_equal(said.conf->components[0].unix_path, "/run/x.sock");
	said_done(&said);
}

/* What XML has no characters for (XML 1.0, Char) would end the stream. */
static void a_name_that_is_no_xml(void **state)
{
	struct said said;

	(void)state;
	is_wrong(GIVEN "name = \"\xef\xbf\xbe\";",
	    "slotd.conf:2: components[0].name: has U+FFFE or U+FFFF, which XML "
	    "does not allow\n");
	is_wrong(GIVEN "name = \"a\xef\xbf\xbf\";",
	    "slotd.conf:2: components[0].name: has U+FFFE or U+FFFF, which XML "
	    "does not allow\n");
	is_wrong(GIVEN "name = \"a\\x01\";",
	    "slotd.conf:2: components[0].name: has a control character\n");
	said = with(GIVEN "name = \"B\xc3\xbc"
			  "cher \xef\xbf\xbd \xf0\x9f\x93\x81\";");
	assert_string_equal(said.faults, "");
	expect_span(said.conf->components[0].name, "B\xc3\xbc"
						   "cher \xef\xbf\xbd "
						   "\xf0\x9f\x93\x81");
	said_done(&said);
	/* Such a jid is no domain. */
	is_wrong("jid = \"upload.\xef\xbf\xbe.example.org\"; secret = \"s\";",
	    "slotd.conf:2: components[0].jid: must be a domain such as "
	    "\"upload.example.org\"\n");
}

static void what_is_wrong(void **state)
{
	(void)state;
	is_wrong("secret = \"s\";",
	    "slotd.conf:2: components[0].jid: missing: the component's domain, "
	    "such as \"upload.example.org\"\n");
	is_wrong("jid = \"upload.example.org\";",
	    "slotd.conf:2: components[0].secret: missing: a component needs "
	    "secret_file or secret, the one that the XMPP server has for it\n");
	is_wrong("jid = \"upload\"; secret = \"s\";",
	    "slotd.conf:2: components[0].allow_domains: missing: no domain is "
	    "above jid: list the domains whose users get slots\n");
	is_wrong(GIVEN "allow_domains = ( );",
	    "slotd.conf:2: components[0].allow_domains: is empty: list the "
	    "domains whose users get slots\n");
	is_wrong("jid = \"juliet@example.org\"; secret = \"s\";",
	    "slotd.conf:2: components[0].jid: must be a domain such as "
	    "\"upload.example.org\"\n");
	is_wrong("jid = \"127.0.0.1\"; secret = \"s\";",
	    "slotd.conf:2: components[0].jid: must be a domain such as "
	    "\"upload.example.org\"\n");
	is_wrong(GIVEN "port = 0;",
	    "slotd.conf:2: components[0].port: must be from 1 to 65535\n");
	is_wrong(GIVEN "server = \"127.0.0.1:5347\";",
	    "slotd.conf:2: components[0].server: must be a host name or an IP "
	    "address, without a port\n");
	is_wrong(GIVEN "unix = \"/run/x.sock\"; port = 5347;",
	    "slotd.conf:2: components[0].port: cannot be combined with unix: "
	    "use one or the other\n");
	is_wrong(GIVEN "}, { " GIVEN,
	    "slotd.conf:2: components[1].jid: another component already has "
	    "this jid\n");
	is_wrong(GIVEN "}, { jid = \"UPLOAD.example.org.\"; secret = \"t\";",
	    "slotd.conf:2: components[1].jid: another component already has "
	    "this jid\n");
	is_wrong(GIVEN "name = \"a\xff\";",
	    "slotd.conf:2: components[0].name: must be valid UTF-8\n");
	is_wrong(GIVEN "sever = \"x\";",
	    "slotd.conf:2: components[0].sever: unknown setting; did you mean "
	    "server?\n");
}

static void warned(const char *settings, const char *warning)
{
	struct said said = with(settings);

	assert_non_null(said.conf);
	assert_string_equal(said.faults, "");
	assert_string_equal(said.warnings, warning);
	said_done(&said);
}

static void a_short_secret(void **state)
{
	(void)state;
	warned("jid = \"upload.example.org\"; secret = \"15-bytes-and-no\";",
	    "slotd.conf:2: components[0].secret: warning: the secret has fewer "
	    "than 16 bytes: use a longer one, here and in the XMPP server's "
	    "configuration\n");
	warned("jid = \"upload.example.org\"; secret_file = \"secret\";",
	    "slotd.conf:2: components[0].secret_file: warning: the secret has "
	    "fewer than 16 bytes: use a longer one, here and in the XMPP "
	    "server's configuration\n");
	warned(
	    "jid = \"upload.example.org\"; secret = \"16-bytes-is-well\";", "");
}

static void who_can_listen(void **state)
{
	const char *const others[] = { "192.0.2.1", "::2", "xmpp.example.org",
		"localhost.example.org", "128.0.0.1" };
	const char *const loopback[] = { "127.0.0.1", "127.9.9.9", "::1",
		"LocalHost" };
	char settings[256];

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(settings, sizeof settings, GIVEN "server = \"%s\";",
		    others[i]);
		warned(settings,
		    "slotd.conf:2: components[0].server: warning: is not "
		    "loopback, and the connection is not encrypted: use "
		    "127.0.0.1 if the XMPP server runs here, otherwise a "
		    "network on which nobody else can listen\n");
	}
	for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++) {
		snprintf(settings, sizeof settings, GIVEN "server = \"%s\";",
		    loopback[i]);
		warned(settings, "");
	}
	warned(GIVEN "unix = \"/run/x.sock\";", "");
}

static void ports_of_others(void **state)
{
	(void)state;
	warned(GIVEN "port = 5222;",
	    "slotd.conf:2: components[0].port: warning: is the port for "
	    "clients: set the one for components, often 5347\n");
	warned(GIVEN "port = 5269;",
	    "slotd.conf:2: components[0].port: warning: is the port for other "
	    "servers: set the one for components, often 5347\n");
	warned(GIVEN "port = 5275;", "");
}

static void the_domain_above(void **state)
{
	(void)state;
	warned("jid = \"example.org\"; secret = \"" LONG "\";",
	    "slotd.conf:2: components[0].jid: warning: users of \"org\", the "
	    "domain above, get slots and nobody else: set allow_domains\n");
	warned("jid = \"upload.localhost\"; secret = \"" LONG "\";", "");
	warned("jid = \"upload.lan\"; secret = \"" LONG
	       "\"; allow_domains = ( \"lan\" );",
	    "");
}

static void nobody_may_ask(void **state)
{
	struct said said = read_conf(STORE "components = ( );\n");

	(void)state;
	assert_null(said.conf);
	assert_string_equal(said.faults,
	    "slotd.conf:1: callers: missing: at least one caller with a "
	    "secret is required\n");
	said_done(&said);
	said = read_conf(STORE "callers = ( );\n");
	assert_null(said.conf);
	assert_string_equal(said.faults,
	    "slotd.conf:2: callers: must have at least one caller\n");
	said_done(&said);
	said = read_conf(
	    STORE "callers = ( );\ncomponents = ( { " GIVEN " } );\n");
	assert_string_equal(said.faults, "");
	said_done(&said);
}

static int prepare(void **state)
{
	int failed = enter_folder(state);

	if (!failed)
		write_text("secret", "from a file\n", 0600);
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out),
		cmocka_unit_test(what_is_set),
		cmocka_unit_test(the_jid_on_the_stream),
		cmocka_unit_test(a_unix_socket),
		cmocka_unit_test(a_name_that_is_no_xml),
		cmocka_unit_test(what_is_wrong),
		cmocka_unit_test(a_short_secret),
		cmocka_unit_test(who_can_listen),
		cmocka_unit_test(ports_of_others),
		cmocka_unit_test(the_domain_above),
		cmocka_unit_test(nobody_may_ask),
	};

	return cmocka_run_group_tests(tests, prepare, leave_folder);
}
