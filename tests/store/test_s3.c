#include "store/s3_fixture.h"

#include <pthread.h>

#define QUERY(day, region, ttl, signature)                                     \
	"?X-Amz-Algorithm=AWS4-HMAC-SHA256"                                    \
	"&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F" day "%2F" region           \
	"%2Fs3%2Faws4_request"                                                 \
	"&X-Amz-Date=" day "T000000Z&X-Amz-Expires=" ttl                       \
	"&X-Amz-SignedHeaders=content-length%3Bhost" signature

#define CAT_SIGNATURE                                                          \
	"&X-Amz-Signature=41a90da9f6bf930326e6542df63b4adb68d8f7e5823fa5cf28"  \
	"779a812dec1b0c"
#define CAT_PUT                                                                \
	"https://my-bucket.s3.us-east-2.amazonaws.com"                         \
	"/abc/tr%C3%A8s%20cool%2B%26.jpg" QUERY(                               \
	    "20130524", "us-east-2", "600", CAT_SIGNATURE)

static void test_virtual_host_style(void **state)
{
	struct setup setup = { 0 };

	(void)state;
	open_store(&setup, "https://my-bucket.s3.us-east-2.amazonaws.com",
	    "https://cdn.example.org/files/", "us-east-2", 600);
	assert_int_equal(sign(&setup, CAT_KEY, 23456, NOW), FAILURE_NONE);
	expect_buf(&setup.put, CAT_PUT);
	expect_buf(&setup.get, "https://cdn.example.org/files"
			       "/abc/tr%C3%A8s%20cool%2B%26.jpg");
	close_store(&setup);
}

static void test_path_style_with_a_port_and_a_prefix(void **state)
{
	struct setup setup = { 0 };

	(void)state;
	open_store(&setup, "http://S3.example.org:9000/bucket/prefix/",
	    "http://s3.example.org:9000/bucket/prefix", "garage", 604800);
	assert_int_equal(sign(&setup, "a~b~.txt", 0, NOW), FAILURE_NONE);
	expect_buf(&setup.put,
	    "http://s3.example.org:9000/bucket/prefix/a~b~.txt" QUERY(
		"20130524", "garage", "604800",
		"&X-Amz-Signature=9e8e0f2ba6ceb07f3b7652d3fa80a72d0b187d477e"
		"04dde28ab7f48b069ded15"));
	expect_buf(
	    &setup.get, "http://s3.example.org:9000/bucket/prefix/a~b~.txt");
	close_store(&setup);
}

static void test_set_public_is_signed(void **state)
{
	struct setup setup = { 0 };

	(void)state;
	setup.config.set_public = true;
	open_store(&setup, "http://s3.example.org:9000/bucket/prefix",
	    "http://s3.example.org:9000/bucket/prefix", "garage", 604800);
	assert_int_equal(sign(&setup, "k", 0, NOW), FAILURE_NONE);
	expect_buf(&setup.put,
	    "http://s3.example.org:9000/bucket/prefix/k" QUERY("20130524",
		"garage", "604800",
		"&x-amz-acl=public-read"
		"&X-Amz-Signature=120f749f44b978e5a08306bbc30b9aae48e0f0f4fc"
		"68026ff1ce0d1743b36801"));
	close_store(&setup);
}

static void test_the_key_of_the_day(void **state)
{
	struct setup setup = { 0 };

	(void)state;
	open_store(&setup, "https://my-bucket.s3.us-east-2.amazonaws.com",
	    "https://my-bucket.s3.us-east-2.amazonaws.com", "us-east-2", 600);
	assert_int_equal(sign(&setup, CAT_KEY, 23456, NOW + DAY), FAILURE_NONE);
	assert_non_null(strstr(setup.put.at, "20130525T000000Z"));
	/* Also when the clock goes back over midnight. */
	assert_int_equal(sign(&setup, CAT_KEY, 23456, NOW), FAILURE_NONE);
	expect_buf(&setup.put, CAT_PUT);
	close_store(&setup);
}

static void test_what_does_not_fit_is_an_error(void **state)
{
	struct setup setup = { 0 };
	char key[1025];

	(void)state;
	memset(key, '\x01', 1024);
	key[1024] = '\0';
	open_store(&setup, "https://s3.example.org/b", "https://c.example.org",
	    "us-east-2", 600);
	/* 1,024 bytes become 3,072 in each URL. */
	assert_int_equal(sign(&setup, key, 1, NOW), FAILURE_NONE);
	assert_true(setup.put.len > 3072 && buf_ok(&setup.put));
	close_store(&setup);
}

static void test_reads_its_own_urls(void **state)
{
	struct setup setup = { 0 };
	struct store *store;
	char memory[256];
	struct buf key;

	(void)state;
	open_store(&setup, "https://b.s3.example.org",
	    "https://cdn.example.org/x", "r", 600);
	store = setup.store;
	buf_init(&key, memory, sizeof memory);
	assert_true(store->class->read_url(
	    store, span_of("https://cdn.example.org/x/a/b%20c?y#z"), &key));
	expect_buf(&key, "a/b c");
	assert_false(store->class->read_url(
	    store, span_of("https://cdn.example.org/xa/b"), &key));
	buf_reset(&key);
	assert_true(store->class->read_url(
	    store, span_of("https://b.s3.example.org/a"), &key));
	expect_buf(&key, "a");
	close_store(&setup);
}

static void *sign_many(void *argument)
{
	struct setup setup = *(struct setup *)argument;

	for (int i = 0; i < 2000; i++) {
		if (sign(&setup, CAT_KEY, 23456, NOW + i % 2 * DAY) !=
		    FAILURE_NONE)
			return argument;
		if (i % 2 == 0 && strcmp(setup.put.at, CAT_PUT) != 0)
			return argument;
	}
	return NULL;
}

static void test_threads_over_midnight(void **state)
{
	struct setup setup = { 0 };
	pthread_t threads[4];

	(void)state;
	open_store(&setup, "https://my-bucket.s3.us-east-2.amazonaws.com",
	    "https://my-bucket.s3.us-east-2.amazonaws.com", "us-east-2", 600);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, sign_many, &setup), 0);
	for (int i = 0; i < 4; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	close_store(&setup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_virtual_host_style),
		cmocka_unit_test(test_path_style_with_a_port_and_a_prefix),
		cmocka_unit_test(test_set_public_is_signed),
		cmocka_unit_test(test_the_key_of_the_day),
		cmocka_unit_test(test_what_does_not_fit_is_an_error),
		cmocka_unit_test(test_reads_its_own_urls),
		cmocka_unit_test(test_threads_over_midnight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
