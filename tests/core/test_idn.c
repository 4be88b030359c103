#include "expect.h"

#include "core/idn.h"

#define U_UMLAUT "\xc3\xbc"

/* bücher and faß: RFC 5891's and UTS 46's own examples; the others by
 * Python's idna. */
static const struct {
	const char *text;
	const char *want;
} right[] = {
	{ "b" U_UMLAUT "cher.example", "xn--bcher-kva.example" },
	{ "B\xc3\x9c"
	  "CHER.Example",
	    "xn--bcher-kva.example" },
	/* U+0308 behind its u. */
	{ "bu\xcc\x88"
	  "cher.example",
	    "xn--bcher-kva.example" },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ "XN--BCHER-KVA.b" U_UMLAUT "cher", "xn--bcher-kva.xn--bcher-kva" },
	{ "fa\xc3\x9f.example", "xn--fa-hia.example" },
	{ "\xe4\xbe\x8b.example", "xn--fsq.example" },
	{ "\xef\xbd\x81.example", "a.example" },
	{ "a_b.b" U_UMLAUT "cher", "a_b.xn--bcher-kva" },
};

static void test_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(right); i++) {
		char memory[IDN_MAX + 1];
		struct buf out;

		buf_init(&out, memory, sizeof memory);
		assert_int_equal(
		    idn_to_ascii(span_of(right[i].text), &out), IDN_DONE);
		expect_buf(&out, right[i].want);
	}
}

static void test_unicode(void **state)
{
	static const char *const forms[][2] = {
		{ "xn--bcher-kva.example", "b" U_UMLAUT "cher.example" },
		{ "xn--fa-hia.example", "fa\xc3\x9f.example" },
		{ "a_b.xn--fsq", "a_b.\xe4\xbe\x8b" },
		{ "example.org", "example.org" },
	};
	char memory[256], small[4];
	struct buf out = buf_of(memory, sizeof memory);
	struct buf full = buf_of(small, sizeof small);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		buf_reset(&out);
		assert_int_equal(
		    idn_to_unicode(span_of(forms[i][0]), &out), IDN_DONE);
		expect_buf(&out, forms[i][1]);
	}
	buf_reset(&out);
	assert_int_equal(
	    idn_to_unicode(span_of("xn--zz.example"), &out), IDN_NONE);
	expect_buf(&out, "");
	assert_int_equal(
	    idn_to_unicode(span_of("example.org"), &full), IDN_NONE);
	expect_buf(&full, "");
}

static void test_wrong(void **state)
{
	static const char *const wrong[] = {
		/* No A-labels: not Punycode, and what no label encodes. */
		"xn--zz.example",
		"xn--.example",
		"xn--a.example",
		/* A joiner outside the scripts that have it. */
		"a\xe2\x80\x8d"
		"b.example",
		/* Left-to-right within right-to-left (RFC 5893). */
		"\xd7\x90"
		"a.example",
		"-" U_UMLAUT ".example",
	};
	char memory[IDN_MAX + 1];
	struct buf out;

	(void)state;
	buf_init(&out, memory, sizeof memory);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(
		    idn_to_ascii(span_of(wrong[i]), &out), IDN_NONE);
	assert_int_equal(
	    idn_to_ascii((struct span){ U_UMLAUT "\0x", 4 }, &out), IDN_NONE);
	expect_buf(&out, "");
}

/* What does not fit is not there at all. */
static void test_room(void **state)
{
	char memory[11];
	struct buf out;

	(void)state;
	buf_init(&out, memory, 10);
	/* xn--tda.ab has 10 characters. */
	assert_int_equal(idn_to_ascii(span_of(U_UMLAUT ".ab"), &out), IDN_NONE);
	expect_buf(&out, "");
	buf_init(&out, memory, 11);
	assert_int_equal(idn_to_ascii(span_of(U_UMLAUT ".ab"), &out), IDN_DONE);
	expect_buf(&out, "xn--tda.ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_unicode),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
