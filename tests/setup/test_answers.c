#include "expect.h"

#include "setup/answers.h"

static const struct answers_question *find(const char *option)
{
	for (size_t i = 0; i < ANSWERS_QUESTIONS; i++)
		if (strcmp(answers_questions[i].option, option) == 0)
			return &answers_questions[i];
	fail_msg("%s", option);
	return NULL;
}

static bool take(struct answers *answers, const char *option, const char *text)
{
	const char *wrong = NULL;
	const bool ok = find(option)->take(answers, span_of(text), &wrong);

	assert_int_equal(ok, !wrong);
	return ok;
}

static void test_domain(void **state)
{
	static const struct {
		const char *text, *domain, *url;
	} rows[] = {
		{ "example.org", "example.org", "https://upload.example.org" },
		{ "EXAMPLE.Org.", "example.org", "https://upload.example.org" },
		/* RFC 5890's own example of the two forms. */
		{ "B\xc3\xbc"
		  "cher.example",
		    "b\xc3\xbc"
		    "cher.example",
		    "https://upload.xn--bcher-kva.example" },
		{ "XN--BCHER-kva.example", "xn--bcher-kva.example",
		    "https://upload.xn--bcher-kva.example" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct answers answers = { .domain = "" };
		char memory[300];
		struct buf url = buf_of(memory, sizeof memory);

		assert_true(take(&answers, "domain", rows[i].text));
		assert_string_equal(answers.domain, rows[i].domain);
		find("url")->write_usual(&answers, &url);
		assert_string_equal(url.at, rows[i].url);
	}
}

static void test_wrong(void **state)
{
	static const struct {
		const char *option, *text;
	} rows[] = {
		{ "domain", "" },
		{ "domain", "." },
		{ "domain", "a@example.org" },
		{ "domain", "[2001:db8::1]" },
		{ "domain", "2001:db8::1" },
		{ "domain", "xn--a" },
		{ "domain", "\xff.example" },
		{ "server", "" },
		{ "server", "prosody " },
		{ "store", "fs" },
		{ "bucket-url", "https://" },
		{ "region", "" },
		{ "region", "us/east" },
		{ "access-key-id", "" },
		{ "access-key-id", "a\\b" },
		{ "access-key-id", "a\"b" },
		{ "access-key-id", "a b" },
		{ "access-key-secret-file", "" },
		{ "access-key-secret-file", "\n" },
		{ "access-key-secret-file", "two\nlines\n" },
		{ "access-key-secret-file", " blank" },
		{ "access-key-secret-file", "esc\033ape" },
		{ "access-key-secret-file", "caf\xc3\xa9" },
		{ "url", "https://example.org/path" },
		{ "url", "ftp://example.org" },
		{ "url", "https://user@example.org" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct answers answers = { .domain = "" };

		if (take(&answers, rows[i].option, rows[i].text))
			fail_msg("%s: %s", rows[i].option, rows[i].text);
	}
}

static void test_domain_of_the_greatest_length(void **state)
{
	/* Below it is "upload.", and DNS takes 255 bytes with the dots. */
	struct answers answers = { .domain = "" };
	char text[250];

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 63 == 62 ? '.' : 'a';
	text[248] = '\0';
	assert_true(take(&answers, "domain", text));
	assert_string_equal(answers.domain, text);
	text[248] = 'a';
	text[249] = '\0';
	assert_false(take(&answers, "domain", text));
}

static void test_words(void **state)
{
	struct answers answers = { .domain = "" };

	(void)state;
	assert_true(take(&answers, "server", "Other"));
	assert_int_equal(answers.server, ANSWERS_OTHER);
	assert_true(take(&answers, "server", "ejabberd"));
	assert_int_equal(answers.server, ANSWERS_EJABBERD);
	assert_true(take(&answers, "store", "bucket"));
	assert_true(answers.bucket);
	assert_true(take(&answers, "store", "embedded"));
	assert_false(answers.bucket);
	assert_true(take(&answers, "url", "HTTPS://Upload.Example.org:443/"));
	assert_string_equal(answers.url, "https://upload.example.org");
	assert_true(take(&answers, "access-key-secret-file", "a b/+=\n"));
	assert_string_equal(answers.key_secret, "a b/+=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_domain_of_the_greatest_length),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
