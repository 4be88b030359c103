#include "expect.h"

#include "core/xml.h"

static void test_text(void **state)
{
	static const struct {
		const char *xml;
		const char *text; /* NULL: there is none */
	} rows[] = {
		{ "<Code>AccessDenied</Code>", "AccessDenied" },
		{ "<a><Code>x</Code><Code>y</Code></a>", "x" },
		{ "<Code></Code>", "" },
		{ "<Code>&lt;a&gt;&amp;&quot;&apos;&#65;&#x42;</Code>",
		    "<a>&\"'AB" },
		{ "<Code>&unknown;&#0;&#300;</Code>", "&unknown;&#0;&#300;" },
		{ "<Code>x", NULL },
		{ "<Codes>x</Codes>", NULL },
		{ "", NULL },
		{ "<Code>longer than what there is room for</Code>", NULL },
	};
	char memory[24];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_init(&out, memory, sizeof memory);
		assert_int_equal(xml_text(span_of(rows[i].xml), "Code", &out),
		    rows[i].text != NULL);
		if (rows[i].text)
			expect_buf(&out, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_text) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
