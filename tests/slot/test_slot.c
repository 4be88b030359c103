#include "expect.h"

#include "slot/slot.h"

#define NOW 1369353600
#define ZEROS "AAAAAAAAAAAAAAAAAAAAAA" /* of 16 bytes, in base64url */

/* A store that writes down what it is asked for. */
struct recorder {
	struct store store;
	char key[OBJECT_KEY_MAX + 1];
	struct store_request request;
	enum failure failure;
};

static enum failure record(struct store *store,
    const struct store_request *request, struct store_slot *ret_slot,
    struct refusal *why)
{
	struct recorder *recorder = (struct recorder *)store;

	(void)why;
	recorder->request = *request;
	memcpy(recorder->key, request->key.at, request->key.len);
	recorder->key[request->key.len] = '\0';
	buf_text(ret_slot->put, "https://put.example/");
	buf_text(ret_slot->get, "https://get.example/");
	ret_slot->expires = request->now + 600;
	return recorder->failure;
}

static const struct store_class recorder_class = { .type = "recorder",
	.sign = record };

static struct recorder recorder;
static struct slot slot;
static struct refusal why;
static const struct span domains[] = { { "example.org", 11 } };
static const struct span types[] = { { "image/*", 7 } };
static const struct span endings[] = { { "exe", 3 } };

static enum failure issue(const char *jid, const char *filename,
    const char *type, uint64_t size, bool plain_urls)
{
	struct names_place places[2] = { 0 };
	struct caller caller = { .allow_domains = domains,
		.allow_domain_count = 1,
		.plain_urls = plain_urls };
	const struct policies policies = {
		.of = { {
		    .max_size = 1000,
		    .allow_types = types,
		    .allow_type_count = type ? 1 : 0,
		    .deny_extensions = endings,
		    .deny_extension_count = 1,
		} },
		.offers = { true },
	};
	struct jid who;
	const struct slot_request request = {
		.caller = &caller,
		.jid = &who,
		.filename = span_of(filename),
		.type = { type, type ? strlen(type) : 0 },
		.size = size,
	};
	const uint8_t random[RANDOM_BYTES] = { 0 };
	struct key_template template;
	const struct issuer issuer = { &policies, &template, NULL,
		&recorder.store };
	const struct issuers issuers = { .list = &issuer };
	const char *wrong;

	names_init(&caller.allowed, places, 1);
	names_add(&caller.allowed, domains[0], 0);
	recorder = (struct recorder){ .store = { .class = &recorder_class } };
	why = (struct refusal){ 0 };
	assert_true(key_template_parse(
	    span_of("{random}/{domain}/{filename}"), &template, &wrong));
	if (jid_read(span_of(jid), &who, &why) != FAILURE_NONE)
		return FAILURE_BAD_REQUEST;
	return slot_issue(
	    &issuers, &request, NOW * 1000LL, random, &slot, &why);
}

static void test_issues(void **state)
{
	(void)state;
	assert_int_equal(issue("Juliet@Example.ORG./x", "a/b c.jpg",
			     "image/jpeg", 1000, false),
	    FAILURE_NONE);
	assert_string_equal(
	    recorder.key, "AAAAAAAAAAAAAAAAAAAAAA/example.org/b c.jpg");
	assert_int_equal(recorder.request.size, 1000);
	assert_int_equal(recorder.request.now, NOW);
	expect_span(recorder.request.type, "image/jpeg");
	expect_buf(&slot.put, "https://put.example/");
	expect_buf(&slot.get, "https://get.example/");
	assert_int_equal(slot.expires, NOW + 600);
}

static void expect_refused(
    enum failure got, enum failure want, const char *detail)
{
	assert_int_equal(got, want);
	if (!span_starts(span_of(why.detail), detail))
		fail_msg("detail: %s", why.detail ? why.detail : "none");
	/* The store was not asked. */
	assert_null(recorder.request.key.at);
}

static void test_an_unnamed_type_stays_unnamed(void **state)
{
	(void)state;
	assert_int_equal(
	    issue("example.org", "x", NULL, 0, false), FAILURE_NONE);
	expect_span(recorder.request.type, "");
}

/* With allow_types such a file counts as application/octet-stream. */
static void test_a_type_that_is_none_is_unnamed(void **state)
{
	static const char *const none[] = { "omemo", ".jpg", "public.jpeg", "",
		"image/png\r\nX: y", "image" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(none); i++)
		expect_refused(issue("example.org", "x", none[i], 0, false),
		    FAILURE_FORBIDDEN, "content_type:");
	assert_int_equal(
	    issue("example.org", "x", " image/png\t", 0, false), FAILURE_NONE);
	expect_span(recorder.request.type, "image/png");
}

static void test_plain_urls(void **state)
{
	(void)state;
	assert_int_equal(
	    issue("example.org", "a b~\xc3\xa9.jpg", "image/jpeg", 1, true),
	    FAILURE_NONE);
	assert_string_equal(
	    recorder.key, "AAAAAAAAAAAAAAAAAAAAAA/example.org/a_b__.jpg");
}

/* Of several faults the first in the contract's order is told. */
static void test_the_order_of_refusals(void **state)
{
	(void)state;
	expect_refused(issue("a@b@c", "x.exe", "text/html", 9999, false),
	    FAILURE_BAD_REQUEST, "jid:");
	expect_refused(issue("a@other.org", "\xff", "text/html", 9999, false),
	    FAILURE_BAD_REQUEST, "filename:");
	expect_refused(issue("a@other.org", "x.exe", "text/html", 9999, false),
	    FAILURE_FORBIDDEN, "jid:");
	expect_refused(
	    issue("a@example.org", "x.jpg", "text/html", 9999, false),
	    FAILURE_FORBIDDEN, "content_type:");
	expect_refused(
	    issue("a@example.org", "x.EXE.", "image/png", 9999, false),
	    FAILURE_FORBIDDEN, "filename:");
	assert_int_equal(
	    issue("a@example.org", "x.jpg", "image/png", 1001, false),
	    FAILURE_FILE_TOO_LARGE);
	assert_int_equal(why.max_size, 1000);
}

/* Of the very name before a wildcard, wherever it stands; of several
 * wildcards the first. */
static void test_issuers(void **state)
{
	static const char *const names[] = { "*.example.net", "*.b.example.net",
		"a.b.example.net", "example.org" };
	static const struct {
		const char *domain;
		size_t number;
	} rows[] = { { "example.com", 0 }, { "example.net", 0 },
		{ "x.example.net", 1 }, { "x.b.example.net", 1 },
		{ "a.b.example.net", 3 }, { "example.org", 4 },
		{ "x.example.org", 0 } };
	const struct issuer list[5] = { 0 };
	struct names_place places[8] = { 0 };
	struct issuers issuers = { .list = list };

	(void)state;
	names_init(&issuers.domains, places, COUNT_OF(names));
	for (uint32_t i = 0; i < COUNT_OF(names); i++)
		names_add(&issuers.domains, span_of(names[i]), i);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_ptr_equal(
		    slot_find_issuer(&issuers, span_of(rows[i].domain)),
		    &list[rows[i].number]);
}

/* Policy and store are those of the JID's domain. */
static void test_a_domain_has_its_own(void **state)
{
	const struct caller caller = { 0 };
	const struct policies small = { { { .max_size = 10 } }, { true } };
	const struct policies large = { { { .max_size = 1000 } }, { true } };
	struct recorder other = { .store = { .class = &recorder_class } };
	const uint8_t random[RANDOM_BYTES] = { 0 };
	struct jid who;
	struct slot_request request = { .caller = &caller,
		.jid = &who,
		.filename = span_of("x"),
		.size = 1000 };
	struct key_template template;
	const char *wrong;

	(void)state;
	assert_true(key_template_parse(span_of("{random}"), &template, &wrong));
	const struct issuer list[] = {
		{ &small, &template, NULL, &recorder.store },
		{ &large, &template, NULL, &other.store },
	};
	struct names_place places[2] = { 0 };
	struct issuers issuers = { .list = list };

	names_init(&issuers.domains, places, 1);
	names_add(&issuers.domains, span_of("example.org"), 0);
	recorder = (struct recorder){ .store = { .class = &recorder_class } };
	assert_true(jid_parse(span_of("a@Example.ORG./x"), &who, &wrong));
	assert_int_equal(
	    slot_issue(&issuers, &request, NOW * 1000LL, random, &slot, &why),
	    FAILURE_NONE);
	assert_int_equal(other.request.size, 1000);
	assert_null(recorder.request.key.at);
	expect_buf(&slot.type, "");
	assert_true(jid_parse(span_of("a@example.com"), &who, &wrong));
	assert_int_equal(
	    slot_issue(&issuers, &request, NOW * 1000LL, random, &slot, &why),
	    FAILURE_FILE_TOO_LARGE);
	assert_int_equal(why.max_size, 10);
}

/* NOW is 2013-05-24T00:00:00Z. */
static const struct {
	enum purpose purpose;
	int64_t expire_before;
	uint64_t size;
	enum failure failure;
	int64_t until;
	const char *key;
} ends[] = {
	{ PURPOSE_MESSAGE, 0, 10, 0, NOW + 86400,
	    "message-20130525T000000Z/" ZEROS },
	{ PURPOSE_MESSAGE, NOW + 1, 10, 0, NOW + 86400,
	    "message-20130525T000000Z/" ZEROS },
	{ PURPOSE_PROFILE, NOW + 1, 3, 0, 0, "profile-never/" ZEROS },
	{ PURPOSE_PROFILE, 0, 4, FAILURE_FILE_TOO_LARGE, 0, NULL },
	{ PURPOSE_EPHEMERAL, NOW + 10, 1, 0, NOW + 10,
	    "ephemeral-20130524T000010Z/" ZEROS },
	{ PURPOSE_EPHEMERAL, NOW + 1000, 1, 0, NOW + 60,
	    "ephemeral-20130524T000100Z/" ZEROS },
	{ PURPOSE_EPHEMERAL, NOW, 1, FAILURE_BAD_REQUEST, 0, NULL },
	{ PURPOSE_EPHEMERAL, 0, 1, FAILURE_BAD_REQUEST, 0, NULL },
	{ PURPOSE_PERMANENT, 0, 1, FAILURE_FORBIDDEN, 0, NULL },
};

/* keep, and an ephemeral file's own end. */
static void test_ends(void **state)
{
	const struct caller caller = { 0 };
	const struct policies policies = {
		.of = { [PURPOSE_MESSAGE] = { .max_size = 10, .keep = 86400 },
		    [PURPOSE_PROFILE] = { .max_size = 3 },
		    [PURPOSE_EPHEMERAL] = { .max_size = 10, .keep = 60 },
		    [PURPOSE_PERMANENT] = { .max_size = 10 } },
		.offers = { [PURPOSE_MESSAGE] = true,
		    [PURPOSE_PROFILE] = true,
		    [PURPOSE_EPHEMERAL] = true },
	};
	const uint8_t random[RANDOM_BYTES] = { 0 };
	struct key_template template;
	const struct issuer issuer = { &policies, &template, NULL,
		&recorder.store };
	const struct issuers issuers = { .list = &issuer };
	struct jid who;
	const char *wrong;

	(void)state;
	assert_true(key_template_parse(
	    span_of("{purpose}-{until}/{random}"), &template, &wrong));
	assert_true(jid_parse(span_of("a@example.org"), &who, &wrong));
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		const struct slot_request request = {
			.caller = &caller,
			.jid = &who,
			.filename = span_of("x"),
			.size = ends[i].size,
			.purpose = ends[i].purpose,
			.expire_before = ends[i].expire_before,
		};

		recorder =
		    (struct recorder){ .store = { .class = &recorder_class } };
		assert_int_equal(slot_issue(&issuers, &request, NOW * 1000LL,
				     random, &slot, &why),
		    ends[i].failure);
		if (ends[i].failure)
			continue;
		assert_int_equal(slot.until, ends[i].until);
		assert_int_equal(recorder.request.until, ends[i].until);
		assert_false(recorder.request.note_until);
		assert_string_equal(recorder.key, ends[i].key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_issues),
		cmocka_unit_test(test_an_unnamed_type_stays_unnamed),
		cmocka_unit_test(test_a_type_that_is_none_is_unnamed),
		cmocka_unit_test(test_plain_urls),
		cmocka_unit_test(test_the_order_of_refusals),
		cmocka_unit_test(test_issuers),
		cmocka_unit_test(test_a_domain_has_its_own),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
