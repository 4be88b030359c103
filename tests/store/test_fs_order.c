#include "store/fs_fixture.h"

#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

/*
 * Calls that decide whether a file outlives a crash are recorded in order,
 * or made to fail: functions of the C library that are defined here go before
 * its own.
 */
#define RECORD_MAX 64

static char record[RECORD_MAX][160];
static int record_count;
static bool recording;
static char root[96];

static struct {
	int fsync_file, fsync_folder, linkat, fallocate, openat, fsetxattr,
	    write;        /* errno to fail with, 0: do it */
	int linkat_times; /* fails so often; -1: always */
	const char *remove_before_link;
	const struct statvfs *disk; /* NULL: the real one */
	int fstatvfs;
} failing;

/* The name of an open file below the store; "FILE" for one without. */
static const char *name_of(int fd, char name[128])
{
	char self[32], path[128];
	ssize_t len;

	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	len = readlink(self, path, sizeof path - 1);
	path[len > 0 ? len : 0] = '\0';
	if (strstr(path, "(deleted)"))
		snprintf(name, 128, "FILE");
	else if (!strncmp(path, root, strlen(root)))
		snprintf(name, 128, "ROOT%s", path + strlen(root));
	else
		snprintf(name, 128, "%s", path);
	return name;
}

static void note(const char *call, int fd, const char *name)
{
	char memory[128];

	if (!recording || record_count == RECORD_MAX)
		return;
	snprintf(record[record_count++], sizeof record[0], "%s %s%s%.12s", call,
	    name_of(fd, memory), name ? "/" : "", name ? name : "");
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

int fsync(int fd)
{
	char memory[128];
	bool file = !strcmp(name_of(fd, memory), "FILE");
	int error = file ? failing.fsync_file : failing.fsync_folder;

	note("fsync", fd, NULL);
	if (recording && error)
		return refuse(error);
	return (int)syscall(SYS_fsync, fd);
}

int linkat(int from, const char *old, int to, const char *name, int flags)
{
	note("linkat", to, name);
	if (recording && failing.remove_before_link) {
		assert_int_equal(rmdir(failing.remove_before_link), 0);
		failing.remove_before_link = NULL;
	}
	if (recording && failing.linkat && failing.linkat_times) {
		failing.linkat_times--;
		return refuse(failing.linkat);
	}
	return (int)syscall(SYS_linkat, from, old, to, name, flags);
}

int mkdirat(int fd, const char *name, mode_t mode)
{
	note("mkdirat", fd, name);
	return (int)syscall(SYS_mkdirat, fd, name, mode);
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
	note("fallocate", fd, NULL);
	if (recording && failing.fallocate)
		return refuse(failing.fallocate);
	return (int)syscall(SYS_fallocate, fd, mode, offset, len);
}

int fsetxattr(
    int fd, const char *name, const void *value, size_t size, int flags)
{
	note("fsetxattr", fd, NULL);
	if (recording && failing.fsetxattr)
		return refuse(failing.fsetxattr);
	return (int)syscall(SYS_fsetxattr, fd, name, value, size, flags);
}

int openat(int fd, const char *path, int flags, ...)
{
	va_list more;
	mode_t mode = 0;

	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {
		va_start(more, flags);
		mode = va_arg(more, mode_t);
		va_end(more);
		if (recording && failing.openat)
			return refuse(failing.openat);
	}
	return (int)syscall(SYS_openat, fd, path, flags, mode);
}

int fstatvfs(int fd, struct statvfs *ret_disk)
{
	struct statfs now;

	if (recording && failing.fstatvfs)
		return refuse(failing.fstatvfs);
	if (recording && failing.disk) {
		*ret_disk = *failing.disk;
		return 0;
	}
	if (syscall(SYS_fstatfs, fd, &now))
		return -1;
	*ret_disk = (struct statvfs){ .f_frsize = (unsigned long)now.f_frsize,
		.f_blocks = now.f_blocks,
		.f_bavail = now.f_bavail };
	return 0;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	if (fd > 2)
		note("write", fd, NULL);
	if (fd > 2 && recording && failing.write)
		return refuse(failing.write);
	return syscall(SYS_write, fd, bytes, len);
}

static void start_recording(const struct place *place)
{
	memset(&failing, 0, sizeof failing);
	snprintf(root, sizeof root, "%s", place->store);
	record_count = 0;
	recording = true;
}

static int setup(void **state)
{
	place_setup(state);
	start_recording(*state);
	return 0;
}

static int teardown(void **state)
{
	recording = false;
	return place_teardown(state);
}

static void assert_record(const char *const *expected, int count)
{
	recording = false;
	for (int i = 0; i < count && i < record_count; i++)
		assert_string_equal(record[i], expected[i]);
	assert_int_equal(record_count, count);
}

static void test_order_of_an_upload(void **state)
{
	static const char *const expected[] = { "fsetxattr FILE",
		"fallocate FILE", "write FILE", "fsync FILE", "mkdirat ROOT/a",
		"fsync ROOT", "mkdirat ROOT/a/b", "fsync ROOT/a",
		"linkat ROOT/a/b/c", "fsync ROOT/a/b" };
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

/* The folder of another upload of this moment may not be on the disk yet. */
static void test_order_with_folders_of_others(void **state)
{
	static const char *const expected[] = { "fsetxattr FILE",
		"fallocate FILE", "write FILE", "fsync FILE", "mkdirat ROOT/a",
		"fsync ROOT", "linkat ROOT/a/c", "fsync ROOT/a" };
	struct place *place = *state;

	assert_int_equal(put(place->fs, "a/b", "text", "text/plain"), 0);
	start_recording(place);
	assert_int_equal(put(place->fs, "a/c", "text", "text/plain"), 0);
	assert_record(expected, 8);
}

static void test_order_of_the_key(void **state)
{
	static const char *const expected[] = { "mkdirat ROOT/files",
		"fsetxattr FILE", "linkat ROOT/files/.probexxxxxx",
		"write FILE", "fsync FILE", "linkat ROOT/.key", "fsync ROOT" };
	struct place *place = *state;

	place_close(place);
	snprintf(root, sizeof root, "%s", place->home);
	place->config.keyring = NULL;
	place_open(place);
	assert_record(expected, 7);
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
	assert_refused(place, ".key: Input/output error");
}

#define order_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		order_test(test_order_of_an_upload),
		order_test(test_order_without_folders),
		order_test(test_order_with_folders_of_others),
		order_test(test_order_of_the_key),
		order_test(test_disk_faults),
		order_test(test_folder_vanishes),
		order_test(test_without_fallocate),
		order_test(test_strange_disks),
		order_test(test_without_attributes),
		order_test(test_open_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
