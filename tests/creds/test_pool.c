#include "expect.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "creds/draft.h"
#include "creds/pool.h"
#include "service/clock.h"

/* Sources that read files, with a clock of the test's. */

#define WAIT 20000 /* looks, a millisecond apart */

static _Atomic int64_t clock_now = 1000000;
static atomic_uint told[4];

static int64_t now(void)
{
	return clock_now;
}

static void no_chance(void *ret_bytes, unsigned len)
{
	memset(ret_bytes, 0, len);
}

static void tell(void *of, enum creds_news news, const char *source,
    const char *why, int64_t expires)
{
	(void)of;
	(void)expires;
	if (!*source || (*why != '\0') != (news != CREDS_NEWS_WELL))
		abort();
	atomic_fetch_add(&told[news], 1);
}

static const struct creds_world world = { now, no_chance, tell, NULL };

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen("new", "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod("new", 0600), 0);
	assert_int_equal(rename("new", name), 0);
}

static struct creds_settings settings_of(const char *id, const char *file)
{
	struct creds_settings settings = { .kind = CREDS_STATIC };

	for (unsigned i = 0; i < CREDS_TEXT_COUNT; i++)
		settings.text[i] = SPAN_EMPTY;
	settings.text[CREDS_KEY_ID] = span_of(id);
	settings.text[CREDS_SECRET] = span_of("as it was");
	settings.text[CREDS_SECRET_FILE] = span_of(file);
	return settings;
}

static void expect_secret(
    struct creds *creds, const char *secret, uint64_t generation)
{
	struct creds_value value;

	assert_true(creds->class->get(creds, now(), &value));
	expect_span(value.access_key_secret, secret);
	assert_int_equal(value.generation, generation);
	assert_int_equal(value.expires, 0);
	creds->class->put_back(creds, &value);
}

static void test_carried_over(void **state)
{
	struct creds_pool *pool = creds_pool_open(&world);
	struct creds_settings settings = settings_of("AKIAFAKE", "secret");
	struct creds_settings other = settings_of("AKIAOTHER", "secret");
	struct creds *first, *second, *third;
	struct creds_value held;

	(void)state;
	write_file("secret", "one\n");
	first = creds_pool_get(pool, &settings);
	assert_non_null(first);
	expect_secret(first, "one", 1);
	assert_true(first->class->get(first, now(), &held));

	/* The secret of another reading of the configuration. */
	settings.text[CREDS_SECRET] = span_of("as it is now");
	write_file("secret", "two\n");
	second = creds_pool_get(pool, &settings);
	assert_ptr_equal(first, second);
	expect_secret(second, "two", 2);
	expect_span(held.access_key_secret, "one");
	first->class->put_back(first, &held);

	third = creds_pool_get(pool, &other);
	assert_ptr_not_equal(first, third);
	expect_secret(third, "two", 1);

	first->class->close(first);
	write_file("secret", "two");
	assert_ptr_equal(creds_pool_get(pool, &settings), second);
	/* The same content is the same credentials. */
	expect_secret(second, "two", 2);
	second->class->close(second);
	second->class->close(second);
	third->class->close(third);
	creds_pool_close(pool);
}

static void test_status(void **state)
{
	struct creds_pool *pool = creds_pool_open(&world);
	struct creds_settings settings = settings_of("AKIAFAKE", "later");
	struct creds_status status;
	struct creds_value value;
	struct creds *creds;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		atomic_store(&told[i], 0);
	creds = creds_pool_get(pool, &settings);
	creds->class->wait(creds, WAIT);
	creds->class->status(creds, now(), &status);
	assert_false(status.ready);
	assert_int_equal(status.expires, 0);
	assert_string_equal(
	    status.why, "cannot read later: No such file or directory");
	assert_false(creds->class->get(creds, now(), &value));
	/* Not before it may. */
	assert_int_equal(atomic_load(&told[CREDS_NEWS_NONE]), 0);
	creds_pool_speak(pool);
	for (int i = 0; i < WAIT && !atomic_load(&told[CREDS_NEWS_NONE]); i++)
		usleep(1000);
	write_file("later", "here");
	for (int i = 0; i < WAIT && !atomic_load(&told[CREDS_NEWS_WELL]); i++)
		usleep(1000);
	assert_int_equal(atomic_load(&told[CREDS_NEWS_NONE]), 1);
	assert_int_equal(atomic_load(&told[CREDS_NEWS_WELL]), 1);
	creds->class->status(creds, now(), &status);
	assert_true(status.ready);
	assert_string_equal(status.why, "");
	expect_secret(creds, "here", 1);
	creds->class->close(creds);
	creds_pool_close(pool);
}

static bool is_same(
    const struct creds_settings *a, const struct creds_settings *b)
{
	uint8_t one[HASH_SIZE], other[HASH_SIZE];

	creds_settings_print(a, one);
	creds_settings_print(b, other);
	return memcmp(one, other, HASH_SIZE) == 0;
}

static void test_same_settings(void **state)
{
	struct creds_settings a = settings_of("A", "file"),
			      b = settings_of("A", "file");
	struct creds_settings *copy;

	(void)state;
	assert_true(is_same(&a, &b));
	b.text[CREDS_SECRET] = span_of("other");
	assert_true(is_same(&a, &b));
	a.text[CREDS_SECRET_FILE] = b.text[CREDS_SECRET_FILE] = SPAN_EMPTY;
	assert_false(is_same(&a, &b));
	b.text[CREDS_SECRET] = a.text[CREDS_SECRET];
	for (unsigned i = 0; i < CREDS_TEXT_COUNT; i++) {
		b = a;
		b.text[i] = span_of("something else");
		assert_false(is_same(&a, &b));
	}
	/* Where one ends and the next begins counts. */
	b = a;
	b.text[CREDS_KEY_ID] = span_of("");
	b.text[CREDS_SECRET] = span_of("Aas it was");
	assert_int_equal(a.text[CREDS_KEY_ID].len, 1);
	assert_false(is_same(&a, &b));
	b = a;
	b.kind = CREDS_AUTO;
	assert_false(is_same(&a, &b));
	copy = creds_settings_copy(&a);
	assert_true(is_same(&a, copy));
	assert_int_equal(copy->text[CREDS_KEY_ID].at[1], 0);
	creds_settings_drop(copy);
}

static int enter(void **state)
{
	static char name[] = "/tmp/slotd-creds-XXXXXX";

	*state = name;
	return mkdtemp(name) && chdir(name) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	unlink("secret");
	unlink("later");
	unlink("newest");
	return chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1;
}

#define TURNS 2000
/* Enough where other programs take so much of the time that it is seldom this
 * one's turn. */
#define TURNING_TIME 10000000 /* microseconds */

struct looker {
	struct creds_pool *pool;
	const struct creds_settings *settings;
	atomic_bool stop;
};

static void *look_again_and_again(void *argument)
{
	struct looker *looker = argument;

	while (!atomic_load(&looker->stop)) {
		struct creds *one =
		    creds_pool_get(looker->pool, looker->settings);

		one->class->close(one);
	}
	return NULL;
}

/* What somebody else has read meanwhile is not put over it. */
static void test_newest_stays(void **state)
{
	struct creds_pool *pool = creds_pool_open(&world);
	struct creds_settings settings = settings_of("AKIANEWEST", "newest");
	struct looker looker = { .pool = pool, .settings = &settings };
	struct creds *creds;
	pthread_t thread;
	char text[32];
	const int64_t until = clock_micros() + TURNING_TIME;

	(void)state;
	write_file("newest", "0");
	creds = creds_pool_get(pool, &settings);
	assert_int_equal(
	    pthread_create(&thread, NULL, look_again_and_again, &looker), 0);
	for (unsigned i = 1; i <= TURNS && clock_micros() < until; i++) {
		struct creds_value value;

		snprintf(text, sizeof text, "%u", i);
		write_file("newest", text);
		creds_pool_get(pool, &settings);
		assert_true(creds->class->get(creds, now(), &value));
		expect_span(value.access_key_secret, text);
		creds->class->put_back(creds, &value);
		creds->class->close(creds);
	}
	atomic_store(&looker.stop, true);
	pthread_join(thread, NULL);
	creds->class->close(creds);
	creds_pool_close(pool);
}

/* What stands in the configuration or the environment: no thread, and another
 * source with other texts alone. */
static void test_never_changes(void **state)
{
	struct creds_pool *pool = creds_pool_open(&world);
	char secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
	struct creds_settings settings = settings_of("AKIAFAKE", NULL);
	struct creds *creds, *other;
	struct creds_status status;
	struct creds_value held;

	(void)state;
	settings.text[CREDS_SECRET] = span_of(secret);
	for (unsigned i = 0; i < 2; i++) {
		settings.kind = i ? CREDS_ENVIRONMENT : CREDS_STATIC;
		creds = creds_pool_get(pool, &settings);
		assert_non_null(creds);
		assert_true(creds->class->wait(creds, 0));
		creds->class->status(creds, now(), &status);
		assert_true(status.ready);
		assert_int_equal(status.expires, 0);
		assert_string_equal(status.why, "");
		assert_ptr_equal(creds_pool_get(pool, &settings), creds);
		creds->class->close(creds);
		/* It has a copy of its own. */
		assert_true(creds->class->get(creds, now(), &held));
		memset(secret, 'x', sizeof secret - 1);
		other = creds_pool_get(pool, &settings);
		assert_ptr_not_equal(other, creds);
		expect_span(held.access_key_id, "AKIAFAKE");
		expect_span(held.access_key_secret,
		    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
		expect_span(held.session_token, "");
		creds->class->put_back(creds, &held);
		creds->class->close(creds);
		expect_secret(other, secret, 1);
		other->class->close(other);
		memcpy(secret, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		    sizeof secret);
	}
	creds_pool_close(pool);
}

static void test_too_large_is_refused(void **state)
{
	static char long_one[CREDS_TOKEN_MAX + 1];
	struct creds_pool *pool = creds_pool_open(&world);
	struct creds_settings settings = settings_of("AKIAFAKE", NULL);
	struct creds *creds;

	(void)state;
	memset(long_one, 'x', sizeof long_one);
	settings.text[CREDS_SECRET] = (struct span){ long_one, CREDS_MAX };
	settings.text[CREDS_TOKEN] = (struct span){ long_one, CREDS_TOKEN_MAX };
	creds = creds_pool_get(pool, &settings);
	assert_non_null(creds);
	creds->class->close(creds);
	settings.text[CREDS_TOKEN].len++;
	assert_null(creds_pool_get(pool, &settings));
	settings.text[CREDS_TOKEN].len--;
	settings.text[CREDS_SECRET].len++;
	assert_null(creds_pool_get(pool, &settings));
	creds_pool_close(pool);
}

/* libcurl is opened for these alone. */
static void test_asks(void **state)
{
	static const struct {
		enum creds_kind kind;
		enum creds_text set[2];
		bool asks;
	} rows[] = {
		{ CREDS_STATIC, { CREDS_KEY_ID, CREDS_SECRET_FILE }, false },
		{ CREDS_ENVIRONMENT, { CREDS_KEY_ID, CREDS_SECRET }, false },
		{ CREDS_FILE, { CREDS_SHARED_FILE, CREDS_PROFILE }, false },
		{ CREDS_WEB_IDENTITY, { CREDS_ROLE_ARN, CREDS_IDENTITY_FILE },
		    true },
		{ CREDS_CONTAINER,
		    { CREDS_CONTAINER_URL, CREDS_CONTAINER_TOKEN }, true },
		{ CREDS_INSTANCE, { CREDS_INSTANCE_URL, CREDS_INSTANCE_URL },
		    true },
		{ CREDS_AUTO, { CREDS_KEY_ID, CREDS_INSTANCE_URL }, false },
		{ CREDS_AUTO, { CREDS_SHARED_FILE, CREDS_SHARED_FILE }, false },
		{ CREDS_AUTO, { CREDS_SHARED_FILE, CREDS_INSTANCE_URL }, true },
		{ CREDS_AUTO, { CREDS_INSTANCE_URL, CREDS_INSTANCE_URL },
		    true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct creds_settings settings = { .kind = rows[i].kind };

		settings.text[rows[i].set[0]] = span_of("x");
		settings.text[rows[i].set[1]] = span_of("x");
		assert_int_equal(creds_asks(&settings), rows[i].asks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_carried_over),
		cmocka_unit_test(test_newest_stays),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_same_settings),
		cmocka_unit_test(test_never_changes),
		cmocka_unit_test(test_too_large_is_refused),
		cmocka_unit_test(test_asks),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
