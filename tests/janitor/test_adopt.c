#include "expect.h"

#include "janitor/adopt.h"

#include <stdio.h>
#include <unistd.h>

/* What is copied is the file as it was opened, or nothing. */

static FILE *old;
static struct adopt_file file;

static void begin(const char *text)
{
	old = tmpfile();
	assert_non_null(old);
	file = (struct adopt_file){ .fd = fileno(old), .size = strlen(text) };
	assert_int_equal(write(file.fd, text, file.size), file.size);
}

static void test_read(void **state)
{
	char bytes[16] = "";

	(void)state;
	begin("a cat and a dog");
	assert_int_equal(adopt_read(&file, 0, bytes, 5), 5);
	assert_memory_equal(bytes, "a cat", 5);
	assert_int_equal(adopt_read(&file, 6, bytes, 16), 9);
	assert_memory_equal(bytes, "and a dog", 9);
	fclose(old);
}

static void test_it_grows(void **state)
{
	char bytes[32];

	(void)state;
	begin("a cat");
	assert_int_equal(write(file.fd, " and a dog", 10), 10);
	assert_int_equal(adopt_read(&file, 0, bytes, 3), 3);
	assert_int_equal(adopt_read(&file, 3, bytes, 2), -1);
	assert_int_equal(adopt_read(&file, 0, bytes, sizeof bytes), -1);
	fclose(old);
}

static void test_it_shrinks(void **state)
{
	char bytes[32];

	(void)state;
	begin("a cat and a dog");
	assert_int_equal(ftruncate(file.fd, 5), 0);
	assert_int_equal(adopt_read(&file, 5, bytes, sizeof bytes), 0);
	fclose(old);
}

static void test_it_cannot_be_read(void **state)
{
	char bytes[8];

	(void)state;
	file = (struct adopt_file){ .fd = -1, .size = 8 };
	assert_int_equal(adopt_read(&file, 0, bytes, 8), -1);
}

/* What a store and a caller need for it. */
static void test_impossible(void **state)
{
	static const struct store_class nothing,
	    keeps = { .upload_open = (void *)1, .file_open = (void *)1 };
	static const struct store_class sends = { .forward = (void *)1,
		.list = (void *)1 };
	static const struct store_class blind = { .forward = (void *)1 };
	const struct caller caller = { .base = { "/upload/", 8 } };
	const struct caller other = { .base = SPAN_EMPTY };

	(void)state;
	assert_null(
	    adopt_impossible(&caller, &(struct store){ .class = &keeps }));
	assert_null(
	    adopt_impossible(&caller, &(struct store){ .class = &sends }));
	assert_non_null(
	    adopt_impossible(&other, &(struct store){ .class = &keeps }));
	assert_non_null(
	    adopt_impossible(&caller, &(struct store){ .class = &nothing }));
	assert_non_null(
	    adopt_impossible(&caller, &(struct store){ .class = &blind }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_it_grows),
		cmocka_unit_test(test_it_shrinks),
		cmocka_unit_test(test_it_cannot_be_read),
		cmocka_unit_test(test_impossible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
