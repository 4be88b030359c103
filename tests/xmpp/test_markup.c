#include "expect.h"

#include "xmpp/markup.h"

static void texts(void **state)
{
	char memory[256];
	struct buf out = buf_of(memory, sizeof memory);

	(void)state;
	markup_text(&out, span_of("a<b>&'\"\t\n\r \xc3\xa9\x7f="));
	expect_buf(&out, "a&lt;b&gt;&amp;&apos;&quot;&#9;&#10;&#13; "
			 "\xc3\xa9\x7f=");
	buf_reset(&out);
	markup_text(&out, SPAN_EMPTY);
	expect_buf(&out, "");
	/* What XML cannot have is left out. */
	markup_text(&out, (struct span){ "a\0b\x01"
					 "c",
			      5 });
	expect_buf(&out, "abc");
}

static void attributes(void **state)
{
	char memory[256];
	struct buf out = buf_of(memory, sizeof memory);

	(void)state;
	markup_attribute(&out, "a", span_of("it's"));
	markup_attribute(&out, "b", SPAN_EMPTY);
	markup_attribute(&out, "c", (struct span){ NULL, 0 });
	expect_buf(&out, " a='it&apos;s' b=''");
}

static void elements(void **state)
{
	char memory[256];
	struct buf out = buf_of(memory, sizeof memory);

	(void)state;
	markup_element(&out, "put", span_of("https://a/?b&c"));
	expect_buf(&out, "<put>https://a/?b&amp;c</put>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(attributes),
		cmocka_unit_test(elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
