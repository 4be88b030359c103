#include "store/fs_fixture.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/xattr.h>

#define BIG (1024 * 1024 + 17)

static enum failure commit(struct store_upload *upload)
{
	struct refusal why = { 0 };

	return fs_upload_commit(upload, &why);
}

static enum failure add(
    struct store_upload *upload, const void *bytes, size_t len)
{
	struct refusal why = { 0 };

	return fs_upload_write(upload, bytes, len, &why);
}

static void test_whole_journey(void **state)
{
	struct place *place = *state;
	struct stat status;
	char type[64];

	assert_int_equal(
	    put(place->fs, "r/o/caf\xc3\xa9.txt", "hello\n", "text/plain"), 0);
	assert_text(in_store(place, "r/o/caf\xc3\xa9.txt"), "hello\n");
	assert_int_equal(
	    stat(in_store(place, "r/o/caf\xc3\xa9.txt"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(stat(in_store(place, "r/o"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(getxattr(in_store(place, "r/o/caf\xc3\xa9.txt"),
			     "user.mime_type", type, sizeof type),
	    10);
	assert_memory_equal(type, "text/plain", 10);
	assert_int_equal(get(place->fs, "r/o/caf\xc3\xa9.txt", "hello\n"), 0);
	/* r, o and the file: nothing else. */
	assert_int_equal(count_entries(place->store), 3);
}

static void test_sizes(void **state)
{
	struct place *place = *state;
	struct store_upload *upload;
	struct store_file file;
	char *bytes = malloc(BIG), *copy = malloc(BIG);
	size_t len, got = 0;

	assert_int_equal(put(place->fs, "empty", "", "text/plain"), 0);
	assert_int_equal(get(place->fs, "empty", ""), 0);
	for (size_t i = 0; i < BIG; i++)
		bytes[i] = (char)(i * 31 >> 3);
	assert_int_equal(
	    begin_put(place->fs, "big", BIG, "video/mp4", &upload), 0);
	for (size_t i = 0; i < BIG; i += 65536)
		assert_int_equal(
		    add(upload, bytes + i, BIG - i < 65536 ? BIG - i : 65536),
		    0);
	assert_int_equal(commit(upload), 0);
	assert_int_equal(look(place->fs, span_of("big"), NOW, &file), 0);
	assert_int_equal(file.size, BIG);
	assert_string_equal(file.type, "video/mp4");
	while (got < BIG) {
		assert_int_equal(fs_file_read(&file, got, copy + got, BIG - got,
				     false, &len),
		    0);
		assert_true(len > 0);
		got += len;
	}
	assert_memory_equal(bytes, copy, BIG);
	fs_file_close(&file);
	free(bytes);
	free(copy);
}

static void test_nothing_before_commit(void **state)
{
	struct place *place = *state;
	struct store_upload *upload;

	assert_int_equal(begin_put(place->fs, "a/b", 4, "a/b", &upload), 0);
	assert_int_equal(add(upload, "text", 4), 0);
	assert_int_equal(count_entries(place->store), 0);
	assert_int_equal(get(place->fs, "a/b", ""), FAILURE_NOT_FOUND);
	assert_int_equal(commit(upload), 0);
	assert_int_equal(get(place->fs, "a/b", "text"), 0);
}

static void test_abort(void **state)
{
	struct place *place = *state;
	struct store_upload *upload;

	assert_int_equal(begin_put(place->fs, "a/b", 4, "a/b", &upload), 0);
	assert_int_equal(add(upload, "te", 2), 0);
	fs_upload_abort(upload);
	assert_int_equal(count_entries(place->store), 0);
	assert_int_equal(put(place->fs, "a/b", "text", "a/b"), 0);
}

static void test_wrong_length(void **state)
{
	struct place *place = *state;
	struct store_upload *upload;

	assert_int_equal(begin_put(place->fs, "a/b", 4, "a/b", &upload), 0);
	assert_int_equal(add(upload, "tex", 3), 0);
	assert_int_equal(commit(upload), FAILURE_LENGTH_MISMATCH);
	assert_int_equal(count_entries(place->store), 0);
	assert_int_equal(begin_put(place->fs, "a/b", 4, "a/b", &upload), 0);
	assert_int_equal(add(upload, "text!", 5), FAILURE_LENGTH_MISMATCH);
	assert_int_equal(add(upload, "text", 4), 0);
	assert_int_equal(add(upload, "!", 1), FAILURE_LENGTH_MISMATCH);
	fs_upload_abort(upload);
	assert_int_equal(count_entries(place->store), 0);
}

static void test_two_at_once(void **state)
{
	struct place *place = *state;
	struct store_upload *one, *two = NULL, *other;

	assert_int_equal(begin_put(place->fs, "a/b", 3, "a/b", &one), 0);
	assert_int_equal(begin_put(place->fs, "a/b", 3, "a/b", &two),
	    FAILURE_ALREADY_EXISTS);
	assert_null(two);
	assert_int_equal(begin_put(place->fs, "a/c", 3, "a/b", &other), 0);
	assert_int_equal(add(one, "one", 3), 0);
	assert_int_equal(commit(one), 0);
	assert_int_equal(begin_put(place->fs, "a/b", 3, "a/b", &two),
	    FAILURE_ALREADY_EXISTS);
	assert_int_equal(get(place->fs, "a/b", "one"), 0);
	fs_upload_abort(other);
}

/* Another process knows nothing of our running uploads: who links first has
 * won, and the other is told. */
static void test_two_processes(void **state)
{
	struct place *place = *state;
	struct place other = *place;
	struct store_upload *one, *two;

	place_open(&other);
	assert_int_equal(begin_put(place->fs, "a/b", 3, "a/b", &one), 0);
	assert_int_equal(begin_put(other.fs, "a/b", 3, "a/b", &two), 0);
	assert_int_equal(add(one, "one", 3), 0);
	assert_int_equal(add(two, "two", 3), 0);
	assert_int_equal(commit(two), 0);
	assert_int_equal(commit(one), FAILURE_ALREADY_EXISTS);
	assert_int_equal(get(place->fs, "a/b", "two"), 0);
	place_close(&other);
}

static void test_many_at_once(void **state)
{
	enum { MANY = 700 };
	struct place *place = *state;
	struct store_upload *uploads[MANY], *more;
	char key[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(key, sizeof key, "k%d", i);
		assert_int_equal(
		    begin_put(place->fs, key, 1, "a/b", &uploads[i]), 0);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(key, sizeof key, "k%d", i);
		assert_int_equal(begin_put(place->fs, key, 1, "a/b", &more),
		    FAILURE_ALREADY_EXISTS);
	}
	for (int i = 0; i < MANY; i += 2)
		fs_upload_abort(uploads[i]);
	for (int i = 0; i < MANY; i++) {
		snprintf(key, sizeof key, "k%d", i);
		if (i % 2)
			assert_int_equal(
			    begin_put(place->fs, key, 1, "a/b", &more),
			    FAILURE_ALREADY_EXISTS);
		else
			assert_int_equal(
			    begin_put(place->fs, key, 1, "a/b", &uploads[i]),
			    0);
	}
	for (int i = 0; i < MANY; i++)
		fs_upload_abort(uploads[i]);
}

static void test_links_are_not_followed(void **state)
{
	struct place *place = *state;
	struct store_upload *upload;
	char victim[100];

	snprintf(victim, sizeof victim, "%s/victim", place->outside);
	write_file(victim, "precious", 0600);
	assert_int_equal(symlink(place->outside, in_store(place, "dir")), 0);
	assert_int_equal(symlink(victim, in_store(place, "file")), 0);
	assert_int_equal(
	    symlink("/nowhere/at/all", in_store(place, "dangling")), 0);
	assert_int_equal(
	    put(place->fs, "dir/new", "x", "a/b"), FAILURE_ALREADY_EXISTS);
	assert_int_equal(
	    put(place->fs, "dir/victim", "x", "a/b"), FAILURE_ALREADY_EXISTS);
	assert_int_equal(
	    put(place->fs, "file", "x", "a/b"), FAILURE_ALREADY_EXISTS);
	assert_int_equal(
	    put(place->fs, "dangling", "x", "a/b"), FAILURE_ALREADY_EXISTS);
	/* Planted while the upload runs. */
	assert_int_equal(begin_put(place->fs, "late/f", 1, "a/b", &upload), 0);
	assert_int_equal(symlink(place->outside, in_store(place, "late")), 0);
	assert_int_equal(add(upload, "x", 1), 0);
	assert_int_equal(commit(upload), FAILURE_ALREADY_EXISTS);
	assert_int_equal(begin_put(place->fs, "late2", 1, "a/b", &upload), 0);
	assert_int_equal(symlink(victim, in_store(place, "late2")), 0);
	assert_int_equal(add(upload, "x", 1), 0);
	assert_int_equal(commit(upload), FAILURE_ALREADY_EXISTS);
	assert_text(victim, "precious");
	assert_int_equal(count_entries(place->outside), 1);
}

static void test_things_in_the_way(void **state)
{
	struct place *place = *state;

	assert_int_equal(put(place->fs, "a/b", "x", "a/b"), 0);
	assert_int_equal(
	    put(place->fs, "a/b/c", "x", "a/b"), FAILURE_ALREADY_EXISTS);
	assert_int_equal(
	    put(place->fs, "a", "x", "a/b"), FAILURE_ALREADY_EXISTS);
	assert_int_equal(count_entries(place->store), 2);
}

static void test_keys_that_are_no_paths(void **state)
{
	static const char *const keys[] = { "", "/", "/a", "a/", "a//b", ".",
		"..", "../a", "a/..", "a/../b", "a/.", ".key", "a/.b", "./a" };
	struct place *place = *state;
	struct store_upload *upload;
	struct refusal why = { 0 };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		assert_int_equal(
		    put(place->fs, keys[i], "x", "a/b"), FAILURE_INTERNAL);
	assert_int_equal(open_upload(place->fs, (struct span){ "a\0b", 3 }, 1,
			     span_of("a/b"), 0, &upload, &why),
	    FAILURE_INTERNAL);
	assert_int_equal(count_entries(place->store), 0);
}

static void test_longest_key(void **state)
{
	struct place *place = *state;
	char key[1026];
	struct store_upload *upload;
	struct refusal why = { 0 };

	memset(key, 'k', sizeof key);
	for (size_t i = 255; i < 1024; i += 256)
		key[i] = '/';
	key[1022] = '/';
	key[1023] = 'k';
	assert_int_equal(open_upload(place->fs, (struct span){ key, 1025 }, 1,
			     span_of("a/b"), 0, &upload, &why),
	    FAILURE_INTERNAL);
	key[1024] = '\0';
	assert_int_equal(put(place->fs, key, "deep", "a/b"), 0);
	assert_int_equal(get(place->fs, key, "deep"), 0);
}

/* As a service runs: not root, and no debugger may look at it. */
static void upload_as_nobody(const struct place *place)
{
	struct fs_config config = place->config;
	char wrong[256];
	struct store *fs;

	config.keyring = NULL;
	if (geteuid() == 0 &&
	    (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
		_exit(2);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		_exit(3);
	fs = fs_open(&config, wrong, sizeof wrong);
	if (!fs)
		_exit(4);
	if (put(fs, "x/y", "text", "text/plain") || get(fs, "x/y", "text"))
		_exit(5);
	_exit(0);
}

/* It is the process that lacks something, and only for now: 503. */
static void test_no_descriptors(void **state)
{
	struct place *place = *state;
	struct refusal why = { 0 };
	struct store_upload *upload;
	struct rlimit limit, none;
	struct store_file file;
	enum failure put_failure, get_failure;
	int next = open("/", O_RDONLY | O_CLOEXEC);

	assert_int_equal(put(place->fs, "there", "text", "text/plain"), 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ (rlim_t)next, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	put_failure = open_upload(place->fs, span_of("new"), 4,
	    span_of("text/plain"), 0, &upload, &why);
	get_failure =
	    fs_file_open(place->fs, span_of("there"), 0, false, &file, &why);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(put_failure, FAILURE_UNAVAILABLE);
	assert_int_equal(get_failure, FAILURE_UNAVAILABLE);
	assert_string_equal(why.reason,
	    "no descriptors are left: raise the limit of open files");
	assert_int_equal(get(place->fs, "there", "text"), 0);
}

static void test_as_nobody(void **state)
{
	struct place *place = *state;
	int status;
	pid_t child;

	assert_int_equal(chmod(place->path, 0755), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(place->home, 65534, 65534), 0);
		assert_int_equal(chown(place->store, 65534, 65534), 0);
	}
	child = fork();
	if (!child)
		upload_as_nobody(place);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_text(in_store(place, "x/y"), "text");
}

static void test_killed(void **state)
{
	struct place *place = *state;
	int ready[2], status;
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (!child) {
		struct store_upload *upload;

		if (!begin_put(place->fs, "a/b", 8, "a/b", &upload) &&
		    !add(upload, "text", 4) && write(ready[1], "!", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(count_entries(place->store), 0);
	assert_int_equal(put(place->fs, "a/b", "again", "a/b"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		place_test(test_whole_journey),
		place_test(test_sizes),
		place_test(test_nothing_before_commit),
		place_test(test_abort),
		place_test(test_wrong_length),
		place_test(test_two_at_once),
		place_test(test_two_processes),
		place_test(test_many_at_once),
		place_test(test_links_are_not_followed),
		place_test(test_things_in_the_way),
		place_test(test_keys_that_are_no_paths),
		place_test(test_longest_key),
		place_test(test_no_descriptors),
		place_test(test_as_nobody),
		place_test(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
