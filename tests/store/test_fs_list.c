#include "store/fs_fixture.h"

#include "core/buf.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sys/eventfd.h>

/* A disk that fails, at the name "bad". */
static bool bad_folder, bad_status;
/* What the disk is asked to make durable, and answers. */
static unsigned syncs;
static bool bad_sync;

/* What a walk was told: each key and its size; it ends after so many. */
struct told {
	struct buf out;
	char memory[8192];
	unsigned most;
	int64_t modified; /* of the last */
};

/* These stand before the C library's. */
struct dirent *readdir(DIR *list)
{
	struct dirent *(*real)(DIR *) = dlsym(RTLD_NEXT, "readdir");
	struct dirent *entry = real(list);

	if (!bad_folder || !entry || strcmp(entry->d_name, "bad") != 0)
		return entry;
	errno = EIO;
	return NULL;
}

int fstatat(int folder, const char *name, struct stat *status, int flags)
{
	int (*real)(int, const char *, struct stat *, int) =
	    dlsym(RTLD_NEXT, "fstatat");

	if (!bad_status || strcmp(name, "bad") != 0)
		return real(folder, name, status, flags);
	errno = EIO;
	return -1;
}

int syncfs(int fd)
{
	assert_true(fd >= 0);
	syncs++;
	errno = EIO;
	return bad_sync ? -1 : 0;
}

static int64_t now(void)
{
	return NOW;
}

static bool each(void *of, const struct store_object *object)
{
	struct told *told = of;

	buf_add(&told->out, object->key);
	buf_char(&told->out, ' ');
	buf_u64(&told->out, object->size);
	buf_char(&told->out, '\n');
	told->modified = object->modified;
	return --told->most > 0;
}

static bool again(void *of, unsigned tries)
{
	(void)of;
	(void)tries;
	fail_msg("there is no network");
	return false;
}

static enum failure list_until(const struct place *place, const char *prefix,
    unsigned most, int stop, struct told *told, struct buf *why)
{
	const struct store_walk walk = {
		.prefix = span_of(prefix),
		.now = now,
		.stop = stop,
		.each = each,
		.again = again,
		.of = told,
	};

	buf_init(&told->out, told->memory, sizeof told->memory);
	told->most = most;
	buf_reset(why);
	return fs_list(place->fs, &walk, why);
}

static void expect_list(
    const struct place *place, const char *prefix, const char *wanted)
{
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);
	static struct told told;

	assert_int_equal(
	    list_until(place, prefix, 1000, -1, &told, &why), FAILURE_NONE);
	assert_string_equal(told.memory, wanted);
	assert_string_equal(memory, "");
}

static void store_text(
    const struct place *place, const char *key, const char *text)
{
	char path[2048];

	snprintf(path, sizeof path, "%s", in_store(place, key));
	for (char *at = path + strlen(place->store) + 1; (at = strchr(at, '/'));
	     *at++ = '/') {
		*at = '\0';
		mkdir(path, 0700);
	}
	write_file(path, text, 0600);
}

/* In the order of whole keys: '-' is before '/', and '/' before '0'. */
static void test_order(void **state)
{
	const struct place *place = *state;

	store_text(place, "b", "1");
	store_text(place, "a/c/d", "12");
	store_text(place, "a/c-x", "");
	store_text(place, "a/c0", "123");
	store_text(place, "a-b/x", "1");
	store_text(place, "a0", "1");
	store_text(place, "\303\251", "1");
	expect_list(place, "",
	    "a-b/x 1\na/c-x 0\na/c/d 2\na/c0 3\na0 1\nb 1\n\303\251 1\n");
	expect_list(place, "a/", "a/c-x 0\na/c/d 2\na/c0 3\n");
	expect_list(place, "a/c", "a/c-x 0\na/c/d 2\na/c0 3\n");
	expect_list(place, "a/c/", "a/c/d 2\n");
	expect_list(place, "a/c/d", "a/c/d 2\n");
	expect_list(place, "a/c/d/", "");
	expect_list(place, "a/c/de", "");
	expect_list(place, "b/", "");
	expect_list(place, "bb", "");
	expect_list(place, "z", "");
}

static void test_no_objects(void **state)
{
	const struct place *place = *state;

	store_text(place, ".hidden", "1");
	store_text(place, "a/.hidden", "1");
	store_text(place, "a/.b/c", "1");
	store_text(place, "a/is", "1");
	write_file(in_folder(place->outside, "file"), "1", 0600);
	assert_int_equal(
	    symlink(place->outside, in_store(place, "a/folder")), 0);
	assert_int_equal(symlink(in_folder(place->outside, "file"),
			     in_store(place, "a/link")),
	    0);
	assert_int_equal(mkfifo(in_store(place, "a/pipe"), 0600), 0);
	write_file(in_home(place, "beside"), "1", 0600);
	store_text(place, "lost+found/#1", "1");
	expect_list(place, "", "a/is 1\n");
	expect_list(place, "a/folder/", "");
}

static void test_ends(void **state)
{
	const struct place *place = *state;
	const struct timespec times[2] = { { 1, 0 }, { 1500000000, 0 } };
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);
	static struct told told;
	int stop = eventfd(1, 0);

	store_text(place, "a/b", "1");
	store_text(place, "a/c", "1");
	store_text(place, "d", "1");
	assert_int_equal(
	    utimensat(AT_FDCWD, in_store(place, "a/b"), times, 0), 0);
	assert_int_equal(
	    list_until(place, "", 1, -1, &told, &why), FAILURE_NONE);
	assert_string_equal(told.memory, "a/b 1\n");
	assert_int_equal(told.modified, 1500000000);
	assert_int_equal(
	    list_until(place, "", 9, stop, &told, &why), FAILURE_UNAVAILABLE);
	assert_string_equal(told.memory, "");
	assert_string_equal(memory, "interrupted");
	close(stop);
}

/* --- removing -------------------------------------------------------------*/

static enum failure take_away(const struct place *place, const char *key)
{
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);
	enum failure failure =
	    fs_remove(place->fs, span_of(key), NOW, -1, &why);

	assert_int_equal(failure != FAILURE_NONE, why.len > 0);
	return failure;
}

static void test_removes(void **state)
{
	const struct place *place = *state;

	store_text(place, "a/b/c", "1");
	store_text(place, "a/d", "1");
	store_text(place, "e", "1");
	assert_int_equal(take_away(place, "a/b/c"), FAILURE_NONE);
	assert_false(is_there(in_store(place, "a/b")));
	assert_true(is_there(in_store(place, "a/d")));
	assert_int_equal(take_away(place, "a/d"), FAILURE_NONE);
	assert_false(is_there(in_store(place, "a")));
	assert_int_equal(take_away(place, "e"), FAILURE_NONE);
	assert_false(is_there(in_store(place, "e")));
	assert_true(is_there(place->store));
	/* Gone already. */
	assert_int_equal(take_away(place, "a/b/c"), FAILURE_NONE);
	assert_int_equal(take_away(place, "e"), FAILURE_NONE);
}

static void test_settles(void **state)
{
	const struct place *place = *state;
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);

	syncs = 0;
	assert_int_equal(fs_settle(place->fs, &why), FAILURE_NONE);
	assert_int_equal(syncs, 1);
	bad_sync = true;
	assert_int_equal(fs_settle(place->fs, &why), FAILURE_INTERNAL);
	bad_sync = false;
	assert_string_equal(memory, "Input/output error");
}

static void test_stays_inside(void **state)
{
	const struct place *place = *state;

	store_text(place, "a/b", "1");
	write_file(in_folder(place->outside, "file"), "1", 0600);
	write_file(in_home(place, "beside"), "1", 0600);
	assert_int_equal(symlink(place->outside, in_store(place, "folder")), 0);
	assert_int_equal(take_away(place, "../beside"), FAILURE_NONE);
	assert_int_equal(take_away(place, "folder/file"), FAILURE_INTERNAL);
	assert_int_equal(take_away(place, "a"), FAILURE_NONE);
	assert_int_equal(take_away(place, ""), FAILURE_NONE);
	assert_int_equal(take_away(place, "/"), FAILURE_NONE);
	assert_true(is_there(in_folder(place->outside, "file")));
	assert_true(is_there(in_home(place, "beside")));
	assert_true(is_there(in_store(place, "a/b")));
}

/* What could not be seen is not taken for all that there is. */
static void test_a_disk_that_fails(void **state)
{
	const struct place *place = *state;
	bool *const faults[] = { &bad_folder, &bad_status };
	char memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);
	static struct told told;

	store_text(place, "a/bad", "1");
	for (size_t i = 0; i < 2; i++) {
		*faults[i] = true;
		assert_int_equal(list_until(place, "", 9, -1, &told, &why),
		    FAILURE_INTERNAL);
		*faults[i] = false;
		assert_string_equal(told.memory, "");
		assert_non_null(strstr(memory, "Input/output error"));
	}
	expect_list(place, "", "a/bad 1\n");
}

static void test_no_folder(void **state)
{
	struct place *place = *state;
	char wrong[256], memory[STORE_WHY];
	struct buf why = buf_of(memory, sizeof memory);
	static struct told told;

	place_close(place);
	place->config.path = in_folder(place->outside, "none");
	place->fs = fs_look(&place->config, wrong, sizeof wrong);
	assert_non_null(place->fs);
	assert_int_equal(
	    list_until(place, "", 9, -1, &told, &why), FAILURE_UNAVAILABLE);
	assert_non_null(strstr(memory, "is not there yet"));
}

#define IN_PLACE(name)                                                         \
	cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_order),
		IN_PLACE(test_no_objects),
		IN_PLACE(test_ends),
		IN_PLACE(test_removes),
		IN_PLACE(test_settles),
		IN_PLACE(test_stays_inside),
		IN_PLACE(test_a_disk_that_fails),
		IN_PLACE(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
