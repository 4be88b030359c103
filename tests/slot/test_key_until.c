#include "expect.h"

#include "slot/key_template.h"

/* {until} and {purpose} in object keys. */

#define RANDOM "AAECAwQFBgcICQoLDA0ODw"
#define YEAR_END 1798761599 /* 2026-12-31T23:59:59Z, by date(1) */
#define STAMP "20261231T235959Z"

static struct key_template parse(const char *text)
{
	struct key_template template;
	const char *sentence = NULL;

	if (!key_template_parse(span_of(text), &template, &sentence))
		fail_msg("%s: %s", text, sentence);
	return template;
}

static void test_where_it_may_stand(void **state)
{
	static const char *const right[] = { "{until}/{random}",
		"a/b-{until}{random}", "{purpose}/{until}/{random}/{filename}",
		"x{purpose}y{until}z{random}", "{random}/{purpose}",
		"{until}-{random}-{domain}" };
	static const char *const wrong[] = { "{random}/{until}",
		"{domain}/{until}/{random}", "{date}{until}{random}",
		"{filename}/{until}{random}", "{until}/{until}/{random}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(right); i++)
		parse(right[i]);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct key_template template;
		const char *sentence = NULL;

		if (key_template_parse(span_of(wrong[i]), &template, &sentence))
			fail_msg("taken: %s", wrong[i]);
		assert_string_equal(sentence, "only plain text and {purpose} "
					      "may stand before {until}");
	}
}

static void test_make(void **state)
{
	static const struct {
		int64_t until;
		enum purpose purpose;
		const char *key;
	} rows[] = {
		{ YEAR_END, PURPOSE_MESSAGE, "a/message/" STAMP "-" RANDOM },
		{ 0, PURPOSE_PERMANENT, "a/permanent/never-" RANDOM },
		{ 1, PURPOSE_EPHEMERAL,
		    "a/ephemeral/19700101T000001Z-" RANDOM },
		{ 0, PURPOSE_PROFILE, "a/profile/never-" RANDOM },
	};
	struct key_template template = parse("a/{purpose}/{until}-{random}");
	struct key_reading reading;
	char memory[OBJECT_KEY_MAX + 1];
	struct buf key;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct key_input input = { .until = rows[i].until,
			.purpose = rows[i].purpose };

		for (uint8_t n = 0; n < RANDOM_BYTES; n++)
			input.random[n] = n;
		buf_init(&key, memory, sizeof memory);
		key_template_make(&template, &input, &key);
		expect_buf(&key, rows[i].key);
		assert_true(
		    key_template_read(&template, buf_span(&key), &reading));
		expect_span(reading.random, RANDOM);
	}
}

/* template, key, whether the key is of it, and what key_tells_until tells: -1:
 * nothing. */
static const struct {
	const char *template;
	const char *key;
	bool read;
	int64_t until;
} readings[] = {
	{ "{until}/{random}", STAMP "/" RANDOM, true, YEAR_END },
	{ "{until}/{random}", "never/" RANDOM, true, INT64_MAX },
	{ "{until}/{random}", "nevr/" RANDOM, false, -1 },
	{ "{until}/{random}", "20261331T235959Z/" RANDOM, false, -1 },
	{ "{until}/{random}", "20261231T23595Z/" RANDOM, false, -1 },
	{ "{until}{random}", "never" RANDOM, true, INT64_MAX },
	{ "{until}{random}", STAMP RANDOM, true, YEAR_END },
	{ "{purpose}-{until}/{random}", "profile-" STAMP "/" RANDOM, true,
	    YEAR_END },
	{ "{purpose}-{until}/{random}", "other-" STAMP "/" RANDOM, false, -1 },
	{ "up/{until}/{random}/{filename}", "up/" STAMP "/" RANDOM "/x", true,
	    YEAR_END },
	{ "up/{until}/{random}/{filename}", "uq/" STAMP "/" RANDOM "/x", false,
	    -1 },
	/* Folders, for whoever walks through them. */
	{ "up/{until}/{random}/{filename}", "up/" STAMP, false, YEAR_END },
	{ "up/{until}/{random}/{filename}", "up", false, -1 },
	{ "up/{until}/{random}/{filename}", "", false, -1 },
	{ "{random}/{filename}", RANDOM "/" STAMP, true, -1 },
	{ "{random}/{filename}", RANDOM "/never", true, -1 },
	/* Of a default template, before `key` was set. */
	{ "up/{until}/{random}", STAMP "/" RANDOM "/x", false, YEAR_END },
	{ "{random}", "never/" RANDOM "/x", false, INT64_MAX },
};

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(readings); i++) {
		struct key_template template = parse(readings[i].template);
		struct span key = span_of(readings[i].key);
		struct key_reading reading;
		int64_t until = -1;
		bool told = key_tells_until(&template, key, &until);

		if (key_template_read(&template, key, &reading) !=
			readings[i].read ||
		    until != readings[i].until || told != (until != -1))
			fail_msg(
			    "%s %s", readings[i].template, readings[i].key);
		assert_int_equal(
		    key_until(&template, key), told ? until : INT64_MAX);
	}
}

/* A key under the template of today, and under both default ones, with {until}
 * and without. */
static void test_read_any(void **state)
{
	static const struct {
		const char *key;
		bool read;
		const char *owner;
		const char *until;
	} rows[] = {
		{ "x-" RANDOM, true, "", "" },
		{ RANDOM "/name", true, "", "" },
		{ RANDOM "/" RANDOM "/name", true, RANDOM, "" },
		{ STAMP "/" RANDOM "/name", true, "", STAMP },
		{ "never/" RANDOM "/" RANDOM "/name", true, RANDOM, "never" },
		{ "other/name", false, "", "" },
		{ "slotd-erase/" RANDOM, false, "", "" },
		{ STAMP "/" RANDOM, false, "", "" },
	};
	struct key_template template = parse("x-{random}");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct key_reading reading = { .owner = { NULL, 0 } };

		if (key_template_read_any(&template, span_of(rows[i].key),
			&reading) != rows[i].read)
			fail_msg("%s", rows[i].key);
		if (!rows[i].read)
			continue;
		expect_span(reading.random, RANDOM);
		expect_span(reading.owner, rows[i].owner);
		expect_span(reading.until, rows[i].until);
	}
}

static void test_purposes(void **state)
{
	static const char *const names[] = { "message", "profile", "ephemeral",
		"permanent" };
	enum purpose purpose;

	(void)state;
	for (unsigned i = 0; i < PURPOSE_COUNT; i++) {
		assert_string_equal(purpose_name(i), names[i]);
		assert_true(purpose_read(span_of(names[i]), &purpose));
		assert_int_equal(purpose, i);
	}
	assert_false(purpose_read(span_of("Message"), &purpose));
	assert_false(purpose_read(span_of(""), &purpose));
	assert_int_equal(purpose_run(span_of("profile/x")), 7);
	assert_int_equal(purpose_run(span_of("profil")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_it_may_stand),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_any),
		cmocka_unit_test(test_purposes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
