#include "expect.h"

#include "endpoint/json.h"
#include "endpoint/json_memory.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>

#define BODY_MAX 16384

/* With an escape: jansson reads it. */
#define USUAL                                                                  \
	"{\"jid\":\"juliet@example.org/balcony\",\"filename\":\"tr\xc3\xa8s "  \
	"cool.jpg\",\"size\":23456,\"content_type\":\"image\\/jpeg\"}"

/* A body of just this size; the filename is as long as it can be. */
static void write_long_name(char body[BODY_MAX + 1], size_t size)
{
	static const char head[] = "{\"jid\":\"a\\u0040b.c\",\"filename\":\"";
	static const char tail[] = "\",\"size\":7}";
	size_t len = size - (sizeof head - 1) - (sizeof tail - 1);

	memcpy(body, head, sizeof head - 1);
	memset(body + sizeof head - 1, 'n', len);
	memcpy(body + sizeof head - 1 + len, tail, sizeof tail);
}

/* As many members and values as fit before the ones that are read. */
static void write_many_members(char body[BODY_MAX + 1], size_t size)
{
	static const char tail[] =
	    "\"jid\":\"a@b.c\",\"filename\":\"n\",\"size\":7}";
	size_t len = 1;

	body[0] = '{';
	for (unsigned i = 0; len + 24 + sizeof tail <= size; i++)
		len += (size_t)snprintf(body + len, size - len,
		    "\"m%04u\":[%u,\"x\"],", i % 10000, i % 10);
	memcpy(body + len, tail, sizeof tail);
}

/* Whatever else this thread reads must not come to lie in the arena. */
static void expect_unused(struct json_slot *slot)
{
	size_t used = slot->memory.used;
	void *block = json_memory_take(1);

	assert_int_equal(slot->memory.used, used);
	json_memory_give(block);
}

static void expect_read(struct json_slot *slot, const char *body)
{
	assert_int_equal(json_slot_read(slot, span_of(body)), FAILURE_NONE);
	expect_span(slot->jid, "a@b.c");
	assert_int_equal(slot->size, 7);
	expect_unused(slot);
}

static void test_a_usual_body_needs_nothing_else(void **state)
{
	static struct json_slot slot;

	(void)state;
	assert_int_equal(json_slot_read(&slot, span_of(USUAL)), FAILURE_NONE);
	assert_false(slot.memory.spilled);
	expect_span(slot.jid, "juliet@example.org/balcony");
	expect_span(slot.filename, "tr\xc3\xa8s cool.jpg");
	expect_span(slot.type, "image/jpeg");
	assert_int_equal(slot.size, 23456);
	json_slot_done(&slot);
}

/* Around the arena's size and up to the largest body; read often enough that
 * any block that was not freed would show. */
static void read_all_sizes(void (*write)(char *body, size_t size))
{
	static struct json_slot slot;
	static char body[BODY_MAX + 1];
	bool spilled = false;

	for (size_t size = 64; size <= BODY_MAX; size += 255) {
		write(body, size);
		expect_read(&slot, body);
		spilled = spilled || slot.memory.spilled;
		json_slot_done(&slot);
		expect_unused(&slot);
	}
	assert_true(spilled);
}

static void test_a_body_beyond_the_arena(void **state)
{
	static struct json_slot slot;
	static char body[BODY_MAX + 1];

	(void)state;
	read_all_sizes(write_long_name);
	read_all_sizes(write_many_members);
	write_long_name(body, BODY_MAX);
	assert_int_equal(strlen(body), BODY_MAX);
	expect_read(&slot, body);
	assert_int_equal(slot.filename.len, BODY_MAX - 32 - 11);
	for (size_t i = 0; i < slot.filename.len; i++)
		assert_int_equal(slot.filename.at[i], 'n');
	json_slot_done(&slot);
}

/* Whatever was malloc'ed is freed, of good and bad bodies. */
static void test_gives_everything_back(void **state)
{
	static struct json_slot slot;
	static char body[BODY_MAX + 1];
	size_t before = 0;

	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		write_many_members(body, BODY_MAX);
		expect_read(&slot, body);
		assert_true(slot.memory.spilled);
		json_slot_done(&slot);
		body[strlen(body) - 1] = ']';
		assert_int_equal(
		    json_slot_read(&slot, span_of(body)), FAILURE_BAD_REQUEST);
		json_slot_done(&slot);
		if (round == 9)
			before = mallinfo2().uordblks;
	}
	assert_int_equal(mallinfo2().uordblks, before);
}

/* A request may wait while others are read. */
static void test_two_at_once(void **state)
{
	static struct json_slot one, two;
	static char body[BODY_MAX + 1];

	(void)state;
	assert_int_equal(json_slot_read(&one, span_of(USUAL)), FAILURE_NONE);
	write_many_members(body, BODY_MAX);
	expect_read(&two, body);
	expect_span(one.filename, "tr\xc3\xa8s cool.jpg");
	json_slot_done(&one);
	expect_span(two.jid, "a@b.c");
	json_slot_done(&two);
}

static void *finish(void *slot)
{
	json_slot_done(slot);
	return NULL;
}

static void test_ends_in_another_thread(void **state)
{
	static struct json_slot slot;
	static char body[BODY_MAX + 1];
	pthread_t thread;

	(void)state;
	write_many_members(body, BODY_MAX);
	expect_read(&slot, body);
	assert_int_equal(pthread_create(&thread, NULL, finish, &slot), 0);
	pthread_join(thread, NULL);
	assert_int_equal(slot.memory.used, 0);
}

/* No text of a body stays in memory. */
static void test_wipes_the_arena(void **state)
{
	static struct json_slot slot;
	const char *room = slot.memory.room;

	(void)state;
	memset(slot.memory.room, 0, sizeof slot.memory.room);
	assert_int_equal(json_slot_read(&slot, span_of(USUAL)), FAILURE_NONE);
	assert_true(slot.jid.at >= room &&
		    slot.jid.at < room + sizeof slot.memory.room);
	json_slot_done(&slot);
	for (size_t i = 0; i < sizeof slot.memory.room; i++)
		assert_int_equal(room[i], 0);
}

/* Other documents use no arena, and an arena's end is kept. */
static void test_blocks(void **state)
{
	static struct json_arena arena;
	char *block, *last;

	(void)state;
	block = json_memory_take(1);
	json_memory_give(block);
	assert_int_equal(arena.used, 0);
	json_memory_use(&arena);
	block = json_memory_take(1);
	assert_ptr_equal(block, arena.room);
	last = json_memory_take(sizeof arena.room - 16);
	assert_ptr_equal(last, arena.room + 16);
	assert_false(arena.spilled);
	block = json_memory_take(1);
	assert_true(arena.spilled);
	assert_true(
	    block < arena.room || block >= arena.room + sizeof arena.room);
	json_memory_give(block);
	json_memory_give(last);
	json_memory_give(NULL);
	assert_int_equal((uintptr_t)last % 16, 0);
	json_memory_use(NULL);
	assert_false(json_memory_lacked());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_usual_body_needs_nothing_else),
		cmocka_unit_test(test_a_body_beyond_the_arena),
		cmocka_unit_test(test_gives_everything_back),
		cmocka_unit_test(test_two_at_once),
		cmocka_unit_test(test_ends_in_another_thread),
		cmocka_unit_test(test_wipes_the_arena),
		cmocka_unit_test(test_blocks),
	};

	json_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
