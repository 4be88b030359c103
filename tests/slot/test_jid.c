#include "expect.h"

#include "slot/jid.h"

#define E_ACUTE "\xc3\xa9"
#define E_TEN                                                                  \
	E_ACUTE E_ACUTE E_ACUTE E_ACUTE E_ACUTE E_ACUTE E_ACUTE E_ACUTE        \
	    E_ACUTE E_ACUTE
#define LABEL "a23456789012345678901234567890123456789012345678901234567890123"

static const struct {
	const char *text;
	const char *local;
	const char *domain;
} right[] = {
	{ "juliet@example.org/balcony", "juliet", "example.org" },
	{ "juliet@example.org", "juliet", "example.org" },
	{ "example.org", "", "example.org" },
	{ "example.org/res", "", "example.org" },
	{ "Juliet@EXAMPLE.Org", "Juliet", "example.org" },
	{ "a@b.", "a", "b" },
	{ "b.", "", "b" },
	{ "a@b./r", "a", "b" },
	/* The first slash ends it, before any @. */
	{ "a@b/c@d/e", "a", "b" },
	{ "b/c@d", "", "b" },
	{ "a@b/", "a", "b" },
	{ "a@b/ x y", "a", "b" },
	{ "j" E_ACUTE "r\xc3\xb4me@b", "j" E_ACUTE "r\xc3\xb4me", "b" },
	{ "a.b+c!#$%^*(){}=~?@b", "a.b+c!#$%^*(){}=~?", "b" },
	/* Domains. */
	{ "localhost", "", "localhost" },
	{ "a@x-1.under_score.example", "a", "x-1.under_score.example" },
	{ "a@B" E_ACUTE "b.\xe4\xbe\x8b.example", "a",
	    "xn--bb-bja.xn--fsq.example" },
	{ "a@xn--bcher-kva.example", "a", "xn--bcher-kva.example" },
	{ "a@b\xc3\xbc"
	  "cher.example/r",
	    "a", "xn--bcher-kva.example" },
	{ "a@B\xc3\x9c"
	  "CHER.Example.",
	    "a", "xn--bcher-kva.example" },
	{ "a@fa\xc3\x9f.example", "a", "xn--fa-hia.example" },
	/* ASCII is as it is, whatever it would be decoded to. */
	{ "a@XN--ZZ.example", "a", "xn--zz.example" },
	/* A joiner that the script has. */
	{ "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d.example", "",
	    "xn--11b6iy14e.example" },
	/* Wide digits are digits, and then this is an address. */
	{ "a@\xef\xbc\x91\xef\xbc\x90.0.0.7", "a", "10.0.0.7" },
	{ "a@192.0.2.7", "a", "192.0.2.7" },
	{ "a@[2001:DB8::1]", "a", "[2001:db8::1]" },
	{ "[::1]/x", "", "[::1]" },
	{ "a@[2001:DB8:0::1]", "a", "[2001:db8::1]" },
	{ "a@[2001:0db8:0:0:0:0:0:0001]", "a", "[2001:db8::1]" },
	{ "a@[::FFFF:192.0.2.7]", "a", "[::ffff:192.0.2.7]" },
	{ "a@[::ffff:c000:207]", "a", "[::ffff:192.0.2.7]" },
	{ "a@" LABEL ".org", "a", LABEL ".org" },
	{ "a@1and1.example", "a", "1and1.example" },
};

static void test_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(right); i++) {
		struct jid jid;
		const char *sentence = NULL;
		if (!jid_parse(span_of(right[i].text), &jid, &sentence))
			fail_msg("%s: %s", right[i].text, sentence);
		expect_span(jid.local, right[i].local);
		expect_span(jid.domain, right[i].domain);
		assert_null(sentence);
	}
}

static const char *const wrong[] = {
	"",
	"/",
	"/res",
	"@",
	"a@",
	"@b",
	"a@/r",
	"@/r",
	"a@@b",
	"a@b@c",
	".",
	"a@.",
	"..",
	"a@..",
	"a@b..",
	"a@b..c",
	"a@.b",
	"a@-b",
	"a@b-",
	"a@b-.c",
	"a@b c",
	"a b@c",
	" a@b",
	"a@b ",
	"a\t@b",
	"a\x7f@b",
	"a\xc2\x85@b",
	"a\xc2\xa0@b",
	"a\xe2\x80\x83@b",
	"a\xe3\x80\x80@b",
	"a@b\xc2\xa0",
	"a@b\n",
	"a@b:5222",
	"a@b!c",
	"a@b%20",
	"a@b\\c",
	"a@<b>",
	"a\xff@b",
	"a@b\xff",
	"a@\xc3",
	"a@b/\xff",
	"a@b/r\n",
	"a@b/\xc2\x80",
	"a@[::1",
	"a@[]",
	"a@::1",
	"a@[::1]x",
	"a@[::g]",
	"a@[127.0.0.1]",
	"a@[::1%25lo]",
	"a@256.0.0.1",
	"a@1.2.3",
	"a@1.2.3.4.5",
	"a@" LABEL "4.org",
	/* What nobody sees, and what some take for a dot. */
	"a@b\xe2\x80\x8b.c",
	"a@b\xe2\x80\xae.c",
	"a@b\xc2\xad.c",
	"a@b\xef\xbb\xbf",
	"a@b\xe3\x80\x82"
	"c",
	"a@b\xef\xbc\x8e"
	"c",
	"a@b\xe1\xa0\x8e.c",
	"a@b\xd8\x9c.c",
	"a@b\xef\xbf\xbf.c",
	"a@b\xf3\xa0\x81\x81.c",
	"a@b\xef\xbd\xa1"
	"c",
	"a@b\xe2\x81\xa0"
	"c",
	/* What UTS 46 makes something else of: a slash, "Ⅰ/Ⅱ", an address
	 * that is none, a label that ends in a hyphen. */
	"a@b\xef\xbc\x8f"
	"c",
	"a@b\xe2\x84\x80"
	"c",
	"a@\xef\xbc\x91.2.3",
	"a@b\xef\xbc\x8d.\xc3\xa9",
	/* U+33C2 is "a.m." */
	"a@\xe3\x8f\x82x.\xc3\xa9",
	/* No A-label: a joiner out of place, both directions in a label. */
	"a@b\xe2\x80\x8d"
	"c",
	"a@\xd7\x90"
	"a.example",
	/* 63 characters, whose A-label would have more. */
	"a@" E_TEN E_TEN E_TEN E_TEN E_TEN E_TEN "aaa",
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct jid jid = { .local = { "x", 1 } };
		const char *sentence = NULL;
		if (jid_parse(span_of(wrong[i]), &jid, &sentence))
			fail_msg("taken: %s", wrong[i]);
		assert_non_null(sentence);
		assert_int_equal(strncmp(sentence, "jid: ", 5), 0);
		expect_span(jid.local, "x");
	}
	struct jid jid;
	const char *sentence;
	assert_false(jid_parse((struct span){ "a\0@b", 4 }, &jid, &sentence));
	assert_false(jid_parse((struct span){ "a@b\0", 4 }, &jid, &sentence));
	assert_false(
	    jid_parse((struct span){ "a@[::1\0]", 8 }, &jid, &sentence));
}

/* Parts of 1023 bytes, and of one more. */
static void test_lengths(void **state)
{
	(void)state;
	for (unsigned part = 0; part < 3; part++) {
		for (size_t more = 0; more < 2; more++) {
			char memory[4096];
			struct buf text;
			struct jid jid;
			const char *sentence;
			size_t len[3] = { 1, 1, 1 };
			len[part] = 1023 + more;
			buf_init(&text, memory, sizeof(memory));
			for (size_t i = 0; i < len[0]; i++)
				buf_char(&text, 'l');
			buf_char(&text, '@');
			for (size_t i = 0; i < len[1]; i++)
				buf_char(&text, i % 2 ? '.' : 'd');
			buf_char(&text, '/');
			for (size_t i = 0; i < len[2]; i++)
				buf_char(&text, 'r');
			assert_int_equal(
			    jid_parse(buf_span(&text), &jid, &sentence),
			    more == 0);
			if (more > 0)
				continue;
			assert_int_equal(jid.local.len, len[0]);
			assert_int_equal(jid.domain.len, len[1]);
		}
	}
}

static void test_domain(void **state)
{
	(void)state;
	char memory[12];
	struct refusal why = { 0 };
	const char *sentence;
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	assert_true(jid_domain(span_of("EXAMPLE.org."), &out, &sentence));
	expect_buf(&out, "example.org");
	buf_reset(&out);
	assert_false(jid_domain(span_of("a@example"), &out, &sentence));
	assert_false(jid_domain(span_of("a/b"), &out, &sentence));
	assert_false(jid_domain(span_of("*.example"), &out, &sentence));
	expect_buf(&out, "");
	assert_false(jid_domain(span_of("longer.example"), &out, &sentence));
	assert_int_equal(
	    jid_refuse(sentence, "domain: none", &why), FAILURE_BAD_REQUEST);
	assert_string_equal(why.detail, "domain: none");
	assert_null(why.reason);
}

static void test_labels(void **state)
{
	(void)state;
	assert_true(jid_labels_valid(span_of("example.org")));
	assert_true(jid_labels_valid(span_of("ab--c.example.org")));
	assert_true(jid_labels_valid(span_of("[2001:db8::1]")));
	assert_true(jid_labels_valid(span_of("a_b.xn--bcher-kva.example")));
	assert_false(jid_labels_valid(span_of("xn--zz.example")));
	assert_false(jid_labels_valid(span_of("a.xn--")));
	/* a and U+02D9, which UTS 46 maps to a blank and U+0307. */
	assert_false(jid_labels_valid(span_of("xn--a-n8a.example")));
}

static void expect_bare(const char *text, const char *want)
{
	char memory[JID_BARE_SIZE];
	const char *sentence;
	struct buf out;
	struct jid jid;

	buf_init(&out, memory, sizeof(memory));
	assert_true(jid_parse(span_of(text), &jid, &sentence));
	jid_bare(&jid, &out);
	expect_buf(&out, want);
}

/* Case is ASCII's alone. */
static void test_bare(void **state)
{
	(void)state;
	expect_bare("JuliET@Example.org/Balcony", "juliet@example.org");
	expect_bare("Example.org", "example.org");
	expect_bare("\xc3\x89"
		    "A@b\xc3\xbc"
		    "cher.example",
	    "\xc3\x89"
	    "a@xn--bcher-kva.example");
}

static void test_matches(void **state)
{
	(void)state;
	static const struct {
		const char *domain;
		const char *pattern;
		bool want;
	} pairs[] = {
		{ "example.net", "example.net", true },
		{ "example.net", "example.org", false },
		{ "a.example.net", "example.net", false },
		{ "a.example.net", "*.example.net", true },
		{ "a.b.example.net", "*.example.net", true },
		{ "example.net", "*.example.net", false },
		{ "badexample.net", "*.example.net", false },
		{ "example.net.evil", "*.example.net", false },
		{ ".example.net", "*.example.net", false },
		{ "net", "*.example.net", false },
	};

	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		assert_int_equal(jid_domain_matches(span_of(pairs[i].domain),
				     span_of(pairs[i].pattern)),
		    pairs[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
