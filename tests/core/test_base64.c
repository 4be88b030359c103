#include "expect.h"

#include "core/base64.h"

/* RFC 4648, section 10, in the URL alphabet and without padding; the last
 * two have both letters that differ from plain base64. */
static const struct {
	const char *bytes;
	const char *text;
} vectors[] = {
	{ "", "" },
	{ "f", "Zg" },
	{ "fo", "Zm8" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg" },
	{ "fooba", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xff\xef\xbe", "_---" },
	{ "\xfb\xff", "-_8" },
};

static void test_encode(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		char memory[16];
		struct buf out;
		struct span bytes = span_of(vectors[i].bytes);
		buf_init(&out, memory, sizeof(memory));
		base64url_encode(&out, bytes.at, bytes.len);
		expect_buf(&out, vectors[i].text);
	}
}

/* Whole, or not at all. */
static void test_encode_without_room(void **state)
{
	(void)state;
	for (size_t i = 1; i < COUNT_OF(vectors); i++) {
		char memory[16];
		struct span bytes = span_of(vectors[i].bytes);
		size_t need = strlen(vectors[i].text) + 1;
		struct buf out = buf_of(memory, need);

		base64url_encode(&out, bytes.at, bytes.len);
		expect_buf(&out, vectors[i].text);
		out = buf_of(memory, need - 1);
		base64url_encode(&out, bytes.at, bytes.len);
		assert_false(buf_ok(&out));
		expect_span(buf_span(&out), "");
	}
}

static void test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		uint8_t bytes[8];
		size_t len = 99;
		assert_true(base64url_decode(
		    span_of(vectors[i].text), sizeof(bytes), bytes, &len));
		struct span got = { (char *)bytes, len };
		expect_span(got, vectors[i].bytes);
	}
}

static void test_zeros(void **state)
{
	(void)state;
	static const uint8_t zeros[4] = { 0 };
	uint8_t bytes[4] = { 1, 1, 1, 1 };
	size_t len = 0;
	char memory[16];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	base64url_encode(&out, zeros, 4);
	expect_buf(&out, "AAAAAA");
	assert_true(base64url_decode(span_of("AAAAAA"), 4, bytes, &len));
	assert_int_equal(len, 4);
	assert_memory_equal(bytes, zeros, 4);
}

/* Every letter: 48 bytes that say 0 to 63 in six bits each, by Python. */
static void test_every_letter(void **state)
{
	(void)state;
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t bytes[48];
	size_t len = 0;

	assert_true(
	    base64url_decode(span_of(letters), sizeof(bytes), bytes, &len));
	assert_int_equal(len, sizeof(bytes));
	expect_hex(bytes, len,
	    "00108310518720928b30d38f41149351559761969b71d79f"
	    "8218a39259a7a29aabb2dbafc31cb3d35db7e39ebbf3dfbf");
}

static void test_decode_refuses(void **state)
{
	(void)state;
	static const char *const wrong[] = { "A", "Zg==", "Zm9vY", "Zh", "Zm9",
		"Zm9v ", "Zm+v", "Zm/v", " Zm9v", "Zm9v\n", "Zm\xc3\xa9",
		"Zm9vYmFyZm9v" /* 9 bytes */ };
	uint8_t bytes[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	static const uint8_t untouched[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	size_t len = 99;

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(base64url_decode(
		    span_of(wrong[i]), sizeof(bytes), bytes, &len));
		assert_memory_equal(bytes, untouched, sizeof(bytes));
		assert_int_equal(len, 99);
	}
}

/* RFC 4648, section 10; the last two by base64(1). */
static void test_padded(void **state)
{
	static const struct {
		const char *text;
		const char *bytes;
	} rows[] = {
		{ "", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" },
		{ "Zm9vYmFy", "foobar" },
		{ "/+++", "\xff\xef\xbe" },
		{ "+/8=", "\xfb\xff" },
	};
	static const char *const wrong[] = { "Z", "Zg", "Zg=", "Zm8",
		"Z===", "====", "Zg===", "Zm9v=", "Zm9v====", "Zh==", "Zm9=",
		"-_8=", "=Zg=", "Zg==Zm9v", "Zg==\n", "Zm 9", "Zm9vYmFyZm9v" };
	uint8_t bytes[8];
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const size_t need = strlen(rows[i].text) + 1;
		char memory[16];
		struct buf out = buf_of(memory, need);

		base64_encode(&out, rows[i].bytes, strlen(rows[i].bytes));
		expect_buf(&out, rows[i].text);
		out = buf_of(memory, need > 1 ? need - 1 : 1);
		base64_encode(&out, rows[i].bytes, strlen(rows[i].bytes));
		expect_span(buf_span(&out), "");
		assert_int_equal(buf_ok(&out), need == 1);
		assert_true(base64_decode(
		    span_of(rows[i].text), sizeof bytes, bytes, &len));
		struct span got = { (char *)bytes, len };
		expect_span(got, rows[i].bytes);
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		if (base64_decode(span_of(wrong[i]), sizeof bytes, bytes, &len))
			fail_msg("taken: %s", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_encode_without_room),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_every_letter),
		cmocka_unit_test(test_decode_refuses),
		cmocka_unit_test(test_padded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
