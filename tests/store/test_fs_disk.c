#include "store/fs_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

/* A disk that takes no uploads any more. Functions of the C library that are
 * defined here go before its own. */

static int no_file; /* errno that making a file gives; 0: it is made */
static int files;   /* how often it was tried */
static atomic_bool is_read_only; /* the disk says so */
static int no_status;            /* errno of asking it */

int openat(int fd, const char *path, int flags, ...)
{
	va_list more;
	mode_t mode = 0;

	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {
		va_start(more, flags);
		mode = va_arg(more, mode_t);
		va_end(more);
		files++;
		errno = no_file;
		if (no_file)
			return -1;
	}
	return (int)syscall(SYS_openat, fd, path, flags, mode);
}

int fstatvfs(int fd, struct statvfs *ret_disk)
{
	struct statfs now;

	if (no_status || syscall(SYS_fstatfs, fd, &now)) {
		errno = no_status;
		return -1;
	}
	*ret_disk = (struct statvfs){ .f_frsize = (unsigned long)now.f_frsize,
		.f_blocks = now.f_blocks,
		.f_bavail = now.f_bavail,
		.f_flag = is_read_only ? ST_RDONLY : 0 };
	return 0;
}

static int setup(void **state)
{
	no_file = files = no_status = 0;
	is_read_only = false;
	return place_setup(state);
}

static void assert_found(struct place *place, const char *words)
{
	const struct store_fault *fault = fs_disk_look(place->fs);

	assert_non_null(fault);
	assert_ptr_equal(fs_disk_fault(place->fs), fault);
	assert_non_null(strstr(fault->reason, words));
}

static void assert_well(struct place *place)
{
	char url[6144];

	assert_null(fs_disk_look(place->fs));
	assert_null(fs_disk_fault(place->fs));
	assert_int_equal(ask_slot(place->fs, span_of("k"), 1, url), 0);
}

static void test_read_only(void **state)
{
	struct place *place = *state;
	char url[6144];

	assert_well(place);
	is_read_only = true;
	/* By the room that a slot needs, before anybody has looked. */
	assert_int_equal(
	    ask_slot(place->fs, span_of("k"), 1, url), FAILURE_UNAVAILABLE);
	assert_found(place, "read-only");
	assert_int_equal(
	    ask_slot(place->fs, span_of("k"), 1, url), FAILURE_UNAVAILABLE);
	/* It can be written when a file can be made, and not before. */
	is_read_only = false;
	no_file = EROFS;
	assert_found(place, "read-only");
	no_file = 0;
	assert_well(place);
}

/* A disk in order is not written to all the time. */
static void test_tries(void **state)
{
	struct place *place = *state;

	files = 0;
	for (int i = 0; i < 59; i++)
		assert_null(fs_disk_look(place->fs));
	assert_int_equal(files, 0);
	assert_null(fs_disk_look(place->fs));
	assert_int_equal(files, 1);
	for (int i = 0; i < 59; i++)
		assert_null(fs_disk_look(place->fs));
	no_file = EIO;
	assert_found(place, "fails");
	assert_int_equal(files, 2);
	assert_found(place, "fails");
	assert_int_equal(files, 3);
}

static void test_a_failed_upload(void **state)
{
	static const struct {
		int error;
		enum failure upload, slot;
		const char *words; /* NULL: it does not last */
	} cases[] = {
		{ EROFS, FAILURE_UNAVAILABLE, FAILURE_UNAVAILABLE,
		    "read-only" },
		{ EIO, FAILURE_INTERNAL, FAILURE_UNAVAILABLE, "fails" },
		{ EACCES, FAILURE_INTERNAL, FAILURE_UNAVAILABLE,
		    "permission denied" },
		{ ENOENT, FAILURE_INTERNAL, FAILURE_UNAVAILABLE, "removed" },
		{ ENOSPC, FAILURE_INSUFFICIENT_STORAGE,
		    FAILURE_INSUFFICIENT_STORAGE, "full" },
		{ EDQUOT, FAILURE_INSUFFICIENT_STORAGE,
		    FAILURE_INSUFFICIENT_STORAGE, "full" },
		{ EMFILE, FAILURE_UNAVAILABLE, FAILURE_NONE, NULL },
	};
	struct place *place = *state;
	char url[6144];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		no_file = cases[i].error;
		assert_int_equal(
		    put(place->fs, "k", "x", "a/b"), cases[i].upload);
		if (cases[i].words)
			assert_found(place, cases[i].words);
		else
			assert_null(fs_disk_look(place->fs));
		assert_int_equal(
		    ask_slot(place->fs, span_of("k"), 1, url), cases[i].slot);
		/* Once it is known, uploads are told the same as slots. */
		if (cases[i].words)
			assert_int_equal(
			    put(place->fs, "k", "x", "a/b"), cases[i].slot);
		no_file = 0;
		assert_well(place);
	}
}

static void test_the_folder_goes(void **state)
{
	struct place *place = *state;

	assert_int_equal(rmdir(place->store), 0);
	assert_found(place, "removed");
	assert_int_equal(mkdir(place->store, 0700), 0);
	assert_found(place, "removed");
}

static void test_no_status(void **state)
{
	struct place *place = *state;

	no_status = EIO;
	assert_found(place, "fails");
	no_status = 0;
	assert_well(place);
}

static atomic_bool at_end;

static void *come_and_go(void *argument)
{
	struct place *place = argument;

	for (int i = 0; i < 10000; i++) {
		is_read_only = !is_read_only;
		fs_disk_look(place->fs);
	}
	at_end = true;
	return NULL;
}

/* While slots are asked for. */
static void test_comes_and_goes(void **state)
{
	struct place *place = *state;
	pthread_t thread;
	char url[6144];

	at_end = false;
	assert_int_equal(pthread_create(&thread, NULL, come_and_go, place), 0);
	while (!at_end) {
		enum failure failure =
		    ask_slot(place->fs, span_of("k"), 1, url);

		assert_true(
		    failure == FAILURE_NONE || failure == FAILURE_UNAVAILABLE);
	}
	pthread_join(thread, NULL);
}

#define disk_test(name)                                                        \
	cmocka_unit_test_setup_teardown(name, setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		disk_test(test_read_only),
		disk_test(test_tries),
		disk_test(test_a_failed_upload),
		disk_test(test_the_folder_goes),
		disk_test(test_no_status),
		disk_test(test_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
