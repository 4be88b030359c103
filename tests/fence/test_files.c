/* Files inside the fence, each tried in a process that has drawn it: a folder
 * `in` for files of its own, `read` to be read, `sockets`, and `out`. */
#include "inside.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

static char top[] = "/tmp/slotd-fence-XXXXXX";

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static int enter(void **state)
{
	static const char *const folders[] = { "in", "in/a", "in/b", "read",
		"read/a", "sockets", "out", "real" };

	(void)state;
	if (!mkdtemp(top) || chdir(top))
		return -1;
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		mkdir(folders[i], 0700);
	make_file("in/a/file");
	make_file("read/file");
	make_file("read/a/file");
	make_file("out/file");
	make_file("real/file");
	make_file("alone");
	return symlink("../real/file", "read/link") ||
	       symlink("../out/file", "in/link");
}

static int leave(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof command, "rm -r %s", top);
	return chdir("/") || system(command);
}

static int draw(void)
{
	int list = fence_files();

	if (list < 0)
		return errno;
	fence_allow(list, "in", FENCE_FILL);
	fence_allow_folder(list, "read/link", FENCE_READ);
	fence_allow_folder(list, "sockets/one", FENCE_BIND);
	fence_allow(list, "alone", FENCE_READ);
	fence_allow(list, "is not there", FENCE_FILL);
	return fence_draw_files(list);
}

static int draw_system(void)
{
	int list = fence_files();

	if (list < 0)
		return errno;
	fence_allow_system(list);
	return fence_draw_files(list);
}

/* --- attempts -------------------------------------------------------------*/

static const char *path, *other;
static int flags;

static int try_open(void)
{
	return outcome(open(path, flags | O_CLOEXEC, 0600));
}

static int opening(const char *name, int how)
{
	path = name;
	flags = how;
	return inside(draw, try_open);
}

static int try_rename(void)
{
	return outcome(rename(path, other));
}

static int try_link(void)
{
	return outcome(link(path, other));
}

static int moving(attempt *how, const char *from, const char *to)
{
	path = from;
	other = to;
	return inside(draw, how);
}

/* As the embedded store does it. */
static int try_nameless(void)
{
	char self[64];
	int fd = open(path, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1)
		return errno;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, other, AT_SYMLINK_FOLLOW))
		return errno;
	return outcome(unlink(other));
}

static int try_mkdir(void)
{
	return outcome(mkdir(path, 0700) ? -1 : rmdir(path));
}

static int try_unlink(void)
{
	return outcome(unlink(path));
}

static int try_truncate(void)
{
	return outcome(truncate(path, 0));
}

static int try_symlink(void)
{
	return outcome(symlink("x", path));
}

static int try_mknod(void)
{
	return outcome(mknod(path, S_IFIFO | 0600, 0));
}

static int at(attempt *how, const char *name)
{
	path = name;
	return inside(draw, how);
}

static int try_bind(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path));
	if (bind(fd, (struct sockaddr *)&address, sizeof address))
		return errno;
	return outcome(unlink(path));
}

/* --- tests ----------------------------------------------------------------*/

static void test_what_is_to_be_read(void **state)
{
	(void)state;
	need(draw);
	assert_int_equal(opening("read/file", O_RDONLY), 0);
	assert_int_equal(opening("read/a/file", O_RDONLY), 0);
	assert_int_equal(opening("read", O_RDONLY | O_DIRECTORY), 0);
	/* Where a link leads is read, too. */
	assert_int_equal(opening("read/link", O_RDONLY), 0);
	assert_int_equal(opening("alone", O_RDONLY), 0);
	assert_int_equal(opening("read/file", O_WRONLY), EACCES);
	/* From ABI 3 on, Linux 6.2. */
	if (syscall(444, NULL, 0, 1) >= 3)
		assert_int_equal(
		    opening("read/file", O_RDONLY | O_TRUNC), EACCES);
	assert_int_equal(opening("read/new", O_WRONLY | O_CREAT), EACCES);
	assert_int_equal(at(try_unlink, "read/file"), EACCES);
	assert_int_equal(at(try_mkdir, "read/new"), EACCES);
	assert_int_equal(moving(try_rename, "read/file", "read/new"), EACCES);
}

static void test_what_is_to_be_written(void **state)
{
	(void)state;
	need(draw);
	assert_int_equal(opening("in/a/file", O_RDWR), 0);
	assert_int_equal(opening("in/new", O_WRONLY | O_CREAT), 0);
	assert_int_equal(at(try_unlink, "in/new"), 0);
	assert_int_equal(at(try_mkdir, "in/a/new"), 0);
	assert_int_equal(at(try_truncate, "in/a/file"), 0);
	assert_int_equal(moving(try_nameless, "in", "in/a/new"), 0);
	assert_int_equal(moving(try_nameless, "in/b", "in/a/new"), 0);
	assert_int_equal(moving(try_link, "in/a/file", "in/b/new"), 0);
	assert_int_equal(moving(try_rename, "in/b/new", "in/new"), 0);
	assert_int_equal(at(try_unlink, "in/new"), 0);
	/* Nothing but files and folders. */
	assert_int_equal(at(try_symlink, "in/new"), EACCES);
	assert_int_equal(at(try_mknod, "in/new"), EACCES);
	assert_int_equal(at(try_bind, "in/new"), EACCES);
}

static void test_what_is_outside(void **state)
{
	(void)state;
	need(draw);
	assert_int_equal(opening("out/file", O_RDONLY), EACCES);
	assert_int_equal(opening("out/file", O_WRONLY), EACCES);
	assert_int_equal(opening("out/new", O_WRONLY | O_CREAT), EACCES);
	assert_int_equal(opening("out", O_RDONLY | O_DIRECTORY), EACCES);
	assert_int_equal(opening("in/link", O_RDONLY), EACCES);
	assert_int_equal(opening("in/../out/file", O_RDONLY), EACCES);
	assert_int_equal(opening("/etc/passwd", O_RDONLY), EACCES);
	assert_int_equal(opening("/proc/self/mem", O_RDWR), EACCES);
	assert_int_equal(opening("/proc/self/maps", O_RDONLY), EACCES);
	assert_int_equal(opening("alone", O_WRONLY), EACCES);
	assert_int_equal(at(try_unlink, "out/file"), EACCES);
	assert_int_equal(at(try_mkdir, "out/new"), EACCES);
	/* EXDEV, where the kernel takes it for another file system. */
	assert_int_not_equal(moving(try_rename, "in/a/file", "out/new"), 0);
	assert_int_not_equal(moving(try_rename, "out/file", "in/new"), 0);
	assert_int_not_equal(moving(try_link, "out/file", "in/new"), 0);
	assert_int_not_equal(moving(try_nameless, "in", "out/new"), 0);
}

static void test_sockets(void **state)
{
	(void)state;
	need(draw);
	assert_int_equal(at(try_bind, "sockets/one"), 0);
	assert_int_equal(at(try_bind, "out/one"), EACCES);
	assert_int_equal(opening("sockets", O_RDONLY | O_DIRECTORY), EACCES);
}

static int open_as_system(const char *name, int how)
{
	path = name;
	flags = how;
	return inside(draw_system, try_open);
}

static void test_what_libraries_open(void **state)
{
	(void)state;
	need(draw_system);
	assert_int_equal(open_as_system("/etc/passwd", O_RDONLY), 0);
	assert_int_equal(open_as_system("/dev/urandom", O_RDONLY), 0);
	assert_int_equal(open_as_system("/dev/null", O_RDONLY), 0);
	assert_int_equal(open_as_system("/usr/lib", O_RDONLY), 0);
	assert_int_equal(open_as_system("/proc/self/statm", O_RDONLY), 0);
	assert_int_equal(open_as_system("/proc/self/fd", O_RDONLY), 0);
	assert_int_equal(open_as_system("/proc/1/cmdline", O_RDONLY), EACCES);
	assert_int_equal(open_as_system("/proc/self/mem", O_WRONLY), EACCES);
	assert_int_equal(
	    open_as_system("/etc/slotd-new", O_WRONLY | O_CREAT), EACCES);
	assert_int_equal(open_as_system("out/file", O_RDONLY), EACCES);
	assert_int_equal(open_as_system("/", O_RDONLY), EACCES);
}

static int draw_twice(void)
{
	return draw() ? 1 : draw_system();
}

static void test_it_cannot_be_widened(void **state)
{
	(void)state;
	need(draw);
	path = "/etc/passwd";
	flags = O_RDONLY;
	assert_int_equal(inside(draw_twice, try_open), EACCES);
}

static int rights_stay(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1;
}

static void *open_outside(void *result)
{
	path = "out/file";
	flags = O_RDONLY;
	*(int *)result = try_open();
	return NULL;
}

static int open_in_a_thread(void)
{
	pthread_t thread;
	int result = 0;

	if (pthread_create(&thread, NULL, open_outside, &result))
		return 1;
	pthread_join(thread, NULL);
	return result;
}

static int signal_parent(void)
{
	return outcome(kill(getppid(), 0));
}

static void test_what_comes_with_it(void **state)
{
	(void)state;
	need(draw);
	assert_int_equal(inside(draw, rights_stay), 0);
	assert_int_equal(inside(draw, open_in_a_thread), EACCES);
	/* From ABI 6 on, Linux 6.12. */
	if (syscall(444, NULL, 0, 1) >= 6)
		assert_int_equal(inside(draw, signal_parent), EPERM);
}

/* --- sentences ------------------------------------------------------------*/

#define LEFT_OUT "the running slotd's sandbox leaves it out: restart slotd"

static bool says(int error, const char *name, const char *want)
{
	return strcmp(fence_error(error, name), want) == 0;
}

static int say_inside(void)
{
	if (!says(EACCES, "out/file", LEFT_OUT))
		return 1;
	if (!says(EACCES, "out/new", LEFT_OUT))
		return 2;
	if (!says(ENOENT, "out/new", "No such file or directory"))
		return 3;
	if (!says(EACCES, "nowhere/new", "Permission denied"))
		return 4;
	return 0;
}

static void test_what_is_said(void **state)
{
	(void)state;
	assert_string_equal(
	    fence_error(EACCES, "out/file"), "Permission denied");
	need(draw);
	assert_int_equal(inside(draw, say_inside), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_to_be_read),
		cmocka_unit_test(test_what_is_to_be_written),
		cmocka_unit_test(test_what_is_outside),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_what_libraries_open),
		cmocka_unit_test(test_it_cannot_be_widened),
		cmocka_unit_test(test_what_comes_with_it),
		cmocka_unit_test(test_what_is_said),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
