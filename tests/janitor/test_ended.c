#include "expect.h"

#include "janitor/ended.h"

#define R "AbCdEfGhIjKlMnOpQrStUv"
#define NOW 1732300000 /* 2024-11-22T18:26:40Z */
#define ENDED "20241122T182640Z"
#define GOES_ON "20241122T182641Z"

static void begin(
    const char *text, struct key_template *template, struct ended *ret_ended)
{
	const char *wrong;

	assert_true(key_template_parse(span_of(text), template, &wrong));
	ended_init(ret_ended, template, NOW);
}

static void test_later(void **state)
{
	struct key_template template;
	struct ended ended;

	(void)state;
	begin("{until}/{random}/{filename}", &template, &ended);
	assert_false(ended_later(&ended, span_of("")));
	assert_false(ended_later(&ended, span_of("2024")));
	assert_false(ended_later(&ended, span_of(ENDED "/" R "/cat.jpg")));
	assert_true(ended_later(&ended, span_of(GOES_ON)));
	assert_true(ended_later(&ended, span_of("2025")));
	assert_true(ended_later(&ended, span_of("never/" R "/cat.jpg")));
}

static void test_keys(void **state)
{
	static const struct {
		const char *template;
		const char *key;
		size_t place; /* of {until} in the key */
		bool ended;
	} rows[] = {
		{ "{until}/{random}/{filename}", ENDED "/" R "/cat.jpg", 0,
		    true },
		{ "{until}/{random}/{filename}", GOES_ON "/" R "/cat.jpg", 0,
		    false },
		{ "{until}/{random}/{filename}", "never/" R "/cat.jpg", 0,
		    false },
		{ "{until}/{random}/{filename}", ENDED "/cat.jpg", 0, false },
		{ "a/{until}/{random}/{filename}", "a/" ENDED "/" R "/cat.jpg",
		    2, true },
		{ "a/{until}/{random}/{filename}",
		    "a/" GOES_ON "/" R "/cat.jpg", 2, false },
		/* Of the template before. */
		{ "a/{until}/{random}/{filename}", ENDED "/" R "/cat.jpg", 0,
		    true },
		{ "{random}/{filename}", ENDED "/" R "/cat.jpg", 0, true },
		{ "{random}/{filename}", ENDED "/" R "/" R "/cat.jpg", 0,
		    true },
		{ "{random}/{filename}", R "/" ENDED "/cat.jpg", 23, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct span key = span_of(rows[i].key);
		struct key_template template;
		struct ended ended;

		begin(rows[i].template, &template, &ended);
		assert_int_equal(ended_at(&ended, key, key.at + rows[i].place),
		    rows[i].ended);
		assert_false(ended_at(&ended, key, key.at + 1));
		assert_int_equal(ended_at(&ended, key, NULL), rows[i].ended);
		assert_int_equal(ended_anywhere(&ended, key), rows[i].ended);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
