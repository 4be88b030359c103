#include "expect.h"

#include "doctor/private.h"

static void test_xml(void **state)
{
	(void)state;
	static const struct {
		const char *xml;
		const char *text; /* NULL: none */
	} cases[] = {
		{ "<Error><Code>NoSuchKey</Code></Error>", "NoSuchKey" },
		{ "<Code>a&amp;b&lt;&gt;&quot;&apos;</Code>", "a&b<>\"'" },
		{ "<Code>1&#10;2&#x0A;3&#xa;4</Code>", "1\n2\n3\n4" },
		{ "<Code>&amp;amp;</Code>", "&amp;" },
		{ "<Code>&what;</Code>", NULL },
		{ "<Code>&#0;</Code>", NULL },
		{ "<Code>&</Code>", NULL },
		{ "<Code>&#999;</Code>", "\317\247" },
		{ "<Code></Code>", "" },
		{ "<Code>1</Code><Code>2</Code>", "1" },
		{ "<Code>x", NULL },
		{ "<Codes>x</Codes>", NULL },
		{ "", NULL },
		{ "<Code>0123456789012345678901234567890123456789</Code>",
		    NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char memory[32];
		struct buf out;

		buf_init(&out, memory, sizeof memory);
		assert_int_equal(xml_text(span_of(cases[i].xml), "Code", &out),
		    cases[i].text != NULL);
		if (cases[i].text)
			expect_buf(&out, cases[i].text);
	}
}

static void test_bucket(void **state)
{
	(void)state;
	static const struct {
		const char *host;
		const char *path;
		const char *name;
		const char *prefix;
		const char *base; /* the bucket's own path */
		enum s3_place place;
	} cases[] = {
		{ "b.s3.us-east-2.amazonaws.com", "", "b", "", "", 0 },
		{ "my.b.s3.amazonaws.com", "/p/q", "my.b", "p/q", "", 0 },
		{ "s3.us-east-2.amazonaws.com", "/b", "b", "", "/b", 0 },
		{ "s3.example.org:9000", "/b/p/q", "b", "p/q", "/b", 0 },
		{ "127.0.0.1:9000", "/b", "b", "", "/b", 0 },
		{ "127.0.0.1:9000", "", "", "", "", 0 },
		{ "[::1]:9000", "", "", "", "", 0 },
		{ "s3.example.org", "", "", "", "", 0 },
		{ "minio:9000", "", "", "", "", 0 },
		{ "minio:9000", "/b", "b", "", "/b", 0 },
		{ "b.s3.test:8000", "", "b", "", "", 0 },
		{ "b.fra1.digitaloceanspaces.com", "", "b", "", "", 0 },
		{ "b.garage.example", "", "b", "", "", 0 },
		{ "storage.googleapis.com", "/b", "b", "", "/b", 0 },
		{ "0123.r2.cloudflarestorage.com", "/b", "b", "", "/b", 0 },
		/* As storage.bucket says. */
		{ "b.garage.example", "/p", "b", "p", "", S3_PLACE_HOST },
		{ "b.garage.example", "/p", "p", "", "/p", S3_PLACE_PATH },
		{ "my.b.s3.amazonaws.com", "/p", "my.b", "p", "",
		    S3_PLACE_HOST },
		{ "a.s3.example", "/b/p", "b", "p", "/b", S3_PLACE_PATH },
		{ "b:9000", "/p", "b", "p", "", S3_PLACE_HOST },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct s3_config s3 = { .bucket = { span_of("https"),
						  span_of(cases[i].host),
						  span_of(cases[i].path) },
			.place = cases[i].place };
		const struct bucket bucket = bucket_of(&s3);

		expect_span(bucket.name, cases[i].name);
		expect_span(bucket.prefix, cases[i].prefix);
		expect_span(bucket.base.path, cases[i].base);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xml),
		cmocka_unit_test(test_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
