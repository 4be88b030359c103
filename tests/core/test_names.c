#include "expect.h"

#include "core/names.h"

#include <stdio.h>

#define MANY 100

static struct names_place places[256];

/* A table of these names, numbered in their order. */
static struct names table_of(const char *const *list, size_t count)
{
	struct names names;

	memset(places, 0, sizeof places);
	names_init(&names, places, count);
	for (size_t i = 0; i < count; i++)
		names_add(&names, span_of(list[i]), (uint32_t)i);
	return names;
}

static void test_the_room(void **state)
{
	(void)state;
	assert_int_equal(names_room(0), 2);
	assert_int_equal(names_room(1), 2);
	assert_int_equal(names_room(2), 4);
	assert_int_equal(names_room(3), 8);
	assert_int_equal(names_room(100), 256);
}

static void test_an_empty_table(void **state)
{
	const struct names zeros = { 0 };
	const struct names none = table_of(NULL, 0);

	(void)state;
	assert_int_equal(names_find(&zeros, span_of("a")), NAMES_NONE);
	assert_int_equal(names_find_domain(&zeros, span_of("a")), NAMES_NONE);
	assert_int_equal(names_find(&none, span_of("a")), NAMES_NONE);
	assert_int_equal(names_find_domain(&none, span_of("a.b")), NAMES_NONE);
	assert_int_equal(names_find(&none, SPAN_EMPTY), NAMES_NONE);
}

static void test_one_name(void **state)
{
	static const char *const list[] = { "prosody" };
	const struct names names = table_of(list, 1);
	const char longer[] = "prosody2";

	(void)state;
	assert_int_equal(names_find(&names, span_of("prosody")), 0);
	assert_int_equal(names_find(&names, (struct span){ longer, 7 }), 0);
	assert_int_equal(names_find(&names, span_of(longer)), NAMES_NONE);
	assert_int_equal(names_find(&names, span_of("prosod")), NAMES_NONE);
	assert_int_equal(names_find(&names, span_of("Prosody")), NAMES_NONE);
	assert_int_equal(names_find(&names, SPAN_EMPTY), NAMES_NONE);
}

static void test_a_hundred_names(void **state)
{
	char memory[MANY][16], other[16];
	const char *list[MANY];
	struct names names;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(memory[i], sizeof memory[i], "caller-%d", i);
		list[i] = memory[i];
	}
	names = table_of(list, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(other, sizeof other, "caller_%u", i);
		assert_int_equal(names_find(&names, span_of(list[i])), i);
		assert_int_equal(
		    names_find(&names, span_of(other)), NAMES_NONE);
	}
}

/* "declinate" and "macallums", which have one FNV-1a hash of 32 bits, written
 * backwards. */
static void test_names_of_one_hash(void **state)
{
	static const char *const list[] = { "etanilced" };
	static const char *const both[] = { "etanilced", "smullacam" };
	struct names names = table_of(list, 1);

	(void)state;
	assert_int_equal(names_find(&names, span_of("smullacam")), NAMES_NONE);
	names = table_of(both, 2);
	assert_int_equal(names_find(&names, span_of("etanilced")), 0);
	assert_int_equal(names_find(&names, span_of("smullacam")), 1);
}

/* The first number of a name stays. */
static void test_a_name_twice(void **state)
{
	static const char *const list[] = { "a", "b", "a" };
	const struct names names = table_of(list, 3);

	(void)state;
	assert_int_equal(names_find(&names, span_of("a")), 0);
	assert_int_equal(names_find(&names, span_of("b")), 1);
}

/* The very name before a wildcard, wherever it stands; of several wildcards
 * the first in the list, not the longest. */
static void test_domains(void **state)
{
	static const char *const list[] = { "*.example.net", "*.b.example.net",
		"a.b.example.net", "example.org", "*.c.example.com",
		"*.example.com", "[2001:db8::1]", "*.org" };
	static const struct {
		const char *domain;
		uint32_t number;
	} rows[] = {
		{ "example.net", NAMES_NONE },
		{ ".example.net", NAMES_NONE },
		{ "xexample.net", NAMES_NONE },
		{ "x.example.net", 0 },
		{ "b.example.net", 0 },
		{ "x.b.example.net", 0 },
		{ "a.b.example.net", 2 },
		{ "x.a.b.example.net", 0 },
		{ "x.c.example.com", 4 },
		{ "c.example.com", 5 },
		{ "example.com", NAMES_NONE },
		{ "example.org", 3 },
		{ "x.example.org", 7 },
		{ "org", NAMES_NONE },
		{ "[2001:db8::1]", 6 },
		{ "localhost", NAMES_NONE },
		{ "", NAMES_NONE },
		/* A pattern is found as itself: see service_base_issuer. */
		{ "*.b.example.net", 1 },
		{ "*.x.example.net", 0 },
	};
	const struct names names = table_of(list, COUNT_OF(list));

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (names_find_domain(&names, span_of(rows[i].domain)) !=
		    rows[i].number)
			fail_msg("%s", rows[i].domain);
}

/* As in a plain list that is read from its beginning. */
static uint32_t find_in_list(
    const char (*list)[24], size_t count, const char *domain)
{
	uint32_t found = NAMES_NONE;

	for (uint32_t i = 0; i < count; i++) {
		const size_t tail = strlen(list[i]) - 1;
		const size_t len = strlen(domain);

		if (strcmp(list[i], domain) == 0)
			return i;
		if (found == NAMES_NONE && list[i][0] == '*' && len > tail &&
		    strcmp(domain + len - tail, list[i] + 1) == 0)
			found = i;
	}
	return found;
}

static unsigned next(unsigned *seed)
{
	return (*seed = *seed * 1103515245 + 12345) >> 16;
}

/* One to four labels of few letters, so that many are alike. */
static void make_domain(unsigned *seed, const char *start, char out[24])
{
	unsigned labels = 1 + next(seed) % 4;
	int len = snprintf(out, 24, "%s%c", start, 'a' + next(seed) % 3);

	while (--labels)
		len += snprintf(
		    out + len, 24 - (size_t)len, ".%c", 'a' + next(seed) % 3);
}

static void test_many_against_a_list(void **state)
{
	unsigned seed = 4711, found = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		const size_t count = next(&seed) % (MANY + 1);
		char list[MANY][24], domain[24];
		struct names names;

		memset(places, 0, sizeof places);
		names_init(&names, places, count);
		for (size_t i = 0; i < count; i++) {
			make_domain(
			    &seed, next(&seed) % 2 ? "*." : "", list[i]);
			names_add(&names, span_of(list[i]), (uint32_t)i);
		}
		for (int i = 0; i < 100; i++) {
			uint32_t want;

			make_domain(&seed, "", domain);
			want = find_in_list(list, count, domain);
			found += want != NAMES_NONE;
			assert_int_equal(
			    names_find_domain(&names, span_of(domain)), want);
		}
	}
	assert_true(found > 5000 && found < 19000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_room),
		cmocka_unit_test(test_an_empty_table),
		cmocka_unit_test(test_one_name),
		cmocka_unit_test(test_a_hundred_names),
		cmocka_unit_test(test_names_of_one_hash),
		cmocka_unit_test(test_a_name_twice),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_many_against_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
