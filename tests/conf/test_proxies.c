#include "conf/fixture.h"

/* Whether a configuration trusts an address. */
static bool trusts(const struct said *said, const char *text)
{
	struct ip ip;

	assert_string_equal(said->faults, "");
	assert_true(ip_parse(span_of(text), &ip));
	return ip_nets_have(said->conf->trusted_proxies, &ip);
}

static void by_default_the_machine_itself(void **state)
{
	struct said said = read_conf(CALLERS S3);

	(void)state;
	assert_int_equal(said.conf->trusted_proxies.count, 2);
	assert_true(trusts(&said, "127.0.0.1"));
	assert_true(trusts(&said, "::1"));
	assert_false(trusts(&said, "127.0.0.2"));
	assert_false(trusts(&said, "::2"));
	said_done(&said);
}

static void addresses_and_networks(void **state)
{
	struct said said = read_conf(
	    CALLERS S3 "trusted_proxies = ( \"10.0.0.0/8\", \"2001:db8::/32\", "
		       "\"192.0.2.7\" );\n");

	(void)state;
	assert_int_equal(said.conf->trusted_proxies.count, 3);
	assert_true(trusts(&said, "10.9.8.7"));
	assert_true(trusts(&said, "2001:db8:1::1"));
	assert_true(trusts(&said, "192.0.2.7"));
	assert_false(trusts(&said, "192.0.2.8"));
	assert_false(trusts(&said, "127.0.0.1"));
	assert_false(trusts(&said, "::1"));
	assert_string_equal(said.warnings, "");
	said_done(&said);
}

static void nobody(void **state)
{
	struct said said = read_conf(CALLERS S3 "trusted_proxies = ();\n");

	(void)state;
	assert_int_equal(said.conf->trusted_proxies.count, 0);
	assert_false(trusts(&said, "127.0.0.1"));
	assert_false(trusts(&said, "::1"));
	assert_string_equal(said.warnings, "");
	said_done(&said);
}

static void in_brackets(void **state)
{
	struct said said =
	    read_conf(CALLERS S3 "trusted_proxies = [ \"192.0.2.7\" ];\n");

	(void)state;
	assert_int_equal(said.conf->trusted_proxies.count, 1);
	assert_true(trusts(&said, "192.0.2.7"));
	said_done(&said);
}

#define EVERYBODY                                                              \
	"everybody is trusted as a proxy: anybody can claim any address, "     \
	"and nobody's connections are limited\n"

static void everybody_is_a_warning(void **state)
{
	(void)state;
	expect(CALLERS S3 "trusted_proxies = ( \"0.0.0.0/0\",\n\"::/0\" );\n",
	    "",
	    "slotd.conf:3: trusted_proxies[0]: warning: " EVERYBODY
	    "slotd.conf:4: trusted_proxies[1]: warning: " EVERYBODY);
	expect(CALLERS S3 "trusted_proxies = ( \"0.0.0.0/1\" );\n", "", "");
}

static void every_fault_is_told(void **state)
{
	(void)state;
	expect(CALLERS S3 "trusted_proxies = ( \"10.0.0.1/8\", \"::1\",\n"
			  "\"proxy.example.org\" );\n",
	    "slotd.conf:3: trusted_proxies[0]: has bits of an address behind "
	    "its mask\n"
	    "slotd.conf:4: trusted_proxies[2]: must be an IP address or a "
	    "network such as \"10.0.0.0/8\" or \"2001:db8::/32\"\n",
	    "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_default_the_machine_itself),
		cmocka_unit_test(addresses_and_networks),
		cmocka_unit_test(nobody),
		cmocka_unit_test(in_brackets),
		cmocka_unit_test(everybody_is_a_warning),
		cmocka_unit_test(every_fault_is_told),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
