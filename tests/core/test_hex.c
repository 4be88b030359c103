#include "expect.h"

#include "core/hex.h"

#include <stdio.h>

static void test_encode(void **state)
{
	(void)state;
	static const uint8_t bytes[] = { 0x00, 0x01, 0x9a, 0xef, 0xff };
	char memory[16];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	hex_encode(&out, bytes, sizeof(bytes));
	expect_buf(&out, "00019aefff");
	for (unsigned i = 0; i < 256; i++) {
		const uint8_t byte = (uint8_t)i;
		char want[4];
		buf_reset(&out);
		hex_encode(&out, &byte, 1);
		snprintf(want, sizeof(want), "%02x", i);
		expect_buf(&out, want);
	}
}

static void test_encode_without_room(void **state)
{
	(void)state;
	char memory[5];
	struct buf out = buf_of(memory, sizeof(memory));

	hex_encode(&out, "", 0);
	hex_encode(&out, "\x9a\xef", 2);
	expect_buf(&out, "9aef");
	buf_reset(&out);
	hex_encode(&out, "\x9a\xef\x01", 3);
	assert_false(buf_ok(&out));
	expect_span(buf_span(&out), "");
}

static void test_decode(void **state)
{
	(void)state;
	uint8_t bytes[4] = { 9, 9, 9, 9 };
	static const uint8_t want[4] = { 0x0f, 0xa0, 0x19, 0xcd };

	assert_true(hex_decode(span_of("0fa019cd"), 4, bytes));
	assert_memory_equal(bytes, want, 4);
	assert_true(hex_decode(span_of(""), 0, bytes));
}

static void test_decode_refuses(void **state)
{
	(void)state;
	static const char *const wrong[] = { "", "0fa019c", "0fa019c ",
		"0FA019CD", "0fa019cd0", "0fa019cd00", "0fa019cg", "0x0fa019",
		"0fa019c:", "0fa019c`",
		"0fa0\xc3\xa9"
		"9cd" };
	uint8_t bytes[4] = { 9, 9, 9, 9 };
	static const uint8_t untouched[4] = { 9, 9, 9, 9 };

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(hex_decode(span_of(wrong[i]), 4, bytes));
		assert_memory_equal(bytes, untouched, 4);
	}
	assert_false(hex_decode((struct span){ "0fa019c\0", 8 }, 4, bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_encode_without_room),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
