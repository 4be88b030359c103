#include "expect.h"

#include "core/ip.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;

	if (!ip_parse(span_of(text), &ip))
		fail_msg("%s was refused", text);
	return ip;
}

static void test_parse(void **state)
{
	static const struct {
		const char *text, *bytes, *written;
	} rows[] = {
		{ "192.0.2.1", "00000000000000000000ffffc0000201",
		    "192.0.2.1" },
		{ "::ffff:192.0.2.1", "00000000000000000000ffffc0000201",
		    "192.0.2.1" },
		{ "::FFFF:c000:201", "00000000000000000000ffffc0000201",
		    "192.0.2.1" },
		{ "2001:DB8:0:0:1::7", "20010db8000000000001000000000007",
		    "2001:db8::1:0:0:7" },
		{ "::1", "00000000000000000000000000000001", "::1" },
		{ "::", "00000000000000000000000000000000", "::" },
		{ "0.0.0.0", "00000000000000000000ffff00000000", "0.0.0.0" },
		{ "1:2:3:4:5:6:255.255.255.255",
		    "000100020003000400050006ffffffff",
		    "1:2:3:4:5:6:ffff:ffff" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char memory[IP_TEXT_SIZE];
		struct ip ip = ip_of(rows[i].text);
		struct buf out;

		expect_hex(ip.bytes, 16, rows[i].bytes);
		buf_init(&out, memory, sizeof memory);
		ip_write(&ip, &out);
		expect_buf(&out, rows[i].written);
	}
}

static void test_parse_refuses(void **state)
{
	static const struct span rows[] = {
		{ "", 0 },
		{ "192.0.2.1\0", 10 },
		{ "192.0.2.1\0x", 11 },
		{ "192.0.2.1 ", 10 },
		{ "192.0.2", 7 },
		{ "192.0.2.256", 11 },
		{ "192.0.2.01", 10 },
		{ "192.0.2.1:80", 12 },
		{ "[::1]", 5 },
		{ "fe80::1%lo", 10 },
		{ "1::2::3", 7 },
		{ "localhost", 9 },
		{ "unknown", 7 },
		{ "0001:0002:0003:0004:0005:0006:0007:000008", 41 },
		{ "1111:2222:3333:4444:5555:6666:255.255.255.2555", 46 },
	};
	struct ip ip = { { 9 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (ip_parse(rows[i], &ip))
			fail_msg("%s was taken", rows[i].at);
	assert_int_equal(ip.bytes[0], 9);
}

static void test_kinds(void **state)
{
	static const struct {
		const char *text;
		bool v4, loopback;
		const char *subscriber;
	} rows[] = {
		{ "127.0.0.1", true, true, "127.0.0.1" },
		{ "127.255.3.2", true, true, "127.255.3.2" },
		{ "128.0.0.1", true, false, "128.0.0.1" },
		{ "::ffff:127.9.9.9", true, true, "127.9.9.9" },
		{ "::1", false, true, "::" },
		{ "::2", false, false, "::" },
		{ "::127.0.0.1", false, false, "::" },
		{ "2001:db8:1:2:3:4:5:6", false, false, "2001:db8:1:2::" },
		{ "2001:db8:1:3::1", false, false, "2001:db8:1:3::" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ip ip = ip_of(rows[i].text), same = ip_subscriber(&ip);
		struct ip want = ip_of(rows[i].subscriber);

		assert_int_equal(ip_is_v4(&ip), rows[i].v4);
		assert_int_equal(ip_is_loopback(&ip), rows[i].loopback);
		assert_memory_equal(&same, &want, sizeof want);
	}
}

static void test_local_hosts(void **state)
{
	static const struct {
		const char *host;
		bool local;
	} rows[] = {
		{ "localhost", true },
		{ "LocalHost", true },
		{ "127.0.0.1", true },
		{ "127.255.3.2", true },
		{ "::1", true },
		{ "::2", false },
		{ "128.0.0.1", false },
		{ "localhost.example", false },
		{ "xmpp.example.org", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(
		    ip_host_is_local(span_of(rows[i].host)), rows[i].local);
}

static void test_networks(void **state)
{
	static const struct {
		const char *net, *inside, *outside;
	} rows[] = {
		{ "10.0.0.0/8", "10.255.255.255", "11.0.0.0" },
		{ "10.0.0.0/8", "::ffff:10.0.0.1", "::10.0.0.1" },
		{ "10.128.0.0/9", "10.128.0.1", "10.127.255.255" },
		{ "192.0.2.7", "192.0.2.7", "192.0.2.6" },
		{ "192.0.2.6/31", "192.0.2.7", "192.0.2.8" },
		{ "192.0.2.7/32", "192.0.2.7", "192.0.2.6" },
		{ "0.0.0.0/0", "255.1.2.3", "2001:db8::1" },
		{ "::1", "::1", "::" },
		{ "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::" },
		{ "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::" },
		{ "::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0" },
		{ "fc00::/7", "fdff::1", "fe00::1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ip inside = ip_of(rows[i].inside);
		struct ip outside = ip_of(rows[i].outside);
		const char *wrong;
		struct ip_net net;

		assert_true(ip_net_parse(span_of(rows[i].net), &net, &wrong));
		if (!ip_net_has(&net, &inside) || ip_net_has(&net, &outside))
			fail_msg("%s", rows[i].net);
	}
}

static void test_everybody(void **state)
{
	struct ip four = ip_of("198.51.100.1"), six = ip_of("fe80::1");
	const char *wrong;
	struct ip_net net;

	(void)state;
	assert_true(ip_net_parse(span_of("::/0"), &net, &wrong));
	assert_true(ip_net_has(&net, &four));
	assert_true(ip_net_has(&net, &six));
}

static void test_networks_that_are_none(void **state)
{
	static const struct {
		const char *text, *wrong;
	} rows[] = {
		{ "", "must be an IP address" },
		{ "10.0.0.0/", "must be an IP address" },
		{ "10.0.0.0/33", "must be an IP address" },
		{ "10.0.0.0/-1", "must be an IP address" },
		{ "10.0.0.0/8/8", "must be an IP address" },
		{ "10.0.0.0/255.0.0.0", "must be an IP address" },
		{ "10/8", "must be an IP address" },
		{ "::/129", "must be an IP address" },
		{ "[::1]", "must be an IP address" },
		{ "proxy.example.org", "must be an IP address" },
		{ "10.0.0.1/8", "has bits of an address behind its mask" },
		{ "10.128.0.0/8", "has bits of an address behind its mask" },
		{ "2001:db8::1/64", "has bits of an address behind" },
		{ "0.0.0.1/0", "has bits of an address behind its mask" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *wrong = "";
		struct ip_net net;

		if (ip_net_parse(span_of(rows[i].text), &net, &wrong) ||
		    strncmp(wrong, rows[i].wrong, strlen(rows[i].wrong)) != 0)
			fail_msg("%s: %s", rows[i].text, wrong);
	}
}

static void test_lists(void **state)
{
	struct ip_net nets[2];
	struct ip_nets list = { nets, 2 }, none = { nets, 0 };
	struct ip first = ip_of("10.1.1.1"), last = ip_of("::1");
	struct ip other = ip_of("192.0.2.1");
	const char *wrong;

	(void)state;
	assert_true(ip_net_parse(span_of("10.0.0.0/8"), &nets[0], &wrong));
	assert_true(ip_net_parse(span_of("::1"), &nets[1], &wrong));
	assert_true(ip_nets_have(list, &first));
	assert_true(ip_nets_have(list, &last));
	assert_false(ip_nets_have(list, &other));
	assert_false(ip_nets_have(none, &first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_local_hosts),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_everybody),
		cmocka_unit_test(test_networks_that_are_none),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
