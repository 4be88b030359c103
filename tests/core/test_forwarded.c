#include "expect.h"

#include "core/forwarded.h"

/* Trusted: 10.0.0.0/8 and ::1. */
static struct ip_net nets[2];

static int trust(void **state)
{
	const char *wrong;

	(void)state;
	return ip_net_parse(span_of("10.0.0.0/8"), &nets[0], &wrong) &&
		       ip_net_parse(span_of("::1"), &nets[1], &wrong)
		   ? 0
		   : -1;
}

/* The client of some lines; want NULL: the peer's own address counts. */
static void expect_client(
    const char *const *lines, size_t count, const char *want)
{
	struct forwarded forwarded = { .trusted = { nets, 2 } };
	char memory[IP_TEXT_SIZE];
	struct buf out;

	buf_init(&out, memory, sizeof memory);
	for (size_t i = 0; i < count; i++)
		forwarded_add(&forwarded, span_of(lines[i]));
	if (forwarded.known)
		ip_write(&forwarded.client, &out);
	if (strcmp(out.at, want ? want : "") != 0)
		fail_msg("of %s: %s, not %s", lines[0], out.at, want);
}

static void test_one_line(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "", NULL },
		{ " , ,, ", NULL },
		/* From the right, over those that are trusted. */
		{ "198.51.100.9, 192.0.2.1", "192.0.2.1" },
		{ "198.51.100.9, 192.0.2.1, 10.0.0.1", "192.0.2.1" },
		{ "198.51.100.9,192.0.2.1,10.0.0.1,::1,10.2.2.2", "192.0.2.1" },
		{ "198.51.100.9,\t192.0.2.1 ,, 10.0.0.1,", "192.0.2.1" },
		/* All of them are trusted: the first. */
		{ "10.0.0.3, 10.0.0.2, 10.0.0.1", "10.0.0.3" },
		{ "::ffff:10.0.0.3", "10.0.0.3" },
		/* Ports and brackets. */
		{ "192.0.2.1:4711", "192.0.2.1" },
		{ "[2001:db8::1]:4711", "2001:db8::1" },
		{ "[2001:db8::1]", "2001:db8::1" },
		{ "192.0.2.1:4711, 10.0.0.1:80, [::1]:80", "192.0.2.1" },
		{ "2001:db8::1:80", "2001:db8::1:80" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_client(&rows[i].line, 1, rows[i].want);
}

static void test_garbage(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "unknown", NULL },
		{ "192.0.2.1, unknown", NULL },
		{ "192.0.2.1, _hidden, 10.0.0.1", "10.0.0.1" },
		{ "192.0.2.1, x, 10.0.0.2, 10.0.0.1", "10.0.0.2" },
		{ "x, 192.0.2.1, 10.0.0.1", "192.0.2.1" },
		{ "192.0.2.1 198.51.100.9", NULL },
		{ "192.0.2.1;10.0.0.1", NULL },
		{ "\"192.0.2.1\"", NULL },
		{ "for=192.0.2.1", NULL },
		{ "192.0.2.1:", NULL },
		{ "192.0.2.1:http", NULL },
		{ "192.0.2.1:999999", NULL },
		{ "192.0.2.1:80:80", NULL },
		{ "[2001:db8::1", NULL },
		{ "[2001:db8::1]x", NULL },
		{ "[2001:db8::1]80", NULL },
		{ "[]", NULL },
		{ "[", NULL },
		{ ":", NULL },
		{ ":80", NULL },
		{ "192.0.2.1\nlevel=error", NULL },
		{ "999.1.1.1", NULL },
		{ "192.0.2.1\"", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_client(&rows[i].line, 1, rows[i].want);
}

/* Several lines are one list (RFC 9110, section 5.3). */
static void test_several_lines(void **state)
{
	const char *const a[] = { "198.51.100.9", "192.0.2.1, 10.0.0.1" };
	const char *const b[] = { "192.0.2.1", "10.0.0.2", "10.0.0.1" };
	const char *const c[] = { "192.0.2.1", "nonsense", "10.0.0.1" };
	const char *const d[] = { "192.0.2.1", "", " , " };

	(void)state;
	expect_client(a, COUNT_OF(a), "192.0.2.1");
	expect_client(b, COUNT_OF(b), "192.0.2.1");
	expect_client(c, COUNT_OF(c), "10.0.0.1");
	expect_client(d, COUNT_OF(d), "192.0.2.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_several_lines),
	};

	return cmocka_run_group_tests(tests, trust, NULL);
}
