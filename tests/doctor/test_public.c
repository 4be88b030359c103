#include "fixture.h"

/* What is asked at public_url, and what its answers mean. */

#define ALL_ASKED                                                              \
	"GET /up/f/slotd-doctor\nGET /up/u/slotd-doctor\n"                     \
	"PUT /up/u/slotd-doctor/probe.txt\n"

/* A proxy need pass /u/ and /f/ alone, and its own 404 is not slotd's. */
static void test_public_url(void **state)
{
	(void)state;
	static const struct canned none = { 404, "{\"code\":\"not-found\"}",
		0 },
				   put = { 405,
					   "{\"code\":\"method-not-allowed\"}",
					   0 },
				   page = { 404, "<html>Not Found</html>", 0 },
				   refused = { 403,
					   "{\"code\":\"slot-invalid\"}", 0 },
				   large = { 413, "<html>", 0 },
				   cut = { 0, "", FETCH_BROKEN };
	const struct {
		struct canned list[4];
		enum verdict verdict;
		const char *asked;
		const char *seen;
	} cases[] = {
		{ { none, put, refused }, VERDICT_OK, ALL_ASKED,
		    "https://upload.example.org/up leads to slotd" },
		/* 100 came, and the request was broken off. */
		{ { none, put, cut }, VERDICT_OK, ALL_ASKED,
		    "https://upload.example.org/up leads to slotd" },
		{ { none, put, large }, VERDICT_FAILURE, ALL_ASKED,
		    "/up/u/slotd-doctor/probe.txt: the proxy refuses files of "
		    "5000 bytes, which max_size allows: 413" },
		{ { page, page }, VERDICT_FAILURE, "GET /up/f/slotd-doctor\n",
		    "https://upload.example.org/up/f/slotd-doctor: this is not "
		    "slotd's answer: 404" },
		/* The path is another one for slotd. */
		{ { none, none }, VERDICT_FAILURE,
		    "GET /up/f/slotd-doctor\nGET /up/u/slotd-doctor\n",
		    "/up/u/slotd-doctor: this is not slotd's answer: 404" },
	};
	const struct fs_config folder = { .path = "/nonexistent" };

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		set_up(NULL);
		storage = (struct conf_storage){ .takes_uploads = true,
			.gives_files = true,
			.folder = &folder };
		conf.public_url = span_of("https://upload.example.org/up");
		conf.policies.offers[PURPOSE_MESSAGE] = true;
		conf.policies.of[PURPOSE_MESSAGE].max_size = 5000;
		assert_int_equal(run_check(check_public_url, cases[i].list),
		    cases[i].verdict);
		assert_string_equal(asked, cases[i].asked);
		expect_says(seen, cases[i].seen);
		if (cases[i].list[2].status == 413)
			expect_says(change, "allow bodies of 5000 bytes");
		else if (cases[i].verdict != VERDICT_OK)
			expect_says(change, "must pass /u/ and /f/");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_public_url, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
