#include "expect.h"

#include "net/xml.h"

#include <stdlib.h>

static void test_text(void **state)
{
	static const struct {
		const char *xml;
		const char *text; /* NULL: there is none */
	} rows[] = {
		{ "<Code>AccessDenied</Code>", "AccessDenied" },
		{ "<a><Code>x</Code><Code>y</Code></a>", "x" },
		{ "<Code></Code>", "" },
		{ "<Code/>", "" },
		{ "<Code>&lt;a&gt;&amp;&quot;&apos;&#65;&#x42;&#233;</Code>",
		    "<a>&\"'AB\303\251" },
		{ "<a><b>&unknown;</b><Code>x</Code></a>", NULL },
		{ "<Code>&#0;</Code>", NULL },
		{ "<a>x</a><Code>y</Code>", "y" },
		{ "<a><?xml version=\"1.0\"?><Code>y</Code></a>", NULL },
		{ "<Code>x", NULL },
		{ "<Codes>x</Codes>", NULL },
		{ "", NULL },
		{ "no XML", NULL },
		/* What stands before and behind it, and what is cut off. */
		{ "HTTP/1.1 403\r\n\r\n<?xml version=\"1.0\"?>\n"
		  "<Error xmlns=\"u\"><Code>x</Code><Mess",
		    "x" },
		{ "<Code><![CDATA[<&]]>x<!-- -->y</Code>", "<&xy" },
		{ "<a>before<Code>x</Code>behind</a>", "x" },
		/* The text of others is none of its own. */
		{ "<Code>a<x/>b</Code>", "ab" },
		{ "<Code>a<x>1<y>2</y>3</x>b<z>4</z> c </Code>", "ab c " },
		{ "<Code>\n  <x> 1 </x>\n  b<z/></Code>", "\n  b" },
		{ "<Code>longer than what there is room for</Code>", NULL },
		{ "<!DOCTYPE a [<!ENTITY e \"x\">]><Code>&e;</Code>", NULL },
		{ "<!DOCTYPE Code SYSTEM \"file:///etc/passwd\"><Code>x</Code>",
		    NULL },
		{ "<Code>\xff</Code>", NULL },
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

/* --- piece by piece -------------------------------------------------------*/

static bool note(void *of, unsigned depth, struct span name, struct span text)
{
	struct buf *told = of;

	buf_u64(told, depth);
	buf_char(told, ' ');
	buf_add(told, name);
	buf_char(told, '=');
	buf_add(told, text);
	buf_char(told, '\n');
	return !span_is(name, "end");
}

/* Feeds a text in pieces of this size; gives whether all was well. */
static bool read_in(const char *text, size_t size, struct buf *told)
{
	struct xml *xml = xml_open(note, told);
	struct span rest = span_of(text);
	bool well = true;

	assert_non_null(xml);
	buf_reset(told);
	for (; well && rest.len; rest = span_from(rest, size))
		well = xml_feed(xml, span_first(rest, size));
	well = well && xml_end(xml);
	xml_close(xml);
	return well;
}

static void test_pieces(void **state)
{
	char memory[256];
	struct buf told = buf_of(memory, sizeof memory);

	(void)state;
	for (size_t size = 1; size < 30; size++) {
		assert_true(read_in(
		    "<a>1<b c=\"d\">2 &amp; 3</b>4<e/></a>\n", size, &told));
		expect_buf(&told, "2 b=2 & 3\n2 e=\n1 a=14\n");
		assert_false(read_in("<a><b>2</b>", size, &told));
		expect_buf(&told, "2 b=2\n");
		assert_false(read_in("<a><b>2</a></b>", size, &told));
		assert_false(read_in("<a/><b/>", size, &told));
		assert_false(read_in("<a><end/><b/></a>", size, &told));
		expect_buf(&told, "2 end=\n");
	}
}

/* --- bounds ---------------------------------------------------------------*/

/* before, a byte so many times, and what follows. */
static bool read_long(const char *before, char byte, size_t count,
    const char *behind, struct buf *told)
{
	size_t size = strlen(before) + count + strlen(behind) + 1;
	char *text = malloc(size);
	struct buf whole = buf_of(text, size);
	bool well;

	buf_text(&whole, before);
	memset(buf_take(&whole, count), byte, count);
	buf_text(&whole, behind);
	well = read_in(text, 1000, told);
	free(text);
	return well;
}

static void test_bounds(void **state)
{
	static char memory[2 * XML_TEXT];
	struct buf told = buf_of(memory, sizeof memory);

	(void)state;
	assert_true(read_long("<a>", 'x', XML_TEXT, "</a>", &told));
	assert_int_equal(told.len, strlen("1 a=") + XML_TEXT + 1);
	assert_false(read_long("<a>", 'x', XML_TEXT + 1, "</a>", &told));
	assert_true(read_long("<a b='", 'x', 32000, "'/>", &told));
	assert_false(read_long("<a b='", 'x', 70000, "'/>", &told));
	assert_false(read_long("<a><!--", 'x', 70000, "--></a>", &told));
	assert_false(read_long("<", 'x', 70000, "/>", &told));
}

/* White space between elements takes no room: a whole listing is indented. */
static void test_indentation(void **state)
{
	static char text[100000], memory[32768];
	struct buf out = buf_of(text, sizeof text);
	struct buf told = buf_of(memory, sizeof memory);

	(void)state;
	buf_text(&out, "<a>");
	for (unsigned i = 0; i < 2000; i++)
		buf_text(&out, "\n                                <b>x</b>");
	buf_text(&out, "\n</a>");
	assert_true(buf_ok(&out));
	assert_true(out.len > 2 * XML_TEXT);
	assert_true(read_in(text, 1000, &told));
	assert_int_equal(
	    told.len, 2000 * strlen("2 b=x\n") + strlen("1 a=\n\n"));
}

static void test_depth(void **state)
{
	char text[XML_DEPTH * 7 + 16] = "", memory[1024];
	struct buf out = buf_of(text, sizeof text);
	struct buf told = buf_of(memory, sizeof memory);

	(void)state;
	for (unsigned i = 0; i < XML_DEPTH; i++)
		buf_text(&out, "<a>");
	for (unsigned i = 0; i < XML_DEPTH; i++)
		buf_text(&out, "</a>");
	assert_true(read_in(text, 7, &told));
	buf_reset(&out);
	for (unsigned i = 0; i <= XML_DEPTH; i++)
		buf_text(&out, "<a>");
	for (unsigned i = 0; i <= XML_DEPTH; i++)
		buf_text(&out, "</a>");
	assert_true(buf_ok(&out));
	assert_false(read_in(text, 7, &told));
	expect_buf(&told, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_indentation),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
