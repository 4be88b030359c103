#include "expect.h"

#include "slot/key_template.h"

/* Counted by hand: {random}, {owner}, {user} 22, {date} 10, {domain} 1 to
 * 253, {filename} 1 to 200, {ext} 1 to 20. */
static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		struct key_size size;
	} rows[] = {
		{ "{random}", { { 22, 22 }, { 22, 22 } } },
		{ "{random}/{filename}", { { 24, 223 }, { 22, 200 } } },
		{ "{random}-{filename}", { { 24, 223 }, { 24, 223 } } },
		{ "{user}/{owner}/{random}", { { 68, 68 }, { 22, 22 } } },
		{ "a/bcd/{date}x{random}.{ext}", { { 41, 60 }, { 35, 54 } } },
		{ "{domain}/{random}", { { 24, 276 }, { 22, 253 } } },
		{ "{random}/{domain}a/b{domain}",
		    { { 28, 532 }, { 22, 254 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct key_template template;
		struct key_size size;
		const char *wrong;

		assert_true(key_template_parse(
		    span_of(rows[i].text), &template, &wrong));
		size = key_template_size(&template);
		assert_int_equal(size.key.least, rows[i].size.key.least);
		assert_int_equal(size.key.most, rows[i].size.key.most);
		assert_int_equal(
		    size.segment.least, rows[i].size.segment.least);
		assert_int_equal(size.segment.most, rows[i].size.segment.most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
