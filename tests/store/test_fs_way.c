#include "store/fs_recorder.h"

/* The folder of another upload of this moment may not be on the disk yet. It is
 * synced once, but again when it is another folder of that name, or was not
 * synced. */
static void test_order_with_folders_of_others(void **state)
{
	static const char *const expected[] = { "fsetxattr FILE",
		"fallocate FILE", "write FILE", "fsync FILE", "mkdirat ROOT/a",
		"linkat ROOT/a/c", "fsync ROOT/a", "fsync ROOT" };
	struct place *place = *state;

	for (int round = 0; round < 2; round++) {
		assert_int_equal(mkdir(in_store(place, "a"), 0700), 0);
		start_recording(place);
		failing.fsync_folder = EIO;
		assert_int_equal(put(place->fs, "a/c", "text", "text/plain"),
		    FAILURE_INTERNAL);
		start_recording(place);
		assert_int_equal(
		    put(place->fs, "a/c", "text", "text/plain"), 0);
		assert_record(expected, 8);
		assert_int_equal(unlink(in_store(place, "a/c")), 0);
		start_recording(place);
		assert_int_equal(
		    put(place->fs, "a/c", "text", "text/plain"), 0);
		assert_record(expected, 7);
		assert_int_equal(unlink(in_store(place, "a/c")), 0);
		assert_int_equal(rmdir(in_store(place, "a")), 0);
	}
}

static int times_recorded(const char *call)
{
	int times = 0;

	for (int i = 0; i < record_count; i++)
		times += !strcmp(record[i], call);
	return times;
}

/* Of a very long way the first part is synced at the end, the others as they
 * are entered. */
static void test_order_of_a_long_way(void **state)
{
	static const char key[] = "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/f";
	struct place *place = *state;
	char wanted[160];

	assert_int_equal(put(place->fs, key, "text", "a/b"), 0);
	recording = false;
	for (int depth = 0; depth <= 20; depth++) {
		snprintf(wanted, sizeof wanted, "fsync ROOT%s%.*s",
		    depth ? "/" : "", depth ? 2 * depth - 1 : 0, key);
		assert_int_equal(times_recorded(wanted), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		order_test(test_order_with_folders_of_others),
		order_test(test_order_of_a_long_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
