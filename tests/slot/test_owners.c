#include "expect.h"

#include "slot/owners.h"

/*
 * The hashes were made by python3, with derive(line, label) =
 * hmac.new(line, label, sha256).digest():
 *   owner: hmac.new(derive(line, b'slotd-v1 owner'), b'R' * 22 + jid, sha256)
 *   user: hmac.new(derive(line, b'slotd-v1 user'), jid, sha256)
 * each urlsafe_b64encode(….digest()[:16]) without '='.
 */
#define LINE_ONE "fake-key-file-line-one-for-tests-only"
#define LINE_TWO "fake-key-file-line-two-for-tests-only"
#define R "RRRRRRRRRRRRRRRRRRRRRR"
#define JULIET_OWNER "y2k2iay5n_HHTJIi9CeNNA"
#define JULIET_OWNER_TWO "xsTALMM39u7YKDgia3peYA"
#define ROMEO_OWNER "ypKWKN6LcIk0UWk2BMlKWg"
#define JULIET_USER "EZhu6pSL5M08s39TPUKgOQ"
#define JULIET_USER_TWO "fWZJPS2bRZrRLNyWLh4gDg"
#define ROMEO_USER "Mc8uLZ1ctlBZ8mTdTBjyUg"
#define UNTIL "20261231T235959Z"

#define NONE 3 /* of the three users below */

static size_t find(const char *template_text, const char *key)
{
	static const char *const jids[] = { "nobody@example.org",
		"juliet@example.org", "romeo@example.org" };
	struct key_template template;
	struct owner owners[3];
	struct keyring ring;
	const char *wrong;

	assert_true(
	    keyring_read(&ring, span_of(LINE_ONE "\n" LINE_TWO), &wrong));
	assert_true(
	    key_template_parse(span_of(template_text), &template, &wrong));
	for (size_t i = 0; i < 3; i++)
		owners_add(&owners[i], &ring, span_of(jids[i]));
	return owners_find(owners, 3, &ring, &template, span_of(key));
}

#define DEFAULT "{random}/{owner}/{filename}"
#define ENDING "{until}/" DEFAULT

static void test_defaults(void **state)
{
	static const char *const templates[] = { DEFAULT, ENDING,
		"{random}/{filename}", "{date}/{random}/{owner}.{ext}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(templates); i++) {
		const char *const t = templates[i];

		assert_int_equal(find(t, R "/" JULIET_OWNER "/a/b"), 1);
		assert_int_equal(find(t, R "/" ROMEO_OWNER "/a"), 2);
		assert_int_equal(find(t, R "/" JULIET_OWNER_TWO "/a"), 1);
		assert_int_equal(find(t, UNTIL "/" R "/" ROMEO_OWNER "/a"), 2);
		assert_int_equal(find(t, "never/" R "/" JULIET_OWNER "/a"), 1);
		assert_int_equal(find(t, R "/" JULIET_USER "/a"), NONE);
		assert_int_equal(find(t, R "/" JULIET_OWNER), NONE);
		assert_int_equal(find(t, R "x/" JULIET_OWNER "/a"), NONE);
		assert_int_equal(find(t, R "/" JULIET_OWNER "x/a"), NONE);
		assert_int_equal(find(t, "x/" R "/" JULIET_OWNER "/a"), NONE);
		assert_int_equal(
		    find(t, "SRRRRRRRRRRRRRRRRRRRRR/" JULIET_OWNER "/a"), NONE);
		assert_int_equal(find(t, ""), NONE);
		assert_int_equal(find(t, UNTIL), NONE);
		assert_int_equal(find(t, R), NONE);
		assert_int_equal(find(t, R "/a"), NONE);
	}
}

static void test_configured(void **state)
{
	(void)state;
	assert_int_equal(
	    find("{user}/{random}/{filename}", JULIET_USER "/" R "/a"), 1);
	assert_int_equal(
	    find("{user}/{random}/{filename}", JULIET_USER_TWO "/" R "/a"), 1);
	assert_int_equal(
	    find("x-{random}-{owner}.{ext}", "x-" R "-" ROMEO_OWNER ".jpg"), 2);
	assert_int_equal(
	    find("x-{random}-{owner}.{ext}", "x-" R "-" JULIET_USER ".jpg"),
	    NONE);
	/* An older file, whose owner stands where {user} stands now. */
	assert_int_equal(
	    find("{random}/{user}/{filename}", R "/" JULIET_OWNER "/a"), 1);
	assert_int_equal(
	    find("{random}/{user}/{filename}", R "/" ROMEO_USER "/a"), 2);
	/* Either tells. */
	assert_int_equal(
	    find("{user}/{random}/{owner}", ROMEO_USER "/" R "/" ROMEO_OWNER),
	    2);
	assert_int_equal(find("{user}/{random}/{owner}",
			     "AAAAAAAAAAAAAAAAAAAAAA/" R "/" ROMEO_OWNER),
	    2);
}

/* A default key that the template can read in its own way, too. */
static void test_older_keys(void **state)
{
	static const char *const templates[] = { "{random}/{domain}/{filename}",
		"{until}/{random}/{domain}/{filename}",
		"{domain}/{user}/{random}/{filename}",
		"{owner}/{random}/{filename}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(templates); i++) {
		const char *const t = templates[i];

		assert_int_equal(find(t, R "/" ROMEO_OWNER "/a"), 2);
		assert_int_equal(find(t, UNTIL "/" R "/" ROMEO_OWNER "/a"), 2);
		assert_int_equal(find(t, "never/" R "/" JULIET_OWNER "/a"), 1);
	}
}

static bool told(const char *template_text, const char *key)
{
	struct key_template template;
	const char *wrong;

	assert_true(
	    key_template_parse(span_of(template_text), &template, &wrong));
	return owners_told(&template, span_of(key));
}

static void test_told(void **state)
{
	static const char *const plain[] = { "{random}/{filename}",
		"{random}/{domain}/{filename}",
		"{domain}/{random}/{filename}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		assert_true(told(plain[i], R "/" ROMEO_OWNER "/a"));
		assert_true(told(plain[i], UNTIL "/" R "/" ROMEO_OWNER "/a"));
		assert_true(told(plain[i], "never/" R "/" ROMEO_OWNER "/a"));
		assert_false(told(plain[i], R "/a"));
		assert_false(told(plain[i], UNTIL "/" R "/a"));
		assert_false(told(plain[i], R "/example.org/a"));
		assert_false(told(plain[i], R "/" ROMEO_OWNER));
		assert_false(told(plain[i], "x/y/z"));
		/* As long as {random}, and a host name. */
		assert_false(told(plain[i], "conference.example.org/" R "/a"));
	}
	assert_true(told("{user}/{random}.{ext}", JULIET_USER "/" R ".jpg"));
	assert_true(told("{random}-{owner}.{ext}", R "-" ROMEO_OWNER ".jpg"));
	assert_false(told("{random}-{owner}.{ext}", R "_" ROMEO_OWNER ".jpg"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_older_keys),
		cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
