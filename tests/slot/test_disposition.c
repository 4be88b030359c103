#include "expect.h"

#include "slot/disposition.h"

static void expect_name(const char *name, const char *want)
{
	char memory[1024];
	struct buf out;

	buf_init(&out, memory, sizeof memory);
	disposition_attachment(&out, span_of(name));
	expect_buf(&out, want);
}

static void test_names(void **state)
{
	(void)state;
	expect_name("cat.pdf",
	    "attachment; filename=\"cat.pdf\"; filename*=UTF-8''cat.pdf");
	expect_name("a b.pdf",
	    "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
	/* RFC 8187, section 3.2.2: pound and euro rates. */
	expect_name("\xc2\xa3 and \xe2\x82\xac rates",
	    "attachment; filename=\"_ and _ rates\"; "
	    "filename*=UTF-8''%C2%A3%20and%20%E2%82%AC%20rates");
	/* What would end the quotes, or is read differently by readers. */
	expect_name("a\"; x=\\%41.pdf",
	    "attachment; filename=\"a_; x=__41.pdf\"; "
	    "filename*=UTF-8''a%22%3B%20x%3D%5C%2541.pdf");
	/* All that is outside attr-char (RFC 8187, section 3.2.1). */
	expect_name("'()*",
	    "attachment; filename=\"'()*\"; filename*=UTF-8''%27%28%29%2A");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
