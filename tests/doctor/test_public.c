#include "fixture.h"

/* What answers at public_url, in front of answers of slotd and of proxies. */

/* A proxy need pass /u/ and /f/ alone, and its own 404 is not slotd's. */
static void test_public_url(void **state)
{
	(void)state;
	static const struct canned none = { 404, "{\"code\":\"not-found\"}",
		0 },
				   put = { 405,
					   "{\"code\":\"method-not-allowed\"}",
					   0 },
				   refused = { 403,
					   "{\"code\":\"slot-invalid\"}", 0 },
				   page = { 404, "<html>Not Found</html>", 0 };
	const struct {
		struct canned list[4];
		enum verdict verdict;
		const char *asked;
		const char *seen;
	} cases[] = {
		{ { none, put, refused }, VERDICT_OK,
		    "GET /up/f/slotd-doctor\nGET /up/u/slotd-doctor\n"
		    "PUT /up/u/slotd-doctor\n",
		    "https://upload.example.org/up leads to slotd" },
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
		assert_int_equal(run_check(check_public_url, cases[i].list),
		    cases[i].verdict);
		assert_string_equal(asked, cases[i].asked);
		expect_says(seen, cases[i].seen);
		if (cases[i].verdict != VERDICT_OK)
			expect_says(change, "must pass /u/ and /f/");
	}
}

/* Below a caller's base, a proxy that then answers like this. */
static enum verdict try_limit(struct canned reply)
{
	const struct canned list[] = {
		{ 404, "{\"code\":\"not-found\"}", 0 },
		{ 403, "{\"code\":\"slot-invalid\"}", 0 },
		reply,
		{ 0, NULL, 0 },
	};

	return run_check(check_public_url, list);
}

/* By the largest size that the caller's users get there: with jwt each user
 * has a domain, else the first domain decides, and nobody has a purpose. */
static void test_limit_of_a_base(void **state)
{
	(void)state;
	static const struct canned large = { 413, "<html>", 0 },
				   lost = { 200, "", FETCH_NO_CONNECTION };
	static struct names_place places[4];
	const struct span names[2] = { span_of("a.example"),
		span_of("b.example") };
	struct conf_domain domains[2] = { { .name = names[0] },
		{ .name = names[1] } };
	const struct {
		enum dialect dialect;
		size_t allow_domains;
		const char *seen, *change;
	} rows[] = {
		{ DIALECT_EXTERNAL_V2, 2, "3145729 bytes", "size 4m;" },
		{ DIALECT_JWT, 2, "5242880 bytes", "size 5m;" },
		{ DIALECT_JWT, 0, "5242880 bytes", "size 5m;" },
		{ DIALECT_EXTERNAL_V2, 0, "1048576 bytes", "size 1m;" },
	};
	struct caller caller = { .base = span_of("/share/"),
		.allow_domains = names };
	const struct fs_config folder = { .path = "/nonexistent" };

	storage = (struct conf_storage){ .folder = &folder };
	names_init(&conf.domain_names, places, 2);
	for (size_t i = 0; i < 2; i++)
		names_add(&conf.domain_names, names[i], (uint32_t)i);
	conf.policies.of[PURPOSE_MESSAGE].max_size = 1 << 20;
	domains[0].policies.of[PURPOSE_MESSAGE].max_size = (3 << 20) + 1;
	domains[0].policies.of[PURPOSE_PROFILE].max_size = 9 << 20;
	domains[0].policies.offers[PURPOSE_PROFILE] = true;
	domains[1].policies.of[PURPOSE_MESSAGE].max_size = 5 << 20;
	conf.domains = domains;
	conf.domain_count = 2;
	conf.callers = &caller;
	conf.caller_count = 1;
	conf.public_url = span_of("https://upload.example.org");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		caller.dialect = rows[i].dialect;
		caller.allow_domain_count = rows[i].allow_domains;
		assert_int_equal(try_limit(large), VERDICT_FAILURE);
		expect_says(seen, rows[i].seen);
		expect_says(change, rows[i].change);
	}
	expect_says(seen, "https://upload.example.org/share/slotd-doctor/"
			  "probe.txt: the proxy refuses a PUT of 1048576");
	expect_says(change, "client_max_body_size 1m;");
	expect_says(change, "LimitRequestBody 1048576)");
	assert_int_equal(try_limit(lost), VERDICT_WARNING);
	expect_says(change, "this check is undecided");
	conf = (struct conf){ .storage_count = 1, .storages = &storage };
}

/* At slotd's own paths: by what goes into this storage, whatever the purpose.
 */
static void test_limit_of_uploads(void **state)
{
	(void)state;
	static const struct canned list[] = {
		{ 405, "{\"code\":\"method-not-allowed\"}", 0 },
		{ 413, "<html>", 0 },
		{ 0, NULL, 0 },
	};
	struct conf_domain domains[2] = { { .storage = 0 }, { .storage = 1 } };
	struct conf_storage both[2];
	const struct fs_config folder = { .path = "/nonexistent" };

	storage =
	    (struct conf_storage){ .takes_uploads = true, .folder = &folder };
	both[0] = both[1] = storage;
	doctor.storage = &both[0];
	domains[0].policies.of[PURPOSE_PROFILE].max_size = (3 << 20) + 1;
	domains[0].policies.offers[PURPOSE_PROFILE] = true;
	domains[0].policies.of[PURPOSE_EPHEMERAL].max_size = 5 << 20;
	domains[1].policies.of[PURPOSE_MESSAGE].max_size = 9 << 20;
	domains[1].policies.offers[PURPOSE_MESSAGE] = true;
	conf.storages = both;
	conf.storage_count = 2;
	conf.domains = domains;
	conf.domain_count = 2;
	conf.public_url = span_of("https://upload.example.org");
	assert_int_equal(run_check(check_public_url, list), VERDICT_FAILURE);
	expect_says(seen,
	    "https://upload.example.org/u/slotd-doctor: the proxy refuses a "
	    "PUT of 3145729 bytes");
	conf = (struct conf){ .storage_count = 1, .storages = &storage };
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_public_url, set_up),
		cmocka_unit_test_setup(test_limit_of_a_base, set_up),
		cmocka_unit_test_setup(test_limit_of_uploads, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
