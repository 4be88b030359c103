#include "expect.h"

#include "endpoint/json.h"
#include "endpoint/json_memory.h"

#include <stdlib.h>

/* Instead of that of src/: the block with this number is not given. */
static unsigned left;
static bool lacked;

void *json_memory_take(size_t size)
{
	if (left && !--left) {
		lacked = true;
		return NULL;
	}
	return malloc(size);
}

void json_memory_give(void *memory)
{
	free(memory);
}

void json_memory_use(struct json_arena *arena)
{
	/* So that json_slot_done frees the document. */
	if (arena)
		arena->spilled = true;
}

void json_memory_drop(struct json_arena *arena)
{
	(void)arena;
}

bool json_memory_lacked(void)
{
	bool was = lacked;

	lacked = false;
	left = 0;
	return was;
}

#define BODY                                                                   \
	"{\"jid\":\"juliet@example.org\",\"filename\":\"tr\xc3\xa8s "          \
	"\\u00e9.jpg\",\"size\":23456,\"later\":{\"a\":[1,2.5,null]}}"

/* Each block in turn. */
static void test_a_body(void **state)
{
	enum failure failure = FAILURE_UNAVAILABLE;
	struct json_slot slot;
	unsigned block = 0;

	(void)state;
	while (failure != FAILURE_NONE) {
		left = ++block;
		failure = json_slot_read(&slot, span_of(BODY));
		json_slot_done(&slot);
		assert_true(
		    failure == FAILURE_NONE || failure == FAILURE_UNAVAILABLE);
		assert_true(block < 1000);
	}
	assert_true(block > 10);
}

#define CLAIMS                                                                 \
	"{\"exp\":1732300300,\"slot\":\"abc\",\"filename\":\"a\","             \
	"\"filesize\":5}"

static void test_a_token(void **state)
{
	enum failure failure = FAILURE_UNAVAILABLE;
	struct json_jwt jwt;
	const char *wrong;
	unsigned block = 0;

	(void)state;
	while (failure != FAILURE_NONE) {
		left = ++block;
		failure = json_jwt_read(&jwt, span_of(CLAIMS), &wrong);
		json_jwt_done(&jwt);
		assert_true(
		    failure == FAILURE_NONE || failure == FAILURE_UNAVAILABLE);
	}
	assert_true(block > 10);
	for (block = 0; failure != FAILURE_UNAUTHORIZED;) {
		left = ++block;
		failure = json_jwt_header(span_of("{\"alg\":\"none\"}"));
		assert_true(failure == FAILURE_UNAUTHORIZED ||
			    failure == FAILURE_UNAVAILABLE);
	}
	assert_true(block > 5);
}

/* Whole, or none. */
static void test_a_document(void **state)
{
	const struct span types[] = { { "image/*", 7 }, { "video/*", 7 } };
	const struct policies policies = {
		.of = { { .max_size = 5,
		    .allow_types = types,
		    .allow_type_count = 2 } },
		.offers = { true },
	};
	char *text = NULL;

	(void)state;
	for (unsigned block = 1; !text; block++) {
		left = block;
		text = json_limits_write(&policies, 600);
	}
	assert_string_equal(text, "{\"max_size\":5,\"put_ttl\":600,"
				  "\"allow_types\":[\"image/*\",\"video/*\"],"
				  "\"purposes\":{\"message\":{"
				  "\"max_size\":5,\"keep\":null}}}");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_body),
		cmocka_unit_test(test_a_token),
		cmocka_unit_test(test_a_document),
	};

	json_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
