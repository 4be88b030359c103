#include "store/fs_fixture.h"

/* As many as are stored before the first of them is fetched. */
#define MANY 500

static struct stat status_of(uint64_t number)
{
	return (struct stat){ .st_dev = 7,
		.st_ino = number,
		.st_ctim = {
		    .tv_sec = NOW, .tv_nsec = (long)(number % 1000) } };
}

static void put_one(struct fs_folder *folder, uint64_t number)
{
	const struct stat status = status_of(number);
	struct fs_attributes attributes = { .until = (int64_t)number };

	snprintf(attributes.type, sizeof attributes.type, "a/%d",
	    (int)(number % 1000));
	fs_known_put(folder, &status, &attributes);
}

/* Whether it is known, and then as it was. */
static bool has_one(struct fs_folder *folder, uint64_t number)
{
	const struct stat status = status_of(number);
	struct fs_attributes attributes;
	char type[16];

	if (!fs_known_get(folder, &status, &attributes))
		return false;
	snprintf(type, sizeof type, "a/%d", (int)(number % 1000));
	assert_int_equal(attributes.until, number);
	assert_string_equal(attributes.type, type);
	return true;
}

/* However far the numbers are apart. */
static void test_many(void **state)
{
	static const uint64_t distances[] = { 1, 2, 3, 14, 16, 64, 128, 512,
		1000, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
		struct fs_folder *folder = fs_folder_new("/none");

		assert_non_null(folder);
		for (uint64_t n = 0; n < MANY; n++)
			put_one(folder, 6619148 + n * distances[i]);
		for (uint64_t n = 0; n < MANY; n++)
			assert_true(
			    has_one(folder, 6619148 + n * distances[i]));
		assert_false(has_one(folder, 5));
		fs_folder_release(folder);
	}
}

/* Those that were remembered last, however many came before. */
static void test_the_last(void **state)
{
	struct fs_folder *folder = fs_folder_new("/none");

	(void)state;
	assert_non_null(folder);
	for (uint64_t n = 1; n <= 20000; n++)
		put_one(folder, n);
	for (uint64_t n = 20000 - MANY; n <= 20000; n++)
		assert_true(has_one(folder, n));
	assert_false(has_one(folder, 1));
	fs_folder_release(folder);
}

/* A file that is changed again and again takes no other's place. */
static void test_one_again(void **state)
{
	struct fs_folder *folder = fs_folder_new("/none");
	struct fs_attributes attributes = { .type = "a/b" };
	struct stat status = status_of(1);

	(void)state;
	assert_non_null(folder);
	for (uint64_t n = 0; n < MANY; n++)
		put_one(folder, n);
	for (int i = 0; i < 100; i++) {
		status.st_ctim.tv_sec++;
		attributes.until = i;
		fs_known_put(folder, &status, &attributes);
	}
	assert_false(has_one(folder, 1)); /* as it was */
	assert_true(fs_known_get(folder, &status, &attributes));
	assert_int_equal(attributes.until, 99);
	for (uint64_t n = 0; n < MANY; n++)
		assert_true(n == 1 || has_one(folder, n));
	fs_folder_release(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_the_last),
		cmocka_unit_test(test_one_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
