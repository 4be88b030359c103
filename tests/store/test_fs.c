#include "store/fs_fixture.h"

#include <sys/statvfs.h>

static void test_class(void **state)
{
	struct place *place = *state;

	assert_string_equal(place->fs->class->type, "fs");
	assert_ptr_equal(place->fs->keyring, &place->ring);
}

static void test_sign_refuses(void **state)
{
	struct place *place = *state;
	char url[6144], text[1100];
	struct buf small;
	struct store_slot slot = { &small, &small, 0, NULL };
	struct refusal why = { 0 };
	const struct store_request request = {
		.key = span_of("k"), .size = 1, .type = SPAN_EMPTY, .now = NOW
	};

	memset(text, 'a', sizeof text);
	text[10] = '/';
	assert_int_equal(
	    ask_slot(place->fs, (struct span){ text, 11 + 255 }, 1, url), 0);
	assert_int_equal(
	    ask_slot(place->fs, (struct span){ text, 11 + 256 }, 1, url),
	    FAILURE_BAD_REQUEST);
	for (size_t i = 0; i < sizeof text; i += 100)
		text[i + 10] = '/';
	assert_int_equal(
	    ask_slot(place->fs, (struct span){ text, 1024 }, 1, url), 0);
	assert_int_equal(
	    ask_slot(place->fs, (struct span){ text, 1025 }, 1, url),
	    FAILURE_BAD_REQUEST);
	assert_int_equal(
	    ask_slot(place->fs, span_of(".key"), 1, url), FAILURE_BAD_REQUEST);

	buf_init(&small, url, 60);
	assert_int_equal(
	    place->fs->class->sign(place->fs, &request, &slot, &why),
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
	assert_int_equal(ask_slot(place->fs, span_of("k"), room / 2, url), 0);
	assert_int_equal(ask_slot(place->fs, span_of("k"), room * 2, url),
	    FAILURE_INSUFFICIENT_STORAGE);
	assert_int_equal(ask_slot(place->fs, span_of("k"), UINT64_MAX, url),
	    FAILURE_INSUFFICIENT_STORAGE);
	place_close(place);
	place->config.min_free_bytes = room / 2;
	place_open(place);
	assert_int_equal(ask_slot(place->fs, span_of("k"), room / 4, url), 0);
	assert_int_equal(ask_slot(place->fs, span_of("k"), room / 4 * 3, url),
	    FAILURE_INSUFFICIENT_STORAGE);
	place_close(place);
	place->config.min_free_bytes = UINT64_MAX;
	place_open(place);
	assert_int_equal(ask_slot(place->fs, span_of("k"), 0, url),
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
		{ "HTTPS://UPLOAD.example.org:443/f/a", "a" },
		{ PUBLIC "/%66%2Fa%2Fb", "a/b" },
		{ PUBLIC "/f/a%00b", NULL },
		{ PUBLIC "/f/a%2", NULL },
		{ PUBLIC "/f/../a", NULL },
		{ PUBLIC "/f/%2e%2e/a", NULL },
		{ PUBLIC "/f//a", NULL },
		{ PUBLIC "/f/.key", NULL },
	};
	struct place *place = *state;
	struct store *store = place->fs;

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
		place_test(test_sign_refuses),
		place_test(test_sign_min_free),
		place_test(test_read_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
