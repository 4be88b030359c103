#include "store/fs_fixture.h"

#include <sys/mman.h>
#include <sys/xattr.h>
#include <time.h>

/* Stands before the C library's: which pages of a mapping are in memory. */
static const char *pages_there; /* '1' and '0' */

int mincore(void *at, size_t len, unsigned char *ret_pages)
{
	(void)at;
	if (!pages_there)
		return -1;
	for (size_t i = 0; i < (len + 4095) / 4096; i++)
		ret_pages[i] = pages_there[i] == '1' ? 0x81 : 0x80;
	return 0;
}

static void set_time(const char *path, time_t seconds, long nanoseconds)
{
	const struct timespec times[2] = { { seconds, nanoseconds },
		{ seconds, nanoseconds } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_status(void **state)
{
	struct place *place = *state;
	struct store_file file;

	assert_int_equal(
	    put(place->fs, "a/b.jpg", "0123456789abcdef!", "image/jpeg"), 0);
	set_time(in_store(place, "a/b.jpg"), 1732300000, 123456789);
	assert_int_equal(look(place->fs, span_of("a/b.jpg"), NOW, &file), 0);
	assert_int_equal(file.size, 17);
	assert_int_equal(file.modified, 1732300000);
	assert_string_equal(file.type, "image/jpeg");
	/* '%x-%x' % (1732300000123456789, 17) */
	assert_string_equal(file.etag, "\"180a5dac07c48d15-11\"");
	fs_file_close(&file);
	set_time(in_store(place, "a/b.jpg"), 1732300000, 123456790);
	assert_int_equal(look(place->fs, span_of("a/b.jpg"), NOW, &file), 0);
	assert_string_equal(file.etag, "\"180a5dac07c48d16-11\"");
	fs_file_close(&file);
}

static void test_read(void **state)
{
	struct place *place = *state;
	struct store_file file;
	char bytes[32] = "";
	size_t len = 99;

	assert_int_equal(put(place->fs, "a", "0123456789", "a/b"), 0);
	assert_int_equal(look(place->fs, span_of("a"), NOW, &file), 0);
	assert_int_equal(fs_file_read(&file, 3, bytes, 4, false, &len), 0);
	assert_int_equal(len, 4);
	assert_memory_equal(bytes, "3456", 5);
	assert_int_equal(fs_file_read(&file, 8, bytes, 32, false, &len), 0);
	assert_int_equal(len, 2);
	assert_int_equal(fs_file_read(&file, 10, bytes, 32, false, &len), 0);
	assert_int_equal(len, 0);
	len = 99;
	assert_int_equal(
	    fs_file_read(&file, UINT64_MAX, bytes, 32, true, &len), 0);
	assert_int_equal(len, 0);
	/* In memory by now; a file system may still say no. */
	switch (fs_file_read(&file, 3, bytes, 4, true, &len)) {
	case FAILURE_NONE:
		assert_true(len >= 1 && len <= 4);
		assert_memory_equal(bytes, "3456", len);
		break;
	case FAILURE_UNAVAILABLE:
		assert_int_equal(len, 0);
		break;
	default:
		fail();
	}
	fs_file_close(&file);
	assert_int_equal(file.fd, -1);
}

static void assert_type(
    const struct place *place, const char *name, const char *type)
{
	struct store_file file;

	assert_int_equal(look(place->fs, span_of(name), NOW, &file), 0);
	assert_string_equal(file.type, type);
	fs_file_close(&file);
}

/* Files that came another way, or from a file system without attributes. */
static void test_type_by_ending(void **state)
{
	struct place *place = *state;

	assert_int_equal(mkdir(in_store(place, "d.png"), 0700), 0);
	write_file(in_store(place, "photo.JPG"), "x", 0600);
	write_file(in_store(place, "d.png/none"), "x", 0600);
	write_file(in_store(place, "d.png/a.png"), "x", 0600);
	write_file(in_store(place, "odd.txt"), "x", 0600);
	assert_type(place, "photo.JPG", "image/jpeg");
	assert_type(place, "d.png/none", "application/octet-stream");
	assert_type(place, "d.png/a.png", "image/png");
	assert_type(place, "odd.txt", "text/plain");
	/* Nothing that would break out of a header is believed. */
	assert_int_equal(setxattr(in_store(place, "odd.txt"), "user.mime_type",
			     "a/b\r\nX: y", 9, 0),
	    0);
	assert_type(place, "odd.txt", "text/plain");
	assert_int_equal(
	    setxattr(in_store(place, "odd.txt"), "user.mime_type", "", 0, 0),
	    0);
	assert_type(place, "odd.txt", "text/plain");
	assert_int_equal(setxattr(in_store(place, "odd.txt"), "user.mime_type",
			     "text/html; charset=utf-8", 24, 0),
	    0);
	assert_type(place, "odd.txt", "text/html; charset=utf-8");
}

static void test_not_found(void **state)
{
	static const char *const keys[] = { "", "/", "nothing", "a", "a/",
		"/a/b", "a//b", "a/b/", "a/b/c", "a/x/../b", "a/./b", "./a/b",
		"../store/a/b", "..", ".", ".key", ".hidden/f", "a/.b",
		"a/nothing", "linkdir/victim", "link", "inner", "fifo",
		"socketless" };
	struct place *place = *state;
	struct store_file file;
	char key[1100];

	assert_int_equal(put(place->fs, "a/b", "x", "a/b"), 0);
	write_file(in_folder(place->outside, "victim"), "secret", 0600);
	write_file(in_store(place, ".key"), "x", 0600);
	write_file(in_store(place, "a/.b"), "x", 0600);
	assert_int_equal(mkdir(in_store(place, ".hidden"), 0700), 0);
	write_file(in_store(place, ".hidden/f"), "x", 0600);
	assert_int_equal(
	    symlink(place->outside, in_store(place, "linkdir")), 0);
	assert_int_equal(symlink(in_folder(place->outside, "victim"),
			     in_store(place, "link")),
	    0);
	/* A link that stays inside is none of ours either. */
	assert_int_equal(symlink("a/b", in_store(place, "inner")), 0);
	assert_int_equal(mkfifo(in_store(place, "fifo"), 0600), 0);
	memset(&file, 0x5a, sizeof file);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		enum failure failure =
		    look(place->fs, span_of(keys[i]), NOW, &file);

		if (failure != FAILURE_NOT_FOUND)
			print_error("\"%s\"\n", keys[i]);
		assert_int_equal(failure, FAILURE_NOT_FOUND);
	}
	assert_int_equal(
	    look(place->fs, (struct span){ "a/b\0", 4 }, NOW, &file),
	    FAILURE_NOT_FOUND);
	memset(key, 'k', sizeof key);
	assert_int_equal(look(place->fs, (struct span){ key, 255 }, NOW, &file),
	    FAILURE_NOT_FOUND);
	assert_int_equal(look(place->fs, (struct span){ key, 256 }, NOW, &file),
	    FAILURE_NOT_FOUND);
	assert_int_equal(
	    look(place->fs, (struct span){ key, sizeof key }, NOW, &file),
	    FAILURE_NOT_FOUND);
	assert_int_equal(((unsigned char *)&file)[0], 0x5a);
	assert_int_equal(get(place->fs, "a/b", "x"), 0);
}

/* No descriptor is left behind, whatever is asked. */
static void test_no_leak(void **state)
{
	struct place *place = *state;
	struct store_file file;
	int before = open("/dev/null", O_RDONLY), after;

	close(before);
	assert_int_equal(put(place->fs, "a/b/c", "x", "a/b"), 0);
	assert_int_equal(
	    put(place->fs, "a/b/c", "x", "a/b"), FAILURE_ALREADY_EXISTS);
	assert_int_equal(
	    look(place->fs, span_of("a/b"), NOW, &file), FAILURE_NOT_FOUND);
	assert_int_equal(
	    look(place->fs, span_of("a/b/d"), NOW, &file), FAILURE_NOT_FOUND);
	assert_int_equal(look(place->fs, span_of("a/b/c"), NOW, &file), 0);
	fs_file_close(&file);
	fs_sweep(place->fs, NOW, NULL);
	place_close(place);
	place_open(place);
	after = open("/dev/null", O_RDONLY);
	close(after);
	assert_int_equal(before, after);
}

static enum failure open_now(
    const struct place *place, const char *key, int64_t now)
{
	struct store_file file;
	struct refusal why = { 0 };
	enum failure failure =
	    fs_file_open(place->fs, span_of(key), now, true, &file, &why);

	if (failure)
		return failure;
	assert_int_equal(file.size, 1);
	assert_string_equal(file.type, "audio/ogg");
	fs_file_close(&file);
	return FAILURE_NONE;
}

/* A change in the same tick of the clock as the one before leaves the time
 * stamp, so it is made until that moves. */
static void write_type(const char *path, const char *type)
{
	struct stat before, after;

	assert_int_equal(stat(path, &before), 0);
	do {
		assert_int_equal(
		    setxattr(path, "user.mime_type", type, strlen(type), 0), 0);
		assert_int_equal(stat(path, &after), 0);
	} while (before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
		 before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
}

/* Without waiting only files are opened that are known and unchanged. */
static void test_open_now(void **state)
{
	struct place *place = *state;
	/* Long after the file was written, however slow the disk is. */
	const int64_t later = time(NULL) + 1000;
	struct store_file file;

	assert_int_equal(put(place->fs, "a/b", "x", "audio/ogg"), 0);
	assert_int_equal(open_now(place, "a/b", later), 0);
	assert_int_equal(open_now(place, "a/c", later), FAILURE_UNAVAILABLE);
	assert_int_equal(open_now(place, "a/..", later), FAILURE_NOT_FOUND);
	place_close(place);
	place_open(place);
	/* Known to nobody, and then to who has waited. */
	assert_int_equal(open_now(place, "a/b", later), FAILURE_UNAVAILABLE);
	assert_int_equal(look(place->fs, span_of("a/b"), later, &file), 0);
	fs_file_close(&file);
	assert_int_equal(open_now(place, "a/b", later), 0);
	write_type(in_store(place, "a/b"), "text/css");
	assert_int_equal(open_now(place, "a/b", later), FAILURE_UNAVAILABLE);
	assert_type(place, "a/b", "text/css");
}

/* What changes within a tick of the clock has the same time stamp. */
static void test_changed_just_now(void **state)
{
	struct place *place = *state;
	struct store_file file;
	struct stat status;
	int64_t now;

	assert_int_equal(put(place->fs, "a", "x", "audio/ogg"), 0);
	write_type(in_store(place, "a"), "text/css");
	assert_int_equal(stat(in_store(place, "a"), &status), 0);
	/* The last moment that is too early, whenever this is read. */
	now = status.st_ctim.tv_sec + 1;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(look(place->fs, span_of("a"), now, &file), 0);
		assert_string_equal(file.type, "text/css");
		fs_file_close(&file);
		assert_int_equal(
		    open_now(place, "a", now), FAILURE_UNAVAILABLE);
	}
}

static size_t cached(const struct store_file *file, const char *pages,
    uint64_t offset, size_t size)
{
	pages_there = pages;
	return fs_file_cached(file, offset, size);
}

static void test_cached(void **state)
{
	struct place *place = *state;
	struct store_file file;
	char text[16384];
	int fd;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	pages_there = "1"; /* it may be asked */
	place_close(place);
	place_open(place);
	assert_int_equal(put(place->fs, "a", text, "audio/ogg"), 0);
	assert_int_equal(look(place->fs, span_of("a"), NOW, &file), 0);
	assert_int_equal(file.size, 16383);
	assert_int_equal(fs_file_take(&file), file.fd);
	assert_int_equal(cached(&file, "1111", 0, 16383), 16383);
	assert_int_equal(cached(&file, "1101", 0, 16383), 8192);
	assert_int_equal(cached(&file, "1101", 100, 16283), 8092);
	assert_int_equal(cached(&file, "0111", 0, 16383), 0);
	assert_int_equal(cached(&file, "0111", 4095, 2), 0);
	assert_int_equal(cached(&file, "10", 4095, 2), 1);
	assert_int_equal(cached(&file, "11", 4095, 2), 2);
	assert_int_equal(cached(&file, "1", 8192, 10), 10);
	assert_int_equal(cached(&file, NULL, 0, 10), 0);
	fs_file_close(&file);
	/* Nothing is said of others' files, */
	fd = open(in_store(place, "a"), O_RDONLY);
	if (!fchown(fd, 12345, 12345)) {
		assert_int_equal(look(place->fs, span_of("a"), NOW, &file), 0);
		assert_int_equal(fs_file_take(&file), -1);
		fs_file_close(&file);
	}
	close(fd);
	/* and nothing at all where it may not be asked. */
	assert_int_equal(put(place->fs, "b", text, "audio/ogg"), 0);
	pages_there = NULL;
	place_close(place);
	place_open(place);
	assert_int_equal(look(place->fs, span_of("b"), NOW, &file), 0);
	assert_int_equal(fs_file_take(&file), -1);
	fs_file_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		place_test(test_status),
		place_test(test_read),
		place_test(test_type_by_ending),
		place_test(test_not_found),
		place_test(test_no_leak),
		place_test(test_open_now),
		place_test(test_changed_just_now),
		place_test(test_cached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
