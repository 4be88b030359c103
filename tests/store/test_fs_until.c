#include "store/fs_fixture.h"

#include "slot/key_template.h"

#include <sys/syscall.h>
#include <sys/xattr.h>

/* Files that come with the time at which they go. */

#define UNTIL "user.slotd.until"
#define SOON "20241122T182820Z" /* NOW + 100 */

static int refuse_until; /* the errno that writing it gives; 0: none */

/* Stands before the C library's. */
int fsetxattr(
    int fd, const char *name, const void *value, size_t size, int flags)
{
	if (refuse_until && strcmp(name, UNTIL) == 0) {
		errno = refuse_until;
		return -1;
	}
	return (int)syscall(SYS_fsetxattr, fd, name, value, size, flags);
}

static void reopen(struct place *place, bool has_until)
{
	place_close(place);
	place->config.has_until = has_until;
	place_open(place);
}

static int setup(void **state)
{
	refuse_until = 0;
	place_setup(state);
	reopen(*state, true);
	return 0;
}

/* Whether files can have attributes here: not so on every file system. */
static bool can_have(const struct place *place)
{
	const char *path = in_folder(place->outside, "probe");
	bool can;

	write_file(path, "x", 0600);
	can = !setxattr(path, "user.probe", "x", 1, 0);
	unlink(path);
	if (!can)
		print_message("no user attributes below %s\n", place->path);
	return can;
}

static enum failure put_until(
    const struct place *place, const char *key, int64_t until)
{
	struct refusal why = { 0 };
	struct store_upload *upload = NULL;
	enum failure failure = open_upload(
	    place->fs, span_of(key), 1, span_of("a/b"), until, &upload, &why);

	if (failure)
		return failure;
	assert_int_equal(fs_upload_write(upload, "x", 1, &why), 0);
	return fs_upload_commit(upload, &why);
}

/* Modified at NOW, and gone at `until`. */
static void put_now(const struct place *place, const char *key, int64_t until)
{
	const struct timespec times[2] = { { NOW, 0 }, { NOW, 0 } };

	assert_int_equal(put_until(place, key, until), 0);
	assert_int_equal(
	    utimensat(AT_FDCWD, in_store(place, key), times, 0), 0);
}

static bool served(const struct place *place, const char *key, int64_t now)
{
	struct store_file file;
	enum failure failure = look(place->fs, span_of(key), now, &file);

	if (!failure)
		fs_file_close(&file);
	else
		assert_int_equal(failure, FAILURE_GONE);
	return !failure;
}

static void test_attribute(void **state)
{
	struct place *place = *state;
	char text[32] = "";

	if (!can_have(place))
		skip();
	put_now(place, "a/b", 1732904800);
	assert_int_equal(
	    getxattr(in_store(place, "a/b"), UNTIL, text, sizeof text), 10);
	assert_string_equal(text, "1732904800");
	assert_int_equal(getxattr(in_store(place, "a/b"), "user.mime_type",
			     text, sizeof text),
	    3);
	/* None without such a time. */
	put_now(place, "a/c", 0);
	assert_int_equal(
	    getxattr(in_store(place, "a/c"), UNTIL, text, sizeof text), -1);
}

static void test_served_until_then(void **state)
{
	struct place *place = *state;

	if (!can_have(place))
		skip();
	put_now(place, "a", NOW + 100);
	put_now(place, "stays", 0);
	assert_true(served(place, "a", NOW));
	assert_true(served(place, "a", NOW + 99));
	assert_false(served(place, "a", NOW + 100));
	assert_false(served(place, "a", NOW + 101));
	assert_true(served(place, "stays", NOW + 1000000000LL));
	/* It holds for who reads it later. */
	reopen(place, true);
	assert_true(served(place, "a", NOW + 99));
	assert_false(served(place, "a", NOW + 100));
	/* A time in the past: it comes and is gone. */
	put_now(place, "past", 1);
	assert_false(served(place, "past", NOW));
}

static void test_swept(void **state)
{
	struct place *place = *state;

	if (!can_have(place))
		skip();
	put_now(place, "one/two/a", NOW + 30);
	put_now(place, "b", NOW + 100);
	put_now(place, "stays", 0);
	/* It is called again when the first is due. */
	assert_int_equal(fs_sweep(place->fs, NOW, NULL), NOW + 30);
	assert_true(is_there(in_store(place, "one/two/a")));
	assert_int_equal(fs_sweep(place->fs, NOW + 29, NULL), NOW + 49);
	assert_true(is_there(in_store(place, "one/two/a")));
	assert_int_equal(fs_sweep(place->fs, NOW + 30, NULL), NOW + 80);
	assert_false(is_there(in_store(place, "one")));
	assert_true(is_there(in_store(place, "b")));
	assert_int_equal(fs_sweep(place->fs, NOW + 100, NULL), NOW + 150);
	assert_false(is_there(in_store(place, "b")));
	assert_true(is_there(in_store(place, "stays")));
	assert_int_equal(count_entries(place->store), 1);
	/* Its key is free again. */
	put_now(place, "b", 0);
}

/* Keys of slots: whatever stands in an attribute, and also when the file was
 * removed already. */
static void test_keys_tell(void **state)
{
	struct place *place = *state;
	struct key_template template;
	const char *wrong;

	assert_true(key_template_parse(
	    span_of("up/{until}/{random}"), &template, &wrong));
	place->fs->template = &template;
	put_now(place, SOON "/b", 0);
	put_now(place, "up/" SOON "/b/c", NOW + 1);
	put_now(place, "up/never/b", NOW + 1);
	put_now(place, "never/b", NOW + 1);
	put_now(place, "x/" SOON, 0);
	assert_true(served(place, SOON "/b", NOW + 99));
	assert_false(served(place, SOON "/b", NOW + 100));
	assert_false(served(place, SOON "/no such file", NOW + 100));
	assert_true(served(place, "up/" SOON "/b/c", NOW + 99));
	assert_false(served(place, "up/" SOON "/b/c", NOW + 100));
	assert_true(served(place, "up/never/b", NOW * 2LL));
	assert_true(served(place, "never/b", NOW * 2LL));
	assert_true(served(place, "x/" SOON, NOW * 2LL));
	assert_int_equal(fs_sweep(place->fs, NOW + 60, NULL), NOW + 100);
	assert_true(is_there(in_store(place, SOON "/b")));
	assert_int_equal(fs_sweep(place->fs, NOW + 100, NULL), NOW + 150);
	assert_false(is_there(in_store(place, SOON)));
	assert_false(is_there(in_store(place, "up/" SOON)));
	assert_true(is_there(in_store(place, "up/never/b")));
	assert_true(is_there(in_store(place, "never/b")));
	assert_true(is_there(in_store(place, "x/" SOON)));
}

/* What stands there and is no time counts as none. */
static void test_other_texts(void **state)
{
	static const char *const texts[] = { "", "x", "-1", "1 ", "0x1", "1.0",
		"99999999999999999999", "100000000000000000000000000000" };
	struct place *place = *state;

	if (!can_have(place))
		skip();
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		put_now(place, "f", 0);
		assert_int_equal(setxattr(in_store(place, "f"), UNTIL, texts[i],
				     strlen(texts[i]), 0),
		    0);
		assert_true(served(place, "f", NOW + 1));
		fs_sweep(place->fs, NOW + 1, NULL);
		assert_true(is_there(in_store(place, "f")));
		unlink(in_store(place, "f"));
	}
}

/* The attributes of what a link leads to are not looked at. */
static void test_links(void **state)
{
	struct place *place = *state;
	const char *victim = in_folder(place->outside, "victim");

	if (!can_have(place))
		skip();
	write_file(victim, "x", 0600);
	assert_int_equal(setxattr(victim, UNTIL, "1", 1, 0), 0);
	assert_int_equal(symlink(victim, in_store(place, "link")), 0);
	fs_sweep(place->fs, NOW, NULL);
	assert_int_equal(count_entries(place->outside), 1);
	assert_true(is_there(in_store(place, "link")));
}

static void test_off(void **state)
{
	struct place *place = *state;

	assert_int_equal(put(place->fs, "20241122T182640Z/a", "x", "a/b"), 0);
	unlink(in_home(place, ".until"));
	reopen(place, false);
	/* Only for the notes of erasures. */
	assert_int_equal(fs_sweep(place->fs, NOW, NULL), NOW + 50);
	assert_true(is_there(in_store(place, "20241122T182640Z/a")));
}

/* A store that has had such files keeps their time, whoever asks now. */
static void test_later_off(void **state)
{
	struct place *place = *state;

	if (!can_have(place))
		skip();
	put_now(place, "a/b", NOW + 1);
	reopen(place, false);
	assert_true(served(place, "a/b", NOW));
	assert_false(served(place, "a/b", NOW + 1));
	fs_sweep(place->fs, NOW + 1, NULL);
	assert_false(is_there(in_store(place, "a/b")));
}

static void test_cannot_be_written(void **state)
{
	struct place *place = *state;

	if (!can_have(place))
		skip();
	refuse_until = ENOSPC;
	assert_int_equal(
	    put_until(place, "a/b", NOW + 1), FAILURE_INSUFFICIENT_STORAGE);
	refuse_until = EIO;
	assert_int_equal(put_until(place, "a/b", NOW + 1), FAILURE_INTERNAL);
	assert_int_equal(count_entries(place->store), 0);
	assert_int_equal(put_until(place, "a/b", 0), 0);
}

#define until_test(name)                                                       \
	cmocka_unit_test_setup_teardown(name, setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		until_test(test_attribute),
		until_test(test_served_until_then),
		until_test(test_swept),
		until_test(test_keys_tell),
		until_test(test_other_texts),
		until_test(test_links),
		until_test(test_off),
		until_test(test_later_off),
		until_test(test_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
