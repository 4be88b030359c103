#ifndef TESTS_STORE_FS_FIXTURE_H
#define TESTS_STORE_FS_FIXTURE_H

#include "core/hash.h"
#include "slot/grant.h"
#include "slot/key_template.h"
#include "store/fs_private.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW 1732300000
#define PUBLIC "https://upload.example.org"
#define SECRET_ONE "fake-put-secret-one-for-tests-only"
#define SECRET_TWO "fake-put-secret-two-for-tests-only"

/* A folder of its own for each test: PATH/home is the store, its files are in
 * PATH/home/files, PATH/outside stands for all that it must not touch. */
struct place {
	char path[64];
	char home[80];
	char store[96]; /* where files are */
	char outside[80];
	struct keyring ring;
	struct fs_config config;
	struct key_template template;
	struct store *fs;
};

static inline void ring_add(struct keyring *ring, const char *secret)
{
	struct keyring_root *root = &ring->roots[ring->count++];

	hmac_key_init(&root->put, span_of(secret));
}

static inline void place_open(struct place *place)
{
	char wrong[256] = "";

	place->fs = fs_open(&place->config, wrong, sizeof wrong);
	assert_string_equal(wrong, "");
	assert_non_null(place->fs);
	place->template = key_template_default(true, false);
	place->fs->template = &place->template;
}

static inline void place_close(struct place *place)
{
	if (place->fs)
		place->fs->class->close(place->fs);
	place->fs = NULL;
}

static inline int place_setup(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	assert_non_null(place);
	umask(022);
	snprintf(place->path, sizeof place->path, "/tmp/slotd-fs-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	snprintf(place->home, sizeof place->home, "%s/home", place->path);
	snprintf(place->store, sizeof place->store, "%s/files", place->home);
	snprintf(
	    place->outside, sizeof place->outside, "%s/outside", place->path);
	assert_int_equal(mkdir(place->outside, 0700), 0);
	ring_add(&place->ring, SECRET_ONE);
	place->config = (struct fs_config){
		.path = place->home,
		.public_url = span_of(PUBLIC),
		.put_ttl = 600,
		.keyring = &place->ring,
	};
	place_open(place);
	*state = place;
	return 0;
}

static inline int fixture_remove(
    const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static inline int place_teardown(void **state)
{
	struct place *place = *state;

	place_close(place);
	nftw(place->path, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

/* PATH/NAME; a handful at once may be in use. */
static inline const char *in_folder(const char *folder, const char *name)
{
	static char paths[4][2048];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static inline const char *in_store(const struct place *place, const char *name)
{
	return in_folder(place->store, name);
}

static inline const char *in_home(const struct place *place, const char *name)
{
	return in_folder(place->home, name);
}

static inline bool is_there(const char *path)
{
	struct stat status;

	return !lstat(path, &status);
}

static inline void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static inline void assert_text(const char *path, const char *text)
{
	char memory[4096];
	int fd = open(path, O_RDONLY);
	ssize_t len;

	assert_true(fd >= 0);
	len = read(fd, memory, sizeof memory);
	close(fd);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(memory, text, strlen(text));
}

static int fixture_count;

static inline int fixture_add(
    const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)path;
	(void)status;
	(void)kind;
	fixture_count += walk->level > 0;
	return 0;
}

/* Entries beneath a folder, however deep. */
static inline int count_entries(const char *path)
{
	fixture_count = 0;
	assert_int_equal(nftw(path, fixture_add, 16, FTW_PHYS), 0);
	return fixture_count;
}

static inline enum failure open_upload(struct store *fs, struct span key,
    uint64_t size, struct span type, int64_t until,
    struct store_upload **ret_upload, struct refusal *why)
{
	const struct store_request request = {
		.key = key,
		.size = size,
		.type = type,
		.now = NOW,
		.until = until,
		.note_until = until != 0,
	};

	return fs->class->upload_open(fs, &request, ret_upload, why);
}

static inline enum failure begin_put(struct store *fs, const char *key,
    uint64_t size, const char *type, struct store_upload **ret_upload)
{
	struct refusal why = { 0 };

	return open_upload(
	    fs, span_of(key), size, span_of(type), 0, ret_upload, &why);
}

/* A whole upload of a text. */
static inline enum failure put(
    struct store *fs, const char *key, const char *text, const char *type)
{
	struct refusal why = { 0 };
	struct store_upload *upload = NULL;
	enum failure failure = begin_put(fs, key, strlen(text), type, &upload);

	if (failure)
		return failure;
	failure = fs_upload_write(upload, text, strlen(text), &why);
	if (failure) {
		fs_upload_abort(upload);
		return failure;
	}
	return fs_upload_commit(upload, &why);
}

static inline enum failure look(
    struct store *fs, struct span key, int64_t now, struct store_file *ret_file)
{
	struct refusal why = { 0 };

	return fs_file_open(fs, key, now, false, ret_file, &why);
}

/* Whether the key can be read, and then as this text. */
static inline enum failure get(
    struct store *fs, const char *key, const char *text)
{
	struct store_file file;
	char memory[4096];
	size_t len = 0;
	enum failure failure = look(fs, span_of(key), NOW, &file);

	if (failure)
		return failure;
	assert_int_equal(file.size, strlen(text));
	assert_int_equal(
	    fs_file_read(&file, 0, memory, sizeof memory, false, &len), 0);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(memory, text, len);
	fs_file_close(&file);
	return FAILURE_NONE;
}

/* What sign says to a key and a size. */
static inline enum failure ask_slot(
    struct store *fs, struct span key, uint64_t size, char ret_put[6144])
{
	char get_memory[6144];
	struct buf put_url, get_url;
	struct store_slot slot = { &put_url, &get_url, 0, NULL };
	struct refusal why = { 0 };
	const struct store_request request = {
		.key = key, .size = size, .type = { NULL, 0 }, .now = NOW
	};

	buf_init(&put_url, ret_put, 6144);
	buf_init(&get_url, get_memory, sizeof get_memory);
	return fs->class->sign(fs, &request, &slot, &why);
}

#define place_test(name)                                                       \
	cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

#endif
