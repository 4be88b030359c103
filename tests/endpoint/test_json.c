#include "expect.h"

#include "endpoint/json.h"

#include <stdlib.h>

static void expect_wrong(const char *body, const char *beginning)
{
	struct json_slot slot;

	if (json_slot_read(&slot, span_of(body)) != FAILURE_BAD_REQUEST)
		fail_msg("taken: %s", body);
	if (!span_starts(span_of(slot.wrong), beginning))
		fail_msg("%s: %s", body, slot.wrong);
	json_slot_done(&slot);
}

static void read_slot(struct json_slot *slot, const char *body)
{
	assert_int_equal(json_slot_read(slot, span_of(body)), FAILURE_NONE);
}

/* Types are hints: which of them are none is not judged here. */
static void test_reads_types_as_they_are(void **state)
{
	struct json_slot slot;

	(void)state;
	read_slot(&slot, "{\"jid\":\"a\",\"filename\":\"b\",\"size\":1,"
			 "\"content_type\":null}");
	assert_int_equal(slot.type.len, 0);
	json_slot_done(&slot);
	read_slot(&slot, "{\"jid\":\"a\",\"filename\":\"b\",\"size\":1,"
			 "\"content_type\":\" omemo\\n\"}");
	expect_span(slot.type, " omemo\n");
	json_slot_done(&slot);
}

/* RFC 8259, section 2: only four bytes are white space between tokens. */
static void test_refuses_nul_between_tokens(void **state)
{
	static const char body[] =
	    "{\"jid\":\"a\",\"filename\":\"b\",\"size\":1}";
	const size_t len = sizeof body - 1;
	struct json_slot slot;
	char text[sizeof body];

	(void)state;
	for (size_t at = 0; at <= len; at++) {
		memcpy(text, body, at);
		text[at] = '\0';
		memcpy(text + at + 1, body + at, len - at);
		assert_int_equal(
		    json_slot_read(&slot, (struct span){ text, len + 1 }),
		    FAILURE_BAD_REQUEST);
		assert_true(span_starts(span_of(slot.wrong), "body:"));
		json_slot_done(&slot);
	}
}

static void test_reads_a_request(void **state)
{
	struct json_slot slot;

	(void)state;
	read_slot(&slot,
	    "{\"jid\":\"juliet@example.org/balcony\","
	    "\"filename\":\"tr\xc3\xa8s \\u00e9.jpg\",\"size\":23456,"
	    "\"content_type\":\"image/jpeg\",\"purpose\":\"message\","
	    "\"later\":{\"a\":[1,2.5,null]}}");
	expect_span(slot.jid, "juliet@example.org/balcony");
	expect_span(slot.filename, "tr\xc3\xa8s \xc3\xa9.jpg");
	expect_span(slot.type, "image/jpeg");
	assert_int_equal(slot.size, 23456);
	json_slot_done(&slot);
	read_slot(&slot, "{\"jid\":\"a\",\"filename\":\"\",\"size\":0}");
	assert_int_equal(slot.type.len, 0);
	expect_span(slot.filename, "");
	assert_int_equal(slot.size, 0);
	json_slot_done(&slot);
}

static void test_names_the_member_that_is_wrong(void **state)
{
	(void)state;
	expect_wrong("", "body:");
	expect_wrong("[]", "body:");
	expect_wrong("{", "body:");
	expect_wrong("{} x", "body:");
	expect_wrong("{\"jid\":\"\xff\"}", "body:");
	expect_wrong("{\"jid\":\"a\\u0000\"}", "body:");
	expect_wrong("{\"a\":1,\"a\":1}", "body:");
	expect_wrong("{\"a\":{\"b\":1,\"b\":1}}", "body:");
	expect_wrong("{}", "jid: missing");
	expect_wrong("{\"jid\":1}", "jid:");
	expect_wrong("{\"jid\":null}", "jid:");
	expect_wrong("{\"jid\":\"a\"}", "filename: missing");
	expect_wrong("{\"jid\":\"a\",\"filename\":[]}", "filename:");
	expect_wrong("{\"jid\":\"a\",\"filename\":\"b\"}", "size: missing");
#define WITH(rest) "{\"jid\":\"a\",\"filename\":\"b\"," rest "}"
	expect_wrong(WITH("\"size\":\"12\""), "size:");
	expect_wrong(WITH("\"size\":-1"), "size:");
	expect_wrong(WITH("\"size\":1.0"), "size:");
	expect_wrong(WITH("\"size\":1e3"), "size:");
	expect_wrong(WITH("\"size\":true"), "size:");
	expect_wrong(WITH("\"size\":9223372036854775808"), "body:");
	expect_wrong(WITH("\"size\":1,\"content_type\":1"), "content_type:");
	expect_wrong(WITH("\"size\":1,\"content_type\":[]"), "content_type:");
	expect_wrong(WITH("\"size\":1,\"purpose\":\"avatar\""), "purpose:");
	expect_wrong(
	    WITH("\"size\":1,\"purpose\":\"ephemeral\""), "expire_before:");
	expect_wrong(WITH("\"size\":1,\"purpose\":\"ephemeral\","
			  "\"expire_before\":\"2026-12-01\""),
	    "expire_before:");
	expect_wrong(WITH("\"size\":1,\"purpose\":\"ephemeral\","
			  "\"expire_before\":1795629600"),
	    "expire_before:");
	expect_wrong(WITH("\"size\":1,\"purpose\":1"), "purpose:");
}

static void expect_document(char *got, const char *want)
{
	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void test_writes_documents(void **state)
{
	const struct span types[] = { span_of("image/*") };
	const struct policies policies = {
		.of = { [PURPOSE_MESSAGE] = { .max_size = 1048576,
			    .allow_types = types,
			    .allow_type_count = 1,
			    .keep = 2592000 },
		    [PURPOSE_PROFILE] = { .max_size = 524288 } },
		.offers = { true, true },
	};
	static struct slot slot;

	(void)state;
	buf_init(&slot.put, slot.put_memory, sizeof slot.put_memory);
	buf_init(&slot.get, slot.get_memory, sizeof slot.get_memory);
	buf_text(&slot.put, "https://p.example/x?a=b");
	buf_text(&slot.get, "https://g.example/x");
	slot.expires = 1369353600;
	expect_document(json_slot_write(&slot),
	    "{\"get\":\"https://g.example/x\","
	    "\"put\":\"https://p.example/x?a=b\",\"headers\":{},"
	    "\"expires\":\"2013-05-24T00:00:00Z\"}");
	buf_init(&slot.type, slot.type_memory, sizeof slot.type_memory);
	buf_text(&slot.type, "text/plain; a=\"b\\\"c/d~\"");
	expect_document(json_slot_write(&slot),
	    "{\"get\":\"https://g.example/x\","
	    "\"put\":\"https://p.example/x?a=b\",\"headers\":"
	    "{\"Content-Type\":\"text/plain; a=\\\"b\\\\\\\"c/d~\\\"\"},"
	    "\"expires\":\"2013-05-24T00:00:00Z\"}");
	expect_document(json_limits_write(&policies, 600),
	    "{\"max_size\":1048576,\"put_ttl\":600,"
	    "\"allow_types\":[\"image/*\"],\"purposes\":{"
	    "\"message\":{\"max_size\":1048576,\"keep\":2592000},"
	    "\"profile\":{\"max_size\":524288,\"keep\":null}}}");
	slot.until = 1369353661;
	expect_document(json_slot_write(&slot),
	    "{\"get\":\"https://g.example/x\","
	    "\"put\":\"https://p.example/x?a=b\",\"headers\":"
	    "{\"Content-Type\":\"text/plain; a=\\\"b\\\\\\\"c/d~\\\"\"},"
	    "\"expires\":\"2013-05-24T00:00:00Z\","
	    "\"file_expires\":\"2013-05-24T00:01:01Z\"}");
}

/* Everything at its longest, and each character of the type doubled. */
static void test_writes_the_longest_slot(void **state)
{
	static struct slot slot;
	char *text;

	(void)state;
	buf_init(&slot.put, slot.put_memory, sizeof slot.put_memory);
	buf_init(&slot.get, slot.get_memory, sizeof slot.get_memory);
	buf_init(&slot.type, slot.type_memory, sizeof slot.type_memory);
	slot.until = 1369353661;
	while (slot.put.len < SLOT_URL_MAX - 1) {
		buf_char(&slot.put, 'p');
		buf_char(&slot.get, 'g');
	}
	while (slot.type.len < MEDIA_TYPE_MAX)
		buf_char(&slot.type, '"');
	slot.expires = INT64_MAX;
	text = json_slot_write(&slot);
	assert_non_null(text);
	assert_int_equal(strlen(text),
	    2 * 20479 + 2 * MEDIA_TYPE_MAX + 17 + 13 + 17 + 35 + 38);
	assert_string_equal(text + strlen(text) - 76,
	    "\\\"\"},\"expires\":\"9999-12-31T23:59:59Z\","
	    "\"file_expires\":\"2013-05-24T00:01:01Z\"}");
	free(text);
}

/* `slotd quota` shows what it reads to people. */
static void test_reads_what_is_used(void **state)
{
	struct json_quota_read quota;

	(void)state;
	assert_true(json_quota_read(
	    span_of("{\"slots\":1,\"bytes\":2,\"domain_bytes\":3,\"limits\":"
		    "{\"slots_per_minute\":4,\"bytes_per_day\":5,"
		    "\"domain_bytes_per_day\":6},"
		    "\"slots_free_at\":\"2013-05-24T00:00:00Z\","
		    "\"bytes_free_at\":\"\\u001b[2J\","
		    "\"domain_free_at\":null}"),
	    &quota));
	assert_int_equal(quota.slots, 1);
	assert_int_equal(quota.domain_bytes_per_day, 6);
	assert_string_equal(quota.slots_free_at, "2013-05-24T00:00:00Z");
	assert_string_equal(quota.bytes_free_at, "");
	assert_string_equal(quota.domain_free_at, "");
	assert_false(json_quota_read(span_of("{\"slots\":1}"), &quota));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_a_request),
		cmocka_unit_test(test_reads_types_as_they_are),
		cmocka_unit_test(test_refuses_nul_between_tokens),
		cmocka_unit_test(test_names_the_member_that_is_wrong),
		cmocka_unit_test(test_writes_documents),
		cmocka_unit_test(test_writes_the_longest_slot),
		cmocka_unit_test(test_reads_what_is_used),
	};

	json_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
