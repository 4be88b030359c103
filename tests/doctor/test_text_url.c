#include "expect.h"

#include "doctor/text_url.h"

struct found {
	enum text_label label;
	const char *url; /* NULL: no more */
};

static void test_urls(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		struct found found[3];
	} cases[] = {
		{ "", { { 0, NULL } } },
		{ "hello ://", { { 0, NULL } } },
		{ "https://h/a?b=1&c=2",
		    { { TEXT_BARE, "https://h/a?b=1&c=2" } } },
		{ "HTTPS://h/a\r\n", { { TEXT_BARE, "HTTPS://h/a" } } },
		/* A client has decoded it. */
		{ "https://h/a b's?c", { { TEXT_BARE, "https://h/a b's?c" } } },
		{ "12:00 PUT https://h/a?b: 403",
		    { { TEXT_BARE, "https://h/a?b:" } } },
		/* As slotd writes it, and others. */
		{ "{\"get\":\"https://h/g\",\"put\":\"https://h/p?a&b\"}",
		    { { TEXT_GET, "https://h/g" },
			{ TEXT_PUT, "https://h/p?a&b" } } },
		{ "{ \"put\" : \"https:\\/\\/h\\/p?a\\u0026b\",\n"
		  " \"get\" :\n\"https://h/g\" }",
		    { { TEXT_PUT, "https://h/p?a&b" },
			{ TEXT_GET, "https://h/g" } } },
		{ "{\"output\": \"https://h/x\"}",
		    { { TEXT_BARE, "https://h/x" } } },
		/* What clients log. */
		{ "<slot xmlns='urn:xmpp:http:upload:0'><put url='https://h/"
		  "p?a=1&amp;b=2'><header name='X'>y</header></put>"
		  "<get url=\"https://h/g\"/></slot>",
		    { { TEXT_PUT, "https://h/p?a=1&b=2" },
			{ TEXT_GET, "https://h/g" } } },
		{ "https://h/p?a=1&amp;b=2&amp;c=3",
		    { { TEXT_BARE, "https://h/p?a=1&b=2&c=3" } } },
		{ "https://h/p?a=1&amp;amp;b=2",
		    { { TEXT_BARE, "https://h/p?a=1&b=2" } } },
		/* So is no URL written: the name of a parameter is odd. */
		{ "https://h/p?a=1&b=2&amp;c=3",
		    { { TEXT_BARE, "https://h/p?a=1&b=2&amp;c=3" } } },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span rest = span_of(cases[i].text);
		enum text_label label;
		char memory[64];
		struct buf url;

		buf_init(&url, memory, sizeof memory);
		for (size_t j = 0; j < 3 && cases[i].found[j].url; j++) {
			assert_true(text_next_url(&rest, &url, &label));
			expect_buf(&url, cases[i].found[j].url);
			assert_int_equal(label, cases[i].found[j].label);
		}
		assert_false(text_next_url(&rest, &url, &label));
	}
}

/* A NUL is no letter of a scheme: each call goes on behind the last. */
static void test_nul(void **state)
{
	(void)state;
	static const char text[] = "\0://x a\0 b://y\0z c\0://";
	struct span rest = { text, sizeof text - 1 };
	enum text_label label;
	char memory[64];
	struct buf url;

	buf_init(&url, memory, sizeof memory);
	assert_true(text_next_url(&rest, &url, &label));
	assert_memory_equal(url.at, "b://y\0z", 8);
	assert_int_equal(url.len, 7);
	assert_false(text_next_url(&rest, &url, &label));
}

static void test_too_long(void **state)
{
	(void)state;
	struct span rest = span_of("https://example.org/");
	enum text_label label;
	char memory[20];
	struct buf url;

	buf_init(&url, memory, sizeof memory);
	assert_false(text_next_url(&rest, &url, &label));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
