#include "expect.h"

#include "core/quote.h"

#define OF(text)                                                               \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	}

/* By Python's json.dumps with ensure_ascii, but for letters as they are. */
static void test_quote(void **state)
{
	static const struct {
		struct span text;
		const char *quoted;
	} rows[] = {
		{ OF(""), "\"\"" },
		{ OF("plain, with blanks/"), "\"plain, with blanks/\"" },
		{ OF("a\"b\\c"), "\"a\\\"b\\\\c\"" },
		{ OF("a\nb\t\0\x7f"), "\"a\\u000ab\\u0009\\u0000\\u007f\"" },
		{ OF("tr\xc3\xa8s \xf0\x9f\x98\xba"),
		    "\"tr\xc3\xa8s \xf0\x9f\x98\xba\"" },
		/* U+202E turns text around; U+E0041 is a tag. */
		{ OF("\xe2\x80\xae\xf3\xa0\x81\x81"),
		    "\"\\u202e\\udb40\\udc41\"" },
		{ OF("\xff\xc3"), "\"\\ufffd\\ufffd\"" },
	};
	char memory[64];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_init(&out, memory, sizeof memory);
		quote_add(&out, rows[i].text);
		expect_buf(&out, rows[i].quoted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
