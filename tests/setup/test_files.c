#include "expect.h"

#include "setup/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Folders in which somebody else may write, too. */

static char *beside; /* what is put in the place of a new folder; or NULL */

/* Stands before the C library's, and is that somebody. */
int mkdir(const char *path, mode_t mode)
{
	const int made =
	    (int)syscall(SYS_mkdirat, AT_FDCWD, path, (unsigned)mode);
	char link[64];

	if (made || !beside)
		return made;
	assert_int_equal(rmdir(path), 0);
	snprintf(link, sizeof link, "%s", path);
	if (link[strlen(link) - 1] == '/')
		link[strlen(link) - 1] = '\0';
	assert_int_equal(symlink(beside, link), 0);
	return 0;
}

static void test_a_link_in_its_place(void **state)
{
	static const char *const names[] = { "new", "new/" };
	char place[] = "/tmp/slotd-files-XXXXXX", memory[128];
	struct stat before, after;
	struct files files;

	(void)state;
	assert_ptr_equal(mkdtemp(place), place);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *wrong = NULL;

		beside = place;
		assert_int_equal(chmod(place, 0711), 0);
		assert_int_equal(stat(place, &before), 0);
		snprintf(memory, sizeof memory, "%s/%s", place, names[i]);
		assert_false(files_open(&files, memory, &wrong));
		beside = NULL;
		assert_string_equal(wrong, strerror(ENOTDIR));
		assert_int_equal(stat(place, &after), 0);
		assert_int_equal(after.st_mode, before.st_mode);
		assert_int_equal(after.st_gid, before.st_gid);
		snprintf(memory, sizeof memory, "%s/new", place);
		assert_int_equal(unlink(memory), 0);
	}
	assert_int_equal(rmdir(place), 0);
}

static void test_a_slash_at_the_end(void **state)
{
	char place[] = "/tmp/slotd-files-XXXXXX", given[128], whole[64];
	const char *wrong = NULL;
	struct files files;

	(void)state;
	assert_ptr_equal(mkdtemp(place), place);
	snprintf(whole, sizeof whole, "%s/new", place);
	snprintf(given, sizeof given, "%s//", whole);
	for (int i = 0; i < 2; i++) {
		assert_true(files_open(&files, given, &wrong));
		assert_int_equal(files.made, i == 0);
		assert_string_equal(files.folder, whole);
		files_keep(&files);
	}
	assert_int_equal(rmdir(whole), 0);
	assert_int_equal(rmdir(place), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_link_in_its_place),
		cmocka_unit_test(test_a_slash_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
