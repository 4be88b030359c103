#include "expect.h"

#include "slot/media_type.h"

static const char *const right[] = { "image/jpeg", "text/plain; charset=utf-8",
	"text/plain;charset=utf-8", "text/plain ; charset=\"utf-8\"",
	"text/plain;a=b;c=d", "application/vnd.api+json", "a/b", "X-y/Z.1",
	"a/b;", "a/b; ", "a/b;;c=d", "a/b;c=\"d;\\\"e\\\\\"", "a/b;c=\"\"",
	"!#$%&'*+-.^_`|~/x" };

static const char *const wrong[] = { "", "/", "a", "a/", "/b", "a/b/c", "a /b",
	"a/ b", " a/b", "a/b ", "a/b c", "a/b;c", "a/b;c=", "a/b;=d",
	"a/b;c =d", "a/b;c= d", "a/b;c=\"d", "a/b;c=\"d\\\"", "a/b;c=\"\\",
	"a/b;c=\"d\"e", "a/b;c=d e", "a/b,c/d", "a/b\n", "a/b\r\nX: y",
	"a/b;c=\"\t\"", "a/b\t", "a/\xc3\xa9", "a/b;c=\"\xc3\xa9\"", "a(/b",
	"a/b\x7f", "a@b/c", "a/b;c=d\"" };

static void test_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(right); i++) {
		if (!media_type_valid(span_of(right[i])))
			fail_msg("refused: %s", right[i]);
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		if (media_type_valid(span_of(wrong[i])))
			fail_msg("taken: %s", wrong[i]);
	}
	assert_false(media_type_valid((struct span){ "a/b\0", 4 }));
	assert_false(media_type_valid((struct span){ "a\0/b", 4 }));
}

static void test_hint(void **state)
{
	static const char *const none[] = { "omemo", ".jpg", "public.jpeg", "",
		" \t ", "a/b\n", "a/b\r\n", "\na/b", "a/b; c",
		"image/\xc3\xa9" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(none); i++)
		expect_span(media_type_hint(span_of(none[i])), "");
	expect_span(media_type_hint((struct span){ NULL, 0 }), "");
	expect_span(media_type_hint(span_of("image/png")), "image/png");
	expect_span(media_type_hint(span_of("\t image/png \t")), "image/png");
	expect_span(media_type_hint(span_of(" text/plain; charset=utf-8 ")),
	    "text/plain; charset=utf-8");
}

static void test_length(void **state)
{
	(void)state;
	char text[256];

	memset(text, 'a', sizeof(text));
	text[100] = '/';
	assert_true(media_type_valid((struct span){ text, 255 }));
	assert_false(media_type_valid((struct span){ text, 256 }));
}

static void test_essence(void **state)
{
	(void)state;
	expect_span(media_type_essence(span_of("a/b")), "a/b");
	expect_span(media_type_essence(span_of("a/b;c=d")), "a/b");
	expect_span(media_type_essence(span_of("a/b  ; c=d;e=f")), "a/b");
	expect_span(media_type_essence(SPAN_EMPTY), "");
}

static void test_matches(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		const char *pattern;
		bool want;
	} pairs[] = {
		{ "image/png", "image/png", true },
		{ "IMAGE/Png", "image/PNG", true },
		{ "image/png; a=b", "image/png", true },
		{ "image/png", "image/*", true },
		{ "Image/svg+xml ;x=y", "iMage/*", true },
		{ "image/png", "*/*", true },
		{ "image/png", "image/jpeg", false },
		{ "image/png", "audio/*", false },
		{ "imagex/png", "image/*", false },
		{ "image", "image/*", false },
		{ "image/", "image/*", false },
		{ "text/plain; x=image/png", "image/*", false },
		{ "image/pngx", "image/png", false },
		{ "image/pn", "image/png", false },
	};

	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		assert_int_equal(media_type_matches(span_of(pairs[i].type),
				     span_of(pairs[i].pattern)),
		    pairs[i].want);
}

static void test_pattern(void **state)
{
	(void)state;
	static const char *const good[] = { "image/png", "image/*", "*/*",
		"application/vnd.api+json", "IMAGE/*" };
	static const char *const bad[] = { "", "*", "image", "image/", "/png",
		"*/png", "ima*/png", "ima*/*", "image/p*", "image/**",
		"image/png; a=b", "image/ *", "image/png ", "a/b/c", "**/*" };

	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(media_type_pattern_valid(span_of(good[i])));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(media_type_pattern_valid(span_of(bad[i])));
}

static void test_of_ending(void **state)
{
	(void)state;
	expect_span(media_type_of_ending(span_of("jpg")), "image/jpeg");
	expect_span(media_type_of_ending(span_of("jpeg")), "image/jpeg");
	expect_span(media_type_of_ending(span_of("svg")), "image/svg+xml");
	expect_span(media_type_of_ending(span_of("txt")), "text/plain");
	expect_span(media_type_of_ending(span_of("3gp")), "video/3gpp");
	expect_span(media_type_of_ending(span_of("zst")), "application/zstd");
	expect_span(media_type_of_ending(span_of("html")), "text/html");
	expect_span(
	    media_type_of_ending(span_of("bin")), "application/octet-stream");
	expect_span(
	    media_type_of_ending(span_of("")), "application/octet-stream");
	expect_span(
	    media_type_of_ending(span_of("jp")), "application/octet-stream");
}

static void test_inline(void **state)
{
	(void)state;
	static const char *const yes[] = { "image/png", "IMAGE/PNG",
		"image/jpeg", "image/gif", "image/webp", "image/avif",
		"image/heic", "audio/ogg", "audio/x-anything", "video/mp4",
		"text/plain", "text/plain; charset=iso-8859-1" };
	static const char *const no[] = { "", "image/svg+xml",
		"image/svg+xml; charset=utf-8", "IMAGE/SVG+XML", "image/bmp",
		"image/tiff", "text/html", "text/xml", "text/plainx",
		"application/pdf", "application/octet-stream", "audio/x+xml",
		"video/x+XML", "application/xhtml+xml", "audio/", "text",
		"text/html; x=text/plain", "multipart/mixed" };

	for (size_t i = 0; i < COUNT_OF(yes); i++)
		assert_true(media_type_inline(span_of(yes[i])));
	for (size_t i = 0; i < COUNT_OF(no); i++)
		assert_false(media_type_inline(span_of(no[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_essence),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_of_ending),
		cmocka_unit_test(test_inline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
