#include "expect.h"

#include "slot/filename.h"

#define E_ACUTE "\xc3\xa9"           /* U+00E9, 2 bytes */
#define EURO "\xe2\x82\xac"          /* U+20AC, 3 bytes */
#define CAT "\xf0\x9f\x98\xba"       /* U+1F63A, 4 bytes */
#define NO_BREAK "\xc2\xa0"          /* U+00A0, a blank */
#define RIGHT_TO_LEFT "\xe2\x80\xae" /* U+202E */

static const struct {
	const char *name;
	const char *want;
} names[] = {
	/* What is harmless stays. */
	{ "cat.jpg", "cat.jpg" },
	{ "tr\xc3\xa8s cool.jpg", "tr\xc3\xa8s cool.jpg" },
	{ "a  b.tar.gz", "a  b.tar.gz" },
	{ "no-ending", "no-ending" },
	{ "%41+~'\"<>|?*:;&=#", "%41+~'\"<>|?*:;&=#" },
	{ CAT EURO E_ACUTE, CAT EURO E_ACUTE },
	{ "cafe\xcc\x81.txt", "cafe\xcc\x81.txt" }, /* no normalisation */
	{ "name.", "name." },
	{ "name...", "name..." },
	/* Folders, of any system. */
	{ "../../etc/passwd", "passwd" },
	{ "C:\\Windows\\win.ini", "win.ini" },
	{ "a/b\\c.txt", "c.txt" },
	{ "a\\b/c.txt", "c.txt" },
	{ "/", "file" },
	{ "a/", "file" },
	{ "a\\", "file" },
	{ "/..", "file" },
	/* Dots and blanks at the ends. */
	{ "", "file" },
	{ ".", "file" },
	{ "..", "file" },
	{ ".........", "file" },
	{ " ", "file" },
	{ " . . ", "file" },
	{ ".htaccess", "htaccess" },
	{ "...jpg", "jpg" },
	{ "  a b  ", "a b" },
	{ " . .a. . ", "a. ." },
	{ NO_BREAK "a" NO_BREAK, "a" },
	{ "\xe3\x80\x80.\xe2\x80\x83"
	  "a\xe2\x80\xaf",
	    "a" },
	{ "a" NO_BREAK "b", "a" NO_BREAK "b" },
	/* Controls, and what hides or reorders. */
	{ "a\tb\nc\x7f"
	  "d",
	    "abcd" },
	{ "a\xc2\x80"
	  "b\xc2\x85"
	  "c\xc2\x9f"
	  "d",
	    "abcd" },
	{ "photo_" RIGHT_TO_LEFT "gpj.exe", "photo_gpj.exe" },
	{ "a\xd8\x9c"
	  "b\xe2\x80\x8b"
	  "c\xe2\x80\x8e"
	  "d\xe2\x80\x8f"
	  "e",
	    "abcde" },
	{ "a\xe2\x80\xa8"
	  "b\xe2\x80\xa9"
	  "c\xe2\x80\xaa"
	  "d\xe2\x80\xad"
	  "e",
	    "abcde" },
	{ "a\xe2\x81\xa6"
	  "b\xe2\x81\xa7"
	  "c\xe2\x81\xa8"
	  "d\xe2\x81\xa9"
	  "e",
	    "abcde" },
	{ "\xef\xbb\xbf"
	  "a.txt",
	    "a.txt" },
	{ RIGHT_TO_LEFT, "file" },
	/* Their neighbours stay. */
	{ "a\xe2\x80\x8c"
	  "b\xe2\x80\x8d"
	  "c",
	    "a\xe2\x80\x8c"
	    "b\xe2\x80\x8d"
	    "c" },
	{ "a\xe2\x81\xa5"
	  "b\xe2\x81\xaa"
	  "c\xef\xbb\xbe"
	  "d",
	    "a\xe2\x81\xa5"
	    "b\xe2\x81\xaa"
	    "c\xef\xbb\xbe"
	    "d" },
	{ "a\xe2\x80\xa7"
	  "b\xe2\x80\xaf"
	  "c",
	    "a\xe2\x80\xa7"
	    "b\xe2\x80\xaf"
	    "c" },
	/* What is left out hides neither a dot nor a blank at an end. */
	{ RIGHT_TO_LEFT ".htaccess", "htaccess" },
	{ ".\x01.\x02 a", "a" },
	{ "a \x1f", "a" },
	{ "a\xe2\x80\x8b \xef\xbb\xbf ", "a" },
	{ ".\xe2\x80\x8b.", "file" },
};

static void clean(struct span name, char memory[201], struct buf *out)
{
	buf_init(out, memory, 201);
	filename_clean(name, out);
	assert_true(buf_ok(out));
}

static void test_clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char memory[201];
		struct buf out;
		clean(span_of(names[i].name), memory, &out);
		expect_buf(&out, names[i].want);
		/* Once more, and nothing changes. */
		clean(span_of(names[i].want), memory, &out);
		expect_buf(&out, names[i].want);
	}
}

static void test_nul(void **state)
{
	(void)state;
	char memory[201];
	struct buf out;

	clean((struct span){ "a.jpg\0.exe", 10 }, memory, &out);
	expect_buf(&out, "a.jpg.exe");
}

static void test_invalid(void **state)
{
	(void)state;
	static const char *const wrong[] = { "a\xff"
					     "b",
		"\xc3", "a\xc3/b", "\xed\xa0\x80", "\xc0\xae" };

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char memory[201];
		struct buf out;
		buf_init(&out, memory, sizeof(memory));
		filename_clean(span_of(wrong[i]), &out);
		assert_false(buf_ok(&out));
	}
}

/* A name of repeated characters and an ending, and what becomes of it. */
static const struct {
	const char *front;
	const char *character;
	size_t count;
	const char *ending;
	size_t want_count;
	const char *want_ending;
} longs[] = {
	{ "", "a", 196, ".jpg", 196, ".jpg" },
	{ "", "a", 197, ".jpg", 196, ".jpg" },
	{ "", "a", 10000, ".jpg", 196, ".jpg" },
	{ "", "a", 200, "", 200, "" },
	{ "", "a", 201, "", 200, "" },
	/* Never inside a character. */
	{ "", E_ACUTE, 150, ".jpg", 98, ".jpg" },
	{ "", EURO, 150, ".jpg", 65, ".jpg" },
	{ "", CAT, 150, ".jpg", 49, ".jpg" },
	{ "x", CAT, 150, ".jpg", 48, ".jpg" },
	{ "xy", E_ACUTE, 150, "", 99, "" },
	{ "x", E_ACUTE, 150, "", 99, "" },
	/* An ending of 20 bytes is one, of 21 not, an empty one neither. */
	{ "", "a", 200, ".01234567890123456789", 179, ".01234567890123456789" },
	{ "", "a", 200, ".012345678901234567890", 200, "" },
	{ "", "a", 190, ".012345678901234567890", 190, ".012345678" },
	{ "", "a", 200, "." EURO EURO EURO EURO EURO EURO "12", 179,
	    "." EURO EURO EURO EURO EURO EURO "12" },
	{ "", "a", 200, "." EURO EURO EURO EURO EURO EURO EURO, 200, "" },
	{ "", "a", 300, ".", 200, "" },
	{ "", "a", 200, ".tar.gz", 197, ".gz" },
	/* What is left out does not count, nor what stands at the ends. */
	{ "", "\xe2\x80\xae", 5000, "a.jpg", 0, "a.jpg" },
	{ "", " ", 5000, "a.jpg", 0, "a.jpg" },
	{ "", ".", 5000, "a.jpg", 0, "a.jpg" },
	{ "a/", "b", 10000, "/c.jpg", 0, "c.jpg" },
	{ "", "a", 196, ".jpg      ", 196, ".jpg" },
	{ "", "a", 300, ".j\x01p\x02g\x03", 196, ".jpg" },
	/* A blank that the cut lays bare goes too. */
	{ "", "a", 198, "   b", 198, "" },
	{ "", "a", 197, NO_BREAK NO_BREAK "b", 197, "" },
};

static void test_long(void **state)
{
	(void)state;
	static char name_memory[32768];

	for (size_t i = 0; i < COUNT_OF(longs); i++) {
		char want_memory[512];
		char memory[201];
		struct buf name;
		struct buf want;
		struct buf out;
		buf_init(&name, name_memory, sizeof(name_memory));
		buf_init(&want, want_memory, sizeof(want_memory));
		buf_text(&name, longs[i].front);
		if (longs[i].want_count > 0)
			buf_text(&want, longs[i].front);
		for (size_t n = 0; n < longs[i].count; n++)
			buf_text(&name, longs[i].character);
		for (size_t n = 0; n < longs[i].want_count; n++)
			buf_text(&want, longs[i].character);
		buf_text(&name, longs[i].ending);
		buf_text(&want, longs[i].want_ending);
		assert_true(buf_ok(&name) && buf_ok(&want));
		clean(buf_span(&name), memory, &out);
		expect_buf(&out, want_memory);
		clean(buf_span(&want), memory, &out);
		expect_buf(&out, want_memory);
	}
}

/* Names of all kinds of bits: always clean, and clean for good. */
static void test_any(void **state)
{
	(void)state;
	static const char *const bits[] = { "a", "B", "7", ".", ".", " ", " ",
		"/", "\\", "\x01", E_ACUTE, EURO, CAT, NO_BREAK, RIGHT_TO_LEFT,
		"\xe2\x80\x8b", "0123456789", "long long long name" };
	uint32_t seed = 1;

	for (unsigned round = 0; round < 20000; round++) {
		char name_memory[1024];
		char memory[201];
		char again_memory[201];
		struct buf name;
		struct buf out;
		struct buf again;
		buf_init(&name, name_memory, sizeof(name_memory));
		for (unsigned n = round % 50; n > 0; n--) {
			seed = seed * 1664525 + 1013904223;
			buf_text(&name, bits[(seed >> 16) % COUNT_OF(bits)]);
		}
		clean(buf_span(&name), memory, &out);
		expect_between(out.len, 1, FILENAME_MAX_BYTES);
		assert_null(strpbrk(memory, "/\\\x01"));
		assert_null(strstr(memory, RIGHT_TO_LEFT));
		assert_true(memory[0] != '.' && memory[0] != ' ' &&
			    memory[out.len - 1] != ' ');
		clean(buf_span(&out), again_memory, &again);
		assert_string_equal(again_memory, memory);
	}
}

static void test_plain(void **state)
{
	(void)state;
	char memory[201];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	filename_plain(span_of("tr\xc3\xa8s c~o+l " CAT "_-9.JPG"), &out);
	expect_buf(&out, "tr_s_c_o_l___-9.JPG");
}

static void test_ending(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *want;
	} endings[] = {
		{ "cat.jpg", "jpg" },
		{ "cat.JPG", "jpg" },
		{ "a.tar.gz", "gz" },
		{ "a.mp3", "mp3" },
		{ "a", "bin" },
		{ "a.", "bin" },
		{ "a.j g", "bin" },
		{ "a.j-g", "bin" },
		{ "a." E_ACUTE, "bin" },
		{ "a.01234567890123456789", "01234567890123456789" },
		{ "a.012345678901234567890", "bin" },
	};

	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		char memory[32];
		struct buf out;
		buf_init(&out, memory, sizeof(memory));
		filename_ending(span_of(endings[i].name), &out);
		expect_buf(&out, endings[i].want);
	}
}

static void test_has_ending(void **state)
{
	(void)state;
	const struct span endings[] = { span_of("exe"), span_of("tar.gz") };
	static const char *const yes[] = { "a.exe", "a.EXE", "a.eXe.",
		"a.exe...", "a.exe. .", "a.jpg.exe", "a.tar.gz" };
	static const char *const no[] = { "exe", "a.exe.jpg", "aexe", "a.exe2",
		"a.ex", "a.gz", "a", "a.", "a.exe" E_ACUTE };

	for (size_t i = 0; i < COUNT_OF(yes); i++)
		assert_true(filename_has_ending(span_of(yes[i]), endings, 2));
	for (size_t i = 0; i < COUNT_OF(no); i++)
		assert_false(filename_has_ending(span_of(no[i]), endings, 2));
	assert_false(filename_has_ending(span_of("a.exe"), NULL, 0));
}

static void expect_attachment(const char *name, const char *want)
{
	char memory[1024];
	struct buf out;

	buf_init(&out, memory, sizeof memory);
	filename_attachment(&out, span_of(name));
	expect_buf(&out, want);
}

static void test_attachment(void **state)
{
	(void)state;
	expect_attachment("cat.pdf",
	    "attachment; filename=\"cat.pdf\"; filename*=UTF-8''cat.pdf");
	expect_attachment("a b.pdf",
	    "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
	/* RFC 8187, section 3.2.2: pound and euro rates. */
	expect_attachment("\xc2\xa3 and \xe2\x82\xac rates",
	    "attachment; filename=\"_ and _ rates\"; "
	    "filename*=UTF-8''%C2%A3%20and%20%E2%82%AC%20rates");
	/* What would end the quotes, or is read differently by readers. */
	expect_attachment("a\"; x=\\%41.pdf",
	    "attachment; filename=\"a_; x=__41.pdf\"; "
	    "filename*=UTF-8''a%22%3B%20x%3D%5C%2541.pdf");
	/* All that is outside attr-char (RFC 8187, section 3.2.1). */
	expect_attachment("'()*",
	    "attachment; filename=\"'()*\"; filename*=UTF-8''%27%28%29%2A");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_ending),
		cmocka_unit_test(test_has_ending),
		cmocka_unit_test(test_attachment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
