#include "store/fs_fixture.h"

#include <sys/statvfs.h>

/* What sign says to a key and a size. */
static enum failure sign(
    struct fs *fs, struct span key, uint64_t size, char ret_put[6144])
{
	char get_memory[6144];
	struct buf put_url, get_url;
	struct store_slot slot = { &put_url, &get_url, 0, NULL };
	struct refusal why = { 0 };
	const struct store_request request = { key, size, { NULL, 0 }, NOW, 0 };

	buf_init(&put_url, ret_put, 6144);
	buf_init(&get_url, get_memory, sizeof get_memory);
	return fs_store(fs)->class->sign(fs_store(fs), &request, &slot, &why);
}

static void assert_refused(struct place *place, const char *words)
{
	char wrong[256] = "";
	struct fs *fs = fs_open(&place->config, wrong, sizeof wrong);

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

static void test_class(void **state)
{
	struct place *place = *state;

	assert_string_equal(fs_store(place->fs)->class->type, "fs");
	assert_ptr_equal(fs_keyring(place->fs), &place->ring);
}

static void test_folder_is_made(void **state)
{
	struct place *place = *state;

	assert_int_equal(mode_of(place->store), 0700);
	/* With a key_file nothing else is made, and no trial is left. */
	assert_int_equal(count_entries(place->store), 0);
	place_close(place);
	place_open(place);
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
	assert_refused(place, "files cannot be made in it");
}

static void test_folder_may_be_a_link(void **state)
{
	struct place *place = *state;
	const char *link = in_folder(place->path, "link");

	place_close(place);
	assert_int_equal(symlink(place->store, link), 0);
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
	assert_int_equal(mode_of(in_store(place, ".key")), 0600);
	assert_int_equal(count_entries(place->store), 1);
	assert_int_equal(fs_keyring(place->fs)->count, 1);
	file = fopen(in_store(place, ".key"), "r");
	assert_non_null(file);
	assert_int_equal(fread(key, 1, sizeof key, file), 65);
	fclose(file);
	assert_int_equal(strspn(key, "0123456789abcdef"), 64);
	assert_int_equal(key[64], '\n');

	/* A token outlives a restart. */
	assert_int_equal(sign(place->fs, span_of("k"), 7, url), 0);
	place_close(place);
	place_open(place);
	assert_text(in_store(place, ".key"), (key[65] = '\0', key));
	token = url + strlen(PUBLIC "/u/");
	assert_int_equal(
	    fs_slot_check(place->fs, (struct span){ token, strlen(token) - 2 },
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
			struct fs *fs;

			memset(url, 0, sizeof url);
			close(start[1]);
			if (read(start[0], &byte, 1) == 0 &&
			    (fs = fs_open(&place->config, wrong, sizeof wrong)))
				sign(fs, span_of("k"), 7, url);
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
	assert_int_equal(count_entries(place->store), 1);
}

static void test_key_refused(void **state)
{
	struct place *place = *state;
	const char *path = in_store(place, ".key");
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
	assert_refused(place, "no regular file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink(in_folder(place->outside, "key"), path), 0);
	assert_refused(place, "symbolic link");
	assert_int_equal(count_entries(place->outside), 0);
}

static void test_sign_refuses(void **state)
{
	struct place *place = *state;
	char url[6144], text[1100];
	struct buf small;
	struct store_slot slot = { &small, &small, 0, NULL };
	struct refusal why = { 0 };
	const struct store_request request = { span_of("k"), 1, SPAN_EMPTY, NOW,
		0 };

	memset(text, 'a', sizeof text);
	text[10] = '/';
	assert_int_equal(
	    sign(place->fs, (struct span){ text, 11 + 255 }, 1, url), 0);
	assert_int_equal(
	    sign(place->fs, (struct span){ text, 11 + 256 }, 1, url),
	    FAILURE_BAD_REQUEST);
	for (size_t i = 0; i < sizeof text; i += 100)
		text[i + 10] = '/';
	assert_int_equal(
	    sign(place->fs, (struct span){ text, 1024 }, 1, url), 0);
	assert_int_equal(sign(place->fs, (struct span){ text, 1025 }, 1, url),
	    FAILURE_BAD_REQUEST);
	assert_int_equal(
	    sign(place->fs, span_of(".key"), 1, url), FAILURE_BAD_REQUEST);

	buf_init(&small, url, 60);
	assert_int_equal(fs_store(place->fs)->class->sign(
			     fs_store(place->fs), &request, &slot, &why),
	    FAILURE_INTERNAL);
	assert_non_null(why.reason);
	assert_int_equal(slot.expires, 0);
}

static void test_sign_min_free(void **state)
{
	struct place *place = *state;
	struct statvfs now;
	char url[6144];
	uint64_t room;

	assert_int_equal(statvfs(place->store, &now), 0);
	room = (uint64_t)now.f_bavail * now.f_frsize;
	/* Others use this disk meanwhile: stay 1 GiB or half of it away. */
	assert_int_equal(sign(place->fs, span_of("k"), room / 2, url), 0);
	assert_int_equal(sign(place->fs, span_of("k"), room * 2, url),
	    FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(sign(place->fs, span_of("k"), UINT64_MAX, url),
	    FAILURE_INSUFFICIENT_STORAGE);
	place_close(place);
	place->config.min_free_bytes = room / 2;
	place_open(place);
	assert_int_equal(sign(place->fs, span_of("k"), room / 4, url), 0);
	assert_int_equal(sign(place->fs, span_of("k"), room / 4 * 3, url),
	    FAILURE_INSUFFICIENT_STORAGE);
	place_close(place);
	place->config.min_free_bytes = UINT64_MAX;
	place_open(place);
	assert_int_equal(sign(place->fs, span_of("k"), 0, url),
	    FAILURE_INSUFFICIENT_STORAGE);
}

static void test_read_url(void **state)
{
	static const struct {
		const char *url;
		const char *key; /* NULL: not ours */
	} cases[] = {
		{ PUBLIC "/f/a/b.jpg", "a/b.jpg" },
		{ PUBLIC "/f/a/tr%C3%A8s%20cool.jpg",
		    "a/tr\xc3\xa8s cool.jpg" },
		{ PUBLIC "/f/a/b+c", "a/b+c" },
		{ PUBLIC "/f/a/b.jpg?x=/f/y", "a/b.jpg" },
		{ PUBLIC "/f/a/b.jpg#x?y", "a/b.jpg" },
		{ PUBLIC "/f/a/b.jpg?x#y", "a/b.jpg" },
		{ PUBLIC "/f/a%3Fb", "a?b" },
		{ PUBLIC "/f/", NULL },
		{ PUBLIC "/f", NULL },
		{ PUBLIC, NULL },
		{ "", NULL },
		{ PUBLIC "/u/a/b", NULL },
		{ PUBLIC "/g/f/a", NULL },
		{ PUBLIC "?/f/a", NULL },
		{ PUBLIC "#/f/a", NULL },
		{ PUBLIC ".evil.example/f/a", NULL },
		{ "http://upload.example.org/f/a", NULL },
		{ "https://UPLOAD.example.org/f/a", NULL },
		{ PUBLIC "/f/a%00b", NULL },
		{ PUBLIC "/f/a%2", NULL },
		{ PUBLIC "/f/../a", NULL },
		{ PUBLIC "/f/%2e%2e/a", NULL },
		{ PUBLIC "/f//a", NULL },
		{ PUBLIC "/f/.key", NULL },
	};
	struct place *place = *state;
	struct store *store = fs_store(place->fs);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char memory[2048];
		struct buf key;
		bool own;

		buf_init(&key, memory, sizeof memory);
		own =
		    store->class->read_url(store, span_of(cases[i].url), &key);
		if (own != (cases[i].key != NULL))
			print_error("%s\n", cases[i].url);
		assert_int_equal(own, cases[i].key != NULL);
		assert_string_equal(memory, own ? cases[i].key : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		place_test(test_class),
		place_test(test_folder_is_made),
		place_test(test_folder_refused),
		place_test(test_folder_may_be_a_link),
		place_test(test_folder_not_writable),
		place_test(test_key_is_made_once),
		place_test(test_key_race),
		place_test(test_key_refused),
		place_test(test_sign_refuses),
		place_test(test_sign_min_free),
		place_test(test_read_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
