#include "store/fs_fixture.h"

#include <sched.h>
#include <sys/mount.h>

/*
 * A full disk, for real: a tmpfs of 1 MiB over the store's folder, in a mount
 * namespace of this process alone. Needs root; skipped without.
 */
#define DISK (1024 * 1024)

static bool can_mount;

static int enter_namespace(void **state)
{
	(void)state;
	can_mount = !unshare(CLONE_NEWNS) &&
		    !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (!can_mount)
		print_message("no leave to mount a small tmpfs (%s): the "
			      "tests of a full disk are skipped\n",
		    strerror(errno));
	return 0;
}

static int setup(void **state)
{
	struct place *place;

	place_setup(state);
	place = *state;
	if (!can_mount)
		return 0;
	place_close(place);
	assert_int_equal(mount("tmpfs", place->store, "tmpfs", 0,
			     "size=1m,mode=700,nr_inodes=40"),
	    0);
	place_open(place);
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	place_close(place);
	if (can_mount)
		assert_int_equal(umount(place->store), 0);
	return place_teardown(state);
}

static void restart(struct place *place, uint64_t bytes, unsigned percent)
{
	if (!can_mount)
		skip();
	place_close(place);
	place->config.min_free_bytes = bytes;
	place->config.min_free_percent = percent;
	place_open(place);
}

static enum failure sign(struct store *fs, uint64_t size)
{
	char put_memory[1024], get_memory[1024];
	struct buf put_url, get_url;
	struct store_slot slot = { &put_url, &get_url, 0, NULL };
	struct refusal why = { 0 };
	const struct store_request request = {
		.key = span_of("k"),
		.size = size,
		.type = SPAN_EMPTY,
		.now = NOW,
	};

	buf_init(&put_url, put_memory, sizeof put_memory);
	buf_init(&get_url, get_memory, sizeof get_memory);
	return fs->class->sign(fs, &request, &slot, &why);
}

static void test_reserved_before_the_first_byte(void **state)
{
	struct place *place = *state;
	struct store_upload *one, *two;

	restart(place, 0, 0);
	assert_int_equal(sign(place->fs, DISK), 0);
	assert_int_equal(
	    begin_put(place->fs, "one", DISK / 4 * 3, "a/b", &one), 0);
	assert_int_equal(begin_put(place->fs, "two", DISK / 2, "a/b", &two),
	    FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(
	    sign(place->fs, DISK / 2), FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(sign(place->fs, DISK / 4), 0);
	assert_int_equal(begin_put(place->fs, "two", DISK / 4, "a/b", &two), 0);
	assert_int_equal(sign(place->fs, 1), FAILURE_INSUFFICIENT_STORAGE);
	fs_upload_abort(one);
	fs_upload_abort(two);
	assert_int_equal(sign(place->fs, DISK), 0);
	assert_int_equal(count_entries(place->store), 0);
}

/* What was reserved can be written, although the disk is full by then. */
static void test_reserved_is_there(void **state)
{
	struct place *place = *state;
	struct store_upload *upload;
	struct refusal why = { 0 };
	static char bytes[DISK / 2];
	int fd, fill = 0;

	restart(place, 0, 0);
	assert_int_equal(
	    begin_put(place->fs, "file", sizeof bytes, "a/b", &upload), 0);
	fd = open(in_store(place, "fill"), O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	while (write(fd, bytes, 4096) == 4096)
		fill++;
	assert_int_equal(errno, ENOSPC);
	close(fd);
	assert_int_equal(fill, (DISK - sizeof bytes) / 4096);
	assert_int_equal(fs_upload_write(upload, bytes, sizeof bytes, &why), 0);
	assert_int_equal(fs_upload_commit(upload, &why), 0);
	assert_int_equal(count_entries(place->store), 2);
}

static void test_min_free_bytes(void **state)
{
	struct place *place = *state;
	struct store_upload *upload;

	restart(place, DISK / 2, 0);
	assert_int_equal(sign(place->fs, DISK / 2), 0);
	assert_int_equal(
	    sign(place->fs, DISK / 2 + 1), FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(
	    begin_put(place->fs, "k", DISK / 2 + 1, "a/b", &upload),
	    FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(
	    begin_put(place->fs, "k", DISK / 2, "a/b", &upload), 0);
	assert_int_equal(sign(place->fs, 1), FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(sign(place->fs, 0), 0);
	fs_upload_abort(upload);
}

static void test_min_free_percent(void **state)
{
	struct place *place = *state;
	struct store_upload *upload;

	restart(place, 0, 25);
	assert_int_equal(sign(place->fs, DISK / 4 * 3), 0);
	assert_int_equal(
	    sign(place->fs, DISK / 4 * 3 + 1), FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(
	    begin_put(place->fs, "k", DISK / 4 * 3 + 1, "a/b", &upload),
	    FAILURE_INSUFFICIENT_STORAGE);
	/* Below min_free not even an empty file is taken. */
	assert_int_equal(
	    begin_put(place->fs, "k", DISK / 4 * 3, "a/b", &upload), 0);
	write_file(in_store(place, "more"), "x", 0600);
	assert_int_equal(sign(place->fs, 0), FAILURE_INSUFFICIENT_STORAGE);
	fs_upload_abort(upload);
}

static void test_no_inode(void **state)
{
	struct place *place = *state;
	struct store_upload *upload;
	char name[16];
	int count;

	restart(place, 0, 0);
	assert_int_equal(begin_put(place->fs, "a/b", 1, "a/b", &upload), 0);
	for (count = 0; count < 100; count++) {
		int fd;

		snprintf(name, sizeof name, "n%d", count);
		fd = open(in_store(place, name), O_WRONLY | O_CREAT, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	assert_true(count < 100);
	assert_int_equal(sign(place->fs, 1), FAILURE_INSUFFICIENT_STORAGE);
	/* The folder cannot be made any more. */
	{
		struct refusal why = { 0 };

		assert_int_equal(fs_upload_write(upload, "x", 1, &why), 0);
		assert_int_equal(fs_upload_commit(upload, &why),
		    FAILURE_INSUFFICIENT_STORAGE);
	}
	assert_int_equal(
	    put(place->fs, "k", "x", "a/b"), FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(count_entries(place->store), count);
}

#define room_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_reserved_before_the_first_byte),
		room_test(test_reserved_is_there),
		room_test(test_min_free_bytes),
		room_test(test_min_free_percent),
		room_test(test_no_inode),
	};

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
