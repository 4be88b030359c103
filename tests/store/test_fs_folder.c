#include "store/fs_fixture.h"

/* The folder of a store, its files and its key: made, looked at, refused. */

static void assert_refused(struct place *place, const char *words)
{
	char wrong[256] = "";
	struct store *fs = fs_open(&place->config, wrong, sizeof wrong);

	if (!strstr(wrong, words) || fs)
		print_error("said: \"%s\", not: \"%s\"\n", wrong, words);
	assert_null(fs);
	assert_non_null(strstr(wrong, words));
	assert_non_null(strstr(wrong, place->config.path));
}

static unsigned mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

static void test_folder_is_made(void **state)
{
	struct place *place = *state;

	assert_int_equal(mode_of(place->home), 0700);
	assert_int_equal(mode_of(place->store), 0700);
	/* With a key_file nothing else is made, and no trial is left. */
	assert_int_equal(count_entries(place->home), 1);
	assert_int_equal(count_entries(place->store), 0);
	place_close(place);
	place_open(place);
	assert_int_equal(count_entries(place->home), 1);
	assert_int_equal(count_entries(place->store), 0);
}

static void test_folder_refused(void **state)
{
	struct place *place = *state;

	place->config.path = in_store(place, "a/b");
	assert_refused(place, "cannot be made: No such file or directory");
	write_file(in_store(place, "file"), "x", 0600);
	place->config.path = in_store(place, "file");
	assert_refused(place, "is no folder");
	place->config.path = "/proc/self";
	assert_refused(place, "/files: cannot be made");
}

/* Uploads' own folder is no file, and leads nowhere else. */
static void test_files_refused(void **state)
{
	struct place *place = *state;

	place_close(place);
	assert_int_equal(rmdir(place->store), 0);
	write_file(place->store, "x", 0600);
	assert_refused(place, "/files: is no folder");
	assert_int_equal(unlink(place->store), 0);
	assert_int_equal(symlink(place->outside, place->store), 0);
	assert_refused(place, "/files: is a symbolic link");
	assert_int_equal(count_entries(place->outside), 0);
}

/* What stands beside the files is the operator's. */
static void test_beside(void **state)
{
	struct place *place = *state;
	struct store_file file;
	struct refusal why = { 0 };

	place_close(place);
	write_file(in_home(place, "quota.state"), "x", 0600);
	place->config.has_until = true;
	place_open(place);
	assert_int_equal(fs_file_open(place->fs, span_of("quota.state"), NOW,
			     false, &file, &why),
	    FAILURE_NOT_FOUND);
	assert_int_equal(fs_file_open(place->fs, span_of("files/a"), NOW, false,
			     &file, &why),
	    FAILURE_NOT_FOUND);
	fs_sweep(place->fs, INT64_C(4000000000), NULL);
	assert_text(in_home(place, "quota.state"), "x");
	assert_int_equal(put(place->fs, "quota.state", "mine", "a/b"), 0);
	assert_text(in_home(place, "quota.state"), "x");
}

/* Commands look, and make nothing. */
static void test_look(void **state)
{
	struct place *place = *state;
	char wrong[256] = "", url[6144];
	struct store *fs;

	place_close(place);
	assert_int_equal(rmdir(place->store), 0);
	assert_int_equal(rmdir(place->home), 0);
	place->config.keyring = NULL;
	for (int i = 0; i < 3; i++) {
		static const char *const lacks[] = {
			"/home: is not there yet: start the service first",
			"/home/files: is not there yet: start the service",
			"/home/.key: is not there yet: start the service first",
		};

		if (i)
			assert_int_equal(
			    mkdir(i == 1 ? place->home : place->store, 0700),
			    0);
		fs = fs_look(&place->config, wrong, sizeof wrong);
		assert_non_null(fs);
		assert_null(fs->keyring);
		assert_non_null(strstr(fs->lack, lacks[i]));
		fs->class->close(fs);
		assert_int_equal(is_there(place->home), i > 0);
		assert_int_equal(is_there(place->store), i > 1);
	}
	assert_int_equal(count_entries(place->home), 1);
	assert_int_equal(count_entries(place->store), 0);
	place_open(place);
	fs = fs_look(&place->config, wrong, sizeof wrong);
	assert_non_null(fs);
	assert_null(fs->lack);
	assert_int_equal(fs->keyring->count, 1);
	assert_int_equal(ask_slot(fs, span_of("k"), 1, url), 0);
	fs->class->close(fs);
}

static void test_folder_may_be_a_link(void **state)
{
	struct place *place = *state;
	const char *link = in_folder(place->path, "link");

	place_close(place);
	assert_int_equal(symlink(place->home, link), 0);
	place->config.path = link;
	place_open(place);
	assert_int_equal(put(place->fs, "a/b", "text", "text/plain"), 0);
	assert_text(in_store(place, "a/b"), "text");
}

/* As nobody when we are root, whom no mode stops. */
static void test_folder_not_writable(void **state)
{
	struct place *place = *state;
	int status;
	pid_t child;

	assert_int_equal(chmod(place->path, 0755), 0);
	assert_int_equal(chmod(place->home, 0755), 0);
	assert_int_equal(chmod(place->store, 0555), 0);
	child = fork();
	if (!child) {
		char wrong[256] = "";

		if (geteuid() == 0 && setresuid(65534, 65534, 65534))
			_exit(2);
		if (fs_open(&place->config, wrong, sizeof wrong))
			_exit(3);
		_exit(strstr(wrong, "cannot be made in it: Permission denied")
			  ? 0
			  : 4);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(chmod(place->store, 0700), 0);
	assert_int_equal(status, 0);
}

static void test_key_is_made_once(void **state)
{
	struct place *place = *state;
	struct grant grant;
	char url[6144], key[80];
	char *token;
	FILE *file;

	place_close(place);
	place->config.keyring = NULL;
	place_open(place);
	assert_int_equal(mode_of(in_home(place, ".key")), 0600);
	assert_int_equal(count_entries(place->home), 2);
	assert_int_equal(count_entries(place->store), 0);
	assert_int_equal(place->fs->keyring->count, 1);
	file = fopen(in_home(place, ".key"), "r");
	assert_non_null(file);
	assert_int_equal(fread(key, 1, sizeof key, file), 65);
	fclose(file);
	assert_int_equal(strspn(key, "0123456789abcdef"), 64);
	assert_int_equal(key[64], '\n');

	/* A token outlives a restart. */
	assert_int_equal(ask_slot(place->fs, span_of("k"), 7, url), 0);
	place_close(place);
	place_open(place);
	assert_text(in_home(place, ".key"), (key[65] = '\0', key));
	token = url + strlen(PUBLIC "/u/");
	assert_int_equal(place->fs->class->check_upload(place->fs,
			     (struct span){ token, strlen(token) - 2 },
			     span_of("k"), NOW, &grant),
	    0);
	assert_int_equal(grant.size, 7);
}

/* Many processes that start at once agree on one key. */
static void test_key_race(void **state)
{
	enum { CHILDREN = 12 };
	struct place *place = *state;
	char first[6144], url[6144];
	int start[2], answers[2];

	place_close(place);
	place->config.keyring = NULL;
	assert_int_equal(pipe(start), 0);
	assert_int_equal(pipe(answers), 0);
	for (int i = 0; i < CHILDREN; i++) {
		if (!fork()) {
			char wrong[256], byte;
			struct store *fs;

			memset(url, 0, sizeof url);
			close(start[1]);
			if (read(start[0], &byte, 1) == 0 &&
			    (fs = fs_open(&place->config, wrong, sizeof wrong)))
				ask_slot(fs, span_of("k"), 7, url);
			/* Up to PIPE_BUF a write is whole. */
			if (write(answers[1], url, 256) != 256)
				_exit(1);
			_exit(0);
		}
	}
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < CHILDREN; i++) {
		assert_int_equal(read(answers[0], url, 256), 256);
		assert_memory_equal(url, PUBLIC "/u/", 29);
		if (i)
			assert_memory_equal(url, first, 256);
		memcpy(first, url, 256);
	}
	for (int i = 0; i < CHILDREN; i++)
		wait(NULL);
	close(answers[0]);
	close(answers[1]);
	assert_int_equal(count_entries(place->home), 2);
}

static void test_key_refused(void **state)
{
	struct place *place = *state;
	const char *path = in_home(place, ".key");
	char memory[5000];

	place_close(place);
	place->config.keyring = NULL;
	memset(memory, 'x', sizeof memory - 1);
	memory[sizeof memory - 1] = '\0';
	write_file(path, "fake-0123456789-0123456789-0123456789\n", 0602);
	assert_refused(place, "others may write");
	/* Kubernetes gives a volume's files to a group: fsGroup. */
	assert_int_equal(chmod(path, 0660), 0);
	place_open(place);
	place_close(place);
	assert_int_equal(chmod(path, 0600), 0);
	place_open(place);
	place_close(place);
	write_file(path, "", 0600);
	assert_refused(place, "is empty");
	write_file(path, "short\n", 0600);
	assert_refused(place, ".key: ");
	write_file(path, memory, 0600);
	assert_refused(place, "too long");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(place, "not a regular file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink(in_folder(place->outside, "key"), path), 0);
	assert_refused(place, "symbolic link");
	assert_int_equal(count_entries(place->outside), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		place_test(test_folder_is_made),
		place_test(test_folder_refused),
		place_test(test_files_refused),
		place_test(test_beside),
		place_test(test_look),
		place_test(test_folder_may_be_a_link),
		place_test(test_folder_not_writable),
		place_test(test_key_is_made_once),
		place_test(test_key_race),
		place_test(test_key_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
