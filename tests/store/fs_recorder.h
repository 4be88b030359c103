#ifndef TESTS_STORE_FS_RECORDER_H
#define TESTS_STORE_FS_RECORDER_H

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

#define order_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
