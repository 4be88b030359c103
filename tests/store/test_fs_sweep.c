#include "store/fs_fixture.h"

#include <sys/syscall.h>

#define AFTER 100

static atomic_bool *stop_at_removal;

/* Stands before the C library's. */
int unlinkat(int folder, const char *name, int flags)
{
	if (stop_at_removal)
		atomic_store(stop_at_removal, true);
	return (int)syscall(SYS_unlinkat, folder, name, flags);
}

static int setup(void **state)
{
	struct place *place;

	place_setup(state);
	place = *state;
	place_close(place);
	place->config.has_until = true;
	place_open(place);
	return 0;
}

/* Stores a text that came `age` seconds before NOW, to be kept for AFTER. */
static void put_aged(const struct place *place, const char *key, int age)
{
	struct refusal why = { 0 };
	struct store_upload *upload = NULL;

	assert_int_equal(open_upload(place->fs, span_of(key), 1, span_of("a/b"),
			     NOW - age + AFTER, &upload, &why),
	    0);
	assert_int_equal(fs_upload_write(upload, "x", 1, &why), 0);
	assert_int_equal(fs_upload_commit(upload, &why), 0);
}

static void age_file(const char *path)
{
	const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };

	assert_int_equal(
	    utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void test_removes_what_is_due(void **state)
{
	struct place *place = *state;

	put_aged(place, "one/two/due", AFTER);
	put_aged(place, "both/due", AFTER + 1);
	put_aged(place, "both/young", AFTER - 1);
	put_aged(place, "due", AFTER * 1000);
	fs_sweep(place->fs, NOW, NULL);
	assert_false(is_there(in_store(place, "one")));
	assert_false(is_there(in_store(place, "due")));
	assert_false(is_there(in_store(place, "both/due")));
	assert_true(is_there(in_store(place, "both/young")));
	assert_int_equal(count_entries(place->store), 2);
	fs_sweep(place->fs, NOW + 1, NULL);
	assert_int_equal(count_entries(place->store), 0);
	assert_true(is_there(place->store));
	/* The folder that went away does not stop the next upload. */
	assert_int_equal(put(place->fs, "both/new", "x", "a/b"), 0);
}

static void test_when_to_come_back(void **state)
{
	struct place *place = *state;

	/* Never later than a minute after any file's time, whenever it comes
	 * and whatever its time stamp says. */
	assert_int_equal(fs_sweep(place->fs, NOW, NULL), NOW + 50);
	put_aged(place, "a", AFTER - 30);
	put_aged(place, "b", AFTER - 40);
	put_aged(place, "c", 0);
	assert_int_equal(fs_sweep(place->fs, NOW, NULL), NOW + 30);
	/* And not all the time. */
	put_aged(place, "d", AFTER - 1);
	assert_int_equal(fs_sweep(place->fs, NOW, NULL), NOW + 20);
	assert_int_equal(fs_sweep(place->fs, NOW + 20, NULL), NOW + 40);
	assert_int_equal(fs_sweep(place->fs, NOW + 40, NULL), NOW + 90);
	assert_int_equal(count_entries(place->store), 1);
}

static void test_leaves_alone(void **state)
{
	struct place *place = *state;

	write_file(in_store(place, ".key"), "x", 0600);
	age_file(in_store(place, ".key"));
	assert_int_equal(mkdir(in_store(place, ".dir"), 0700), 0);
	write_file(in_store(place, ".dir/file"), "x", 0600);
	age_file(in_store(place, ".dir/file"));
	write_file(in_folder(place->outside, "victim"), "x", 0600);
	age_file(in_folder(place->outside, "victim"));
	assert_int_equal(mkdir(in_store(place, "d"), 0700), 0);
	assert_int_equal(symlink(place->outside, in_store(place, "d/dir")), 0);
	assert_int_equal(symlink(in_folder(place->outside, "victim"),
			     in_store(place, "d/file")),
	    0);
	age_file(in_store(place, "d/file"));
	assert_int_equal(mkfifo(in_store(place, "d/fifo"), 0600), 0);
	age_file(in_store(place, "d/fifo"));
	fs_sweep(place->fs, NOW, NULL);
	assert_int_equal(count_entries(place->outside), 1);
	assert_int_equal(count_entries(place->store), 7);
}

/* An upload whose folder the sweeper takes away arrives all the same. */
static void test_upload_during_sweep(void **state)
{
	struct place *place = *state;
	struct store_upload *upload;
	struct refusal why = { 0 };

	put_aged(place, "shared/old", AFTER);
	assert_int_equal(
	    begin_put(place->fs, "shared/new", 1, "a/b", &upload), 0);
	fs_sweep(place->fs, NOW, NULL);
	assert_int_equal(count_entries(place->store), 0);
	assert_int_equal(fs_upload_write(upload, "x", 1, &why), 0);
	assert_int_equal(fs_upload_commit(upload, &why), 0);
	assert_text(in_store(place, "shared/new"), "x");
}

static void test_deep(void **state)
{
	struct place *place = *state;
	char key[200];

	for (size_t i = 0; i < sizeof key; i += 2) {
		key[i] = 'd';
		key[i + 1] = '/';
	}
	key[sizeof key - 1] = '\0';
	put_aged(place, key, AFTER);
	assert_int_equal(count_entries(place->store), 100);
	fs_sweep(place->fs, NOW, NULL);
	assert_int_equal(count_entries(place->store), 0);
}

static void test_stops_when_told(void **state)
{
	struct place *place = *state;
	atomic_bool stop = true;

	put_aged(place, "due", AFTER);
	put_aged(place, "one/two/due", AFTER);
	fs_sweep(place->fs, NOW, &stop);
	assert_int_equal(count_entries(place->store), 4);
	atomic_store(&stop, false);
	fs_sweep(place->fs, NOW, &stop);
	assert_int_equal(count_entries(place->store), 0);
}

/* Told so while it removes the first file, three folders down, it removes no
 * other. */
static void test_stops_in_the_middle(void **state)
{
	static const char *const keys[] = { "a/a/a/a", "a/a/a/b", "a/a/b",
		"a/b", "b" };
	struct place *place = *state;
	atomic_bool stop = false;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		put_aged(place, keys[i], AFTER);
	assert_int_equal(count_entries(place->store), 8);
	stop_at_removal = &stop;
	fs_sweep(place->fs, NOW, &stop);
	stop_at_removal = NULL;
	assert_int_equal(count_entries(place->store), 7);
	fs_sweep(place->fs, NOW, NULL);
	assert_int_equal(count_entries(place->store), 0);
}

#define sweep_test(name)                                                       \
	cmocka_unit_test_setup_teardown(name, setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		sweep_test(test_removes_what_is_due),
		sweep_test(test_when_to_come_back),
		sweep_test(test_leaves_alone),
		sweep_test(test_upload_during_sweep),
		sweep_test(test_deep),
		sweep_test(test_stops_when_told),
		sweep_test(test_stops_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
