#include "expect.h"

#include "endpoint/json_plain.h"

#include <jansson.h>
#include <string.h>

#define USUAL                                                                  \
	"{\"jid\":\"juliet@example.org/balcony\",\"filename\":\"tr\xc3\xa8s "  \
	"cool.jpg\",\"size\":23456,\"content_type\":\"image/jpeg\"}"

static void test_what_servers_write(void **state)
{
	struct json_plain plain;

	(void)state;
	assert_true(json_plain_read(span_of(USUAL), &plain));
	expect_span(plain.jid, "juliet@example.org/balcony");
	expect_span(plain.filename, "tr\xc3\xa8s cool.jpg");
	expect_span(plain.type, "image/jpeg");
	assert_int_equal(plain.size, 23456);
	assert_true(
	    json_plain_read(span_of(" {\t\"size\" : 0 ,\r\n\"filename\": \"\", "
				    "\"jid\" :\"a\" }\n"),
		&plain));
	expect_span(plain.jid, "a");
	expect_span(plain.filename, "");
	assert_null(plain.type.at);
	assert_int_equal(plain.size, 0);
}

#define WITH(name, size, rest)                                                 \
	"{\"jid\":\"a\",\"filename\":\"" name "\",\"size\":" size rest

static void test_everything_else_is_left_alone(void **state)
{
	static const char *const bodies[] = {
		"",
		"{}",
		"[]",
		"{\"jid\":\"a\",\"filename\":\"b\"}",
		"{\"jid\":\"a\",\"size\":1}",
		"{\"filename\":\"b\",\"size\":1}",
		WITH("b", "1", ""),
		WITH("b", "1", "}x"),
		WITH("b", "1", ",}"),
		WITH("b", "1", "]"),
		WITH("b", "1", ",\"size\":1}"),
		WITH("b", "1", ",\"jid\":\"\"}"),
		WITH("b", "1", ",\"purpose\":\"profile\"}"),
		WITH("b", "1", ",\"other\":\"\"}"),
		WITH("b", "1", ",\"content_type\":null}"),
		WITH("b", "01", "}"),
		WITH("b", "-1", "}"),
		WITH("b", "1.0", "}"),
		WITH("b", "1e3", "}"),
		WITH("b", "1 2", "}"),
		WITH("b", "\"1\"", "}"),
		WITH("b", "", "}"),
		WITH("b", "1000000000000000000", "}"),
		WITH("\\u0062", "1", "}"),
		WITH("\\\"", "1", "}"),
		WITH("\t", "1", "}"),
		WITH("\x7f", "1", "}"),
		WITH("\xff", "1", "}"),
		WITH("\xc0\xaf", "1", "}"),
		WITH("\xed\xa0\x80", "1", "}"),
	};
	static const char nul[] = WITH("b", "1", "}\0");
	struct json_plain plain;

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		if (json_plain_read(span_of(bodies[i]), &plain))
			fail_msg("taken: %s", bodies[i]);
	assert_false(
	    json_plain_read((struct span){ nul, sizeof nul - 1 }, &plain));
	assert_true(json_plain_read(
	    span_of(WITH("b", "999999999999999999", "}")), &plain));
	assert_int_equal(plain.size, 999999999999999999);
}

static void expect_text(const json_t *root, const char *name, struct span text)
{
	const json_t *member = json_object_get(root, name);

	assert_int_equal(json_string_length(member), text.len);
	if (text.at)
		assert_memory_equal(
		    json_string_value(member), text.at, text.len);
	else
		assert_null(member);
}

/* True if it was read, and jansson has read the same. */
static bool is_same(struct span body)
{
	struct json_plain plain;
	json_t *root;

	if (!json_plain_read(body, &plain))
		return false;
	root = json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	expect_text(root, "jid", plain.jid);
	expect_text(root, "filename", plain.filename);
	expect_text(root, "content_type", plain.type);
	assert_true(json_is_integer(json_object_get(root, "size")));
	assert_int_equal(
	    json_integer_value(json_object_get(root, "size")), plain.size);
	assert_int_equal(json_object_size(root), 3 + (plain.type.at != NULL));
	json_decref(root);
	return true;
}

/* A byte changed, put in, and taken out: everywhere, to every value. */
static void test_jansson_reads_the_same(void **state)
{
	static const char usual[] = USUAL;
	const size_t len = sizeof usual - 1;
	char text[sizeof usual];
	unsigned same = 0;

	(void)state;
	assert_true(is_same((struct span){ usual, len }));
	for (size_t at = 0; at < len; at++) {
		for (int byte = 0; byte < 256; byte++) {
			memcpy(text, usual, len);
			text[at] = (char)byte;
			same += is_same((struct span){ text, len });
			memcpy(text + at + 1, usual + at, len - at);
			same += is_same((struct span){ text, len + 1 });
		}
		memcpy(text + at, usual + at + 1, len - at - 1);
		same += is_same((struct span){ text, len - 1 });
	}
	assert_true(same > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_servers_write),
		cmocka_unit_test(test_everything_else_is_left_alone),
		cmocka_unit_test(test_jansson_reads_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
