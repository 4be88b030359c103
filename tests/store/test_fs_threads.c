#include "store/fs_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

/* Threads that upload the same keys, read and sweep, all at once: one upload
 * of each key wins, and nobody ever sees half a file. */
#define THREADS 6
#define KEYS 60
#define BYTES 3000

static struct store *fs;
static int64_t ahead; /* of the clock, for who sweeps */
static atomic_int stored, refused, wrong;

static void fill(char bytes[BYTES], int key)
{
	for (int i = 0; i < BYTES; i++)
		bytes[i] = (char)(key * 7 + i);
}

static void write_one(const char *name, int key)
{
	struct refusal why = { 0 };
	struct store_upload *upload = NULL;
	char bytes[BYTES];
	enum failure failure = open_upload(fs, span_of(name), BYTES,
	    span_of("a/b"), NOW + 3600, &upload, &why);

	fill(bytes, key);
	if (!failure) {
		failure = fs_upload_write(upload, bytes, 1000, &why);
		if (!failure)
			failure = fs_upload_write(
			    upload, bytes + 1000, BYTES - 1000, &why);
		if (failure)
			fs_upload_abort(upload);
		else
			failure = fs_upload_commit(upload, &why);
	}
	if (failure == FAILURE_NONE)
		atomic_fetch_add(&stored, 1);
	else if (failure == FAILURE_ALREADY_EXISTS)
		atomic_fetch_add(&refused, 1);
	else
		atomic_fetch_add(&wrong, 1);
}

static void read_one(const char *name, int key)
{
	struct store_file file;
	char expected[BYTES], bytes[BYTES + 1];
	size_t len;

	switch (look(fs, span_of(name), NOW, &file)) {
	case FAILURE_NONE:
		fill(expected, key);
		if (fs_file_read(&file, 0, bytes, sizeof bytes, false, &len) ||
		    len != BYTES || memcmp(bytes, expected, BYTES) != 0 ||
		    strcmp(file.type, "a/b") != 0)
			atomic_fetch_add(&wrong, 1);
		fs_file_close(&file);
		break;
	case FAILURE_NOT_FOUND:
		break;
	default:
		atomic_fetch_add(&wrong, 1);
	}
}

static void *work(void *argument)
{
	const int number = *(const int *)argument;

	for (int i = 0; i < KEYS; i++) {
		const int key = (i + number % 2 * 3) % KEYS;
		char name[32];

		snprintf(name, sizeof name, "f%d/g%d/k", key % 5, key);
		write_one(name, key);
		read_one(name, key);
		/* One thread sweeps, as the contract has it. */
		if (number == 0 && i % 4 == 0)
			fs_sweep(fs, NOW + ahead, NULL);
	}
	return NULL;
}

static void run(void)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	stored = refused = wrong = 0;
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(
		    pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(wrong, 0);
	assert_int_equal(stored + refused, THREADS * KEYS);
}

static void test_one_wins(void **state)
{
	struct place *place = *state;

	place_close(place);
	place->config.has_until = true;
	place_open(place);
	fs = place->fs;
	ahead = 0;
	run();
	assert_int_equal(stored, KEYS);
}

static void test_swept_away(void **state)
{
	struct place *place = *state;

	place_close(place);
	place->config.has_until = true;
	place_open(place);
	fs = place->fs;
	ahead = 7200;
	run();
	assert_true(stored >= KEYS);
	fs_sweep(fs, NOW + ahead, NULL);
	assert_int_equal(count_entries(place->store), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		place_test(test_one_wins),
		place_test(test_swept_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
