#include "expect.h"

#include "store/s3_private.h"

#define HEAD                                                                   \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                         \
	"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define WHOLE "<IsTruncated>false</IsTruncated>"
#define URL "<EncodingType>url</EncodingType>"
#define END "</ListBucketResult>"
#define OBJECT(key) "<Contents><Key>" key "</Key><Size>1</Size></Contents>"

static struct s3_page page;

/* Reads a document in pieces of this size. */
static bool read_in(const char *text, size_t size)
{
	struct span rest = span_of(text);

	assert_true(s3_page_open(&page));
	while (rest.len && s3_page_take(&page, span_first(rest, size)))
		rest = span_from(rest, size);
	return s3_page_close(&page);
}

/* From docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, with a
 * token. */
static void test_of_aws(void **state)
{
	static const char text[] = HEAD
	    "<Name>quotes</Name><Prefix>E</Prefix><StartAfter>ExampleGuide.pdf"
	    "</StartAfter><KeyCount>1</KeyCount><MaxKeys>3</MaxKeys>"
	    "<NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vb"
	    "OwM=</NextContinuationToken><IsTruncated>true</IsTruncated>"
	    "<Contents><Key>ExampleObject.txt</Key>"
	    "<LastModified>2013-09-17T18:07:53.000Z</LastModified>"
	    "<ETag>&quot;599bab3ed2c697f1d26842727561fd94&quot;</ETag>"
	    "<Size>857</Size><Owner><ID>7</ID><Key>no</Key></Owner>"
	    "<StorageClass>REDUCED_REDUNDANCY</StorageClass></Contents>"
	    "<CommonPrefixes><Prefix>photos/</Prefix></CommonPrefixes>" END;

	(void)state;
	for (size_t size = 1; size < sizeof text; size += 13) {
		assert_true(read_in(text, size));
		assert_true(page.truncated);
		assert_string_equal(page.token,
		    "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=");
		assert_int_equal(page.count, 1);
		expect_span(page.objects[0].key, "ExampleObject.txt");
		assert_int_equal(page.objects[0].size, 857);
		assert_int_equal(page.objects[0].modified, 1379441273);
	}
}

static void test_keys(void **state)
{
	(void)state;
	/* The element that says how they are written comes late. */
	assert_true(read_in(HEAD WHOLE OBJECT("a+b%2Bc%25")
				OBJECT("tr%C3%A8s%26%3C") URL END,
	    1000));
	expect_span(page.objects[0].key, "a b+c%");
	expect_span(page.objects[1].key, "tr\303\250s&<");
	assert_true(read_in(HEAD OBJECT("a+b%2B&amp;&lt;") WHOLE END, 1000));
	expect_span(page.objects[0].key, "a+b%2B&<");
	assert_int_equal(page.objects[0].modified, -1);
	assert_true(read_in(HEAD WHOLE END, 1000));
	assert_int_equal(page.count, 0);
	assert_false(page.truncated);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *wrong; /* NULL: no listing */
	} rows[] = {
		{ "", NULL },
		{ "<a></b>", "it is no XML of a list" },
		{ "x", NULL },
		{ HEAD WHOLE OBJECT("a"), NULL },
		{ HEAD OBJECT("a") END, "it does not say whether it is whole" },
		{ HEAD OBJECT("a") "<IsTruncated>true</IsTruncated>" END,
		    "it goes on, but does not say where" },
		{ "<ListAllMyBucketsResult>" WHOLE "</ListAllMyBucketsResult>",
		    NULL },
		{ HEAD WHOLE "<Contents><Size>1</Size></Contents>" END,
		    "an object has no key" },
		/* The key of one object is not that of the next. */
		{ HEAD WHOLE OBJECT(
		      "a") "<Contents><Size>1</Size></Contents>" END,
		    "an object has no key" },
		{ HEAD WHOLE "<Other><Key>a</Key></Other>"
			     "<Contents><Size>1</Size></Contents>" END,
		    "an object has no key" },
		{ HEAD WHOLE
		    "<Contents><Key>a</Key><Size>x</Size></Contents>" END,
		    "a size is no number" },
		{ HEAD URL WHOLE OBJECT("a%2") END, "a key is no key" },
		{ HEAD URL WHOLE OBJECT("a%00b") END, "a key is no key" },
		{ HEAD WHOLE "<!DOCTYPE x>" END, "it is no XML of a list" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_false(read_in(rows[i].text, 7));
		if (rows[i].wrong)
			assert_non_null(page.wrong);
		if (rows[i].wrong)
			assert_string_equal(page.wrong, rows[i].wrong);
		else
			assert_null(page.wrong);
	}
}

static void test_bounds(void **state)
{
	static char text[400000];
	struct buf out;

	(void)state;
	for (unsigned count = S3_PAGE_KEYS; count <= S3_PAGE_KEYS + 1;
	     count++) {
		buf_init(&out, text, sizeof text);
		buf_text(&out, HEAD WHOLE);
		for (unsigned i = 0; i < count; i++)
			buf_text(&out, OBJECT("abc"));
		buf_text(&out, END);
		assert_true(buf_ok(&out));
		assert_int_equal(read_in(text, 4096), count == S3_PAGE_KEYS);
	}
	assert_string_equal(page.wrong, "a page has more than 1000 keys");
	for (unsigned len = OBJECT_KEY_MAX; len <= OBJECT_KEY_MAX + 1; len++) {
		buf_init(&out, text, sizeof text);
		buf_text(&out, HEAD URL WHOLE "<Contents><Key>");
		for (unsigned i = 0; i < len; i++)
			buf_text(&out, "%41");
		buf_text(&out, "</Key></Contents>" END);
		assert_int_equal(read_in(text, 4096), len == OBJECT_KEY_MAX);
	}
	assert_string_equal(page.wrong, "a key is no key");
	for (unsigned len = S3_TOKEN_MAX; len <= S3_TOKEN_MAX + 1; len++) {
		buf_init(&out, text, sizeof text);
		buf_text(&out, HEAD "<IsTruncated>true</IsTruncated>"
				    "<NextContinuationToken>");
		for (unsigned i = 0; i < len; i++)
			buf_char(&out, 'x');
		buf_text(&out, "</NextContinuationToken>" END);
		assert_int_equal(read_in(text, 4096), len == S3_TOKEN_MAX);
	}
	assert_string_equal(page.wrong, "its token is too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_aws),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
