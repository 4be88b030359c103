#include "store/fs_recorder.h"

static void test_order_of_an_upload(void **state)
{
	static const char *const expected[] = { "fsetxattr FILE",
		"fallocate FILE", "write FILE", "fsync FILE", "mkdirat ROOT/a",
		"mkdirat ROOT/a/b", "linkat ROOT/a/b/c", "fsync ROOT/a/b",
		"fsync ROOT/a", "fsync ROOT" };
	struct place *place = *state;

	assert_int_equal(put(place->fs, "a/b/c", "text", "text/plain"), 0);
	assert_record(expected, 10);
}

static void test_order_without_folders(void **state)
{
	static const char *const expected[] = { "fsetxattr FILE", "fsync FILE",
		"linkat ROOT/empty", "fsync ROOT" };
	struct place *place = *state;

	assert_int_equal(put(place->fs, "empty", "", "text/plain"), 0);
	assert_record(expected, 4);
}

static void test_order_of_the_key(void **state)
{
	struct place *place = *state;
	char parent[128];
	const char *const expected[] = { parent, "mkdirat ROOT/files",
		"fsetxattr FILE", "linkat ROOT/files/.probexxxxxx",
		"write FILE", "fsync FILE", "linkat ROOT/.key", "fsync ROOT" };

	place_close(place);
	snprintf(root, sizeof root, "%s", place->home);
	snprintf(parent, sizeof parent, "fsync %s", place->path);
	place->config.keyring = NULL;
	place_open(place);
	assert_record(expected, 8);
}

/* With a key_file: nothing but the folder of the files, and the mark. */
static void test_order_of_the_mark(void **state)
{
	struct place *place = *state;
	char parent[128];
	const char *const expected[] = { parent, "mkdirat ROOT/files",
		"fsetxattr FILE", "linkat ROOT/files/.probexxxxxx",
		"fsync ROOT" };

	place_close(place);
	snprintf(parent, sizeof parent, "fsync %s", place->path);
	start_recording(place);
	snprintf(root, sizeof root, "%s", place->home);
	place->config.has_until = true;
	place_open(place);
	assert_record(expected, 5);
	assert_true(is_there(in_home(place, ".until")));
}

static void test_disk_faults(void **state)
{
	static const int errors[] = { ENOSPC, EDQUOT, EIO };
	struct place *place = *state;
	int *const calls[] = { &failing.fsync_file, &failing.fsync_folder,
		&failing.linkat, &failing.fallocate, &failing.openat,
		&failing.fsetxattr, &failing.write };

	for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
		for (size_t e = 0; e < 3; e++) {
			start_recording(place);
			*calls[c] = errors[e];
			failing.linkat_times = -1;
			assert_int_equal(put(place->fs, "k", "x", "a/b"),
			    errors[e] == EIO ? FAILURE_INTERNAL
					     : FAILURE_INSUFFICIENT_STORAGE);
			assert_int_equal(count_entries(place->store), 0);
		}
	}
	start_recording(place);
	assert_int_equal(put(place->fs, "k", "x", "a/b"), 0);
}

static void test_folder_vanishes(void **state)
{
	struct place *place = *state;

	failing.remove_before_link = in_store(place, "a/b");
	assert_int_equal(put(place->fs, "a/b/c", "text", "a/b"), 0);
	assert_text(in_store(place, "a/b/c"), "text");
	start_recording(place);
	failing.linkat = ENOENT;
	failing.linkat_times = -1;
	assert_int_equal(
	    put(place->fs, "a/b/d", "text", "a/b"), FAILURE_INTERNAL);
	assert_true(record_count > 0);
	assert_false(is_there(in_store(place, "a/b/d")));
}

/* A file system that cannot reserve: the store counts for itself. Nothing
 * is written to this disk, whatever comes: 1000 bytes are free. */
static void test_without_fallocate(void **state)
{
	static const struct statvfs disk = {
		.f_frsize = 10, .f_blocks = 200, .f_bavail = 100
	};
	struct place *place = *state;
	struct store_upload *one, *two, *three;
	struct refusal why = { 0 };
	char bytes[400] = "";

	failing.fallocate = EOPNOTSUPP;
	failing.disk = &disk;
	assert_int_equal(begin_put(place->fs, "one", 600, "a/b", &one), 0);
	assert_int_equal(begin_put(place->fs, "two", 401, "a/b", &two),
	    FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(begin_put(place->fs, "two", 400, "a/b", &two), 0);
	assert_int_equal(begin_put(place->fs, "three", 1, "a/b", &three),
	    FAILURE_INSUFFICIENT_STORAGE);
	/* What is written counts on the disk, no longer here. */
	assert_int_equal(fs_upload_write(two, bytes, 100, &why), 0);
	assert_int_equal(begin_put(place->fs, "three", 101, "a/b", &three),
	    FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(begin_put(place->fs, "three", 100, "a/b", &three), 0);
	fs_upload_abort(three);
	fs_upload_abort(one);
	assert_int_equal(begin_put(place->fs, "one", 701, "a/b", &one),
	    FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(begin_put(place->fs, "one", 700, "a/b", &one), 0);
	fs_upload_abort(one);
	assert_int_equal(fs_upload_write(two, bytes, 300, &why), 0);
	assert_int_equal(fs_upload_commit(two, &why), 0);
	assert_int_equal(begin_put(place->fs, "one", 1000, "a/b", &one), 0);
	fs_upload_abort(one);
}

static void test_strange_disks(void **state)
{
	static const struct statvfs unbound = { .f_frsize = 4096 };
	static const struct statvfs huge = { .f_frsize = 1 << 20,
		.f_blocks = UINT64_MAX / 4,
		.f_bavail = UINT64_MAX / 4 };
	struct place *place = *state;
	struct store_upload *upload;

	failing.disk = &unbound;
	assert_int_equal(put(place->fs, "one", "x", "a/b"), 0);
	assert_int_equal(begin_put(place->fs, "k", UINT64_MAX, "a/b", &upload),
	    FAILURE_INSUFFICIENT_STORAGE);
	failing.disk = &huge;
	assert_int_equal(put(place->fs, "two", "x", "a/b"), 0);
	failing.fstatvfs = EIO;
	assert_int_equal(put(place->fs, "three", "x", "a/b"), FAILURE_INTERNAL);
}

static void test_without_attributes(void **state)
{
	struct place *place = *state;
	struct store_file file;

	failing.fsetxattr = EOPNOTSUPP;
	place_close(place);
	place_open(place);
	start_recording(place);
	assert_int_equal(put(place->fs, "a.png", "x", "text/plain"), 0);
	for (int i = 0; i < record_count; i++)
		assert_null(strstr(record[i], "fsetxattr"));
	assert_int_equal(look(place->fs, span_of("a.png"), NOW, &file), 0);
	assert_string_equal(file.type, "image/png");
	fs_file_close(&file);
}

static void assert_refused(struct place *place, const char *words)
{
	char wrong[256] = "";

	assert_null(fs_open(&place->config, wrong, sizeof wrong));
	assert_non_null(strstr(wrong, words));
}

static void test_open_refused(void **state)
{
	struct place *place = *state;

	place_close(place);
	failing.openat = EOPNOTSUPP;
	assert_refused(place, "this file system has no O_TMPFILE");
	failing.openat = EROFS;
	assert_refused(place, "cannot be made in it: Read-only file system");
	failing.openat = 0;
	failing.linkat = EXDEV;
	failing.linkat_times = -1;
	assert_refused(place, "cannot be linked into place");
	/* eCryptfs, whose names end at 143 bytes. */
	failing.linkat = ENAMETOOLONG;
	assert_refused(place, "takes no file names of 255 bytes");
	failing.linkat = 0;
	place->config.keyring = NULL;
	failing.write = ENOSPC;
	assert_refused(place, ".key: No space left on device");
	failing.write = 0;
	failing.fsync_file = EIO;
	assert_refused(place, ".key: Input/output error");
	assert_int_equal(count_entries(place->store), 0);
	failing.fsync_file = 0;
	failing.fsync_folder = EIO;
	assert_refused(place, "/home: cannot be synced: Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		order_test(test_order_of_an_upload),
		order_test(test_order_without_folders),
		order_test(test_order_of_the_key),
		order_test(test_order_of_the_mark),
		order_test(test_disk_faults),
		order_test(test_folder_vanishes),
		order_test(test_without_fallocate),
		order_test(test_strange_disks),
		order_test(test_without_attributes),
		order_test(test_open_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
